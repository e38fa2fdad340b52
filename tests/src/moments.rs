//! Moments that nobody chose, and that can be tried again.

use std::{
    hash::{BuildHasher as _, RandomState},
    ops::Range,
    time::Duration,
};

/// Knuth's multiplier and increment for 64 bits.
const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
const INCREMENT: u64 = 1_442_695_040_888_963_407;

/// A sequence from a seed that it prints; `VIVA_SEED` repeats one.
pub struct Moments(u64);

impl Default for Moments {
    fn default() -> Self {
        let asked = std::env::var("VIVA_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = asked.unwrap_or_else(|| RandomState::new().hash_one(0_u32));
        eprintln!("VIVA_SEED={seed}");
        Self(seed)
    }
}

impl Moments {
    /// Waits for a time within `range`, in milliseconds.
    pub async fn wait(&mut self, range: Range<u64>) {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        let ms = range.start + (self.0 >> 33) % (range.end - range.start);
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}
