//! Copies: what the browser recorded by itself beside sending it live, as far as pieces of it came up afterwards.
//!
//! A copy's track becomes one more [`Stream`], whose packets lie in chunks. Its times are the copy's own; where they lie
//! in the recording is found by [`align`], and what is taken of them by the splicing.

pub(super) mod align;
mod chunks;
mod clock;
mod correlate;
mod encoded;
mod mp4;
mod pace;
mod packets;
mod stretch;
mod transcode;
mod webm;

use std::io;
use std::sync::Arc;

pub(super) use chunks::{Chunks, Extent};
pub(super) use clock::Clock;
pub(super) use encoded::{Encoded, WithEncoded};

use super::JournalBytes;
use super::packet::Stream;
use super::rows::{Rows, Scratch};
use super::units::Unit;

/// One run of the browser's recorder.
pub(super) struct Copy {
    /// When its time zero was by the page's estimate, in microseconds since the Unix epoch.
    pub started_us: i64,
    /// Packets of sound in order of time; `time_us` is on the copy's clock.
    pub audio: Rows<Unit>,
    /// Frames that can be decoded, in order of time; `time_us` is on the copy's clock.
    pub video: Rows<Unit>,
}

/// What the journal holds of copies.
#[derive(Default)]
pub(super) struct Copies {
    pub usable: Vec<Copy>,
    /// Copies without a readable beginning, or in other codecs than VP8 and Opus (WebM) or H.264 and AAC or Opus (MP4).
    pub unusable: u64,
}

/// What becomes of copies in MP4.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mp4 {
    EncodedAgain,
    LeftOut,
}

impl Copies {
    /// Reads all of them. Their packets are added to `streams`; those that have to be encoded again, to `encoded`.
    pub(super) fn read(
        chunks: &Chunks,
        journal: &Arc<dyn JournalBytes>,
        encoded: &Encoded,
        streams: &mut Vec<Stream>,
        scratch: &Scratch,
        mp4: Mp4,
    ) -> io::Result<Self> {
        let mut copies = Self::default();
        let mut room = packets::MOST_PACKETS;
        for pieces in chunks.copies() {
            if mp4 == Mp4::LeftOut && packets::is_mp4(pieces, journal)? {
                continue;
            }
            match packets::read(pieces, journal, encoded, &mut room, streams, scratch)? {
                Some(copy) => copies.usable.push(copy),
                None => copies.unusable += 1,
            }
        }
        Ok(copies)
    }

    /// Where the first copy begins and the last one ends by the page's estimates, in microseconds since the Unix epoch.
    pub(super) fn span_us(&self) -> Option<(i64, i64)> {
        let spans = || self.usable.iter().filter_map(Copy::span_us);
        spans().map(|(from, _)| from).min().zip(spans().map(|(_, to)| to).max())
    }
}

impl Copy {
    fn span_us(&self) -> Option<(i64, i64)> {
        let tracks = || [&self.audio, &self.video].into_iter();
        let from_us = tracks().filter_map(Rows::first).map(|unit| unit.time_us).min()?;
        let to_us = tracks().filter_map(Rows::last).map(|unit| unit.end_us()).max()?;
        Some((self.started_us.saturating_add(from_us), self.started_us.saturating_add(to_us)))
    }
}
