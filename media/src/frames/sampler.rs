//! Which pictures are taken: the first at or after each multiple of the interval.

/// Takes pictures at a steady rate.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    fps: f64,
    /// The first multiple of the interval for which no picture was taken yet.
    due: f64,
}

impl Sampler {
    pub(super) fn new(fps: f32) -> Self {
        let fps = if fps.is_finite() { fps.clamp(0.1, 120.0) } else { super::DEFAULT_FPS };
        Self { fps: f64::from(fps), due: 0.0 }
    }

    /// Whether the picture that is shown at `at_ms` is taken.
    pub(super) fn takes(&mut self, at_ms: u64) -> bool {
        // Times are whole milliseconds, rounded down: less than one is no reason to miss a multiple.
        let position = (at_ms as f64 + 0.999) * self.fps / 1000.0;
        let takes = position >= self.due;
        if takes {
            self.due = position.floor() + 1.0;
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::Sampler;

    fn taken(fps: f32, times: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut sampler = Sampler::new(fps);
        times.into_iter().filter(|at_ms| sampler.takes(*at_ms)).collect()
    }

    #[test]
    fn the_first_picture_at_or_after_each_multiple() {
        assert_eq!(taken(5.0, (0..40).map(|n| n * 33)), [0, 231, 429, 627, 825, 1023, 1221]);
        assert_eq!(taken(5.0, (0..6).map(|n| n * 200)), [0, 200, 400, 600, 800, 1000]);
    }

    #[test]
    fn slow_or_frozen_video_gives_no_more_than_there_is() {
        assert_eq!(taken(5.0, [0, 500, 1000]), [0, 500, 1000]);
        assert_eq!(taken(5.0, [100, 5000, 5033, 5066, 5200]), [100, 5000, 5200]);
    }

    #[test]
    fn thirds_of_a_second_are_not_missed_by_rounding() {
        assert_eq!(taken(3.0, [0, 333, 666, 1000]), [0, 333, 666, 1000]);
    }

    #[test]
    fn nonsense_rates_are_bent_to_sense() {
        assert_eq!(taken(f32::NAN, [0, 100, 200]), [0, 200]);
        assert_eq!(taken(-1.0, [0, 9000, 10_000]), [0, 10_000]);
    }
}
