//! Reading recorded media back: what a file holds, and its packets with their true times.
//!
//! Matroska/WebM and MP4 are demultiplexed here, because analysis needs what general demuxers leave out: holes
//! kept as holes (`tfdt`, cluster times), edit lists and composition offsets, and files that end in the middle.
//! Ogg, MP3 and FLAC, whose time is their sample count, are left to symphonia.
//! A file is hostile until it is decoded: every size is checked against what is left of the file before memory is
//! reserved, every count and duration against [`Limits`].

mod container;
mod error;
mod matroska;
mod mp4;
mod packet;
mod simple;
mod source;
mod wav;

use std::path::Path;

use serde::Serialize;

pub(crate) use container::Demuxer;
pub use error::Error;
pub(crate) use matroska::Matroska;
pub(crate) use packet::{Codec, Packet, PcmFormat, Track, TrackKind, Turn};
pub(crate) use source::Source;
pub use source::{Input, open_file};

/// Bounds on what is read and decoded. The defaults fit an interview answer with much room.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest file, in bytes.
    pub max_file_bytes: u64,
    /// Longest recording, in milliseconds.
    pub max_duration_ms: u64,
    /// Most audio channels.
    pub max_channels: u16,
    /// Largest picture, in pixels (width times height).
    pub max_pixels: u32,
    /// Most coded pictures decoded from one file.
    pub max_coded_frames: u32,
    /// Width, in pixels, to which wider sampled frames are reduced.
    pub max_frame_width: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 8 << 30,
            max_duration_ms: 2 * 60 * 60 * 1000,
            max_channels: 8,
            max_pixels: 4096 * 4096,
            max_coded_frames: 2 * 60 * 60 * 60,
            max_frame_width: 640,
        }
    }
}

/// What a file holds, from its headers (and, where the headers state no duration, from its packets).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MediaInfo {
    /// `webm`, `matroska`, `mp4`, `ogg`, `wav`, `mp3` or `flac`.
    pub container: &'static str,
    /// Duration in milliseconds.
    pub duration_ms: u64,
    /// The first video track.
    pub video: Option<VideoInfo>,
    /// The first audio track.
    pub audio: Option<AudioInfo>,
}

/// A video track, as its header states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VideoInfo {
    /// `vp8`, `vp9`, `h264`, or the container's own name for a codec that Viva cannot decode.
    pub codec: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// An audio track, as its header states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AudioInfo {
    /// `opus`, `aac`, `vorbis`, `mp3`, `flac`, `pcm`, or the container's own name for any other codec.
    pub codec: String,
    /// Number of channels.
    pub channels: u16,
    /// Hertz.
    pub sample_rate: u32,
}

/// Reads what `path` holds.
///
/// # Errors
/// [`Error::Io`], [`Error::NotMedia`], [`Error::Damaged`], [`Error::FileTooLarge`].
pub fn probe(path: &Path, limits: &Limits) -> Result<MediaInfo, Error> {
    probe_input(open_file(path)?, limits)
}

/// As [`probe`], for media that is not a plain file (sealed at rest, or held in memory).
pub fn probe_input(input: Box<dyn Input>, limits: &Limits) -> Result<MediaInfo, Error> {
    let mut demuxer = Demuxer::open(input, limits)?;
    let (mut video, mut audio) = (None, None);
    for track in demuxer.tracks() {
        match track.kind {
            TrackKind::Video { width, height } if video.is_none() => {
                video = Some(VideoInfo { codec: track.codec.name().to_owned(), width, height });
            }
            TrackKind::Audio { channels, sample_rate } if audio.is_none() => {
                audio = Some(AudioInfo { codec: track.codec.name().to_owned(), channels, sample_rate });
            }
            _ => {}
        }
    }
    let duration_ms = match demuxer.stated_duration_ms() {
        Some(stated) => stated,
        None => demuxer.measured_duration_ms()?,
    };
    Ok(MediaInfo { container: demuxer.container(), duration_ms, video, audio })
}
