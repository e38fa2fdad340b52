//! One record, and its bytes.

use super::{CHUNK_HEADER_LEN, Event, MAX_PAYLOAD, RECORD_HEADER_LEN};

/// Which of a take's two media a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Track {
    /// VP8.
    Video,
    /// Opus.
    Audio,
}

/// One thing that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it arrived at the server, in microseconds since the Unix epoch.
    pub arrival_us: i64,
    /// What it was.
    pub body: Body<'a>,
}

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// A whole plain RTP packet, header included.
    Rtp {
        /// The track that its SSRC was negotiated for.
        track: Track,
        /// The packet.
        packet: &'a [u8],
    },
    /// What ties a stream's RTP time to the sender's wall clock.
    SenderReport {
        /// The track of the report's SSRC.
        track: Track,
        /// The report.
        report: SenderReport,
    },
    /// Something that happened to the take.
    Event(Event),
    /// A piece of a copy, which is what the browser recorded by itself, sent over HTTP. Pieces come in any order, more
    /// than once, and with holes between them: only what the server lacks is sent.
    Chunk {
        /// Numbers the runs of the browser's recorder within the take: a page that was loaded anew begins another.
        copy: u32,
        /// Where the piece begins in the copy, in bytes.
        offset: u64,
        /// When the copy's time zero was by the page's estimate, in microseconds since the Unix epoch on the server's
        /// clock.
        started_us: i64,
        /// The piece, at most [`super::LARGEST_CHUNK`] bytes.
        bytes: &'a [u8],
    },
    /// A record of a later version.
    Unknown {
        /// Its kind.
        kind: u8,
    },
}

/// An RTCP sender report (RFC 3550, section 6.4.1), as far as clocks go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// The stream it speaks of.
    pub ssrc: u32,
    /// The sender's wall clock: seconds since 1900 in the upper 32 bits, their fraction in the lower.
    pub ntp: u64,
    /// The same instant on the stream's RTP clock.
    pub rtp: u32,
}

/// A record larger than the journal format allows; nothing of it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a journal record of {bytes} bytes exceeds the limit")]
pub struct PayloadTooLong {
    /// Payload size in bytes.
    pub bytes: usize,
}

const KIND_RTP: u8 = 1;
const KIND_SENDER_REPORT: u8 = 2;
const KIND_EVENT: u8 = 3;
const KIND_CHUNK: u8 = 4;

impl Track {
    fn code(track: Option<Self>) -> u8 {
        match track {
            None => 0,
            Some(Self::Video) => 1,
            Some(Self::Audio) => 2,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Video),
            2 => Some(Self::Audio),
            _ => None,
        }
    }
}

impl Record<'_> {
    /// Appends the record's bytes to `out`; on error `out` is as it was.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), PayloadTooLong> {
        let start = out.len();
        out.extend([0; 8]);
        out.push(self.body.kind());
        out.push(Track::code(self.body.track()));
        out.extend(self.arrival_us.to_le_bytes());
        self.body.encode_payload_into(out);
        let payload_len = out.len() - start - RECORD_HEADER_LEN;
        if payload_len > MAX_PAYLOAD {
            out.truncate(start);
            return Err(PayloadTooLong { bytes: payload_len });
        }
        let record = &mut out[start..];
        record[..4].copy_from_slice(&(payload_len as u32).to_le_bytes());
        let checksum = checksum(record);
        record[4..8].copy_from_slice(&checksum.to_le_bytes());
        Ok(())
    }

    /// Size of the encoded record in bytes.
    pub fn encoded_len(&self) -> usize {
        RECORD_HEADER_LEN
            + match self.body {
                Body::Rtp { packet, .. } => packet.len(),
                Body::SenderReport { .. } => 16,
                Body::Event(Event::Connected { .. } | Event::Disconnected { .. }) => 5,
                Body::Event(Event::TakeStopped(_)) => 2,
                Body::Event(_) => 1,
                Body::Chunk { bytes, .. } => CHUNK_HEADER_LEN + bytes.len(),
                Body::Unknown { .. } => 0,
            }
    }
}

impl<'a> Body<'a> {
    fn kind(&self) -> u8 {
        match self {
            Self::Rtp { .. } => KIND_RTP,
            Self::SenderReport { .. } => KIND_SENDER_REPORT,
            Self::Event(_) => KIND_EVENT,
            Self::Chunk { .. } => KIND_CHUNK,
            Self::Unknown { kind } => *kind,
        }
    }

    fn track(&self) -> Option<Track> {
        match self {
            Self::Rtp { track, .. } | Self::SenderReport { track, .. } => Some(*track),
            Self::Event(event) => event.track(),
            Self::Chunk { .. } | Self::Unknown { .. } => None,
        }
    }

    fn encode_payload_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Rtp { packet, .. } => out.extend_from_slice(packet),
            Self::SenderReport { report, .. } => {
                out.extend(report.ssrc.to_le_bytes());
                out.extend(report.ntp.to_le_bytes());
                out.extend(report.rtp.to_le_bytes());
            }
            Self::Event(event) => event.encode_into(out),
            Self::Chunk { copy, offset, started_us, bytes } => {
                out.extend(copy.to_le_bytes());
                out.extend(offset.to_le_bytes());
                out.extend(started_us.to_le_bytes());
                out.extend_from_slice(bytes);
            }
            Self::Unknown { .. } => {}
        }
    }

    /// Reads a payload whose checksum held; what this version does not understand is [`Body::Unknown`].
    pub(super) fn decode(kind: u8, track_code: u8, payload: &'a [u8]) -> Self {
        let track = Track::from_code(track_code);
        let known = match kind {
            KIND_RTP => track.map(|track| Self::Rtp { track, packet: payload }),
            KIND_SENDER_REPORT => track
                .zip(SenderReport::decode(payload))
                .map(|(track, report)| Self::SenderReport { track, report }),
            KIND_EVENT => Event::decode(track, payload).map(Self::Event),
            KIND_CHUNK => Self::decode_chunk(payload),
            _ => None,
        };
        known.unwrap_or(Self::Unknown { kind })
    }

    fn decode_chunk(payload: &'a [u8]) -> Option<Self> {
        let (copy, rest) = payload.split_first_chunk()?;
        let (offset, rest) = rest.split_first_chunk()?;
        let (started, bytes) = rest.split_first_chunk()?;
        Some(Self::Chunk {
            copy: u32::from_le_bytes(*copy),
            offset: u64::from_le_bytes(*offset),
            started_us: i64::from_le_bytes(*started),
            bytes,
        })
    }
}

impl SenderReport {
    fn decode(payload: &[u8]) -> Option<Self> {
        let (ssrc, rest) = payload.split_first_chunk()?;
        let (ntp, rest) = rest.split_first_chunk()?;
        let rtp = rest.first_chunk()?;
        Some(Self {
            ssrc: u32::from_le_bytes(*ssrc),
            ntp: u64::from_le_bytes(*ntp),
            rtp: u32::from_le_bytes(*rtp),
        })
    }
}

/// CRC-32C of a record's bytes without the four that hold it.
pub(super) fn checksum(record: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&record[..4]), &record[8..])
}
