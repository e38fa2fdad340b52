//! Pictures from a copy where none show.
//!
//! A frame builds on those before it, so a change of source needs a key frame of the new one: the copy's last before the
//! hole (from there on it replaces the recording), and the recording's first after it.

use std::ops::Range;

use crate::finalise::copy::Clock;
use crate::finalise::rows::Rows;
use crate::finalise::units::{Unit, between};

/// Five frames a second are slow, but moving; a longer stand shows.
const LEAST_HOLE_US: i64 = 150_000;
/// A change of source must save this much of a stand.
const LEAST_GAIN_US: i64 = 100_000;
/// Block times are in milliseconds, and no two frames share one.
const RESOLUTION_US: i64 = 1000;
/// Where the source changes, frames this near to one another are the same picture.
const SAME_US: i64 = 10_000;
/// Frames are moved up to this far rather than dropped, since dropping one costs all until the next key frame.
const LARGEST_MOVE_US: i64 = 500_000;
/// Each hole is weighed against all frames around it; with more holes than these the copy stutters, too.
const MOST_HOLES: usize = 1000;

/// The spans of the recording in which no new frame shows.
pub(super) fn holes(frames: &Rows<Unit>, duration_us: i64) -> Vec<Range<i64>> {
    between(frames.iter().map(|frame| frame.time_us..frame.time_us), duration_us, LEAST_HOLE_US)
}

/// Fills the holes of `recorded` with frames of a copy.
pub(super) fn fill(recorded: Rows<Unit>, copied: &Rows<Unit>, clock: &Clock, duration_us: i64) -> Rows<Unit> {
    let copied = place(copied, clock, duration_us);
    if copied.is_empty() {
        return recorded;
    }
    let mut filled = Rows::new(recorded.scratch());
    let mut taken = 0;
    for hole in holes(&recorded, duration_us).into_iter().take(MOST_HOLES) {
        let before = recorded.partition_point(|frame| frame.time_us <= hole.start);
        if before < taken {
            // The copy still shows.
            continue;
        }
        filled.extend(recorded.range(taken..before));
        taken = before;
        let Some(change) = Change::for_hole(&hole, &filled, &recorded, &copied, duration_us) else {
            continue;
        };
        filled.truncate(change.kept);
        filled.extend(copied.range(change.copied));
        taken = change.back;
    }
    filled.extend(recorded.range(taken..recorded.len()));
    filled
}

/// The copy's frames at their times in the recording. Those just before its start move into it.
fn place(copied: &Rows<Unit>, clock: &Clock, duration_us: i64) -> Rows<Unit> {
    let mut placed = Rows::new(copied.scratch());
    let mut last_us = None;
    let mut unbroken = false;
    let starts_before = |frame: Unit| frame.key && clock.time_us(frame.time_us) <= 0;
    let first = copied.iter().rposition(starts_before).unwrap_or(0);
    for frame in copied.range(first..copied.len()) {
        let own_us = clock.time_us(frame.time_us);
        let time_us = last_us.map_or(0, |last_us| last_us + RESOLUTION_US).max(own_us);
        unbroken = (frame.key || unbroken)
            && time_us.saturating_sub(own_us) <= LARGEST_MOVE_US
            && time_us < duration_us;
        if unbroken {
            last_us = Some(time_us);
            placed.push(Unit { time_us, ..frame });
        }
    }
    placed
}

/// From the recording to the copy and back.
struct Change {
    /// How many frames before it stay.
    kept: usize,
    copied: Range<usize>,
    /// The frame of the recording from which on it shows again.
    back: usize,
}

impl Change {
    /// The change that leaves the picture standing for the shortest time; `None` when none is worth while.
    fn for_hole(
        hole: &Range<i64>,
        filled: &Rows<Unit>,
        recorded: &Rows<Unit>,
        copied: &Rows<Unit>,
        duration_us: i64,
    ) -> Option<Self> {
        let after = recorded.partition_point(|frame| frame.time_us < hole.end);
        let count = recorded.len();
        let key_after = recorded.range(after..count).position(|frame| frame.key);
        let back = key_after.map_or(count, |at| after + at);
        let back_us = if back < count { recorded.get(back).time_us } else { duration_us };
        let end = copied.partition_point(|frame| frame.time_us + SAME_US <= back_us);
        let inside = copied.partition_point(|frame| frame.time_us <= hole.start);
        let before = copied.range(0..inside).rposition(|frame| frame.key);
        let mut within = (inside..end).zip(copied.range(inside..end.max(inside)));
        let within = within.find(|(_, frame)| frame.key && frame.time_us < hole.end).map(|(index, _)| index);
        let changes = [before, within].into_iter().flatten().filter(|&start| start < end).map(|start| {
            let start_us = copied.get(start).time_us;
            let kept = filled.partition_point(|frame| frame.time_us + SAME_US <= start_us);
            let change = Self { kept, copied: start..end, back };
            let from_us = kept.checked_sub(1).map_or(0, |last| filled.get(last).time_us);
            let shown_us = stands_us(copied.range(start..end), from_us, back_us);
            let stay = filled.range(kept..filled.len()).chain(recorded.range(after..back));
            let lost_us = stands_us(stay, from_us, back_us);
            (lost_us - shown_us, change)
        });
        // Where both are as good, the first: a picture that goes on rather than one that begins late.
        let best = changes.reduce(|one, other| if other.0 > one.0 { other } else { one });
        best.filter(|&(gain_us, _)| gain_us >= LEAST_GAIN_US).map(|(_, change)| change)
    }
}

/// For how long the picture stands still between the two times, with these frames between them.
fn stands_us(frames: impl Iterator<Item = Unit>, from_us: i64, to_us: i64) -> i64 {
    let mut last_us = from_us;
    let mut stands_us = 0;
    for time_us in frames.map(|frame| frame.time_us).chain([to_us]) {
        stands_us += (time_us - last_us - LEAST_HOLE_US).max(0);
        last_us = time_us;
    }
    stands_us
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finalise::rows::tests::scratch;

    const COPY: usize = 1;

    /// Frames 50 ms apart; a key frame every so many.
    fn frames(stream: usize, numbers: Range<i64>, key_every: i64) -> Rows<Unit> {
        let frames = numbers.map(|number| Unit {
            stream,
            packets: 0..1,
            time_us: number * 50_000,
            duration_us: 0,
            bytes: 1,
            key: number % key_every == 0,
        });
        Rows::of(&scratch(), frames)
    }

    /// The runs of frames from one source: (source, first, last), in multiples of 50 ms.
    fn runs(frames: &Rows<Unit>) -> Vec<(usize, i64, i64)> {
        let frames: Vec<Unit> = frames.iter().collect();
        let runs = frames.chunk_by(|one, other| one.stream == other.stream);
        runs.map(|run| (run[0].stream, run[0].time_us / 50_000, run[run.len() - 1].time_us / 50_000))
            .collect()
    }

    fn filled(live: &[Range<i64>], key_every: i64, copied: &Rows<Unit>) -> Vec<(usize, i64, i64)> {
        let mut recorded = Rows::new(&scratch());
        for range in live {
            recorded.extend(frames(0, range.clone(), key_every).iter());
        }
        runs(&fill(recorded, copied, &Clock::estimated(0), 10_000_000))
    }

    #[test]
    fn the_copy_shows_from_its_key_frame_before_to_the_next_of_the_recording() {
        let copied = frames(COPY, 0..200, 40);
        let expected = [(0, 0, 39), (COPY, 40, 119), (0, 120, 199)];
        assert_eq!(filled(&[0..50, 70..200], 60, &copied), expected);
    }

    #[test]
    fn without_a_key_frame_before_the_first_one_inside_does() {
        let copied = frames(COPY, 60..200, 60);
        let expected = [(0, 0, 49), (COPY, 60, 119), (0, 120, 199)];
        assert_eq!(filled(&[0..50, 70..200], 60, &copied), expected);
    }

    #[test]
    fn a_copy_that_ends_too_early_would_cost_more_than_it_gives() {
        // Back to the recording only after five seconds, of which the copy has half of one.
        let copied = frames(COPY, 40..80, 40);
        assert_eq!(filled(&[0..50, 70..200], 190, &copied), [(0, 0, 199)]);
    }

    #[test]
    fn head_tail_and_two_holes_are_filled() {
        let copied = frames(COPY, 0..200, 20);
        let expected = [
            (COPY, 0, 19),
            (0, 20, 59),
            (COPY, 60, 79),
            (0, 80, 119),
            (COPY, 120, 139),
            (0, 140, 179),
            (COPY, 180, 199),
        ];
        assert_eq!(filled(&[10..70, 75..130, 135..190], 20, &copied), expected);
    }

    #[test]
    fn a_copy_that_begins_just_before_the_recording_moves_into_it() {
        let mut clock = Clock::estimated(0);
        clock.learn(0, -120_000);
        let placed = place(&frames(COPY, 0..200, 40), &clock, 10_000_000);
        let times: Vec<i64> = placed.iter().take(5).map(|frame| frame.time_us).collect();
        assert_eq!(times, [0, 1000, 2000, 30_000, 80_000]);
    }
}
