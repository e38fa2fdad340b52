//! What a candidate sees of the result: what was understood of each answer, to be corrected; and, where the position
//! shares it, what counted.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    cue::{Assessed, Segment},
    interview::{Decision, Interview, Outcome},
    report::{Answer, Finding, IntegrityFlag, Report, Titles},
    rubric::DimensionScore,
    time::Timestamp,
};

use super::{
    auth::Candidate,
    candidate::{Wanted, shown_in},
    error::Problem,
};
use crate::{app::App, worker};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(own_result))
}

#[derive(Serialize)]
struct OwnResult {
    answers: Vec<OwnAnswer>,
    /// What was noted for people to look at.
    noticed: Vec<Noticed>,
    /// Absent where the position keeps it.
    shared: Option<Shared>,
    titles: Titles,
}

#[derive(Serialize)]
struct OwnAnswer {
    question_id: String,
    question: String,
    /// ISO 639-1.
    language: Option<String>,
    /// What was understood of a recording; empty for written answers.
    segments: Vec<OwnSegment>,
}

#[derive(Serialize)]
struct OwnSegment {
    start_ms: u64,
    text: String,
}

#[derive(Serialize)]
struct Noticed {
    question_id: String,
    kind: String,
    start_ms: u64,
    end_ms: Option<u64>,
    comment: Option<String>,
}

#[derive(Serialize)]
struct Shared {
    score: Option<f64>,
    max_score: f64,
    dimensions: Vec<DimensionScore>,
    strengths: Vec<Finding>,
    to_improve: Vec<Finding>,
    models: Vec<String>,
    decision: Option<OwnDecision>,
}

#[derive(Serialize)]
struct OwnDecision {
    outcome: Outcome,
    reason: Option<String>,
    at: Timestamp,
}

/// What was understood of the candidate's answers and, where the position shares it, what counted and how a person decided.
#[utoipa::path(get, path = "/api/v1/candidate/result", tag = "candidate", params(("language" = Option<String>, Query)), responses((status = 200, body = Object), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn own_result(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(Wanted { language }) = wanted?;
    let interview = shown_in(interview, language);
    let report = worker::load(&app, interview.id).await?;
    let report = report.ok_or_else(|| Problem::not_found("the result is not ready yet"))?;
    Ok(Json(json!(OwnResult::of(report, &interview))))
}

impl OwnResult {
    fn of(report: Report, interview: &Interview) -> Self {
        let shared = interview.position.share_report.then(|| Shared {
            score: report.overall.score,
            max_score: report.overall.max_score,
            dimensions: report.dimensions,
            strengths: report.strengths,
            to_improve: report.concerns,
            models: report.models.into_iter().map(|model| model.name).collect(),
            decision: interview.decision.clone().map(OwnDecision::of),
        });
        let noticed = report.integrity_flags.into_iter().filter_map(Noticed::of).collect();
        let answers = report.answers.into_iter().map(|answer| OwnAnswer::of(answer, interview)).collect();
        Self { answers, noticed, shared, titles: report.titles }
    }
}

impl Noticed {
    /// `None` for technical faults, which are nobody's doing.
    fn of(flag: IntegrityFlag) -> Option<Self> {
        let IntegrityFlag { kind, at_ms: start_ms, question_id, end_ms, comment, .. } = flag;
        Some(Self { question_id: question_id?, kind, start_ms, end_ms, comment })
    }
}

impl OwnAnswer {
    fn of(answer: Answer, interview: &Interview) -> Self {
        let spoken = match answer.transcript {
            Assessed::Present(transcript) if answer.take_id.is_some() => Some(transcript),
            _ => None,
        };
        let language = spoken.as_ref().map(|transcript| transcript.language.clone());
        let heard = spoken.map(|transcript| transcript.segments).unwrap_or_default();
        let segments = heard.into_iter().map(|Segment { start_ms, text, .. }| OwnSegment { start_ms, text });
        let asked = interview.position.question(&answer.question_id);
        let question = asked.map(|question| question.text.in_language(&interview.locale).to_owned());
        Self {
            question_id: answer.question_id,
            question: question.unwrap_or(answer.question),
            language,
            segments: segments.collect(),
        }
    }
}

impl OwnDecision {
    fn of(Decision { outcome, reason, at, .. }: Decision) -> Self {
        Self { outcome, reason, at }
    }
}
