//! Tracks and packets, the same for every container.

/// A codec of a track. What Viva does not decode keeps the container's own name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Vp8,
    Vp9,
    H264,
    Opus,
    Aac,
    Vorbis,
    /// Layer II or III: which of the two, only its frames say.
    MpegAudio,
    Flac,
    Pcm(PcmFormat),
    Other(String),
}

/// How PCM samples are stored; always little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PcmFormat {
    U8,
    S16,
    S24,
    S32,
    F32,
}

impl Codec {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Vp8 => "vp8",
            Self::Vp9 => "vp9",
            Self::H264 => "h264",
            Self::Opus => "opus",
            Self::Aac => "aac",
            Self::Vorbis => "vorbis",
            Self::MpegAudio => "mpeg audio",
            Self::Flac => "flac",
            Self::Pcm(_) => "pcm",
            Self::Other(name) => name,
        }
    }
}

/// What a track carries, as its header states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrackKind {
    Audio {
        channels: u16,
        sample_rate: u32,
    },
    /// Pixels, as shown.
    Video {
        width: u32,
        height: u32,
    },
}

/// By how much a track's pictures are turned to be shown, clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Turn {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Turn {
    /// Whether width and height change places.
    pub(crate) fn is_sideways(self) -> bool {
        matches!(self, Self::Quarter | Self::ThreeQuarters)
    }
}

/// One track.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) id: u64,
    pub(crate) kind: TrackKind,
    pub(crate) codec: Codec,
    /// The codec's set-up bytes, in the form its own specification gives them.
    pub(crate) setup: Vec<u8>,
    pub(crate) turn: Turn,
}

impl Track {
    pub(crate) fn is_audio(&self) -> bool {
        matches!(self.kind, TrackKind::Audio { .. })
    }

    pub(crate) fn is_video(&self) -> bool {
        matches!(self.kind, TrackKind::Video { .. })
    }
}

/// One coded packet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packet {
    /// When the packet is presented, in nanoseconds from the start of the recording; negative for what a codec
    /// needs before the start and nobody hears. `None`: directly after the packet before it (laced frames).
    pub(crate) start_ns: Option<i64>,
    /// How much of the packet's end is padding, in nanoseconds.
    pub(crate) padding_ns: u64,
    pub(crate) data: Vec<u8>,
}

/// `ticks` of `1/timescale` second, in nanoseconds, saturating.
pub(crate) fn ticks_to_ns(ticks: i64, timescale: u32) -> i64 {
    let ns = i128::from(ticks) * 1_000_000_000 / i128::from(timescale.max(1));
    ns.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}
