//! When a webhook is tried again. The schedule is part of the product's contract.

use crate::time::Timestamp;

/// Seconds from one attempt to the next: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
pub const DELIVERY_DELAYS_S: [u64; 10] = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// Longest `Retry-After` that is honoured.
const LONGEST_RETRY_AFTER_S: u64 = 86_400;

/// When to try again after `attempts` have failed; `None` when the schedule is over.
///
/// `jitter` in 0–1 spreads the delay by ±20 %. `retry_after_s` is the receiver's own wish, which may only make
/// it later.
pub fn next_attempt(
    attempts: u32,
    failed_at: Timestamp,
    retry_after_s: Option<u64>,
    jitter: f64,
) -> Option<Timestamp> {
    let delay = *DELIVERY_DELAYS_S.get(attempts as usize)?;
    let spread = (delay * 1000) as f64 * (0.8 + 0.4 * jitter.clamp(0.0, 1.0));
    let wished = retry_after_s.unwrap_or(0).min(LONGEST_RETRY_AFTER_S) * 1000;
    Some(failed_at + (spread as u64).max(wished))
}

/// When a failed analysis job is tried again: 5 s doubling to at most an hour.
pub fn job_backoff(attempts: u32, failed_at: Timestamp) -> Timestamp {
    failed_at + 5000 * 2_u64.pow(attempts.saturating_sub(1).min(9)).min(720)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_published_schedule() {
        let at = Timestamp(0);
        let middle: Vec<_> = (1..10).map(|n| next_attempt(n, at, None, 0.5).unwrap().0 / 1000).collect();
        assert_eq!(middle, [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        assert_eq!(next_attempt(10, at, None, 0.5), None);
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        assert_eq!(next_attempt(2, Timestamp(0), None, 0.0), Some(Timestamp(240_000)));
        assert_eq!(next_attempt(2, Timestamp(0), None, 1.0), Some(Timestamp(360_000)));
    }

    #[test]
    fn retry_after_only_delays_and_is_bounded() {
        assert_eq!(next_attempt(1, Timestamp(0), Some(60), 0.5), Some(Timestamp(60_000)));
        assert_eq!(next_attempt(2, Timestamp(0), Some(1), 0.5), Some(Timestamp(300_000)));
        assert_eq!(next_attempt(1, Timestamp(0), Some(u64::MAX), 0.5), Some(Timestamp(86_400_000)));
    }
}
