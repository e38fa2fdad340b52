//! What is missing from a stream of RTP sequence numbers. Pure: the clock is passed in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How far back a late packet is taken for one of the same stretch, and how large a hole may be to wait for it.
const WINDOW: i64 = 1_024;
/// How long a hole may stay open. NACKs are given up before this (see `engine`), plus one slow round trip.
pub(super) const REPAIR_WITHIN: Duration = Duration::from_millis(900);

/// Follows one SSRC.
#[derive(Debug, Default)]
pub(super) struct SequenceTracker {
    /// Highest number seen, extended beyond 16 bits.
    highest: Option<i64>,
    /// Open holes and when they were noticed.
    missing: BTreeMap<i64, Instant>,
    /// The number after one that lies far behind; two such in a row are a restarted sender (RFC 3550 A.1).
    restart_at: Option<u16>,
    repaired: u64,
    lost: u64,
    /// `lost` at the last call of `give_up`.
    told: u64,
}

impl SequenceTracker {
    /// Takes note of a packet that arrived at `now`.
    pub fn arrived(&mut self, number: u16, now: Instant) {
        let Some(highest) = self.highest else {
            self.highest = Some(i64::from(number));
            return;
        };
        let ahead = i64::from(number.wrapping_sub(highest as u16) as i16);
        match ahead {
            ..=0 if ahead <= -WINDOW => self.maybe_restarted(number),
            ..=0 => self.repaired += u64::from(self.missing.remove(&(highest + ahead)).is_some()),
            1.. => {
                if ahead > WINDOW {
                    self.lost += ahead as u64 - 1;
                } else {
                    self.missing.extend((1..ahead).map(|n| (highest + n, now)));
                }
                self.highest = Some(highest + ahead);
                self.restart_at = None;
            }
        }
    }

    fn maybe_restarted(&mut self, number: u16) {
        if self.restart_at == Some(number) {
            self.lost += self.missing.len() as u64;
            self.missing.clear();
            self.highest = Some(i64::from(number));
            self.restart_at = None;
        } else {
            self.restart_at = Some(number.wrapping_add(1));
        }
    }

    /// Gives up holes that are too old or too far behind. True when packets were lost for good since the last
    /// call, here or by a jump.
    pub fn give_up(&mut self, now: Instant) -> bool {
        let oldest_wanted = self.highest.unwrap_or_default() - WINDOW;
        while let Some(hole) = self.missing.first_entry() {
            if *hole.key() >= oldest_wanted && now.duration_since(*hole.get()) < REPAIR_WITHIN {
                break;
            }
            hole.remove();
            self.lost += 1;
        }
        self.lost > std::mem::replace(&mut self.told, self.lost)
    }

    /// Packets that were missing and came late, by retransmission or reordering.
    pub fn repaired(&self) -> u64 {
        self.repaired
    }

    /// Packets given up for good.
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(tracker: &mut SequenceTracker, numbers: impl IntoIterator<Item = u16>, now: Instant) {
        for number in numbers {
            tracker.arrived(number, now);
        }
    }

    #[test]
    fn a_hole_is_repaired_or_given_up() {
        let start = Instant::now();
        let mut tracker = SequenceTracker::default();
        feed(&mut tracker, [65_533, 65_534, 2, 65_535], start);
        assert!(!tracker.give_up(start + REPAIR_WITHIN / 2));
        assert_eq!((tracker.repaired(), tracker.lost()), (1, 0));
        assert!(tracker.give_up(start + REPAIR_WITHIN), "0 and 1 never came");
        assert_eq!((tracker.repaired(), tracker.lost()), (1, 2));
        assert!(!tracker.give_up(start + REPAIR_WITHIN), "told once");
    }

    #[test]
    fn a_duplicate_or_given_up_packet_repairs_nothing() {
        let start = Instant::now();
        let mut tracker = SequenceTracker::default();
        feed(&mut tracker, [1, 2, 4, 4, 2], start);
        assert!(tracker.give_up(start + REPAIR_WITHIN));
        feed(&mut tracker, [3], start + REPAIR_WITHIN);
        assert_eq!((tracker.repaired(), tracker.lost()), (0, 1));
    }

    #[test]
    fn a_jump_is_a_loss_at_once_and_holds_no_memory() {
        let now = Instant::now();
        let mut tracker = SequenceTracker::default();
        feed(&mut tracker, [0, 5_000], now);
        assert!(tracker.missing.is_empty());
        assert!(tracker.give_up(now));
        assert_eq!(tracker.lost(), 4_999);
        for n in 1..=100_u16 {
            feed(&mut tracker, [5_000 + n * 100], now);
            tracker.give_up(now);
        }
        assert!(tracker.missing.len() <= WINDOW as usize);
    }

    #[test]
    fn a_restarted_sender_is_followed_after_two_packets() {
        let now = Instant::now();
        let mut tracker = SequenceTracker::default();
        feed(&mut tracker, [30_000, 30_001, 10, 30_002], now);
        assert_eq!(tracker.highest, Some(30_002), "one stray packet changes nothing");
        feed(&mut tracker, [100, 101, 102], now);
        assert_eq!(tracker.highest, Some(102));
    }

    #[test]
    fn survives_any_order() {
        let now = Instant::now();
        let mut tracker = SequenceTracker::default();
        let mut number = 1_u16;
        for _ in 0..100_000 {
            number = number.wrapping_mul(25_173).wrapping_add(13_849);
            tracker.arrived(number, now);
            tracker.give_up(now);
            assert!(tracker.missing.len() <= 2 * WINDOW as usize);
        }
    }
}
