//! Damage as an attacker would do it: at sizes and counts rather than anywhere.

/// Pseudo-random numbers (SplitMix64; Steele, Lea, Flood 2014): the same for the same seed.
pub struct Random(u64);

/// What breaks arithmetic.
const EXTREMES: [u64; 13] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    60 << 20,
    0x7fff_ffff,
    0xffff_ffff,
    i64::MAX as u64,
    u64::MAX,
];

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`; 0 where there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    /// A number of any magnitude, often a special one.
    pub fn extreme(&mut self) -> u64 {
        let bits = self.below(64);
        if self.one_in(2) { self.next() >> bits } else { EXTREMES[self.below(EXTREMES.len())] }
    }
}

/// Changes `bytes` at one to eight places, half of the time among the first ones, where headers are.
pub fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let head = if random.one_in(2) { bytes.len() } else { bytes.len().min(600) };
    for _ in 0..=random.below(8) {
        change(bytes, random.below(head), random);
    }
}

fn change(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let at = at.min(bytes.len());
    let left = bytes.len() - at;
    let count = random.below(left.min(200) + 1);
    match random.below(9) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        2..=4 => {
            let field = number(random);
            let width = field.len().min(left);
            bytes[at..at + width].copy_from_slice(&field[..width]);
        }
        5 => {
            bytes.drain(at..at + count);
        }
        6 => {
            let copied = bytes[at..at + count].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, copied);
        }
        7 => {
            let noise = random.bytes(count);
            bytes.splice(at..at, noise);
        }
        _ => {
            if random.one_in(4) {
                bytes.truncate(at);
            } else {
                bytes[at..at + count].fill(0);
            }
        }
    }
}

/// A number as formats write one: of one to eight bytes either way round, or with its length in front (RFC 8794).
fn number(random: &mut Random) -> Vec<u8> {
    let number = random.extreme();
    let width = 1 << random.below(4);
    match random.below(4) {
        0 => number.to_le_bytes()[..width].to_vec(),
        1 => ((number & 0x00ff_ffff_ffff_ffff) | (1 << 56)).to_be_bytes().to_vec(),
        2 => ((number as u32 & 0x0fff_ffff) | (1 << 28)).to_be_bytes().to_vec(),
        _ => number.to_be_bytes()[8 - width..].to_vec(),
    }
}
