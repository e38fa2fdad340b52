//! Which pictures are taken.

/// Takes pictures at a steady rate: the first, and then each that is shown nine tenths of the interval or more after the last
/// one that was taken. Only distances count. A recording whose times all move by the same takes the same pictures, and with
/// the common rates of cameras no picture lies so near to the limit that the rounding of times could decide.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    least_ms: f64,
    last_ms: Option<u64>,
}

const LEAST_SHARE: f64 = 0.9;

impl Sampler {
    pub(super) fn new(fps: f32) -> Self {
        let fps = if fps.is_finite() { fps.clamp(0.1, 120.0) } else { super::DEFAULT_FPS };
        Self { least_ms: LEAST_SHARE * 1000.0 / f64::from(fps), last_ms: None }
    }

    /// Whether the picture that is shown at `at_ms` is taken.
    pub(super) fn takes(&mut self, at_ms: u64) -> bool {
        let takes = self.last_ms.is_none_or(|last| at_ms.saturating_sub(last) as f64 >= self.least_ms);
        if takes {
            self.last_ms = Some(at_ms);
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Sampler;

    fn taken(fps: f32, times: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut sampler = Sampler::new(fps);
        times.into_iter().filter(|at_ms| sampler.takes(*at_ms)).collect()
    }

    #[test]
    fn pictures_are_an_interval_apart() {
        assert_eq!(taken(5.0, (0..24).map(|n| n * 100 / 3)), [0, 200, 400, 600]);
        assert_eq!(taken(5.0, (0..6).map(|n| n * 200)), [0, 200, 400, 600, 800, 1000]);
        assert_eq!(taken(5.0, (0..20).map(|n| n * 40)), [0, 200, 400, 600]);
        assert_eq!(taken(3.0, [0, 333, 666, 1000]), [0, 333, 666, 1000]);
    }

    #[test]
    fn slow_or_frozen_video_gives_no_more_than_there_is() {
        assert_eq!(taken(5.0, [0, 500, 1000]), [0, 500, 1000]);
        assert_eq!(taken(5.0, [100, 5000, 5033, 5066, 5200]), [100, 5000, 5200]);
    }

    #[test]
    fn nonsense_rates_are_bent_to_sense() {
        assert_eq!(taken(f32::NAN, [0, 100, 200]), [0, 200]);
        assert_eq!(taken(-1.0, [0, 8000, 10_000]), [0, 10_000]);
    }

    proptest! {
        #[test]
        fn times_that_move_together_change_nothing(
            rate in prop::sample::select(vec![15_u64, 20, 24, 25, 30, 60]),
            moved_us in 0_u64..5000,
            slope_ppm in 0_u64..200,
        ) {
            let times = || (0..2000_u64).map(|n| n * 1_000_000 / rate);
            let sampled = |at_ms: &dyn Fn(u64) -> u64| -> Vec<usize> {
                let mut sampler = Sampler::new(5.0);
                times().enumerate().filter(|(_, us)| sampler.takes(at_ms(*us))).map(|(number, _)| number).collect()
            };
            let before = sampled(&|us| us / 1000);
            let after = sampled(&|us| (us + us * slope_ppm / 1_000_000 + moved_us) / 1000);
            prop_assert_eq!(before, after);
        }
    }
}
