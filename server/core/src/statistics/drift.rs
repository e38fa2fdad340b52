//! Whether scores, recognition confidence, or what could not be assessed have moved: between one set of models and the
//! next, and, under the same models, between the last weeks and the time before.
//!
//! Test: Mann–Whitney U (1947), two-sided, normal approximation with correction for ties and continuity. An alarm needs
//! a p below 5 % over all measures of a comparison (Bonferroni), and an effect that is not small: Vargha and Delaney's
//! A (2000), the chance that a later interview has the larger value, at least 0.14 from one half. It says that something
//! has moved, never why: other candidates, another channel or another rubric move scores, too.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Case, rounded, spread::median};
use crate::time::Timestamp;

/// With fewer interviews on a side nothing is compared.
pub const SMALLEST_SIDE: usize = 20;
/// The later side of a comparison in time.
pub const WINDOW_DAYS: u32 = 30;
const LEVEL: f64 = 0.05;
const LEAST_EFFECT: f64 = 0.14;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What the drift of a position is found in. Empty where there are too few interviews.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    pub comparisons: Vec<Comparison>,
    /// Measures that have moved.
    pub alarms: usize,
    pub smallest_side: usize,
    pub window_days: u32,
}

/// Two groups of interviews, the earlier one first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub by: Split,
    /// The models of either side; the same of a split in time.
    pub before: String,
    pub after: String,
    pub measures: Vec<Measure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// The newest set of models against the one before it.
    Models,
    /// The last [`WINDOW_DAYS`] before the newest interview against the time before, under the same models.
    Time,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    pub name: MeasureName,
    pub before: Side,
    pub after: Side,
    /// Chance that a later interview has the larger value, ties counting half: 0.5 is no difference.
    pub effect: f64,
    /// Of Mann–Whitney's U, two-sided.
    pub p: f64,
    pub alarm: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureName {
    /// 0–100; only of interviews under the newest rubric.
    Score,
    /// Mean over the spoken answers, 0–1.
    RecognitionConfidence,
    /// Share of the criteria that could not be assessed, 0–1.
    NotAssessed,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Side {
    pub count: usize,
    pub mean: f64,
    pub median: f64,
}

const MEASURES: [MeasureName; 3] =
    [MeasureName::Score, MeasureName::RecognitionConfidence, MeasureName::NotAssessed];

/// Compares the reported interviews of one position.
pub fn drift(cases: &[Case]) -> Drift {
    let mut reported: Vec<&Case> =
        cases.iter().filter(|case| case.submitted_at.is_some() && !case.models.is_empty()).collect();
    reported.sort_by_key(|case| case.submitted_at);
    let comparisons: Vec<Comparison> =
        [by_models(&reported), by_time(&reported)].into_iter().flatten().collect();
    let measures = comparisons.iter().flat_map(|comparison| &comparison.measures);
    Drift {
        alarms: measures.filter(|measure| measure.alarm).count(),
        comparisons,
        smallest_side: SMALLEST_SIDE,
        window_days: WINDOW_DAYS,
    }
}

fn by_models(cases: &[&Case]) -> Option<Comparison> {
    let mut last_seen = BTreeMap::<&str, Option<Timestamp>>::new();
    for case in cases {
        last_seen.insert(&case.models, case.submitted_at);
    }
    let mut sets: Vec<&str> = last_seen.keys().copied().collect();
    sets.sort_by_key(|set| last_seen[set]);
    let [.., before, after] = sets[..] else { return None };
    let of = |set: &str| cases.iter().filter(|case| case.models == set).copied().collect::<Vec<_>>();
    compare(Split::Models, (before, &of(before)), (after, &of(after)))
}

fn by_time(cases: &[&Case]) -> Option<Comparison> {
    let newest = cases.last()?;
    let from = newest.submitted_at?.before(u64::from(WINDOW_DAYS) * DAY_MS);
    let same = cases.iter().filter(|case| case.models == newest.models).copied();
    let (after, before): (Vec<&Case>, Vec<&Case>) = same.partition(|case| case.submitted_at > Some(from));
    compare(Split::Time, (&newest.models, &before), (&newest.models, &after))
}

fn compare(by: Split, before: (&str, &[&Case]), after: (&str, &[&Case])) -> Option<Comparison> {
    let rubric = after.1.last().map(|case| case.rubric.clone());
    let measures: Vec<Measure> = MEASURES
        .into_iter()
        .filter_map(|name| {
            let values = |cases: &[&Case]| -> Vec<f64> {
                cases.iter().filter_map(|case| value(case, name, rubric.as_deref())).collect()
            };
            measure(name, values(before.1), values(after.1))
        })
        .collect();
    let (before, after) = (before.0.to_owned(), after.0.to_owned());
    (!measures.is_empty()).then_some(Comparison { by, before, after, measures })
}

fn value(case: &Case, name: MeasureName, rubric: Option<&str>) -> Option<f64> {
    match name {
        MeasureName::Score => case.score.filter(|_| Some(case.rubric.as_str()) == rubric),
        MeasureName::RecognitionConfidence => case.confidence,
        MeasureName::NotAssessed => case.not_assessed,
    }
}

fn measure(name: MeasureName, before: Vec<f64>, after: Vec<f64>) -> Option<Measure> {
    if before.len() < SMALLEST_SIDE || after.len() < SMALLEST_SIDE {
        return None;
    }
    let (effect, p) = mann_whitney(&before, &after);
    let is_large = (effect - 0.5).abs() >= LEAST_EFFECT;
    Some(Measure {
        name,
        before: Side::of(before)?,
        after: Side::of(after)?,
        effect: rounded(effect),
        p: rounded(p),
        alarm: is_large && p < LEVEL / MEASURES.len() as f64,
    })
}

impl Side {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        Some(Self { count: values.len(), mean: rounded(mean), median: rounded(median(&values)?) })
    }
}

/// Vargha and Delaney's A for `after` over `before`, and the p of U.
fn mann_whitney(before: &[f64], after: &[f64]) -> (f64, f64) {
    let (m, n) = (before.len() as f64, after.len() as f64);
    let mut all: Vec<(f64, bool)> = before.iter().map(|value| (*value, false)).collect();
    all.extend(after.iter().map(|value| (*value, true)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks_after, mut ties, mut at) = (0.0, 0.0, 0);
    while at < all.len() {
        let same = all[at..].iter().take_while(|one| one.0.total_cmp(&all[at].0).is_eq()).count();
        let rank = at as f64 + f64::midpoint(same as f64, 1.0);
        ranks_after += rank * all[at..at + same].iter().filter(|one| one.1).count() as f64;
        ties += (same as f64).powi(3) - same as f64;
        at += same;
    }
    let u = ranks_after - n * (n + 1.0) / 2.0;
    let total = m + n;
    let variance = m * n / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    let distance = ((u - m * n / 2.0).abs() - 0.5).max(0.0);
    let p = if variance > 0.0 { complementary_error(distance / (2.0 * variance).sqrt()) } else { 1.0 };
    (u / (m * n), p.min(1.0))
}

/// Abramowitz and Stegun, 7.1.26, for x ≥ 0: right to 1.5e-7.
fn complementary_error(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let series = [0.254_829_592, -0.284_496_736, 1.421_413_741, -1.453_152_027, 1.061_405_429];
    let sum = series.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
    sum * (-x * x).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(day: u64, models: &str, score: f64, confidence: f64) -> Case {
        Case {
            submitted_at: Some(Timestamp(0) + day * DAY_MS),
            models: models.into(),
            rubric: "r1".into(),
            score: Some(score),
            confidence: Some(confidence),
            not_assessed: Some(0.0),
            ..Case::default()
        }
    }

    #[test]
    fn a_textbook_pair_of_samples() {
        // Mann and Whitney's statistic with its normal approximation, worked out by hand: U = 21 of 25, no ties.
        let (effect, p) = mann_whitney(&[1.0, 2.0, 3.0, 5.0, 8.0], &[4.0, 6.0, 7.0, 9.0, 10.0]);
        assert!((effect - 21.0 / 25.0).abs() < 1e-12, "{effect}");
        // z = (8.5 - 0.5) / sqrt(25 * 11 / 12) = 1.671; p = 0.0947.
        assert!((p - 0.0947).abs() < 5e-4, "{p}");
        assert_eq!(mann_whitney(&[1.0; 30], &[1.0; 30]), (0.5, 1.0));
    }

    #[test]
    fn another_recogniser_that_is_less_sure_raises_an_alarm() {
        let mut cases: Vec<Case> =
            (0..40).map(|day| case(day, "whisper 1", 60.0 + (day % 10) as f64, 0.9)).collect();
        let later =
            |day: u64| case(40 + day / 4, "whisper 2", 60.0 + (day % 10) as f64, 0.8 + day as f64 / 400.0);
        cases.extend((0..25).map(later));
        let found = drift(&cases);
        let models = &found.comparisons[0];
        assert_eq!(
            (models.by, models.before.as_str(), models.after.as_str()),
            (Split::Models, "whisper 1", "whisper 2")
        );
        let alarms: Vec<_> = models.measures.iter().map(|measure| (measure.name, measure.alarm)).collect();
        assert_eq!(
            alarms,
            [
                (MeasureName::Score, false),
                (MeasureName::RecognitionConfidence, true),
                (MeasureName::NotAssessed, false)
            ]
        );
        assert_eq!(found.alarms, 1);
    }

    #[test]
    fn few_interviews_are_not_compared() {
        let mut cases: Vec<Case> = (0..40).map(|day| case(day, "whisper 1", 60.0, 0.9)).collect();
        cases.extend((0..19).map(|day| case(40 + day, "whisper 2", 10.0, 0.1)));
        assert!(drift(&cases).comparisons.iter().all(|comparison| comparison.by != Split::Models));
        assert_eq!(drift(&[]).comparisons, []);
    }

    #[test]
    fn under_the_same_models_the_last_weeks_are_compared_with_the_time_before() {
        let cases: Vec<Case> = (0..120)
            .map(|day| case(day, "whisper 1", if day < 90 { 70.0 } else { 40.0 } + (day % 7) as f64, 0.9))
            .collect();
        let found = drift(&cases);
        let [time] = &found.comparisons[..] else { panic!("{found:?}") };
        assert_eq!(
            (time.by, time.measures[0].after.count, time.measures[0].before.count),
            (Split::Time, 30, 90)
        );
        assert!(time.measures[0].alarm && time.measures[0].effect < 0.1);
    }

    #[test]
    fn scores_under_another_rubric_are_left_out() {
        let mut cases: Vec<Case> = (0..60).map(|day| case(day, "a", 70.0, 0.9)).collect();
        cases.extend((0..30).map(|day| Case { rubric: "r2".into(), ..case(60 + day / 10, "b", 20.0, 0.9) }));
        let names: Vec<_> =
            drift(&cases).comparisons[0].measures.iter().map(|measure| measure.name).collect();
        assert_eq!(names, [MeasureName::RecognitionConfidence, MeasureName::NotAssessed]);
    }
}
