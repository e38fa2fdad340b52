//! What happened to a take besides media.

use super::Track;

/// An event of the take, stamped with its record's arrival time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The take's time zero. Code 1.
    TakeStarted,
    /// The take's end. Code 2, then the reason's code u8.
    TakeStopped(StopReason),
    /// A connection began to carry this take's media. Code 3, then the epoch u32.
    Connected {
        /// Counts the connections of one interview, so that media of two are never mixed.
        epoch: u32,
    },
    /// A connection was lost or closed. Code 4, then the epoch u32.
    Disconnected {
        /// The epoch that [`Event::Connected`] gave it.
        epoch: u32,
    },
    /// The journal was opened again after a restart; media between this and the record before may be missing. Code 5.
    Resumed,
    /// The page reports a track that sends silence or black frames. Code 6; the record's track says which.
    TrackMuted(Track),
    /// The track sends again. Code 7; the record's track says which.
    TrackUnmuted(Track),
}

/// Why a take ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The candidate stopped it. Code 1.
    Candidate,
    /// Its time was up. Code 2.
    Deadline,
    /// The server shut down. Code 3.
    Shutdown,
    /// A technical fault ended it. Code 4.
    Fault,
    /// A reason of a later version.
    Other(u8),
}

impl Event {
    pub(super) fn track(self) -> Option<Track> {
        match self {
            Self::TrackMuted(track) | Self::TrackUnmuted(track) => Some(track),
            _ => None,
        }
    }

    pub(super) fn encode_into(self, out: &mut Vec<u8>) {
        match self {
            Self::TakeStarted => out.push(1),
            Self::TakeStopped(reason) => out.extend([2, reason.code()]),
            Self::Connected { epoch } => {
                out.push(3);
                out.extend(epoch.to_le_bytes());
            }
            Self::Disconnected { epoch } => {
                out.push(4);
                out.extend(epoch.to_le_bytes());
            }
            Self::Resumed => out.push(5),
            Self::TrackMuted(_) => out.push(6),
            Self::TrackUnmuted(_) => out.push(7),
        }
    }

    pub(super) fn decode(track: Option<Track>, payload: &[u8]) -> Option<Self> {
        let (&code, fields) = payload.split_first()?;
        let epoch = || fields.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        Some(match code {
            1 => Self::TakeStarted,
            2 => Self::TakeStopped(StopReason::from_code(*fields.first()?)),
            3 => Self::Connected { epoch: epoch()? },
            4 => Self::Disconnected { epoch: epoch()? },
            5 => Self::Resumed,
            6 => Self::TrackMuted(track?),
            7 => Self::TrackUnmuted(track?),
            _ => return None,
        })
    }
}

impl StopReason {
    fn code(self) -> u8 {
        match self {
            Self::Candidate => 1,
            Self::Deadline => 2,
            Self::Shutdown => 3,
            Self::Fault => 4,
            Self::Other(code) => code,
        }
    }

    fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Candidate,
            2 => Self::Deadline,
            3 => Self::Shutdown,
            4 => Self::Fault,
            other => Self::Other(other),
        }
    }
}
