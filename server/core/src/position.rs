//! A position: the job, its questions, its rubric and its rules. Written by HR as YAML or sent as JSON; an
//! interview keeps a snapshot of it, so that later edits never change a running interview.

mod check;
mod follow_up;
mod prompt;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use check::Problem;
pub use follow_up::{FollowUp, Reason, When};
pub use prompt::{CAPTION_TYPE, MEDIA_TYPES, Prompt, type_of};

use crate::{
    demographics::Characteristic,
    identity::Field,
    profile::{FaceTier, Profile},
    retention::Shorter,
    rubric::Criterion,
};

/// A position as written. Unknown keys are errors; [`Position::problems`] finds the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The customer's own identifier, as in `customer-success-manager`.
    pub id: String,
    pub title: Text,
    /// Shown on the landing page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introduction: Option<Text>,
    /// Whom candidates can ask: a name, a mail address, a phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Text>,
    /// Who hires, as the candidate reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Text>,
    #[serde(default)]
    pub profile: Profile,
    /// ISO 639-1 codes; the first is the default.
    pub languages: Vec<String>,
    /// Days until an invitation ends.
    #[serde(default = "default_invitation_days")]
    pub invitation_days: u32,
    /// Days until everything of an interview is deleted but the record of the decision.
    #[serde(default = "default_retention_days")]
    pub retention_days: u32,
    /// What goes earlier.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retention: Shorter,
    /// What candidates are asked about themselves, voluntarily, for statistics of fairness alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub demographics: Vec<Characteristic>,
    /// Candidates may see their report and the decision on it, and take them along.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub share_report: bool,
    /// Note for people, never for the score, what they may want to look at: see [`crate::observation`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observations: bool,
    #[serde(default)]
    pub face: FaceUse,
    /// The notice that candidates were given before, where the profile asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// What candidates say about themselves, between consent and the device check. Never scored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity: Vec<Field>,
    pub dimensions: Vec<Dimension>,
    #[serde(default)]
    pub thresholds: Thresholds,
    pub questions: Vec<Question>,
}

fn default_invitation_days() -> u32 {
    14
}

fn default_retention_days() -> u32 {
    180
}

/// A text in one language, or in several by ISO 639-1 code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    One(String),
    Many(BTreeMap<String, String>),
}

impl Text {
    /// The text in each of its languages.
    pub fn every(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::One(text) => (Some(text), None),
            Self::Many(texts) => (None, Some(texts.values())),
        };
        one.into_iter().chain(many.into_iter().flatten()).map(String::as_str)
    }

    /// The text in `language`, or in any language it has.
    pub fn in_language(&self, language: &str) -> &str {
        match self {
            Self::One(text) => text,
            Self::Many(texts) => {
                texts.get(language).or_else(|| texts.values().next()).map_or("", String::as_str)
            }
        }
    }
}

/// What the camera picture is used for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceUse {
    #[serde(default)]
    pub tier: FaceTier,
    /// Where the customer keeps the impact assessment of this use: a file number, a link. Needed beyond tier `quality`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact_assessment: Option<String>,
}

/// A public notice of automated scoring, and the bias audit that goes with it (NYC Local Law 144).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// As in `2026-11-22`.
    pub posted_on: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias_audit_on: Option<String>,
    /// Where the audit's summary is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias_audit_url: Option<String>,
}

impl Notice {
    /// When the notice was posted, and when the audit was made; absent where a date is missing or is none.
    pub fn dates(&self) -> Option<(jiff::civil::Date, jiff::civil::Date)> {
        Some((self.posted_on.parse().ok()?, self.bias_audit_on.as_ref()?.parse().ok()?))
    }
}

/// What a position scores, with its weight in percent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    pub weight: f64,
}

/// Match percentages from which an interview is put into a queue. A queue is a suggestion; a person decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_for_human_interview: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggest_offer_talk: Option<f64>,
}

/// One item of a position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub id: String,
    #[serde(default)]
    pub kind: QuestionKind,
    pub text: Text,
    /// Help shown under the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
    /// Seconds to think before the recording starts by itself; absent means "as long as you like".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub think_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub think_limit: ThinkLimit,
    /// Seconds to answer; needed for `video`. What is written by then is handed in by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_seconds: Option<u32>,
    #[serde(default = "default_takes")]
    pub takes: u32,
    /// For `choice`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// The language to answer in, where it is not the interview's: ISO 639-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_language: Option<String>,
    /// How much this question's points count beside those of the others.
    #[serde(default = "default_weight", skip_serializing_if = "is_default_weight")]
    pub weight: f64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<Criterion>,
    /// Played or read aloud before the question itself is shown; only of `video`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<FollowUp>,
}

fn default_weight() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_default_weight(weight: &f64) -> bool {
    (weight - default_weight()).abs() < f64::EPSILON
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What happens when the time to think is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThinkLimit {
    /// The recording starts by itself.
    #[default]
    Hard,
    /// Nothing: the time is advice.
    Soft,
}

fn default_takes() -> u32 {
    2
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    #[default]
    Video,
    Text,
    Code,
    Choice,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub id: String,
    pub text: Text,
}

impl Position {
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|q| q.id == id)
    }

    /// Whether its rubric or a follow-up asks a language model.
    pub fn asks_language_model(&self) -> bool {
        let scores = self.questions.iter().flat_map(|q| &q.criteria).any(|c| c.rule.asks_language_model());
        scores || self.questions.iter().flat_map(|q| &q.follow_ups).any(|f| f.when.judged.is_some())
    }

    /// The language to speak to a candidate who prefers `wanted`.
    pub fn language_for(&self, wanted: Option<&str>) -> String {
        let wanted = wanted.map(|w| w.split(['-', '_']).next().unwrap_or(w).to_ascii_lowercase());
        wanted
            .filter(|w| self.languages.contains(w))
            .or_else(|| self.languages.first().cloned())
            .unwrap_or_else(|| "en".into())
    }
}
