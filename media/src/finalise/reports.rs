//! Media clock to the sender's wall clock, from sender reports.
//!
//! The reports of a whole take are fitted at once by straight lines. One that is more than 40 ms off the line is an
//! outlier, unless the next one agrees with it: then the clock was set, and a new line begins.

use super::line::Line;
use super::packet::Report;

/// Lip sync is noticed from about here (ITU-R BT.1359: 45 ms with the sound early).
const LARGEST_RESIDUAL_US: i64 = 40_000;
/// Sound cards and cameras stay within 500 ppm; twice that leaves room for the noise of short takes.
pub(super) const STEEPEST_SLOPE: f64 = 0.001;
/// Reports closer together say nothing of the rate.
const SHORTEST_BASELINE_US: i64 = 2_000_000;

/// A stretch of a stream on which its clocks keep step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    /// Media time to the sender's wall clock.
    pub line: Line,
    pub first_arrival_us: i64,
    pub last_arrival_us: i64,
    /// The sender's wall clock in the first report.
    pub sender_us: i64,
    pub reports: usize,
    /// Whether the slope is measured, rather than taken to be none.
    pub measured_slope: bool,
}

impl Fit {
    /// The line, with a slope measured elsewhere on the stream where these reports could not measure it.
    pub(super) fn with_slope(&self, slope: f64) -> Line {
        if self.measured_slope { self.line } else { self.line.with_slope(slope) }
    }
}

/// Fits reports in order of arrival.
pub(super) fn fit(reports: &[Report]) -> Vec<Fit> {
    let mut groups: Vec<Group> = Vec::new();
    let mut doubtful: Option<Group> = None;
    for report in reports {
        let Some(current) = groups.last_mut() else {
            groups.push(Group::of(report));
            continue;
        };
        if current.agrees(report) {
            current.add(report);
            doubtful = None;
            continue;
        }
        match doubtful.take().filter(|group| group.agrees(report)) {
            Some(mut group) => {
                group.add(report);
                groups.push(group);
            }
            None => doubtful = Some(Group::of(report)),
        }
    }
    if groups.iter().any(|group| group.points.len() > 1) {
        groups.retain(|group| group.points.len() > 1);
    } else if reports.len() > 1 {
        // No two of them agree.
        groups.clear();
    }
    groups.iter().filter_map(Group::fit).collect()
}

/// Reports that lie on one line.
struct Group {
    points: Vec<(i64, i64)>,
    first_arrival_us: i64,
    last_arrival_us: i64,
    line: Line,
    /// Points that `line` was fitted to; it is fitted anew as often as needed for the work to stay linear.
    fitted: usize,
}

impl Group {
    fn of(report: &Report) -> Self {
        Self {
            points: vec![(report.media_us, report.sender_us)],
            first_arrival_us: report.arrival_us,
            last_arrival_us: report.arrival_us,
            line: Line::new(report.media_us, report.sender_us, 0.0),
            fitted: 1,
        }
    }

    fn agrees(&self, report: &Report) -> bool {
        let residual = report.sender_us.saturating_sub(self.line.map(report.media_us));
        residual.saturating_abs() <= LARGEST_RESIDUAL_US
    }

    fn add(&mut self, report: &Report) {
        self.points.push((report.media_us, report.sender_us));
        self.last_arrival_us = report.arrival_us;
        if self.points.len() * 8 >= self.fitted * 9 {
            self.line = self.fit_line();
            self.fitted = self.points.len();
        }
    }

    fn measures_slope(&self) -> bool {
        let ends = self.points.first().zip(self.points.last());
        ends.is_some_and(|(first, last)| last.0.saturating_sub(first.0) >= SHORTEST_BASELINE_US)
    }

    fn fit_line(&self) -> Line {
        let steepest = if self.measures_slope() { STEEPEST_SLOPE } else { 0.0 };
        Line::fit(&self.points, steepest).unwrap_or(self.line)
    }

    fn fit(&self) -> Option<Fit> {
        Some(Fit {
            line: self.fit_line(),
            first_arrival_us: self.first_arrival_us,
            last_arrival_us: self.last_arrival_us,
            sender_us: self.points.first()?.1,
            reports: self.points.len(),
            measured_slope: self.measures_slope(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(second: i64, offset_ms: i64) -> Report {
        let media_us = second * 1_000_000;
        Report { arrival_us: media_us, media_us, sender_us: media_us + offset_ms * 1000 }
    }

    #[test]
    fn one_line_through_agreeing_reports() {
        let reports: Vec<_> = (0..100).map(|second| report(second, 900_000 + second / 2)).collect();
        let fits = fit(&reports);
        assert_eq!(fits.len(), 1);
        assert!((fits[0].line.map(50_000_000) - 950_025_000).abs() < 1000);
        assert!((fits[0].line.slope - 0.0005).abs() < 0.000_02);
    }

    #[test]
    fn a_lone_outlier_is_ignored_wherever_it_is() {
        for outlier in [0, 1, 5, 9] {
            let reports: Vec<_> =
                (0..10).map(|second| report(second, if second == outlier { 777 } else { 10 })).collect();
            let fits = fit(&reports);
            assert_eq!(fits.len(), 1, "outlier {outlier}");
            assert_eq!(fits[0].line.map(4_000_000), 4_010_000, "outlier {outlier}");
        }
    }

    #[test]
    fn a_lasting_step_begins_a_new_line() {
        let reports: Vec<_> =
            (0..10).map(|second| report(second, if second < 5 { 0 } else { 18_000 })).collect();
        let fits = fit(&reports);
        assert_eq!(fits.len(), 2);
        assert_eq!((fits[0].last_arrival_us, fits[1].first_arrival_us), (4_000_000, 5_000_000));
        assert_eq!(fits[1].line.map(7_000_000), 25_000_000);
    }

    #[test]
    fn reports_without_agreement_say_nothing() {
        assert_eq!(fit(&[report(0, 0), report(1, 500), report(2, 1000)]), []);
        assert_eq!(fit(&[]), []);
        assert_eq!(fit(&[report(3, 20)]).len(), 1, "a single one is all there is");
    }
}
