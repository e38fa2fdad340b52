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
        let seed = Self::asked().unwrap_or_else(|| RandomState::new().hash_one(0_u32));
        eprintln!("VIVA_SEED={seed}");
        Self(seed)
    }
}

impl Moments {
    /// Neighbouring seeds give sequences that have nothing in common: they are mixed by SplitMix64 (Steele and others, 2014).
    pub fn of(seed: u64) -> Self {
        let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(mixed ^ (mixed >> 31))
    }

    /// The seed that is to be repeated.
    pub fn asked() -> Option<u64> {
        std::env::var("VIVA_SEED").ok().and_then(|seed| seed.parse().ok())
    }

    /// Waits for a time within `range`, in milliseconds.
    pub async fn wait(&mut self, range: Range<u64>) {
        let ms = self.within(range);
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// Whether something happens that happens in this share of all cases.
    pub fn happens(&mut self, share: f64) -> bool {
        (self.next() as f64) < share * f64::from(1_u32 << 31)
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.next() % choices.len() as u64) as usize]
    }

    /// 31 bits.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        self.0 >> 33
    }
}
