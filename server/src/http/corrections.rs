//! Corrections of a transcript, by the candidate or by a person of the hiring team. Each makes the report again and
//! sends `report.revised` with the difference.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    correction::{Correction, MAX_CORRECTIONS, MAX_TEXT_CHARS},
    error::{Kind, Refused},
    id::InterviewId,
    interview::{Event, Interview},
};

use super::{
    auth::{Candidate, Service},
    error::{JsonBody, Problem},
    text::written,
};
use crate::{
    app::App,
    clock,
    interviews::{CANDIDATE, Cause},
    worker,
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(by_candidate)).routes(routes!(by_person))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CorrectionRequest {
    question_id: String,
    /// The segment of the transcript, by its start in milliseconds.
    start_ms: u64,
    /// What was really said.
    text: String,
    /// The person who corrects; not for candidates.
    by: Option<String>,
}

const LONGEST_PERSON: usize = 200;

/// The candidate says what was really said.
#[utoipa::path(post, path = "/api/v1/candidate/corrections", tag = "candidate", request_body = CorrectionRequest, responses((status = 202, body = Object), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn by_candidate(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(request): JsonBody<CorrectionRequest>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    correct(&app, &interview, request, CANDIDATE, CANDIDATE).await
}

/// A person of the hiring team says what was really said.
#[utoipa::path(post, path = "/api/v1/interviews/{id}/corrections", tag = "results", params(("id" = String, Path)), request_body = CorrectionRequest, responses((status = 202, body = Object), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn by_person(
    State(app): State<Arc<App>>,
    service: Service,
    id: Result<Path<InterviewId>, PathRejection>,
    JsonBody(request): JsonBody<CorrectionRequest>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Path(id) = id?;
    let interview = app.store.interview(id).await?.ok_or_else(|| Problem::not_found("no such interview"))?;
    let by = request.by.clone().unwrap_or_default().trim().to_owned();
    if by.is_empty() || by.len() > LONGEST_PERSON || by.eq_ignore_ascii_case(CANDIDATE) {
        return Err(Problem::new(Kind::Denied, "person_needed", "by: name the person who corrects"));
    }
    correct(&app, &interview, request, &by, &service.name).await
}

async fn correct(
    app: &Arc<App>,
    interview: &Interview,
    request: CorrectionRequest,
    by: &str,
    actor: &str,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let text = written(&request.text, MAX_TEXT_CHARS)?;
    let id = interview.id;
    // One after the other: each is read, changed and written as a list.
    let _turn = app.correcting.lock().await;
    let report = worker::load(app, id).await?;
    let answers = report.map(|report| report.answers).unwrap_or_default();
    let transcript = answers
        .iter()
        // A written answer is the candidate's own text already.
        .find(|answer| answer.question_id == request.question_id && answer.take_id.is_some())
        .and_then(|answer| answer.transcript.present());
    let place = (request.question_id.as_str(), request.start_ms);
    let made = transcript
        .and_then(|transcript| Correction::new(transcript, place, text.to_owned(), by, clock::now()))
        .ok_or_else(|| {
            Refused::invalid(
                "segment_unknown",
                "question_id, start_ms: no transcript of a recording has such a segment",
            )
        })?;
    let mut all = worker::corrections(app, id).await?;
    if all.len() >= MAX_CORRECTIONS {
        return Err(Problem::new(
            Kind::TooLarge,
            "too_many_corrections",
            format!("an interview takes {MAX_CORRECTIONS} corrections"),
        ));
    }
    all.push(made.clone());
    app.put_result(&worker::corrections_key(id), &json!(all)).await?;
    app.apply(id, Cause { actor, action: "transcript_corrected" }, Event::TranscriptCorrected).await?;
    Ok((StatusCode::ACCEPTED, Json(json!(made))))
}
