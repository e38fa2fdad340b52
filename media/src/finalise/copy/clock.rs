//! A copy's clock against the recording's.

/// Where the copy's times lie in the recording: the page's estimate, or what was measured at certain places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::finalise) struct Clock {
    estimate_us: i64,
    /// (time in the recording, by how much it is ahead of the copy's), in order of time.
    measured: Vec<(i64, i64)>,
}

/// Live media is placed anew after an interruption, so that what was measured before and after differs a little. That much
/// is spread over the time between; a larger step has a place, which nobody knows.
const LARGEST_SPREAD_US: i64 = 100_000;

impl Clock {
    /// `estimate_us` is the time of the copy's zero in the recording.
    pub(in crate::finalise) fn estimated(estimate_us: i64) -> Self {
        Self { estimate_us, measured: Vec::new() }
    }

    /// Takes a measurement: around `at_us` of the recording, the copy's times are `offset_us` behind.
    pub(in crate::finalise) fn learn(&mut self, at_us: i64, offset_us: i64) {
        let position = self.measured.partition_point(|&(before_us, _)| before_us <= at_us);
        self.measured.insert(position, (at_us, offset_us));
    }

    /// By how much the recording's time is ahead of the copy's around `at_us` of the recording.
    pub(in crate::finalise) fn offset_us(&self, at_us: i64) -> i64 {
        let next = self.measured.partition_point(|&(before_us, _)| before_us <= at_us);
        let before = next.checked_sub(1).and_then(|index| self.measured.get(index)).copied();
        let after = self.measured.get(next).copied();
        match (before, after) {
            (None, None) => self.estimate_us,
            (Some((_, offset_us)), None) | (None, Some((_, offset_us))) => offset_us,
            (Some(before), Some(after)) => between(before, after, at_us),
        }
    }

    /// A copy's time in the recording.
    pub(in crate::finalise) fn time_us(&self, copy_us: i64) -> i64 {
        // Offsets hardly change over as long as they are wrong by, so the first guess is good enough to look one up.
        let guess_us = copy_us.saturating_add(self.offset_us(copy_us.saturating_add(self.estimate_us)));
        copy_us.saturating_add(self.offset_us(guess_us))
    }
}

fn between(before: (i64, i64), after: (i64, i64), at_us: i64) -> i64 {
    let change_us = after.1.saturating_sub(before.1);
    let elapsed_us = at_us.saturating_sub(before.0);
    let span_us = after.0.saturating_sub(before.0);
    if change_us.saturating_abs() > LARGEST_SPREAD_US {
        return if elapsed_us <= span_us / 2 { before.1 } else { after.1 };
    }
    before.1 + (change_us as f64 * (elapsed_us as f64 / span_us.max(1) as f64)).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_holds_until_something_is_measured() {
        let mut clock = Clock::estimated(700_000);
        assert_eq!(clock.time_us(1_000_000), 1_700_000);
        clock.learn(5_000_000, 40_000);
        assert_eq!((clock.time_us(0), clock.time_us(9_000_000)), (40_000, 9_040_000));
    }

    #[test]
    fn small_differences_are_spread_and_large_ones_have_a_place() {
        let mut clock = Clock::estimated(0);
        clock.learn(20_000_000, 30_000);
        clock.learn(10_000_000, 10_000);
        assert_eq!(clock.offset_us(15_000_000), 20_000);
        clock.learn(30_000_000, 900_000);
        assert_eq!((clock.offset_us(24_000_000), clock.offset_us(26_000_000)), (30_000, 900_000));
    }

    #[test]
    fn extremes_saturate() {
        let mut clock = Clock::estimated(i64::MAX);
        clock.learn(i64::MIN, i64::MAX);
        clock.learn(i64::MAX, i64::MIN);
        for us in [i64::MIN, 0, i64::MAX] {
            clock.time_us(us);
        }
    }
}
