//! Arrival times: monotonic, yet in wall-clock terms.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Turns `Instant`s into microseconds since the Unix epoch by one anchor taken at start, so that the result
/// never jumps when the wall clock is set.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArrivalClock {
    anchor: Instant,
    anchor_us: i64,
}

impl ArrivalClock {
    pub fn new(anchor: Instant, wall: SystemTime) -> Self {
        let since_epoch = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { anchor, anchor_us: since_epoch.as_micros() as i64 }
    }

    /// Microseconds since the Unix epoch at `at`, which may also lie before the anchor.
    pub fn unix_us(&self, at: Instant) -> i64 {
        match at.checked_duration_since(self.anchor) {
            Some(later) => self.anchor_us + later.as_micros() as i64,
            None => self.anchor_us - self.anchor.duration_since(at).as_micros() as i64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn follows_the_monotonic_clock_both_ways() {
        let anchor = Instant::now() + Duration::from_mins(1);
        let clock = ArrivalClock::new(anchor, UNIX_EPOCH + Duration::from_secs(1_000));
        assert_eq!(clock.unix_us(anchor), 1_000_000_000);
        assert_eq!(clock.unix_us(anchor + Duration::from_millis(5)), 1_000_005_000);
        assert_eq!(clock.unix_us(anchor.checked_sub(Duration::from_millis(5)).unwrap()), 999_995_000);
    }
}
