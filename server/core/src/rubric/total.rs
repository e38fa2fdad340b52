//! From criteria to dimensions (0–10), to the total (0–100), to a queue.

use serde::{Deserialize, Serialize};

use super::{CriterionScore, judge::rounded};
use crate::position::{Position, Thresholds};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DimensionScore {
    pub name: String,
    /// 0–`max`; absent where nothing could be assessed.
    pub score: Option<f64>,
    pub max: f64,
    /// Percent.
    pub weight: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    /// 0–`max_score`, over what could be assessed; absent where that is less than half of the rubric.
    pub score: Option<f64>,
    pub max_score: f64,
    pub match_percent: Option<f64>,
    pub queue: Queue,
    /// The score without everything that rests on the face; only where something does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score_without_face: Option<f64>,
    /// Share of the rubric's points that could be assessed, 0–1.
    pub assessed_share: f64,
}

/// A pile on HR's desk, never a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    ReadyForHumanInterview,
    SuggestOfferTalk,
    NeedsAPerson,
}

const MAX_DIMENSION: f64 = 10.0;
const MAX_SCORE: f64 = 100.0;
/// With less of the rubric assessed than this, a total would say more about the microphone than the candidate.
const LEAST_ASSESSED_SHARE: f64 = 0.5;

/// Dimensions and total of all criteria of an interview.
pub fn total(position: &Position, scores: &[CriterionScore]) -> (Vec<DimensionScore>, Overall) {
    let dimensions = dimensions(position, scores, |_| true);
    let assessed_share = assessed_share(scores);
    let enough = |_: &f64| assessed_share >= LEAST_ASSESSED_SHARE;
    let score = weighted(&dimensions).filter(enough);
    let any_face = scores.iter().any(|s| s.from_face && s.not_assessed.is_none());
    let score_without_face = if any_face {
        weighted(&self::dimensions(position, scores, |s| !s.from_face)).filter(enough)
    } else {
        None
    };
    let match_percent = score.map(|score| rounded(score * 100.0 / MAX_SCORE));
    let queue = queue(&position.thresholds, match_percent);
    (
        dimensions,
        Overall { score, max_score: MAX_SCORE, match_percent, queue, score_without_face, assessed_share },
    )
}

fn dimensions(
    position: &Position,
    scores: &[CriterionScore],
    counts: impl Fn(&CriterionScore) -> bool,
) -> Vec<DimensionScore> {
    position
        .dimensions
        .iter()
        .map(|dimension| {
            let assessed = scores
                .iter()
                .filter(|s| s.dimension == dimension.name && s.not_assessed.is_none() && counts(s));
            let (points, max) =
                assessed.fold((0.0, 0.0), |(p, m), s| (p + s.weight * s.points, m + s.weight * s.max_points));
            DimensionScore {
                name: dimension.name.clone(),
                score: (max > 0.0).then(|| rounded(points / max * MAX_DIMENSION)),
                max: MAX_DIMENSION,
                weight: dimension.weight,
            }
        })
        .collect()
}

/// The weighted mean of the assessed dimensions, scaled to 0–100.
fn weighted(dimensions: &[DimensionScore]) -> Option<f64> {
    let (sum, weight) = dimensions
        .iter()
        .filter_map(|d| d.score.map(|score| (score / d.max * d.weight, d.weight)))
        .fold((0.0, 0.0), |(s, w), (score, weight)| (s + score, w + weight));
    (weight > 0.0).then(|| rounded(sum / weight * MAX_SCORE))
}

fn assessed_share(scores: &[CriterionScore]) -> f64 {
    let worth = |s: &CriterionScore| s.weight * s.max_points;
    let all: f64 = scores.iter().map(worth).sum();
    let assessed: f64 = scores.iter().filter(|s| s.not_assessed.is_none()).map(worth).sum();
    if all > 0.0 { rounded(assessed / all) } else { 0.0 }
}

fn queue(thresholds: &Thresholds, match_percent: Option<f64>) -> Queue {
    let reached = |threshold: Option<f64>| matches!((match_percent, threshold), (Some(m), Some(t)) if m >= t);
    if reached(thresholds.suggest_offer_talk) {
        Queue::SuggestOfferTalk
    } else if reached(thresholds.ready_for_human_interview) {
        Queue::ReadyForHumanInterview
    } else {
        Queue::NeedsAPerson
    }
}
