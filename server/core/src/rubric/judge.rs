//! One answer against its criteria. Every point has evidence; where there is none, the absence is stated.

mod combined;
mod delivery;
mod numbers;
mod words;

use serde::{Deserialize, Serialize};

use super::{Criterion, Judgements, Rule, judgement};
use crate::{
    cue::{Assessed, Cues, Face, Language, Quote, SetAsideReason, Speech, Transcript},
    position::Question,
};

/// Below this mean word confidence a transcript is no evidence for or against anybody.
pub const LEAST_CONFIDENCE: f32 = 0.5;

/// The points of one criterion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriterionScore {
    pub criterion: String,
    pub dimension: String,
    pub points: f64,
    pub max_points: f64,
    pub evidence: Vec<Quote>,
    /// What was looked for and not found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub absence: Option<String>,
    /// Why the criterion could not be judged; it then counts neither for nor against.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_assessed: Option<String>,
    /// Whether the points rest on the candidate's face.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub from_face: bool,
    /// The language model that judged, by the name its endpoint gives it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub judged_by: Option<String>,
    /// SHA-256 of the models whose findings the points rest on; empty where none took part, as in written answers.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub models: Vec<String>,
    /// How much the points count in their dimension: the question's weight.
    #[serde(skip_serializing_if = "is_plain", default = "plain")]
    pub weight: f64,
}

fn plain() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_plain(weight: &f64) -> bool {
    (weight - plain()).abs() < f64::EPSILON
}

/// What the stages found in one answer.
#[derive(Clone, Copy, Debug)]
pub struct AnswerMeasures<'a> {
    pub transcript: &'a Assessed<Transcript>,
    pub cues: &'a Cues,
    /// Why the words must not be judged although they are shown, as with a model for demonstration.
    pub distrust: Option<&'a str>,
    /// What a language model said of the answer, where one was asked.
    pub judgements: Option<&'a Judgements>,
}

/// The points of every criterion of `question`, in its order.
pub fn score_answer(question: &Question, measures: AnswerMeasures<'_>) -> Vec<CriterionScore> {
    question
        .criteria
        .iter()
        .map(|criterion| {
            if !criterion.rule.asks_language_model() {
                let verdict = judge(&criterion.rule, criterion.points, measures);
                return score(criterion, question.weight, verdict);
            }
            let judgement = measures.judgements.and_then(|judgements| judgements.get(&criterion.id));
            let verdict = may_be_judged(measures).and_then(|words| judgement::verdict(judgement, words));
            let judged_by = judgement.map(|judgement| judgement.model.clone());
            CriterionScore { judged_by, ..score(criterion, question.weight, verdict) }
        })
        .collect()
}

/// The words of an answer, where a language model may be asked about them.
///
/// # Errors
/// Why they must not be judged.
pub fn may_be_judged(measures: AnswerMeasures<'_>) -> Result<&Transcript, String> {
    language(measures)?;
    transcript(measures)
}

fn score(criterion: &Criterion, weight: f64, verdict: Result<Verdict, String>) -> CriterionScore {
    let (verdict, not_assessed) = match verdict {
        Ok(verdict) => (verdict, None),
        Err(reason) => (Verdict { share: 0.0, evidence: Vec::new(), absence: None }, Some(reason)),
    };
    CriterionScore {
        criterion: criterion.id.clone(),
        dimension: criterion.dimension.clone(),
        points: rounded(criterion.points * verdict.share.clamp(0.0, 1.0)),
        max_points: criterion.points,
        evidence: verdict.evidence,
        absence: verdict.absence,
        not_assessed,
        from_face: criterion.rule.uses_face(),
        judged_by: None,
        models: Vec::new(),
        weight,
    }
}

/// The share of the points earned (0–1) and why.
pub(super) struct Verdict {
    pub share: f64,
    pub evidence: Vec<Quote>,
    pub absence: Option<String>,
}

/// `points` are the criterion's: steps and bands state theirs in points, not in shares.
fn judge(rule: &Rule, points: f64, measures: AnswerMeasures<'_>) -> Result<Verdict, String> {
    match rule {
        Rule::Mentions { any, at_least } => words::mentions(language(measures)?, any, *at_least),
        Rule::Covers { points_to_cover } => words::covers(language(measures)?, points_to_cover),
        Rule::Structure { parts, part_points } => words::structure(language(measures)?, parts, part_points),
        Rule::Connectives { at_least } => words::connectives(language(measures)?, *at_least),
        Rule::Relevance { full_at } => {
            words::relevance(language(measures)?, transcript(measures)?, f64::from(*full_at))
        }
        Rule::NumberAtLeast { value, unit, above, bands, near } => {
            let wanted = numbers::Wanted { value: *value, unit, above: *above, bands, near };
            Ok(wanted.judge(language(measures)?, points))
        }
        Rule::SpeechRate { words_per_minute, characters_per_minute } => {
            delivery::speech_rate(measures, *words_per_minute, *characters_per_minute)
        }
        Rule::Duration { speech_seconds_at_least } => delivery::duration(measures, *speech_seconds_at_least),
        Rule::Fillers { per_minute_at_most } => delivery::fillers(measures, *per_minute_at_most),
        Rule::CameraFacing { share_at_least } => delivery::camera_facing(measures, *share_at_least),
        Rule::Smiles { at_least } => delivery::smiles(measures, *at_least),
        // Only as a criterion of its own, which the check asks for.
        Rule::Judge { .. } => Err(judgement::NOBODY_ASKED.to_owned()),
        Rule::AnyOf { rules } => combined::any_of(rules, points, measures),
        Rule::AllOf { rules } => combined::all_of(rules, points, measures),
    }
}

fn verdict(share: f64, evidence: Vec<Quote>, absence: impl FnOnce() -> String) -> Verdict {
    Verdict { share, evidence, absence: (share < 1.0).then(absence) }
}

fn transcript(measures: AnswerMeasures<'_>) -> Result<&Transcript, String> {
    if let Some(reason) = measures.distrust {
        return Err(reason.to_owned());
    }
    match measures.transcript {
        Assessed::NotAssessed { not_assessed } => Err(not_assessed.clone()),
        // Silence may be a broken microphone as well as a candidate with nothing to say: a person has to look.
        Assessed::Present(t) if t.text.trim().is_empty() => Err("no words were heard".to_owned()),
        Assessed::Present(t) if t.mean_confidence < LEAST_CONFIDENCE => {
            Err(format!("recognition confidence {:.2} is too low to judge by", t.mean_confidence))
        }
        Assessed::Present(transcript) => Ok(transcript),
    }
}

fn language(measures: AnswerMeasures<'_>) -> Result<&Language, String> {
    transcript(measures)?;
    let language = known(&measures.cues.language)?;
    if language.has_set_aside(SetAsideReason::OtherLanguage) {
        return Err("answered in another language than asked".to_owned());
    }
    Ok(language)
}

fn speech(measures: AnswerMeasures<'_>) -> Result<&Speech, String> {
    known(&measures.cues.speech)
}

fn face(measures: AnswerMeasures<'_>) -> Result<&Face, String> {
    known(&measures.cues.face)
}

fn known<T>(assessed: &Assessed<T>) -> Result<&T, String> {
    match assessed {
        Assessed::Present(value) => Ok(value),
        Assessed::NotAssessed { not_assessed } => Err(not_assessed.clone()),
    }
}

/// Two decimals: a score must print the same everywhere.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
