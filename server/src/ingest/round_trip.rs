//! How long a sender takes to repeat a packet. Pure: durations are passed in.

use std::time::Duration;

/// Before anything was measured.
const FIRST_WAIT: Duration = Duration::from_millis(120);
const SHORTEST_WAIT: Duration = Duration::from_millis(40);
/// So that even the slowest sender is asked twice before a packet is given up.
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// The retransmission timer of TCP (RFC 6298 §2), for NACKs: measured from asking to getting, it also holds what
/// a busy sender or a busy receiver adds to the network's round trip.
#[derive(Debug)]
pub(super) struct RoundTrip {
    /// Smoothed mean and mean deviation.
    measured: Option<(Duration, Duration)>,
    wait: Duration,
}

impl Default for RoundTrip {
    fn default() -> Self {
        Self { measured: None, wait: FIRST_WAIT }
    }
}

impl RoundTrip {
    /// A packet came `took` after it was asked for, once only: otherwise nobody knows which request it answers.
    pub fn answered(&mut self, took: Duration) {
        let (mean, deviation) = match self.measured {
            None => (took, took / 2),
            Some((mean, deviation)) => ((mean * 7 + took) / 8, (deviation * 3 + mean.abs_diff(took)) / 4),
        };
        self.measured = Some((mean, deviation));
        self.wait = (mean + deviation * 4).clamp(SHORTEST_WAIT, LONGEST_WAIT);
    }

    /// A packet had to be asked for again: the round trip may have grown, and only patience can measure it.
    pub fn unanswered(&mut self) {
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }

    /// How long to wait for a packet before asking again.
    pub fn wait(&self) -> Duration {
        self.wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn follows_a_steady_sender_closely() {
        let mut round_trip = RoundTrip::default();
        assert_eq!(round_trip.wait(), FIRST_WAIT);
        for _ in 0..50 {
            round_trip.answered(ms(60));
        }
        assert!((ms(60)..ms(65)).contains(&round_trip.wait()), "{:?}", round_trip.wait());
    }

    #[test]
    fn leaves_room_for_an_unsteady_one() {
        let mut round_trip = RoundTrip::default();
        for k in 0..100 {
            round_trip.answered(ms(if k % 2 == 0 { 40 } else { 120 }));
        }
        assert!(round_trip.wait() > ms(120), "{:?}", round_trip.wait());
    }

    #[test]
    fn a_round_trip_beyond_the_first_guess_is_learnt() {
        let mut round_trip = RoundTrip::default();
        let took = ms(300);
        while round_trip.wait() < took {
            round_trip.unanswered();
        }
        round_trip.answered(took);
        assert_eq!(round_trip.wait(), LONGEST_WAIT, "300 ms and a deviation of 150");
        for _ in 0..30 {
            round_trip.answered(took);
        }
        assert!((took..ms(310)).contains(&round_trip.wait()), "{:?}", round_trip.wait());
    }

    #[test]
    fn stays_within_its_bounds() {
        let mut round_trip = RoundTrip::default();
        for _ in 0..50 {
            round_trip.answered(Duration::ZERO);
        }
        assert_eq!(round_trip.wait(), SHORTEST_WAIT);
        round_trip.answered(Duration::MAX / 16);
        assert_eq!(round_trip.wait(), LONGEST_WAIT);
    }
}
