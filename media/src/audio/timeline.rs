//! Where the samples of each packet belong. Pure arithmetic: the packets' own times decide, so that a lost packet
//! leaves a hole in time instead of pulling all that follows towards the start.

use crate::read::Error;

/// Containers round times to whole milliseconds, and live capture wobbles by a few. Up to this much, packets follow
/// one another without a seam; it is less than the 10 ms of the shortest usual packet, so that a lost one shows.
const TOLERANCE_MS: i64 = 8;

/// The timeline of one track, in samples.
#[derive(Debug)]
pub(super) struct Timeline {
    rate: i128,
    tolerance: i128,
    limit: i128,
    limit_ms: u64,
    /// Samples that are settled.
    end: i128,
    /// Where the packet before ended.
    next: Option<i128>,
}

/// What to do with the samples of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placement {
    /// Samples without sound before the packet.
    pub(super) silence: u64,
    /// Samples at the packet's start that are not heard: before the start of the recording, or heard already.
    pub(super) skip: usize,
}

impl Timeline {
    pub(super) fn new(rate: u32, limit_ms: u64) -> Self {
        let rate = i128::from(rate);
        Self {
            rate,
            tolerance: i128::from(TOLERANCE_MS) * rate / 1000,
            limit: i128::from(limit_ms) * rate / 1000,
            limit_ms,
            end: 0,
            next: None,
        }
    }

    /// How many samples are settled.
    pub(super) fn end(&self) -> u64 {
        self.end as u64
    }

    /// Places a packet of `count` samples that starts at `start_ns` (`None`: right after the one before it).
    pub(super) fn place(&mut self, start_ns: Option<i64>, count: usize) -> Result<Placement, Error> {
        let stated = start_ns.map(|ns| (i128::from(ns) * self.rate + 500_000_000).div_euclid(1_000_000_000));
        let position = match (stated, self.next) {
            (Some(stated), Some(next)) if (stated - next).abs() > self.tolerance => stated,
            (_, Some(next)) => next,
            (stated, None) => stated.unwrap_or(0),
        };
        let after = position + count as i128;
        if after > self.limit {
            return Err(Error::TooLong { limit_ms: self.limit_ms });
        }
        self.next = Some(after);
        let skip = (self.end - position).clamp(0, count as i128) as usize;
        // A packet of which nothing is heard opens no hole either.
        let silence = if skip < count { (position - self.end).max(0) as u64 } else { 0 };
        if skip < count {
            self.end = after;
        }
        Ok(Placement { silence, skip })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: usize = 320;

    fn ms(ms: i64) -> Option<i64> {
        Some(ms * 1_000_000)
    }

    fn timeline() -> Timeline {
        Timeline::new(16_000, 10_000)
    }

    fn place(timeline: &mut Timeline, start_ms: i64) -> (u64, usize) {
        let placement = timeline.place(ms(start_ms), PACKET).unwrap();
        (placement.silence, placement.skip)
    }

    #[test]
    fn rounded_times_leave_no_seam() {
        let mut timeline = timeline();
        for start in [0, 21, 39, 60, 81, 99] {
            assert_eq!(place(&mut timeline, start), (0, 0));
        }
        assert_eq!(timeline.end(), 6 * PACKET as u64);
    }

    #[test]
    fn a_lost_packet_is_a_hole() {
        let mut timeline = timeline();
        place(&mut timeline, 0);
        assert_eq!(place(&mut timeline, 40), (320, 0));
        assert_eq!(place(&mut timeline, 60), (0, 0));
        assert_eq!(timeline.end(), 80 * 16);
    }

    #[test]
    fn an_overlap_is_trimmed() {
        let mut timeline = timeline();
        place(&mut timeline, 0);
        place(&mut timeline, 20);
        assert_eq!(place(&mut timeline, 30), (0, 160));
        assert_eq!(timeline.end(), 50 * 16);
        assert_eq!(place(&mut timeline, 0), (0, PACKET), "heard already");
        assert_eq!(timeline.end(), 50 * 16);
        assert_eq!(place(&mut timeline, 50), (0, 0));
    }

    #[test]
    fn a_late_start_is_silence_and_a_start_before_zero_is_cut() {
        let mut late = timeline();
        assert_eq!(place(&mut late, 500), (8000, 0));
        let mut early = timeline();
        assert_eq!(early.place(Some(-6_500_000), PACKET).unwrap(), Placement { silence: 0, skip: 104 });
        assert_eq!(
            place(&mut early, 13),
            (0, 0),
            "6.5 ms of pre-skip, rounded to whole milliseconds after it"
        );
    }

    #[test]
    fn a_slow_clock_never_drifts_beyond_the_tolerance() {
        // 500 ppm: after 1000 packets the container is 10 ms ahead of the count of samples.
        let mut timeline = Timeline::new(16_000, 60_000);
        for packet in 0..2000_i64 {
            let start_ns = packet * 20_010_000;
            timeline.place(Some(start_ns), PACKET).unwrap();
            let drift = timeline.end() as i64 - (start_ns + 20_000_000) * 16 / 1_000_000;
            assert!(drift.abs() <= 8 * 16 + 1, "packet {packet}: {drift} samples");
        }
    }

    #[test]
    fn laced_frames_follow_on() {
        let mut timeline = timeline();
        place(&mut timeline, 100);
        assert_eq!(timeline.place(None, PACKET).unwrap(), Placement { silence: 0, skip: 0 });
        assert_eq!(timeline.end(), 140 * 16);
    }

    #[test]
    fn hostile_times_are_too_long_not_too_much_memory() {
        assert!(matches!(timeline().place(Some(i64::MAX), PACKET), Err(Error::TooLong { limit_ms: 10_000 })));
        let placement = timeline().place(Some(i64::MIN), PACKET).unwrap();
        assert_eq!(placement, Placement { silence: 0, skip: PACKET });
    }
}
