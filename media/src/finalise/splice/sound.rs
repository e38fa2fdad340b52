//! Sound from a copy where there is none.
//!
//! A copy's packets rarely begin where a hole does, and no packet can be cut. So the packets at a hole's edges are taken
//! whole, and what they replace of the recording is left out; a few milliseconds too many or too few remain.

use std::ops::Range;

use crate::finalise::copy::Clock;
use crate::finalise::rows::Rows;
use crate::finalise::units::{Unit, between};

/// Shorter holes are not heard: the clocks of two packets may differ by as much.
const LEAST_HOLE_US: i64 = 10_000;
/// A packet is worth taking for this much.
const LEAST_GAIN_US: i64 = 5_000;
/// Packets may overlap by as much; what plays them cuts it off.
const LARGEST_OVERLAP_US: i64 = 10_000;

/// The spans of the recording without sound.
pub(super) fn holes(packets: &Rows<Unit>, duration_us: i64) -> Vec<Range<i64>> {
    between(packets.iter().map(|packet| span(&packet)), duration_us, LEAST_HOLE_US)
}

/// Fills the holes of `recorded` with packets of a copy.
pub(super) fn fill(recorded: Rows<Unit>, copied: &Rows<Unit>, clock: &Clock, duration_us: i64) -> Rows<Unit> {
    let taken = take(&holes(&recorded, duration_us), copied, clock, duration_us);
    if taken.is_empty() {
        return recorded;
    }
    let mut replaced = Spans::of(&taken);
    let left = recorded.iter().filter(|packet| 2 * replaced.overlap_us(&span(packet)) <= packet.duration_us);
    let (mut left, mut taken) = (left.peekable(), taken.iter().peekable());
    let mut filled = Rows::new(recorded.scratch());
    let mut last_ms = None;
    loop {
        let before = taken.peek().map_or(i64::MAX, |packet| packet.time_us);
        let next = left.next_if(|packet| packet.time_us <= before).or_else(|| taken.next());
        let Some(packet) = next else { break filled };
        // Blocks of one track need times of their own.
        if last_ms.replace(packet.time_us / 1000) != Some(packet.time_us / 1000) {
            filled.push(packet);
        }
    }
}

/// The packets of a copy that close `holes`, at their times in the recording.
fn take(holes: &[Range<i64>], copied: &Rows<Unit>, clock: &Clock, duration_us: i64) -> Rows<Unit> {
    let mut taken = Rows::new(copied.scratch());
    let (mut last_us, mut end_us) = (i64::MIN, 0);
    for packet in copied.iter() {
        let mut packet = Unit { time_us: clock.time_us(packet.time_us), ..packet };
        let starts_in_time = packet.time_us >= end_us - LARGEST_OVERLAP_US && packet.time_us < duration_us;
        let gain_us = if starts_in_time { overlap_us(holes, &span(&packet)) } else { 0 };
        packet.time_us = packet.time_us.max(0);
        if gain_us >= LEAST_GAIN_US && packet.time_us > last_us {
            (last_us, end_us) = (packet.time_us, packet.end_us());
            taken.push(packet);
        }
    }
    taken
}

fn span(packet: &Unit) -> Range<i64> {
    packet.time_us..packet.end_us()
}

/// How much of `span` lies in any of `spans`, which are in order.
fn overlap_us(spans: &[Range<i64>], span: &Range<i64>) -> i64 {
    let first = spans.partition_point(|other| other.end <= span.start);
    let touching = spans[first..].iter().take_while(|other| other.start < span.end);
    touching.map(|other| both_us(other, span)).sum()
}

fn both_us(one: &Range<i64>, other: &Range<i64>) -> i64 {
    one.end.min(other.end) - one.start.max(other.start)
}

/// The spans of packets, asked for overlaps in order of time.
struct Spans<'a> {
    packets: &'a Rows<Unit>,
    passed: usize,
}

impl<'a> Spans<'a> {
    fn of(packets: &'a Rows<Unit>) -> Self {
        Self { packets, passed: 0 }
    }

    /// As [`overlap_us`], for a span that begins no earlier than those before it.
    fn overlap_us(&mut self, span: &Range<i64>) -> i64 {
        let count = self.packets.len();
        while self.passed < count && self.packets.get(self.passed).end_us() <= span.start {
            self.passed += 1;
        }
        let following = self.packets.range(self.passed..count).map(|packet| self::span(&packet));
        following.take_while(|other| other.start < span.end).map(|other| both_us(&other, span)).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;
    use crate::finalise::rows::tests::scratch;

    const COPY: usize = 1;

    fn packets(stream: usize, times_ms: impl Iterator<Item = i64>, duration_ms: i64) -> Rows<Unit> {
        let packets = times_ms.map(|ms| Unit {
            stream,
            packets: 0..1,
            time_us: ms * 1000,
            duration_us: duration_ms * 1000,
            bytes: 1,
            key: true,
        });
        Rows::of(&scratch(), packets)
    }

    /// The largest hole and the largest overlap between the packets, in milliseconds.
    fn seams_ms(packets: &Rows<Unit>) -> (i64, i64) {
        let packets: Vec<Unit> = packets.iter().collect();
        let seam = |pair: &[Unit]| (pair[1].time_us - pair[0].end_us()) / 1000;
        let seams = || packets.windows(2).map(seam);
        (seams().max().unwrap(), -seams().min().unwrap())
    }

    #[test]
    fn a_hole_closes_wherever_the_copys_packets_begin() {
        let clock = Clock::estimated(0);
        for shift in 0..60 {
            let live =
                packets(0, (0..200).map(|number| number * 20).filter(|ms| !(1000..2000).contains(ms)), 20);
            let copied = packets(COPY, (0..60).map(|number| number * 60 - shift), 60);
            let filled = fill(live, &copied, &clock, 4_000_000);
            let (gap_ms, overlap_ms) = seams_ms(&filled);
            assert!(gap_ms <= 10 && overlap_ms <= 10, "{shift}: {gap_ms} {overlap_ms}");
            let of_copy = filled.iter().filter(|packet| packet.stream == COPY).count();
            assert!((16..=18).contains(&of_copy), "{shift}: {of_copy}");
        }
    }

    #[test]
    fn head_and_tail_are_holes() {
        let live = packets(0, (50..150).map(|number| number * 20), 20);
        let copied = packets(COPY, (-5..100).map(|number| number * 60 + 3), 60);
        let filled = fill(live, &copied, &Clock::estimated(0), 4_000_000);
        assert_eq!(filled.get(0).time_us, 3000);
        assert_eq!(filled.last().unwrap().time_us, 3_963_000);
        let (gap_ms, overlap_ms) = seams_ms(&filled);
        assert!(gap_ms <= 10 && overlap_ms <= 10, "{gap_ms} {overlap_ms}");
    }

    #[test]
    fn whole_sound_is_left_alone() {
        let live = packets(0, (0..200).map(|number| number * 20), 20);
        let copied = packets(COPY, (0..70).map(|number| number * 60 + 7), 60);
        let before: Vec<Unit> = live.iter().collect();
        assert!(fill(live, &copied, &Clock::estimated(0), 4_000_000).iter().eq(before));
    }

    #[test]
    fn a_clock_that_steps_back_repeats_nothing() {
        let mut clock = Clock::estimated(0);
        clock.learn(1_000_000, 0);
        clock.learn(3_000_000, -700_000);
        let copied = packets(COPY, (0..80).map(|number| number * 60), 60);
        let filled = fill(packets(0, iter::empty(), 20), &copied, &clock, 4_000_000);
        assert!(seams_ms(&filled).1 <= 10);
    }
}
