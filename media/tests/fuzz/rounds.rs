//! How often, and with which seeds.

use std::env;
use std::fmt::Display;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use super::mutate::Random;

/// Calls `round` with a generator for each of the seeds from 0 to `count`, or as the environment says.
pub fn rounds(count: u64, mut round: impl FnMut(&mut Random)) {
    let until = setting("VIVA_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let goes_on = |seed| until.map_or(seed < count, |until| seed < count || Instant::now() < until);
    let one = setting::<u64>("VIVA_FUZZ_SEED");
    let first = one.unwrap_or(0);
    for seed in (first..).take_while(|&seed| if one.is_some() { seed == first } else { goes_on(seed) }) {
        let _named = NameWhenPanicking(seed);
        round(&mut Random::new(seed));
    }
}

fn setting<T: FromStr<Err: Display>>(name: &str) -> Option<T> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|error| panic!("{name}={value}: {error}")))
}

struct NameWhenPanicking(u64);

impl Drop for NameWhenPanicking {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("this was VIVA_FUZZ_SEED={}", self.0);
        }
    }
}
