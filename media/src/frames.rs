//! Pictures of a recording, sampled at a steady rate.
//!
//! Every packet is decoded, because each picture builds on the one before it; only the sampled pictures are
//! converted. Where the video stood still there are no pictures: a stale one is never repeated.

mod beginning;
mod sampler;

use std::collections::VecDeque;
use std::path::Path;

pub use self::beginning::Beginning;
use self::sampler::Sampler;
use crate::codec::{self, Converter, DecodeError, Picture, VideoDecoder};
use crate::read::{Demuxer, Error, Input, Limits, Packet, Track};

/// Pictures per second that face analysis samples.
pub const DEFAULT_FPS: f32 = 5.0;

/// A sampled picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it is shown, in milliseconds from the start of the recording.
    pub at_ms: u64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Red, green and blue, one byte each, row by row.
    pub rgb: Vec<u8>,
}

/// Opens the first video track of the file at `path`, to be sampled `fps` times a second (0.1 to 120): the first
/// picture, and each that is shown `0.9/fps` or more after the one before.
///
/// # Errors
/// As [`FrameReader`]'s items.
pub fn sample(path: &Path, fps: f32, limits: &Limits) -> Result<FrameReader, Error> {
    sample_input(crate::read::open_file(path)?, fps, limits)
}

/// As [`sample`], for media that is not a plain file (sealed at rest, or held in memory).
pub fn sample_input(input: Box<dyn Input>, fps: f32, limits: &Limits) -> Result<FrameReader, Error> {
    let video = VideoReader::open(input, limits)?;
    Ok(FrameReader::new(video, Sampler::new(fps), Converter::new(limits.max_frame_width)))
}

/// Sampled pictures in the order of showing. An error is the last item.
///
/// # Errors
/// Every variant of [`Error`] that is not about sound.
pub struct FrameReader {
    video: VideoReader,
    sampler: Sampler,
    converter: Converter,
    ready: VecDeque<Frame>,
    ended: bool,
}

impl FrameReader {
    fn new(video: VideoReader, sampler: Sampler, converter: Converter) -> Self {
        Self { video, sampler, converter, ready: VecDeque::new(), ended: false }
    }

    /// Whether the file ends early or has unreadable stretches, as far as was read.
    pub fn truncated(&self) -> bool {
        self.video.demuxer.truncated()
    }

    /// Packets so far that could not be decoded.
    pub fn corrupt_packets(&self) -> u64 {
        self.video.bad
    }

    fn step(&mut self) -> Result<(), Error> {
        let Self { video, sampler, converter, ready, .. } = self;
        let more = video.step(&mut |at_ms, picture| {
            if sampler.takes(at_ms) {
                ready.push_back(frame(at_ms, picture, converter));
            }
        })?;
        self.ended = !more;
        Ok(())
    }
}

impl Iterator for FrameReader {
    type Item = Result<Frame, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(Ok(frame));
            }
            if self.ended {
                return None;
            }
            if let Err(error) = self.step() {
                self.ended = true;
                return Some(Err(error));
            }
        }
    }
}

pub(crate) fn frame(at_ms: u64, picture: &Picture<'_>, converter: &mut Converter) -> Frame {
    let rgb = converter.convert(picture);
    Frame { at_ms, width: rgb.width, height: rgb.height, rgb: rgb.pixels }
}

/// The decoded video track of a file.
pub(crate) struct VideoReader {
    demuxer: Demuxer,
    track: Track,
    decoder: Box<dyn VideoDecoder>,
    limits: Limits,
    packets: u64,
    bad: u64,
}

impl VideoReader {
    pub(crate) fn open(input: Box<dyn Input>, limits: &Limits) -> Result<Self, Error> {
        let mut demuxer = Demuxer::open(input, limits)?;
        let track = demuxer.tracks().into_iter().find(Track::is_video).ok_or(Error::NoVideoTrack)?;
        demuxer.select(track.id);
        let decoder = codec::open(&track, limits)?;
        Ok(Self { demuxer, track, decoder, limits: limits.clone(), packets: 0, bad: 0 })
    }

    /// The next packet, undecoded, and whether decoding can start with it.
    pub(crate) fn next_packet(&mut self) -> Result<Option<(Packet, bool)>, Error> {
        let packet = self.demuxer.next_packet()?;
        Ok(packet.map(|packet| {
            let key = codec::is_key_frame(&self.track, &packet.data);
            (packet, key)
        }))
    }

    /// Decodes the next packet; false after the last one.
    pub(crate) fn step(&mut self, show: &mut dyn FnMut(u64, &Picture<'_>)) -> Result<bool, Error> {
        let mut show = |at_ns, picture: &Picture<'_>| {
            if let Some(at_ms) = shown_at_ms(at_ns) {
                show(at_ms, picture);
            }
        };
        let Some(packet) = self.demuxer.next_packet()? else {
            self.decoder.finish(&mut show);
            if self.bad * 2 > self.packets {
                return Err(Error::TooCorrupt { bad: self.bad, total: self.packets });
            }
            return Ok(false);
        };
        // Video is not laced: a frame without a time of its own cannot be placed.
        let Some(at_ns) = packet.start_ns else { return Ok(true) };
        self.packets += 1;
        if self.packets > u64::from(self.limits.max_coded_frames) {
            return Err(Error::TooManyFrames { limit: self.limits.max_coded_frames });
        }
        if shown_at_ms(at_ns).is_some_and(|at_ms| at_ms > self.limits.max_duration_ms) {
            return Err(Error::TooLong { limit_ms: self.limits.max_duration_ms });
        }
        match self.decoder.decode(&packet.data, at_ns, &mut show) {
            Ok(()) => Ok(true),
            Err(error) => {
                pass_over(error, &self.limits)?;
                self.bad += 1;
                Ok(true)
            }
        }
    }
}

/// Decoding goes on after a packet that is corrupt, and after nothing else.
fn pass_over(error: DecodeError, limits: &Limits) -> Result<(), Error> {
    match error {
        DecodeError::Corrupt => Ok(()),
        DecodeError::TooLarge => Err(Error::PictureTooLarge { limit: limits.max_pixels }),
        DecodeError::Unsupported(name) => Err(Error::UnsupportedCodec(name.to_owned())),
    }
}

/// The time a picture is shown; `None` for what lies before the start of the recording.
pub(crate) fn shown_at_ms(at_ns: i64) -> Option<u64> {
    // Rounding of the container's clock may put the first picture a little before the start.
    (at_ns > -1_000_000).then(|| (at_ns.max(0) / 1_000_000) as u64)
}
