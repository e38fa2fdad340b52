//! The report, schema version 1.0: the result of an interview as HR's systems receive it. Field names are
//! fixed; new optional fields may be added, none may change its meaning.

mod deletion;
mod difference;
mod titles;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use deletion::DELETED;
pub use difference::{Change, CriterionChange, Difference, DimensionChange, TranscriptChange, Verdict};
pub use titles::Titles;

use crate::{
    correction::Correction,
    cue::{Assessed, Cues, ModelCard, Transcript},
    id::{InterviewId, PositionId, TakeId},
    position::{QuestionKind, Reason},
    profile::Profile,
    retention::DataClass,
    rubric::{CriterionScore, DimensionScore, Overall},
};

pub const SCHEMA_VERSION: &str = "1.0";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub schema_version: String,
    pub interview_id: InterviewId,
    pub external_id: Option<String>,
    pub position: PositionRef,
    pub candidate: CandidateRef,
    pub locale: String,
    pub profile: Profile,
    pub ai_mode: AiMode,
    pub status: Status,
    /// Counts the events of this interview; a larger number is newer.
    pub sequence: u64,
    pub overall: Overall,
    pub dimensions: Vec<DimensionScore>,
    pub answers: Vec<Answer>,
    pub strengths: Vec<Finding>,
    pub concerns: Vec<Finding>,
    pub not_assessed: Vec<NotAssessed>,
    pub models: Vec<ModelCard>,
    /// SHA-256 of the rubric that was applied.
    pub rubric_version: String,
    pub human_review: HumanReview,
    pub integrity_flags: Vec<IntegrityFlag>,
    /// What people corrected in the transcripts, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub corrections: Vec<Correction>,
    /// Present once the report was made again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<Revision>,
    pub result_url: String,
    /// When the rest goes: RFC 3339.
    pub delete_after: String,
    /// When each class of data of this interview goes: RFC 3339.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub delete_after_by_class: BTreeMap<DataClass, String>,
    /// What the position calls the dimensions and criteria named above. Filled in when a report is read, never stored.
    #[serde(skip_serializing_if = "Titles::is_empty", default)]
    pub titles: Titles,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PositionRef {
    pub id: PositionId,
    pub external_id: String,
    pub title: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidateRef {
    /// The customer's own reference.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    pub name: Option<String>,
}

/// How the candidate chose to be reviewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AiMode {
    Ai,
    #[default]
    AiAndHuman,
    HumanOnly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything that was asked for could be assessed.
    Complete,
    Partial,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub question_id: String,
    /// The question as the candidate read it.
    pub question: String,
    pub kind: QuestionKind,
    /// Of a further question: why it was asked. Its answer is for people; nothing of it is scored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub follow_up: Option<FollowUpTo>,
    /// Which attempt was submitted, from 1; absent for text answers and for skipped questions.
    pub take: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub take_id: Option<TakeId>,
    pub duration_ms: Option<u64>,
    /// Signed; ends after at most 15 minutes. Ask for the report again to get a fresh one.
    pub recording_url: Option<String>,
    pub transcript: Assessed<Transcript>,
    pub scores: Vec<CriterionScore>,
    pub cues: Cues,
}

/// The answer that led to a further question, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpTo {
    pub question_id: String,
    #[serde(flatten)]
    pub reason: Reason,
}

/// A strength or a concern: always one criterion, never an opinion of the software.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub question_id: String,
    pub criterion: String,
    pub dimension: String,
    pub points: f64,
    pub max_points: f64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quote: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAssessed {
    pub question_id: String,
    /// A stage (`speech`, `face`, `language`, `transcript`) or a criterion.
    pub what: String,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HumanReview {
    pub required: bool,
    pub by: Option<String>,
    pub at: Option<String>,
}

/// How this report came after another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// 1 for the first report that replaced another.
    pub number: u32,
    /// Against the report before.
    pub difference: Difference,
}

/// Something a person may want to look at. Never counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegrityFlag {
    pub kind: String,
    pub at_ms: u64,
    pub note: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub question_id: Option<String>,
    /// Where it ends; absent for a moment, and where that is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end_ms: Option<u64>,
    /// What the candidate says to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comment: Option<String>,
}
