//! What candidates say about themselves, where the position asks for it: checked, sealed, and shown to the hiring team.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    error::Kind,
    id::InterviewId,
    identity::{self, FieldKind, Values},
    interview::{Event, State as InterviewState, next},
};
use viva_store::{IDENTITY, ResultKey};

use super::{
    auth::{Candidate, Reader},
    error::{JsonBody, Problem},
    view::View,
};
use crate::{
    app::App,
    clock,
    interviews::{CANDIDATE, Cause},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(say, said)).routes(routes!(show))
}

fn key(interview: InterviewId) -> ResultKey {
    ResultKey { interview, question: String::new(), kind: IDENTITY }
}

impl App {
    /// What the candidate said; empty where nothing was.
    pub async fn identity(&self, interview: InterviewId) -> anyhow::Result<Values> {
        let stored = self.result(&key(interview)).await?;
        Ok(stored.map(serde_json::from_value).transpose()?.unwrap_or_default())
    }
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Said {
    /// By the field's id.
    #[schema(value_type = Object)]
    values: Values,
}

/// Takes what the position asks for. May be said again, also corrected, until the interview is handed in.
#[utoipa::path(post, path = "/api/v1/candidate/identity", tag = "candidate", request_body = Said, responses((status = 200, body = Object), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn say(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(said): JsonBody<Said>,
) -> Result<Json<View>, Problem> {
    let values = identity::check(&interview.position.identity, &said.values).map_err(Problem::of_fields)?;
    // Nothing is kept of who has not agreed to anything yet, or is done.
    next(&interview, Event::Identified, clock::now())?;
    app.put_result(&key(interview.id), &json!(values)).await?;
    let cause = Cause { actor: CANDIDATE, action: "identified" };
    let changed = app.apply(interview.id, cause, Event::Identified).await?;
    Ok(Json(View::of(&app, &changed)))
}

/// What the candidate said so far, for another device or to be corrected.
#[utoipa::path(get, path = "/api/v1/candidate/identity", tag = "candidate", responses((status = 200, body = Said)))]
async fn said(State(app): State<Arc<App>>, Candidate(interview): Candidate) -> Result<Json<Said>, Problem> {
    let values = match interview.state {
        InterviewState::Erased => Values::new(),
        _ => app.identity(interview.id).await?,
    };
    Ok(Json(Said { values }))
}

#[derive(Deserialize)]
struct Wanted {
    /// Also what is masked otherwise. Only with an API key.
    #[serde(default)]
    whole: bool,
}

#[derive(Serialize, ToSchema)]
struct Identity {
    fields: Vec<IdentityField>,
}

#[derive(Serialize, ToSchema)]
struct IdentityField {
    id: String,
    #[schema(value_type = String)]
    kind: FieldKind,
    label: String,
    value: String,
}

/// What the candidate said about themselves. The number of an identity card is masked unless an API key asks for it `whole`.
#[utoipa::path(get, path = "/api/v1/interviews/{id}/identity", tag = "interviews", params(("id" = String, Path), ("whole" = Option<bool>, Query)), responses((status = 200, body = Identity), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn show(
    State(app): State<Arc<App>>,
    reader: Reader,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Identity>, Problem> {
    let Query(Wanted { whole }) = wanted?;
    if whole && reader.key.is_none() {
        let detail = "whole: a link to a report shows identity numbers masked; ask with an API key";
        return Err(Problem::new(Kind::Denied, "key_needed", detail));
    }
    let interview = app.store.interview(reader.interview).await?;
    let interview = interview.filter(|interview| interview.state != InterviewState::Erased);
    let interview = interview.ok_or_else(|| Problem::not_found("no such interview"))?;
    let mut values = app.identity(interview.id).await?;
    if whole {
        tracing::info!(interview = %interview.id, by = reader.key, "what a candidate said about themselves was read whole");
    }
    let field = |field: &identity::Field| {
        let value = values.remove(&field.id)?;
        let value = if whole { value } else { field.kind.masked(&value) };
        let label = field.label.in_language(&interview.locale).to_owned();
        Some(IdentityField { id: field.id.clone(), kind: field.kind, label, value })
    };
    Ok(Json(Identity { fields: interview.position.identity.iter().filter_map(field).collect() }))
}
