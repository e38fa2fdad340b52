//! A bad network, reproducibly: for tests, since kernel netem is not to be had in most build machines.

use std::collections::VecDeque;

/// Damage done to incoming media datagrams (never to STUN or DTLS, so that a test always gets connected).
/// The same seed does the same damage to the same sequence of datagrams.
#[derive(Clone, Copy, Debug, Default)]
pub struct Impairment {
    /// Share of datagrams dropped, 0–1.
    pub loss: f64,
    /// Share of datagrams that are overtaken by the next three, 0–1.
    pub reorder: f64,
    /// Share of datagrams delivered twice, 0–1.
    pub duplicate: f64,
    /// Seed of the pseudo-random sequence.
    pub seed: u64,
}

/// How many later datagrams overtake a held one.
const OVERTAKEN_BY: u8 = 3;

#[derive(Debug)]
pub(super) struct Impairer<T> {
    settings: Impairment,
    random: u64,
    held: VecDeque<(u8, T)>,
    lost: u64,
}

impl<T: Clone> Impairer<T> {
    pub fn new(settings: Impairment) -> Self {
        Self { settings, random: settings.seed, held: VecDeque::new(), lost: 0 }
    }

    /// What arrives after `datagram` was sent, in order. Empty when it was lost or is held back.
    pub fn pass(&mut self, datagram: T) -> Vec<T> {
        let mut out = Vec::new();
        if self.chance(self.settings.loss) {
            self.lost += 1;
            return out;
        }
        if self.chance(self.settings.reorder) {
            self.held.push_back((OVERTAKEN_BY, datagram));
            return out;
        }
        if self.chance(self.settings.duplicate) {
            out.push(datagram.clone());
        }
        out.push(datagram);
        for (left, _) in &mut self.held {
            *left = left.saturating_sub(1);
        }
        while self.held.front().is_some_and(|(left, _)| *left == 0) {
            out.extend(self.held.pop_front().map(|(_, datagram)| datagram));
        }
        out
    }

    /// Datagrams dropped so far.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// True with probability `share`. SplitMix64 (Steele, Lea, Flood 2014): well mixed also from seed 0.
    fn chance(&mut self, share: f64) -> bool {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        ((mixed >> 11) as f64 / (1_u64 << 53) as f64) < share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(settings: Impairment) -> Vec<u32> {
        let mut impairer = Impairer::new(settings);
        (0..10_000).flat_map(|n| impairer.pass(n)).collect()
    }

    #[test]
    fn loses_the_asked_share_and_is_reproducible() {
        let settings = Impairment { loss: 0.05, seed: 7, ..Impairment::default() };
        let arrived = run(settings);
        assert!((9_400..=9_600).contains(&arrived.len()), "{}", arrived.len());
        assert_eq!(arrived, run(settings));
        assert_ne!(arrived, run(Impairment { seed: 8, ..settings }));
    }

    #[test]
    fn reorders_and_duplicates_without_losing() {
        let arrived = run(Impairment { reorder: 0.1, duplicate: 0.1, ..Impairment::default() });
        assert!(!arrived.is_sorted());
        assert!(arrived.len() > 10_500);
        let mut distinct = arrived;
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() >= 10_000 - usize::from(OVERTAKEN_BY) * 4, "{}", distinct.len());
    }
}
