//! What is missing from a stream of RTP sequence numbers. Pure: the clock is passed in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How far back a late packet is taken for one of the same stretch, and how large a hole may be to wait for it.
const WINDOW: i64 = 1_024;
/// How long a hole may stay open: what a browser keeps for repetition, and about as long as a recording may lag.
pub(super) const REPAIR_WITHIN: Duration = Duration::from_millis(900);
/// A packet that was overtaken is there by now. A recorder has the time to wait for it; a repeat costs the sender.
const OVERTAKEN_WITHIN: Duration = Duration::from_millis(30);
/// Some packets cannot be repeated (padding probes): they are not asked for for ever.
const MOST_REQUESTS: u8 = 8;

/// A packet that is missing.
#[derive(Debug)]
struct Hole {
    noticed: Instant,
    /// When it was last asked for, and how often in all.
    asked: Option<Instant>,
    requests: u8,
}

impl Hole {
    fn due(&self, now: Instant, wait: Duration) -> bool {
        match self.asked {
            None => now.duration_since(self.noticed) >= OVERTAKEN_WITHIN,
            Some(asked) => self.requests < MOST_REQUESTS && now.duration_since(asked) >= wait,
        }
    }
}

/// Follows one SSRC.
#[derive(Debug, Default)]
pub(super) struct SequenceTracker {
    /// Highest number seen, extended beyond 16 bits.
    highest: Option<i64>,
    missing: BTreeMap<i64, Hole>,
    /// The number after one that lies far behind; two such in a row are a restarted sender (RFC 3550 A.1).
    restart_at: Option<u16>,
    repaired: u64,
    lost: u64,
    /// `lost` at the last call of `give_up`.
    told: u64,
}

impl SequenceTracker {
    /// Takes note of a packet that arrived at `now`. If it had been asked for exactly once: how long ago.
    pub fn arrived(&mut self, number: u16, now: Instant) -> Option<Duration> {
        let Some(highest) = self.highest else {
            self.highest = Some(i64::from(number));
            return None;
        };
        let ahead = i64::from(number.wrapping_sub(highest as u16) as i16);
        match ahead {
            ..=0 if ahead <= -WINDOW => self.maybe_restarted(number),
            ..=0 => {
                let hole = self.missing.remove(&(highest + ahead))?;
                self.repaired += 1;
                return hole.asked.filter(|_| hole.requests == 1).map(|asked| now.duration_since(asked));
            }
            1.. => {
                if ahead > WINDOW {
                    self.lost += ahead as u64 - 1;
                } else {
                    let hole = |n| (highest + n, Hole { noticed: now, asked: None, requests: 0 });
                    self.missing.extend((1..ahead).map(hole));
                }
                self.highest = Some(highest + ahead);
                self.restart_at = None;
            }
        }
        None
    }

    /// The numbers to ask for now, given the time a repeat takes; each is taken as asked for. The second value
    /// says whether any of them had been asked for before.
    pub fn ask(&mut self, now: Instant, wait: Duration) -> (Vec<u16>, bool) {
        let mut again = false;
        let mut numbers = Vec::new();
        for (&number, hole) in self.missing.iter_mut().filter(|(_, hole)| hole.due(now, wait)) {
            again |= hole.asked.replace(now).is_some();
            hole.requests += 1;
            numbers.push(number as u16);
        }
        (numbers, again)
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
            if *hole.key() >= oldest_wanted && now.duration_since(hole.get().noticed) < REPAIR_WITHIN {
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
    fn asks_after_the_overtaken_have_come_and_then_at_the_pace_of_the_sender() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let wait = ms(60);
        let mut tracker = SequenceTracker::default();
        feed(&mut tracker, [65_534, 1, 0], start);
        assert_eq!(tracker.ask(start + ms(29), wait), (vec![], false));
        assert_eq!(tracker.ask(start + ms(30), wait), (vec![65_535], false), "0 was only overtaken");
        assert_eq!(tracker.ask(start + ms(89), wait), (vec![], false));
        assert_eq!(tracker.ask(start + ms(90), wait), (vec![65_535], true));
        assert_eq!(
            tracker.arrived(65_535, start + ms(95)),
            None,
            "which of the two requests it answers is unknown"
        );
        feed(&mut tracker, [3], start + ms(100));
        assert_eq!(tracker.ask(start + ms(130), wait).0, [2]);
        assert_eq!(tracker.arrived(2, start + ms(171)), Some(ms(41)));
        assert_eq!(tracker.arrived(2, start + ms(172)), None, "a duplicate answers nothing");
    }

    #[test]
    fn what_cannot_be_repeated_is_not_asked_for_for_ever() {
        let start = Instant::now();
        let mut tracker = SequenceTracker::default();
        feed(&mut tracker, [1, 3], start);
        let requests = (1..1_000).filter(|&ms| {
            let now = start + Duration::from_millis(ms);
            tracker.give_up(now);
            !tracker.ask(now, Duration::from_millis(40)).0.is_empty()
        });
        assert_eq!(requests.count(), usize::from(MOST_REQUESTS));
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
