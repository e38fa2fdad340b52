//! Fills what is missing of the live media from copies: one timeline, without gaps and without anything twice.

mod picture;
mod sound;

use std::ops::Range;
use std::{io, iter};

use super::JournalBytes;
use super::copy::align::{self, Packets};
use super::copy::{Clock, Copy};
use super::index::Stream;
use super::units::{Unit, Window};

/// Both tracks, in order of time.
#[derive(Debug)]
pub(super) struct Timeline {
    pub audio: Vec<Unit>,
    pub video: Vec<Unit>,
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

/// The spans of at least `least_us` between the `covered` ones (in order), from the start of the recording to its end.
fn between(covered: impl Iterator<Item = Range<i64>>, duration_us: i64, least_us: i64) -> Vec<Range<i64>> {
    let mut end_us = 0;
    let mut spans = Vec::new();
    for span in covered.chain(iter::once(duration_us..duration_us)) {
        if span.start.saturating_sub(end_us) >= least_us {
            spans.push(end_us..span.start);
        }
        end_us = end_us.max(span.end);
    }
    spans
}
