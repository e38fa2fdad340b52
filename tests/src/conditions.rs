//! What a network does to what passes: delay, loss and a narrow place, the same for the same seed.

use std::time::{Duration, Instant};

use crate::moments::Moments;

/// A network as a candidate may have it; by default a perfect one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// One way.
    pub latency: Duration,
    /// Share of datagrams that never arrive, 0 to 1.
    pub loss: f64,
    /// Kilobits per second of each direction.
    pub kbps: Option<u32>,
    pub seed: u64,
}

/// What waits longer than this before the narrow place is thrown away, as routers do.
const LONGEST_QUEUE: Duration = Duration::from_millis(400);

/// One direction of a network with its queue.
pub struct Lane {
    conditions: Conditions,
    moments: Moments,
    free_at: Option<Instant>,
}

impl Lane {
    pub fn new(conditions: Conditions) -> Self {
        Self { conditions, moments: Moments::of(conditions.seed), free_at: None }
    }

    /// When a datagram of so many bytes that is sent `now` arrives; `None` when it never does.
    pub fn datagram(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        if self.moments.happens(self.conditions.loss) || self.queued(now) > LONGEST_QUEUE {
            return None;
        }
        Some(self.pass(now, bytes))
    }

    /// The same for a stream, of which nothing is lost.
    pub fn pass(&mut self, now: Instant, bytes: usize) -> Instant {
        let begins = self.free_at.map_or(now, |free| free.max(now));
        let ends = begins + self.conditions.kbps.map_or(Duration::ZERO, |kbps| lasts(bytes, kbps));
        self.free_at = Some(ends);
        ends + self.conditions.latency
    }

    fn queued(&self, now: Instant) -> Duration {
        self.free_at.map_or(Duration::ZERO, |free| free.saturating_duration_since(now))
    }
}

fn lasts(bytes: usize, kbps: u32) -> Duration {
    Duration::from_secs_f64(bytes as f64 * 8.0 / (f64::from(kbps) * 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_place_delays_and_then_drops() {
        let latency = Duration::from_millis(50);
        let mut lane = Lane::new(Conditions { latency, kbps: Some(80), ..Conditions::default() });
        let now = Instant::now();
        // 1000 bytes take 100 ms at 80 kbit/s.
        let arrivals: Vec<_> = (0..8).map(|_| lane.datagram(now, 1000)).collect();
        let after = |ms| Some(now + latency + Duration::from_millis(ms));
        assert_eq!(arrivals[..5], [after(100), after(200), after(300), after(400), after(500)]);
        assert_eq!(arrivals[5..], [None, None, None]);
    }

    #[test]
    fn the_same_seed_loses_the_same() {
        let conditions = Conditions { loss: 0.2, seed: 7, ..Conditions::default() };
        let lost = || {
            let (mut lane, now) = (Lane::new(conditions), Instant::now());
            (0..1000).map(|_| lane.datagram(now, 100).is_none()).collect::<Vec<_>>()
        };
        assert_eq!(lost(), lost());
        let share = lost().iter().filter(|lost| **lost).count();
        assert!((150..250).contains(&share), "{share} of 1000");
    }
}
