//! Answers while they are written: kept as they are typed, given back after a reload or on another device. How code
//! came about is shown beside it.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    error::Refused,
    id::InterviewId,
    interview::Interview,
    position::QuestionKind,
    writing::{Edit, Writing},
};
use viva_store::{ResultKey, WRITING};

use super::{
    auth::{Candidate, Reader},
    error::{JsonBody, Problem},
};
use crate::app::App;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(save, show)).routes(routes!(replay))
}

/// Where is kept how an answer is being written.
pub fn key(interview: InterviewId, question: &str) -> ResultKey {
    ResultKey { interview, question: question.to_owned(), kind: WRITING }
}

impl App {
    /// What was written of an answer so far.
    pub async fn writing(&self, interview: InterviewId, question: &str) -> anyhow::Result<Writing> {
        let stored = self.result(&key(interview, question)).await?;
        Ok(stored.map(serde_json::from_value).transpose()?.unwrap_or_default())
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Draft {
    #[serde(default)]
    draft: String,
    /// Of a `choice` question.
    #[serde(default)]
    choice: Vec<String>,
    /// The number of the first of these edits, from 0.
    #[serde(default)]
    first: usize,
    /// Only of code.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    edits: Vec<Edit>,
}

#[derive(Serialize, ToSchema)]
struct Kept {
    draft: String,
    choice: Vec<String>,
    /// Edits that are kept: the number of the next one.
    edits: usize,
}

/// Keeps an answer as it is typed.
#[utoipa::path(put, path = "/api/v1/candidate/questions/{id}/draft", tag = "candidate", params(("id" = String, Path)), request_body = Draft, responses((status = 204), (status = 409, body = Problem), (status = 413, body = Problem)))]
async fn save(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    Path(question_id): Path<String>,
    JsonBody(draft): JsonBody<Draft>,
) -> Result<StatusCode, Problem> {
    let is_code = being_written(&interview, &question_id)?;
    let mut writing = app.writing(interview.id, &question_id).await?;
    writing.save(draft.draft, draft.first, if is_code { draft.edits } else { Vec::new() })?;
    let question = interview.position.question(&question_id);
    let is_option = |id: &String| question.is_some_and(|q| q.options.iter().any(|option| option.id == *id));
    writing.choice = draft.choice.into_iter().filter(is_option).collect();
    writing.choice.dedup();
    app.put_result(&key(interview.id, &question_id), &json!(writing)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether it is code; refused unless the question is open and has no answer yet.
fn being_written(interview: &Interview, question_id: &str) -> Result<bool, Problem> {
    let question = interview.position.question(question_id);
    let answer = interview.answer(question_id);
    let Some((question, answer)) = question.zip(answer) else {
        return Err(Refused::not_found("question_unknown", "no such question in this interview").into());
    };
    if !interview.state.is_open() || answer.submitted.is_some() {
        return Err(Refused::conflict("question_answered", "this question has been answered").into());
    }
    if answer.opened_at.is_none() {
        return Err(Refused::conflict("question_not_open", "open the question first").into());
    }
    Ok(question.kind == QuestionKind::Code)
}

/// The draft as it was kept last.
#[utoipa::path(get, path = "/api/v1/candidate/questions/{id}/draft", tag = "candidate", params(("id" = String, Path)), responses((status = 200, body = Kept)))]
async fn show(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    Path(question_id): Path<String>,
) -> Result<Json<Kept>, Problem> {
    being_written(&interview, &question_id)?;
    let Writing { draft, choice, edits, .. } = app.writing(interview.id, &question_id).await?;
    Ok(Json(Kept { draft, choice, edits: edits.len() }))
}

#[derive(Deserialize)]
struct QuestionPath {
    question: String,
}

#[derive(Serialize, ToSchema)]
struct Replay {
    #[schema(value_type = Vec<Object>)]
    edits: Vec<Edit>,
    /// The edits lead to the very text that was handed in.
    whole: bool,
}

/// How a code answer was written: every edit with its time. Nothing of it is judged.
#[utoipa::path(get, path = "/api/v1/interviews/{id}/questions/{question}/writing", tag = "results", params(("id" = String, Path), ("question" = String, Path)), responses((status = 200, body = Replay), (status = 404, body = Problem)))]
async fn replay(
    State(app): State<Arc<App>>,
    reader: Reader,
    path: Result<Path<QuestionPath>, PathRejection>,
) -> Result<Json<Replay>, Problem> {
    let Path(QuestionPath { question }) = path?;
    let interview = app.store.interview(reader.interview).await?;
    let answer = interview.as_ref().and_then(|interview| interview.answer(&question));
    // A draft that was not handed in is the candidate's own.
    let Some(handed_in) = answer.and_then(|answer| answer.submitted.as_ref()) else {
        return Err(Problem::not_found("this question has no answer"));
    };
    let writing = app.writing(reader.interview, &question).await?;
    if writing.edits.is_empty() {
        return Err(Problem::not_found("no edits of this answer were kept"));
    }
    let whole = !writing.truncated
        && writing
            .replayed()
            .is_some_and(|text| *handed_in == viva_core::interview::SubmittedAnswer::Text(text));
    Ok(Json(Replay { edits: writing.edits, whole }))
}
