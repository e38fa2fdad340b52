//! Where arrival and media time part for good: a capture that stalled, or a media clock that was reset.
//!
//! A stalled capture (a sleeping laptop, a stolen microphone) often goes on with media times as if nothing had
//! happened; only the arrivals tell of the missing seconds. A delayed network looks alike at first, but it catches up
//! again, or its delay grows over many packets. So a step is: nothing arrives for about as long as the step, and the
//! least delay stays higher from then on.

use std::collections::VecDeque;

use super::index::{Content, Packet};

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
pub(super) fn find(packets: &[Packet]) -> Vec<usize> {
    let carrying = carrying(packets);
    let after = least_delays_after(packets, &carrying);
    let mut before = LeastDelay::default();
    let mut steps = Vec::new();
    let mut newest_arrival_us = i64::MIN;
    for (position, &index) in carrying.iter().enumerate() {
        let packet = &packets[index];
        if let Some(least_before) = before.least_since(packet.arrival_us) {
            let step = after[position].least_us.saturating_sub(least_before);
            let silence = packet.arrival_us.saturating_sub(newest_arrival_us);
            let stalled = step > SMALLEST_STALL_US
                && silence >= step - step / 10
                && (after[position].span_us >= SMALLEST_EVIDENCE_US || step > LARGE_STALL_US);
            // Two packets in a row, so that one odd timestamp is not taken for a reset.
            let ahead = carrying[position..]
                .iter()
                .take(2)
                .all(|&index| delay_us(&packets[index]).saturating_sub(least_before) < -SMALLEST_RESET_US);
            if stalled || ahead {
                steps.push(index);
                before = LeastDelay::default();
            }
        }
        before.push(packet);
        newest_arrival_us = newest_arrival_us.max(packet.arrival_us);
    }
    steps
}

/// Removes single frames or packets whose media time is far ahead of those before and after. One such timestamp would
/// pass for the least delay of all.
pub(super) fn remove_odd(packets: &mut Vec<Packet>) {
    let runs: Vec<(usize, i64)> = packets
        .chunk_by(|one, other| one.media_us == other.media_us)
        .map(|run| (run.len(), run.iter().map(delay_us).min().unwrap_or(0)))
        .collect();
    let mut odd = Vec::with_capacity(packets.len());
    for (position, &(len, delay_us)) in runs.iter().enumerate() {
        let ahead_of = |neighbour: Option<&(usize, i64)>| {
            neighbour.is_none_or(|&(_, other_us)| delay_us.saturating_sub(other_us) < -SMALLEST_RESET_US)
        };
        let before = position.checked_sub(1).and_then(|before| runs.get(before));
        let is_odd = runs.len() > 2 && ahead_of(before) && ahead_of(runs.get(position + 1));
        odd.extend(std::iter::repeat_n(is_odd, len));
    }
    let mut odd = odd.into_iter();
    packets.retain(|_| !odd.next().unwrap_or(false));
}

/// Indices of the packets that hold media.
pub(super) fn carrying(packets: &[Packet]) -> Vec<usize> {
    (0..packets.len()).filter(|&index| packets[index].content != Content::Padding).collect()
}

/// By how much the packet arrived later than its media time says, up to a constant.
pub(super) fn delay_us(packet: &Packet) -> i64 {
    packet.arrival_us.saturating_sub(packet.media_us)
}

/// What the packets after a point tell.
#[derive(Clone, Copy)]
struct After {
    least_us: i64,
    span_us: i64,
}

/// For each carrying packet, the least delay among it and those that follow within the window.
fn least_delays_after(packets: &[Packet], carrying: &[usize]) -> Vec<After> {
    let mut result = vec![After { least_us: 0, span_us: 0 }; carrying.len()];
    let last_arrival_us = carrying.last().map_or(0, |&index| packets[index].arrival_us);
    // Candidates for the minimum, with delays falling towards the front; the front is the newest packet.
    let mut candidates: VecDeque<&Packet> = VecDeque::new();
    for (position, &index) in carrying.iter().enumerate().rev() {
        let packet = &packets[index];
        while candidates.front().is_some_and(|other| delay_us(other) >= delay_us(packet)) {
            candidates.pop_front();
        }
        candidates.push_front(packet);
        let horizon = packet.arrival_us.saturating_add(WINDOW_US);
        while candidates.len() > 1 && candidates.back().is_some_and(|other| other.arrival_us > horizon) {
            candidates.pop_back();
        }
        result[position] = After {
            least_us: candidates.back().map_or(0, |least| delay_us(least)),
            span_us: last_arrival_us.saturating_sub(packet.arrival_us),
        };
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
