//! Fills what is missing of the live media from copies: one timeline, without gaps and without anything twice.

mod picture;
mod sound;

use std::io;

use super::JournalBytes;
use super::copy::align::{self, Packets};
use super::copy::{Clock, Copy};
use super::packet::Stream;
use super::rows::Rows;
use super::units::{Unit, Window};

/// Both tracks, in order of time.
pub(super) struct Timeline {
    pub audio: Rows<Unit>,
    pub video: Rows<Unit>,
    pub duration_us: i64,
}

/// Fills the holes of `live` from the copies, one after the other.
pub(super) fn fill(
    live: Timeline,
    window: Window,
    copies: &[Copy],
    streams: &[Stream],
    journal: &dyn JournalBytes,
) -> io::Result<Timeline> {
    let mut timeline = live;
    let packets = Packets { streams, journal };
    for copy in copies {
        let mut clock = Clock::estimated(copy.started_us.saturating_sub(window.start_us));
        let mut holes = sound::holes(&timeline.audio, timeline.duration_us);
        holes.extend(picture::holes(&timeline.video, timeline.duration_us));
        holes.sort_by_key(|hole| (hole.start, hole.end));
        align::measure(copy, &timeline.audio, &holes, &mut clock, &packets)?;
        timeline.audio = sound::fill(timeline.audio, &copy.audio, &clock, timeline.duration_us);
        timeline.video = picture::fill(timeline.video, &copy.video, &clock, timeline.duration_us);
    }
    Ok(timeline)
}
