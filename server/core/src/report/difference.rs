//! What is different between two reports of one interview: after a correction, or under another rubric.

use serde::{Deserialize, Serialize};

use super::Report;
use crate::rubric::{CriterionScore, Queue};

/// Before and after. Empty where nothing changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score: Option<Change<Option<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub queue: Option<Change<Queue>>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub dimensions: Vec<DimensionChange>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub criteria: Vec<CriterionChange>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub transcripts: Vec<TranscriptChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change<T> {
    pub before: T,
    pub after: T,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DimensionChange {
    pub name: String,
    pub before: Option<f64>,
    pub after: Option<f64>,
}

/// A criterion that is only on one side is absent on the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriterionChange {
    pub question_id: String,
    pub criterion: String,
    pub before: Option<Verdict>,
    pub after: Option<Verdict>,
}

/// What a criterion came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub points: f64,
    pub max_points: f64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_assessed: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TranscriptChange {
    pub question_id: String,
    pub start_ms: u64,
    pub before: String,
    pub after: String,
}

impl Difference {
    pub fn between(before: &Report, after: &Report) -> Self {
        Self {
            score: change(before.overall.score, after.overall.score),
            queue: change(before.overall.queue, after.overall.queue),
            dimensions: dimensions(before, after),
            criteria: criteria(before, after),
            transcripts: transcripts(before, after),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn change<T: PartialEq>(before: T, after: T) -> Option<Change<T>> {
    (before != after).then_some(Change { before, after })
}

fn dimensions(before: &Report, after: &Report) -> Vec<DimensionChange> {
    let names = union(before, after, |report| report.dimensions.iter().map(|d| d.name.clone()).collect());
    let score = |report: &Report, name: &str| {
        report.dimensions.iter().find(|dimension| dimension.name == name).and_then(|found| found.score)
    };
    names
        .into_iter()
        .map(|name| {
            let (before, after) = (score(before, &name), score(after, &name));
            DimensionChange { name, before, after }
        })
        .filter(|change| change.before != change.after)
        .collect()
}

fn criteria(before: &Report, after: &Report) -> Vec<CriterionChange> {
    let keys = union(before, after, |report| {
        let scores = report.answers.iter().flat_map(|answer| {
            answer.scores.iter().map(|score| (answer.question_id.clone(), score.criterion.clone()))
        });
        scores.collect()
    });
    let verdict = |report: &Report, question: &str, criterion: &str| {
        let answer = report.answers.iter().find(|answer| answer.question_id == question)?;
        answer.scores.iter().find(|score| score.criterion == criterion).map(Verdict::from)
    };
    keys.into_iter()
        .map(|(question_id, criterion)| CriterionChange {
            before: verdict(before, &question_id, &criterion),
            after: verdict(after, &question_id, &criterion),
            question_id,
            criterion,
        })
        .filter(|change| change.before != change.after)
        .collect()
}

impl From<&CriterionScore> for Verdict {
    fn from(score: &CriterionScore) -> Self {
        Self { points: score.points, max_points: score.max_points, not_assessed: score.not_assessed.clone() }
    }
}

fn transcripts(before: &Report, after: &Report) -> Vec<TranscriptChange> {
    let mut found = Vec::new();
    for (old, new) in before.answers.iter().zip(&after.answers) {
        let (Some(old_text), Some(new_text)) = (old.transcript.present(), new.transcript.present()) else {
            continue;
        };
        let changed = old_text.segments.iter().zip(&new_text.segments).filter(|(a, b)| a.text != b.text);
        found.extend(changed.map(|(a, b)| TranscriptChange {
            question_id: new.question_id.clone(),
            start_ms: b.start_ms,
            before: a.text.clone(),
            after: b.text.clone(),
        }));
    }
    found
}

/// What is in either, in the order of the later one, then what only the earlier one has.
fn union<T: PartialEq>(before: &Report, after: &Report, of: impl Fn(&Report) -> Vec<T>) -> Vec<T> {
    let mut all = of(after);
    let gone: Vec<T> = of(before).into_iter().filter(|one| !all.contains(one)).collect();
    all.extend(gone);
    all
}
