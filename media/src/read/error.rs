//! Why media could not be read.

use std::io;

/// Why media could not be read or decoded. No variant carries content of the recording.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is none of the supported containers.
    #[error("not a media file: expected WebM, Matroska, MP4, Ogg, WAV, MP3 or FLAC")]
    NotMedia,
    /// The container is known, but a part without which nothing can be decoded is absent or broken.
    #[error("damaged media file: {0}")]
    Damaged(&'static str),
    /// No audio track.
    #[error("the file holds no audio track")]
    NoAudioTrack,
    /// No video track.
    #[error("the file holds no video track")]
    NoVideoTrack,
    /// The track's codec cannot be decoded here; its name as the container gives it.
    #[error("unsupported codec: {0}")]
    UnsupportedCodec(String),
    /// The recording is longer than allowed.
    #[error("the recording is longer than the allowed {limit_ms} ms")]
    TooLong {
        /// The bound that was exceeded, in milliseconds.
        limit_ms: u64,
    },
    /// The file is larger than allowed.
    #[error("the file is larger than the allowed {limit} bytes")]
    FileTooLarge {
        /// The bound that was exceeded, in bytes.
        limit: u64,
    },
    /// A picture has more pixels than allowed.
    #[error("a picture is larger than the allowed {limit} pixels")]
    PictureTooLarge {
        /// The bound that was exceeded: width times height.
        limit: u32,
    },
    /// There are more coded pictures than allowed.
    #[error("the file holds more than the allowed {limit} pictures")]
    TooManyFrames {
        /// The bound that was exceeded.
        limit: u32,
    },
    /// The track has more channels than allowed.
    #[error("the audio has more than the allowed {limit} channels")]
    TooManyChannels {
        /// The bound that was exceeded.
        limit: u16,
    },
    /// More than half of the packets could not be decoded.
    #[error("{bad} of {total} packets could not be decoded")]
    TooCorrupt {
        /// Packets that could not be decoded.
        bad: u64,
        /// All packets of the track.
        total: u64,
    },
    /// Reading failed.
    #[error("could not read the file")]
    Io(#[from] io::Error),
}

impl Error {
    /// Whether the input ended early or is not what it should be, rather than that reading it failed.
    pub(crate) fn is_bad_input(&self) -> bool {
        use io::ErrorKind::{InvalidData, UnexpectedEof};
        matches!(self, Self::Io(error) if matches!(error.kind(), InvalidData | UnexpectedEof))
    }
}
