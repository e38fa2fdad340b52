//! Means, distributions, and what a question is good for.

use serde::Serialize;

use super::{Case, rounded};

/// Bins of a distribution: tenths of the scale.
const BINS: usize = 10;
/// With fewer interviews a correlation is chance.
const LEAST_FOR_CORRELATION: usize = 5;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    pub count: usize,
    pub mean: Option<f64>,
    pub maximum: Option<f64>,
    pub minimum: Option<f64>,
    pub median: Option<f64>,
    /// Standard deviation of the sample.
    pub deviation: Option<f64>,
    /// How many lie in each tenth of the scale; the top belongs to the last.
    pub distribution: [usize; BINS],
}

/// Of values on a scale from 0 to `scale`.
pub fn spread(values: impl IntoIterator<Item = f64>, scale: f64) -> Spread {
    let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let mut distribution = [0; BINS];
    for value in &values {
        distribution[((value / scale * BINS as f64) as usize).min(BINS - 1)] += 1;
    }
    let mean = mean(&values);
    let squares = mean.map(|mean| values.iter().map(|value| (value - mean).powi(2)).sum::<f64>());
    Spread {
        count: values.len(),
        mean: mean.map(rounded),
        maximum: values.last().copied(),
        minimum: values.first().copied(),
        median: median(&values).map(rounded),
        deviation: squares
            .filter(|_| values.len() > 1)
            .map(|squares| rounded((squares / (values.len() - 1) as f64).sqrt())),
        distribution,
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Of sorted values.
pub(super) fn median(sorted: &[f64]) -> Option<f64> {
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

/// A question as an item of a test (classical test theory).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuestionStatistics {
    pub question_id: String,
    pub count: usize,
    /// Mean share of the points that was earned, 0–1: the item's difficulty; small is hard.
    pub difficulty: Option<f64>,
    /// Correlation with the mean of the other questions, −1 to 1: under 0.2 the question tells candidates hardly apart.
    pub discrimination: Option<f64>,
}

pub fn questions(cases: &[Case]) -> Vec<QuestionStatistics> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in cases.iter().flat_map(|case| &case.questions) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let one = |name: &&str| {
        let shares: Vec<f64> =
            cases.iter().filter_map(|case| share(case, |question| question == *name)).collect();
        let pairs: Vec<(f64, f64)> = cases
            .iter()
            .filter_map(|case| Some((share(case, |q| q == *name)?, share(case, |q| q != *name)?)))
            .collect();
        QuestionStatistics {
            question_id: (*name).to_owned(),
            count: shares.len(),
            difficulty: mean(&shares).map(rounded),
            discrimination: correlation(&pairs).map(rounded),
        }
    };
    names.iter().map(one).collect()
}

/// The mean share that a case earned in some of its questions.
fn share(case: &Case, wanted: impl Fn(&str) -> bool) -> Option<f64> {
    let shares: Vec<f64> =
        case.questions.iter().filter(|(name, _)| wanted(name)).filter_map(|(_, share)| *share).collect();
    mean(&shares)
}

/// Pearson's; none where either side does not vary.
fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < LEAST_FOR_CORRELATION {
        return None;
    }
    let count = pairs.len() as f64;
    let (mean_x, mean_y) = (
        pairs.iter().map(|(x, _)| x).sum::<f64>() / count,
        pairs.iter().map(|(_, y)| y).sum::<f64>() / count,
    );
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        xx += (x - mean_x).powi(2);
        yy += (y - mean_y).powi(2);
        xy += (x - mean_x) * (y - mean_y);
    }
    (xx > 1e-12 && yy > 1e-12).then(|| xy / (xx * yy).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_spread() {
        let found = spread([10.0, 20.0, 30.0, 100.0], 100.0);
        assert_eq!(
            (found.count, found.mean, found.maximum, found.median),
            (4, Some(40.0), Some(100.0), Some(25.0))
        );
        assert_eq!(found.deviation, Some(40.8248));
        assert_eq!(found.distribution, [0, 1, 1, 1, 0, 0, 0, 0, 0, 1]);
        assert_eq!(spread([], 100.0), Spread::default());
        assert_eq!(spread([f64::NAN], 100.0).count, 0);
    }

    #[test]
    fn a_question_that_all_others_contradict_discriminates_negatively() {
        let case = |a: f64, b: f64, c: Option<f64>| Case {
            questions: vec![("a".into(), Some(a)), ("b".into(), Some(b)), ("c".into(), c)],
            ..Case::default()
        };
        let cases: Vec<_> = (0..6).map(|i| f64::from(i) / 5.0).map(|x| case(x, x, Some(1.0 - x))).collect();
        let found = questions(&cases);
        assert_eq!(found[0].difficulty, Some(0.5));
        assert_eq!(found[2].discrimination, Some(-1.0));
        assert_eq!(questions(&cases[..4])[0].discrimination, None, "too few");
        assert_eq!(questions(&[case(0.5, 0.5, None)])[2].difficulty, None);
    }
}
