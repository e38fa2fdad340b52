//! A straight map from one clock to another, and the least-squares line behind it.

/// Maps microseconds of one clock to microseconds of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    from_us: i64,
    to_us: i64,
    /// By how much the target clock runs faster: 0 for equal rates, 0.0005 for 500 ppm.
    pub slope: f64,
}

impl Line {
    pub(super) fn new(from_us: i64, to_us: i64, slope: f64) -> Self {
        Self { from_us, to_us, slope }
    }

    /// The map that changes nothing.
    pub(super) const IDENTITY: Self = Self { from_us: 0, to_us: 0, slope: 0.0 };

    pub(super) fn map(&self, us: i64) -> i64 {
        let elapsed = us.saturating_sub(self.from_us);
        let drift = (elapsed as f64 * self.slope).round() as i64;
        self.to_us.saturating_add(elapsed).saturating_add(drift)
    }

    /// The same map with its target clock set forward.
    pub(super) fn shifted(self, us: i64) -> Self {
        Self { to_us: self.to_us.saturating_add(us), ..self }
    }

    /// The same map at its point of reference, at another rate.
    pub(super) fn with_slope(self, slope: f64) -> Self {
        Self { slope, ..self }
    }

    /// A line of the given slope through the middle of the points (mean offset).
    pub(super) fn through(points: &[(i64, i64)], slope: f64) -> Option<Self> {
        let &(from_us, to_us) = points.first()?;
        let unshifted = Self::new(from_us, to_us, slope);
        let count = points.len() as f64;
        let mean = points
            .iter()
            .map(|&(from, to)| to.saturating_sub(unshifted.map(from)) as f64 / count)
            .sum::<f64>();
        Some(unshifted.shifted(mean.round() as i64))
    }

    /// The least-squares line; its slope is kept within `steepest` either way.
    pub(super) fn fit(points: &[(i64, i64)], steepest: f64) -> Option<Self> {
        let &(from_us, to_us) = points.first()?;
        let count = points.len() as f64;
        let level = Self::new(from_us, to_us, 0.0);
        let relative = || {
            points.iter().map(|&(from, to)| {
                (from.saturating_sub(from_us) as f64, to.saturating_sub(level.map(from)) as f64)
            })
        };
        let (mean_x, mean_y) =
            relative().fold((0.0, 0.0), |(sum_x, sum_y), (x, y)| (sum_x + x / count, sum_y + y / count));
        let (covariance, variance) = relative().fold((0.0, 0.0), |(covariance, variance), (x, y)| {
            (covariance + (x - mean_x) * (y - mean_y), variance + (x - mean_x) * (x - mean_x))
        });
        let slope = if variance > 0.0 { covariance / variance } else { 0.0 };
        Self::through(points, slope.clamp(-steepest, steepest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_offset_and_rate() {
        let points: Vec<_> =
            (0..600).map(|s| (s * 1_000_000, 3_900_000_000_000_000 + s * 1_000_500 + s % 3)).collect();
        let line = Line::fit(&points, 0.002).unwrap();
        assert!((line.slope - 0.0005).abs() < 1e-7, "{}", line.slope);
        let last = points[599];
        assert!((line.map(last.0) - last.1).abs() < 5);
    }

    #[test]
    fn extremes_saturate() {
        let line = Line::fit(&[(i64::MIN, i64::MAX), (i64::MAX, i64::MIN)], 0.002).unwrap();
        line.map(i64::MIN);
        line.map(i64::MAX);
        assert_eq!(Line::fit(&[], 0.002), None);
    }
}
