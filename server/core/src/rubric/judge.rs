//! One answer against its criteria. Every point has evidence; where there is none, the absence is stated.

use serde::{Deserialize, Serialize};

use super::{Criterion, Rule};
use crate::{
    cue::{Assessed, Cues, Face, Language, Quote, Speech, Transcript},
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
}

/// What the stages found in one answer.
#[derive(Clone, Copy, Debug)]
pub struct AnswerMeasures<'a> {
    pub transcript: &'a Assessed<Transcript>,
    pub cues: &'a Cues,
    /// Why the words must not be judged although they are shown, as with a model for demonstration.
    pub distrust: Option<&'a str>,
}

/// The points of every criterion of `question`, in its order.
pub fn score_answer(question: &Question, measures: AnswerMeasures<'_>) -> Vec<CriterionScore> {
    question
        .criteria
        .iter()
        .map(|criterion| match judge(&criterion.rule, measures) {
            Ok(verdict) => CriterionScore {
                criterion: criterion.id.clone(),
                dimension: criterion.dimension.clone(),
                points: rounded(criterion.points * verdict.share.clamp(0.0, 1.0)),
                max_points: criterion.points,
                evidence: verdict.evidence,
                absence: verdict.absence,
                not_assessed: None,
                from_face: criterion.rule.uses_face(),
            },
            Err(reason) => not_assessed(criterion, reason),
        })
        .collect()
}

fn not_assessed(criterion: &Criterion, reason: String) -> CriterionScore {
    CriterionScore {
        criterion: criterion.id.clone(),
        dimension: criterion.dimension.clone(),
        points: 0.0,
        max_points: criterion.points,
        evidence: Vec::new(),
        absence: None,
        not_assessed: Some(reason),
        from_face: criterion.rule.uses_face(),
    }
}

/// The share of the points earned (0–1) and why.
struct Verdict {
    share: f64,
    evidence: Vec<Quote>,
    absence: Option<String>,
}

fn judge(rule: &Rule, measures: AnswerMeasures<'_>) -> Result<Verdict, String> {
    match rule {
        Rule::Mentions { any, at_least } => {
            let language = language(measures)?;
            let hits = hits(language, any);
            let share = hits.len() as f64 / f64::from((*at_least).max(1));
            Ok(verdict(share, hits, || format!("needs {at_least} of: {}", any.join(", "))))
        }
        Rule::NumberAtLeast { value, unit } => {
            let language = language(measures)?;
            let best = language
                .numbers
                .iter()
                .filter(|n| (unit.is_empty() || n.unit == *unit) && n.value >= *value)
                .map(|n| n.quote.clone())
                .take(1)
                .collect::<Vec<_>>();
            let share = if best.is_empty() { 0.0 } else { 1.0 };
            Ok(verdict(share, best, || format!("no number of at least {value} {unit}").trim_end().to_owned()))
        }
        Rule::Covers { points_to_cover } => {
            let language = language(measures)?;
            let mut missing = Vec::new();
            let mut evidence = Vec::new();
            for point in points_to_cover {
                match hits(language, &point.any).into_iter().next() {
                    Some(hit) => evidence.push(hit),
                    None => missing.push(point.name.as_str()),
                }
            }
            let share = evidence.len() as f64 / points_to_cover.len().max(1) as f64;
            Ok(verdict(share, evidence, || format!("not covered: {}", missing.join(", "))))
        }
        Rule::Structure { parts } => {
            let language = language(measures)?;
            let found: Vec<Option<Quote>> = parts
                .iter()
                .map(|part| language.structure.iter().find(|m| m.part == *part).map(|m| m.quote.clone()))
                .collect();
            let missing: Vec<String> = parts
                .iter()
                .zip(&found)
                .filter(|(_, quote)| quote.is_none())
                .map(|(part, _)| format!("{part:?}").to_lowercase())
                .collect();
            let evidence: Vec<Quote> = found.into_iter().flatten().collect();
            let share = evidence.len() as f64 / parts.len().max(1) as f64;
            Ok(verdict(share, evidence, || format!("not heard: {}", missing.join(", "))))
        }
        Rule::Relevance { full_at } => {
            let relevance = language(measures)?.relevance.ok_or("relevance was not measured")?;
            let transcript = transcript(measures)?;
            let share = f64::from(relevance) / f64::from(full_at.max(0.01));
            let evidence = transcript.segments.iter().take(1).map(quote_of_segment).collect();
            Ok(verdict(share, evidence, || {
                format!("takes up {:.0} % of the question's words", relevance * 100.0)
            }))
        }
        Rule::SpeechRate { words_per_minute, characters_per_minute } => {
            let speech = speech(measures)?;
            transcript(measures)?;
            let (rate, [slowest, fastest], unit) =
                match (speech.words_per_minute, speech.characters_per_minute) {
                    (Some(rate), _) => (rate, *words_per_minute, "words"),
                    (None, Some(rate)) => (rate, *characters_per_minute, "characters"),
                    (None, None) => return Err("no transcript to count words in".to_owned()),
                };
            let off = (slowest - rate).max(rate - fastest).max(0.0);
            // Half the range outside of it earns nothing any more.
            let share = 1.0 - f64::from(off) / f64::from((fastest - slowest).max(1.0) / 2.0);
            let evidence = vec![whole(measures, format!("{rate:.0} {unit} per minute"))];
            Ok(verdict(share, evidence, || {
                format!("{rate:.0} {unit} per minute; wanted {slowest:.0} to {fastest:.0}")
            }))
        }
        Rule::Duration { speech_seconds_at_least } => {
            let speech = speech(measures)?;
            let seconds = speech.speech_ms as f32 / 1000.0;
            let share = f64::from(seconds / speech_seconds_at_least.max(0.1));
            let evidence = vec![whole(measures, format!("{seconds:.1} s of speech"))];
            Ok(verdict(share, evidence, || {
                format!("{seconds:.1} s of speech; wanted {speech_seconds_at_least:.0} s")
            }))
        }
        Rule::Fillers { per_minute_at_most } => {
            let speech = speech(measures)?;
            transcript(measures)?;
            let minutes = speech.speech_ms as f32 / 60_000.0;
            let rate = speech.fillers.len() as f32 / minutes.max(0.1);
            let share = if rate <= *per_minute_at_most { 1.0 } else { f64::from(per_minute_at_most / rate) };
            let evidence =
                vec![whole(measures, format!("{} fillers, {rate:.1} per minute", speech.fillers.len()))];
            Ok(verdict(share, evidence, || {
                format!("{rate:.1} fillers per minute; wanted at most {per_minute_at_most}")
            }))
        }
        Rule::CameraFacing { share_at_least } => {
            let facing = face(measures)?.camera_facing.as_ref().ok_or("camera facing was not measured")?;
            let share = f64::from(facing.share / share_at_least.max(0.01));
            let evidence = facing
                .spans
                .iter()
                .max_by_key(|s| s.duration_ms())
                .map(|s| Quote {
                    start_ms: s.start_ms,
                    end_ms: s.end_ms,
                    quote: format!("facing the camera {:.0} % of the time", facing.share * 100.0),
                })
                .into_iter()
                .collect();
            Ok(verdict(share, evidence, || format!("{:.0} % of the time", facing.share * 100.0)))
        }
        Rule::Smiles { at_least } => {
            let smile = face(measures)?.smile.as_ref().ok_or("smiles were not measured")?;
            let share = f64::from(smile.count) / f64::from((*at_least).max(1));
            let evidence = smile
                .spans
                .iter()
                .map(|s| Quote { start_ms: s.start_ms, end_ms: s.end_ms, quote: "smile".to_owned() })
                .collect();
            Ok(verdict(share, evidence, || format!("{} smiles seen; wanted {at_least}", smile.count)))
        }
    }
}

fn verdict(share: f64, evidence: Vec<Quote>, absence: impl FnOnce() -> String) -> Verdict {
    Verdict { share, evidence, absence: (share < 1.0).then(absence) }
}

fn hits(language: &Language, terms: &[String]) -> Vec<Quote> {
    terms
        .iter()
        .filter_map(|term| language.keywords.iter().find(|k| k.term == *term)?.hits.first().cloned())
        .collect()
}

fn transcript(measures: AnswerMeasures<'_>) -> Result<&Transcript, String> {
    if let Some(reason) = measures.distrust {
        return Err(reason.to_owned());
    }
    match measures.transcript {
        Assessed::NotAssessed { not_assessed } => Err(not_assessed.clone()),
        Assessed::Present(t) if t.mean_confidence < LEAST_CONFIDENCE => {
            Err(format!("recognition confidence {:.2} is too low to judge by", t.mean_confidence))
        }
        Assessed::Present(transcript) => Ok(transcript),
    }
}

fn language(measures: AnswerMeasures<'_>) -> Result<&Language, String> {
    transcript(measures)?;
    known(&measures.cues.language)
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

fn quote_of_segment(segment: &crate::cue::Segment) -> Quote {
    Quote { start_ms: segment.start_ms, end_ms: segment.end_ms, quote: segment.text.clone() }
}

/// Evidence that rests on the whole answer: from the first to the last word.
fn whole(measures: AnswerMeasures<'_>, quote: String) -> Quote {
    let start_ms = measures.cues.speech.present().and_then(|s| s.first_word_ms).unwrap_or(0);
    let end_ms = measures
        .transcript
        .present()
        .and_then(|t| t.segments.last())
        .map(|s| s.end_ms)
        .or_else(|| measures.cues.speech.present().map(|s| start_ms + s.speech_ms))
        .unwrap_or(start_ms);
    Quote { start_ms, end_ms, quote }
}

/// Two decimals: a score must print the same everywhere.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
