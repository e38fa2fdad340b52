//! Where arrival and media time part for good: a capture that stalled, or a media clock that was reset.
//!
//! A stalled capture (a sleeping laptop, a stolen microphone) often goes on with media times as if nothing had
//! happened; only the arrivals tell of the missing seconds. A delayed network looks alike at first, but it catches up
//! again, or its delay grows over many packets. So a step is: nothing arrives for about as long as the step, and the
//! least delay stays higher from then on.

use std::collections::VecDeque;
use std::ops::Range;

use super::packet::{Content, Packet};
use super::rows::Rows;

/// Smaller steps are left to the sender reports.
const SMALLEST_STALL_US: i64 = 200_000;
/// A step back this large cannot be a queue that drains.
const SMALLEST_RESET_US: i64 = 2_000_000;
/// Span of arrivals before and after a step whose least delays are compared.
const WINDOW_US: i64 = 5_000_000;
/// At the end of a take there must be this much to judge a small step by.
pub(super) const SMALLEST_EVIDENCE_US: i64 = 500_000;
const LARGE_STALL_US: i64 = 1_000_000;

/// Indices of the packets that begin after a step. `packets` are in order of sequence.
pub(super) fn find(packets: &Rows<Packet>) -> Vec<usize> {
    let after = least_delays_after(packets);
    let mut after = after.iter().rev();
    let mut before = LeastDelay::default();
    let mut steps = Vec::new();
    let mut newest_arrival_us = i64::MIN;
    let mut following = carrying(packets).peekable();
    while let Some((index, packet)) = following.next() {
        let (least_after_us, span_us) = after.next().unwrap_or_default();
        if let Some(least_before) = before.least_since(packet.arrival_us) {
            let step = least_after_us.saturating_sub(least_before);
            let silence = packet.arrival_us.saturating_sub(newest_arrival_us);
            let stalled = step > SMALLEST_STALL_US
                && silence >= step - step / 10
                && (span_us >= SMALLEST_EVIDENCE_US || step > LARGE_STALL_US);
            // Two packets in a row, so that one odd timestamp is not taken for a reset.
            let is_ahead =
                |packet: &Packet| delay_us(packet).saturating_sub(least_before) < -SMALLEST_RESET_US;
            let ahead = is_ahead(&packet) && following.peek().is_none_or(|(_, next)| is_ahead(next));
            if stalled || ahead {
                steps.push(index);
                before = LeastDelay::default();
            }
        }
        before.push(&packet);
        newest_arrival_us = newest_arrival_us.max(packet.arrival_us);
    }
    steps
}

/// Removes single frames or packets whose media time is far ahead of those before and after. One such timestamp would
/// pass for the least delay of all.
pub(super) fn remove_odd(packets: &mut Rows<Packet>) {
    let odd = odd_runs(packets);
    if odd.is_empty() {
        return;
    }
    let mut odd = odd.into_iter().peekable();
    let kept = packets.iter().enumerate().filter(|&(index, _)| {
        while odd.next_if(|run| run.end <= index).is_some() {}
        !odd.peek().is_some_and(|run| run.contains(&index))
    });
    let kept = Rows::of(packets.scratch(), kept.map(|(_, packet)| packet));
    *packets = kept;
}

/// Packets of one media time that follow one another.
struct Run {
    indices: Range<usize>,
    media_us: i64,
    /// The least of theirs.
    delay_us: i64,
}

fn odd_runs(packets: &Rows<Packet>) -> Vec<Range<usize>> {
    let mut packets = packets.iter().enumerate().peekable();
    let mut runs = std::iter::from_fn(|| {
        let (start, first) = packets.next()?;
        let mut run = Run { indices: start..start + 1, media_us: first.media_us, delay_us: delay_us(&first) };
        while let Some((index, packet)) = packets.next_if(|(_, packet)| packet.media_us == run.media_us) {
            run.indices.end = index + 1;
            run.delay_us = run.delay_us.min(delay_us(&packet));
        }
        Some(run)
    })
    .peekable();
    let mut odd = Vec::new();
    let mut count = 0;
    let mut before_us: Option<i64> = None;
    while let Some(run) = runs.next() {
        count += 1;
        let ahead_of = |other_us: Option<i64>| {
            other_us.is_none_or(|other_us| run.delay_us.saturating_sub(other_us) < -SMALLEST_RESET_US)
        };
        if ahead_of(before_us) && ahead_of(runs.peek().map(|next| next.delay_us)) {
            odd.push(run.indices);
        }
        before_us = Some(run.delay_us);
    }
    // Of two, nobody knows which is the odd one.
    if count > 2 { odd } else { Vec::new() }
}

/// The packets that hold media, with their indices.
pub(super) fn carrying(packets: &Rows<Packet>) -> impl DoubleEndedIterator<Item = (usize, Packet)> + '_ {
    packets.iter().enumerate().filter(|(_, packet)| packet.content != Content::Padding)
}

/// By how much the packet arrived later than its media time says, up to a constant.
pub(super) fn delay_us(packet: &Packet) -> i64 {
    packet.arrival_us.saturating_sub(packet.media_us)
}

/// For each carrying packet, the last one first: the least delay among it and those that follow within the window, and
/// for how long packets follow.
fn least_delays_after(packets: &Rows<Packet>) -> Rows<(i64, i64)> {
    let mut result = Rows::new(packets.scratch());
    let mut last_arrival_us = None;
    // Candidates (arrival, delay) for the minimum, with delays falling towards the front; the front is the newest packet.
    let mut candidates: VecDeque<(i64, i64)> = VecDeque::new();
    for (_, packet) in carrying(packets).rev() {
        let delay_us = delay_us(&packet);
        while candidates.front().is_some_and(|&(_, other_us)| other_us >= delay_us) {
            candidates.pop_front();
        }
        candidates.push_front((packet.arrival_us, delay_us));
        let horizon = packet.arrival_us.saturating_add(WINDOW_US);
        while candidates.len() > 1 && candidates.back().is_some_and(|&(arrival_us, _)| arrival_us > horizon) {
            candidates.pop_back();
        }
        let least_us = candidates.back().map_or(0, |&(_, delay_us)| delay_us);
        let last_us = *last_arrival_us.get_or_insert(packet.arrival_us);
        result.push((least_us, last_us.saturating_sub(packet.arrival_us)));
    }
    result
}

/// The least delay over the last packets.
#[derive(Default)]
struct LeastDelay {
    /// (arrival, delay), both rising from front to back.
    candidates: VecDeque<(i64, i64)>,
}

impl LeastDelay {
    fn push(&mut self, packet: &Packet) {
        let delay_us = delay_us(packet);
        while self.candidates.back().is_some_and(|&(_, other_us)| other_us >= delay_us) {
            self.candidates.pop_back();
        }
        self.candidates.push_back((packet.arrival_us, delay_us));
    }

    /// The window counts back from the newest packet rather than from `now_us`, which a stall may have put far ahead.
    fn least_since(&mut self, now_us: i64) -> Option<i64> {
        let &(newest_us, _) = self.candidates.back()?;
        let horizon = newest_us.min(now_us).saturating_sub(WINDOW_US);
        while self.candidates.len() > 1 && self.candidates.front().is_some_and(|&(at, _)| at < horizon) {
            self.candidates.pop_front();
        }
        self.candidates.front().map(|&(_, delay_us)| delay_us)
    }
}
