//! One picture of a recording as JPEG.

use std::path::Path;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::codec::Converter;
use crate::frames::{Frame, VideoReader, frame, shown_at_ms};
use crate::read::{Error, Input, Limits, open_file};

const QUALITY: u8 = 80;

/// The picture shown at `at_ms` milliseconds or right after it (the last one, where the recording is shorter), at
/// most `max_width` pixels wide, as the bytes of a JPEG file.
///
/// # Errors
/// Every variant of [`Error`] that is not about sound; [`Error::Damaged`] where no picture can be decoded.
pub fn thumbnail(path: &Path, at_ms: u64, max_width: u32, limits: &Limits) -> Result<Vec<u8>, Error> {
    thumbnail_input(|| open_file(path), at_ms, max_width, limits)
}

/// As [`thumbnail`], for media that is not a plain file. `open` is called twice: once to find the key frame before
/// the wanted picture, once to decode from there.
pub fn thumbnail_input(
    mut open: impl FnMut() -> Result<Box<dyn Input>, Error>,
    at_ms: u64,
    max_width: u32,
    limits: &Limits,
) -> Result<Vec<u8>, Error> {
    let start = find_start(VideoReader::open(open()?, limits)?, at_ms)?;
    let mut video = VideoReader::open(open()?, limits)?;
    for _ in 0..start.packets_before {
        video.next_packet()?;
    }
    let (mut converter, mut found) = (Converter::new(max_width), None::<Frame>);
    loop {
        let more = video.step(&mut |shown_ms, picture| {
            // Until the wanted picture comes, the first one stands in, should the rest be damaged.
            if found.as_ref().is_none_or(|found| found.at_ms < start.wanted_ms && shown_ms >= start.wanted_ms)
            {
                found = Some(frame(shown_ms, picture, &mut converter));
            }
        });
        if found.as_ref().is_some_and(|found| found.at_ms >= start.wanted_ms) {
            break;
        }
        match more {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) if found.is_some() => break,
            Err(error) => return Err(error),
        }
    }
    encode(&found.ok_or(Error::Damaged("no picture can be decoded"))?)
}

struct Start {
    /// Packets before the last key frame at or before the wanted picture.
    packets_before: u64,
    /// The wanted time, moved to the last picture where there is none so late.
    wanted_ms: u64,
}

fn find_start(mut video: VideoReader, at_ms: u64) -> Result<Start, Error> {
    let mut start = Start { packets_before: 0, wanted_ms: 0 };
    let mut index = 0;
    while let Some((packet, key)) = video.next_packet()? {
        if let Some(shown_ms) = packet.start_ns.and_then(shown_at_ms) {
            start.wanted_ms = start.wanted_ms.max(shown_ms.min(at_ms));
            if key && shown_ms <= at_ms {
                start.packets_before = index;
            }
        }
        index += 1;
    }
    Ok(start)
}

fn encode(frame: &Frame) -> Result<Vec<u8>, Error> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(&frame.rgb, frame.width, frame.height, ExtendedColorType::Rgb8)
        .map_err(|_| Error::Damaged("a picture cannot be written as JPEG"))?;
    Ok(jpeg)
}
