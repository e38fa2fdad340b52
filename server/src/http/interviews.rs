//! Invitations and interviews, as HR's systems see them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    error::Kind,
    id::InterviewId,
    interview::{Decision, Event, Interview, Outcome},
    time::Timestamp,
};

use super::{
    auth::Service,
    error::{JsonBody, Problem},
};
use crate::{
    app::App,
    clock,
    interviews::Cause,
    invitations::{self, InviteRequest, Invited},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(invite, list))
        .routes(routes!(invite_batch))
        .routes(routes!(show, delete))
        .routes(routes!(deletion_certificate))
        .routes(routes!(decide))
}

impl App {
    /// Makes an interview and its link, and wakes whoever waits for deadlines or deliveries.
    pub async fn invite(&self, request: InviteRequest, actor: &str) -> Result<Invited, Problem> {
        let invited = invitations::invite(&*self.store, &self.public_url, request, actor).await?;
        if let Some(interview) = self.store.interview(invited.interview_id).await? {
            self.send_invitation(&interview, &invited.link, clock::now()).await?;
        }
        self.deadlines_changed.notify_one();
        self.jobs_changed.notify_waiters();
        Ok(invited)
    }
}

/// Invites one candidate. With an `Idempotency-Key`, a repeat gives the same answer.
#[utoipa::path(post, path = "/api/v1/interviews", tag = "interviews", request_body = InviteRequest, responses((status = 201, body = Invited), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn invite(
    State(app): State<Arc<App>>,
    service: Service,
    headers: HeaderMap,
    JsonBody(request): JsonBody<InviteRequest>,
) -> Result<(StatusCode, Json<Invited>), Problem> {
    let key = headers
        .get("idempotency-key")
        .and_then(|v| v.to_str().ok())
        .map(|key| format!("{}:{key}", service.name));
    let request_hash: [u8; 32] = Sha256::digest(json!(request).to_string().as_bytes()).into();
    if let Some(key) = &key
        && let Some(response) = app.store.idempotent(key, &request_hash).await?
    {
        let invited = serde_json::from_str(&response).map_err(anyhow::Error::from)?;
        return Ok((StatusCode::CREATED, Json(invited)));
    }
    let invited = app.invite(request, &service.name).await?;
    if let Some(key) = key {
        app.store.remember(&key, &request_hash, &json!(invited).to_string(), clock::now()).await?;
    }
    Ok((StatusCode::CREATED, Json(invited)))
}

const LARGEST_BATCH: usize = 500;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Batch {
    invitations: Vec<InviteRequest>,
}

/// Invites many candidates; each gets its own result, in order.
#[utoipa::path(post, path = "/api/v1/interviews/batch", tag = "interviews", request_body = Batch, responses((status = 200, body = Object)))]
async fn invite_batch(
    State(app): State<Arc<App>>,
    service: Service,
    JsonBody(batch): JsonBody<Batch>,
) -> Result<Json<Value>, Problem> {
    if batch.invitations.len() > LARGEST_BATCH {
        return Err(Problem::new(
            Kind::TooLarge,
            "batch_too_large",
            format!("invitations: at most {LARGEST_BATCH} at a time"),
        ));
    }
    let mut results = Vec::new();
    for request in batch.invitations {
        results.push(match app.invite(request, &service.name).await {
            Ok(invited) => json!(invited),
            Err(problem) => json!({ "problem": problem }),
        });
    }
    Ok(Json(json!({ "results": results })))
}

/// An interview as HR sees it: nothing of the notes, no link.
pub fn summary(interview: &Interview) -> Value {
    json!({
        "interview_id": interview.id,
        "external_id": interview.external_id,
        "state": interview.state,
        "candidate": interview.candidate,
        "position": { "id": interview.position_id, "external_id": interview.position.id,
                      "title": interview.position.title.in_language(&interview.locale) },
        "locale": interview.locale,
        "channel": interview.channel,
        "deleted": interview.deleted,
        "ai_mode": interview.ai_mode,
        "profile": interview.position.profile,
        "consents": interview.consents,
        "human_requested": interview.human_requested,
        "human_requested_at": interview.human_requested_at,
        "created_at": interview.created_at,
        "expires_at": interview.expires_at,
        "submitted_at": interview.submitted_at,
        "decision": interview.decision,
        "sequence": interview.sequence,
    })
}

#[derive(Deserialize)]
struct Page {
    /// Unix milliseconds: interviews created before it.
    before: Option<Timestamp>,
    limit: Option<u32>,
    queue: Option<WaitingFor>,
}

/// A queue of people to attend to.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WaitingFor {
    /// Candidates who ask for a conversation, in whatever state their interview is.
    HumanInterview,
}

/// The newest interviews; with `queue=human_interview` those whose candidates ask for a conversation instead.
#[utoipa::path(get, path = "/api/v1/interviews", tag = "interviews", params(("before" = Option<i64>, Query), ("limit" = Option<u32>, Query), ("queue" = Option<String>, Query)), responses((status = 200, body = Object)))]
async fn list(
    State(app): State<Arc<App>>,
    _: Service,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(page) = page?;
    let limit = page.limit.unwrap_or(50).clamp(1, 200);
    let interviews = match page.queue {
        None => app.store.interviews(page.before, limit).await?,
        Some(WaitingFor::HumanInterview) => app.store.human_requests(page.before, limit).await?,
    };
    let next = interviews.last().map(|i| i.created_at);
    Ok(Json(json!({ "interviews": interviews.iter().map(summary).collect::<Vec<_>>(), "next_before": next })))
}

/// One interview.
#[utoipa::path(get, path = "/api/v1/interviews/{id}", tag = "interviews", params(("id" = String, Path)), responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn show(
    State(app): State<Arc<App>>,
    _: Service,
    id: Result<Path<InterviewId>, PathRejection>,
) -> Result<Json<Value>, Problem> {
    let Path(id) = id?;
    let interview = app.store.interview(id).await?.ok_or_else(|| Problem::not_found("no such interview"))?;
    Ok(Json(summary(&interview)))
}

/// Erases an interview: recordings, transcripts, report, and the candidate's name.
#[utoipa::path(delete, path = "/api/v1/interviews/{id}", tag = "interviews", params(("id" = String, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete(
    State(app): State<Arc<App>>,
    service: Service,
    id: Result<Path<InterviewId>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    app.apply(id, Cause { actor: &service.name, action: "erased" }, Event::Erased).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was destroyed of an erased interview, when, and at whose request.
#[utoipa::path(get, path = "/api/v1/interviews/{id}/deletion-certificate", tag = "interviews", params(("id" = String, Path)), responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn deletion_certificate(
    State(app): State<Arc<App>>,
    _: Service,
    id: Result<Path<InterviewId>, PathRejection>,
) -> Result<Json<Value>, Problem> {
    let Path(id) = id?;
    let certificate = app.store.deletion_certificate(id).await?;
    certificate
        .map(Json)
        .ok_or_else(|| Problem::not_found("this interview was not erased, or not completely yet"))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionRequest {
    #[schema(value_type = String)]
    outcome: Outcome,
    /// The person who decided: a user id, a staff number, an address. Never the name of an API key.
    by: Option<String>,
    /// Why, in the person's own words.
    reason: Option<String>,
}

/// Names that are no person's.
const NOBODY: [&str; 6] = ["system", "server", "viva", "ai", "auto", "api"];
const LONGEST_PERSON: usize = 200;
const LONGEST_REASON: usize = 4000;

/// Records a person's decision: without the person and the reason it is refused with 403.
#[utoipa::path(post, path = "/api/v1/interviews/{id}/decision", tag = "interviews", params(("id" = String, Path)), request_body = DecisionRequest, responses((status = 200, body = Object), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn decide(
    State(app): State<Arc<App>>,
    service: Service,
    id: Result<Path<InterviewId>, PathRejection>,
    JsonBody(request): JsonBody<DecisionRequest>,
) -> Result<Json<Value>, Problem> {
    let Path(id) = id?;
    let refused = |code, detail| Problem::new(Kind::Denied, code, detail);
    let by = request.by.as_deref().map(str::trim).filter(|by| !by.is_empty() && by.len() <= LONGEST_PERSON);
    let is_nobody = |by: &str| {
        NOBODY.iter().any(|name| by.eq_ignore_ascii_case(name)) || by.eq_ignore_ascii_case(&service.name)
    };
    let by = by
        .filter(|by| !is_nobody(by))
        .ok_or_else(|| refused("person_needed", "by: a person decides; name them, and not the API key"))?;
    let reason = request.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let reason = reason
        .filter(|reason| reason.len() <= LONGEST_REASON)
        .ok_or_else(|| refused("reason_needed", "reason: say why, in at most 4000 bytes"))?;
    let decision = Decision {
        outcome: request.outcome,
        by: by.to_owned(),
        at: clock::now(),
        reason: Some(reason.to_owned()),
    };
    let cause = Cause { actor: &service.name, action: "decided" };
    let interview = app.apply(id, cause, Event::Decided(decision)).await?;
    Ok(Json(summary(&interview)))
}
