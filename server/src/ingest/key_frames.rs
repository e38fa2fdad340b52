//! When a sender is asked for a key frame. Pure: the clock is passed in.

use std::time::{Duration, Instant};

/// This often, so that any stretch of a recording can be sought and cut.
const EVERY: Duration = Duration::from_millis(4_500);
/// And never more often than this, whatever is lost or asked for: a key frame costs a sender dearly.
const SPACING: Duration = Duration::from_millis(300);
/// Where key frame after key frame is lost, the network is too narrow for them: each is waited for twice as long as the one
/// before, up to this. The browser's own recording fills what cannot be shown until then.
const WIDEST_SPACING: Duration = Duration::from_millis(1_200);

#[derive(Debug)]
pub struct KeyFrames {
    last: Option<Instant>,
    after_loss: Duration,
    lost: bool,
}

impl Default for KeyFrames {
    fn default() -> Self {
        Self { last: None, after_loss: SPACING, lost: false }
    }
}

impl KeyFrames {
    /// Something was lost that only a key frame can mend.
    pub fn lost(&mut self) {
        self.lost = true;
    }

    /// Whether to ask now; it is `wanted` where somebody else needs one, such as a take that begins.
    pub fn is_due(&mut self, now: Instant, wanted: bool) -> bool {
        // The first frame of a stream is a key frame by itself, so the schedule starts with it.
        let since = now.duration_since(*self.last.get_or_insert(now));
        let mends = self.lost && since >= self.after_loss;
        let is_due = mends || wanted && since >= SPACING || since >= EVERY;
        if is_due {
            self.after_loss = if self.lost { (self.after_loss * 2).min(WIDEST_SPACING) } else { SPACING };
            self.last = Some(now);
            self.lost = false;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The milliseconds at which one is asked for within six seconds, where packets are lost at `losses`.
    fn asked(losses: impl Fn(u64) -> bool, wanted: impl Fn(u64) -> bool) -> Vec<u64> {
        let (start, mut key_frames) = (Instant::now(), KeyFrames::default());
        let mut pending = false;
        let due = (0..6_000).step_by(10).filter(|&ms| {
            if losses(ms) {
                key_frames.lost();
            }
            pending |= wanted(ms);
            let is_due = key_frames.is_due(start + Duration::from_millis(ms), pending);
            pending &= !is_due;
            is_due
        });
        due.collect()
    }

    #[test]
    fn by_schedule() {
        assert_eq!(asked(|_| false, |_| false), [4_500]);
    }

    #[test]
    fn at_once_after_a_loss() {
        assert_eq!(asked(|ms| ms == 2_000, |_| false), [2_000]);
        assert_eq!(asked(|ms| ms == 100, |_| false), [300, 4_800], "not right after the stream began");
    }

    #[test]
    fn ever_less_often_where_each_is_lost() {
        assert_eq!(asked(|_| true, |_| false), [300, 900, 2_100, 3_300, 4_500, 5_700]);
    }

    #[test]
    fn whoever_needs_one_does_not_wait_for_that() {
        assert_eq!(asked(|ms| ms < 2_200, |ms| ms == 2_300), [300, 900, 2_100, 2_400]);
    }
}
