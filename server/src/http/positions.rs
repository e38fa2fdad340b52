//! Positions over HTTP; the same checks as `viva position check`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{error::Kind, id::PositionId, position::Position, profile::Profile};

use super::{
    auth::{PositionReader, Service},
    error::{JsonBody, Problem},
};
use crate::{app::App, clock};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(put, list))
        .routes(routes!(show))
        .routes(routes!(link))
        .routes(routes!(profiles))
}

/// Stores a position, or replaces the one with the same `id`. Running interviews keep their snapshot.
#[utoipa::path(post, path = "/api/v1/positions", tag = "positions", request_body = Object, responses((status = 201, body = Object), (status = 422, body = Problem)))]
async fn put(
    State(app): State<Arc<App>>,
    _: Service,
    JsonBody(position): JsonBody<Position>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let problems = position.problems();
    if !problems.is_empty() {
        let detail = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        return Err(Problem::new(Kind::Invalid, "position_invalid", detail));
    }
    let missing = app.prompts().missing(&position);
    if !missing.is_empty() {
        let detail = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        return Err(Problem::new(Kind::Invalid, "prompt_unknown", detail));
    }
    let id = app.store.put_position(clock::id(), &position, clock::now()).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "external_id": position.id }))))
}

/// All positions.
#[utoipa::path(get, path = "/api/v1/positions", tag = "positions", responses((status = 200, body = Object)))]
async fn list(State(app): State<Arc<App>>, _: Service) -> Result<Json<Value>, Problem> {
    let positions = app.store.positions().await?;
    let rows: Vec<Value> = positions
        .iter()
        .map(|(id, p)| json!({ "id": id, "external_id": p.id, "title": p.title, "profile": p.profile, "questions": p.questions.len() }))
        .collect();
    Ok(Json(json!({ "positions": rows })))
}

/// One position, whole.
#[utoipa::path(get, path = "/api/v1/positions/{id}", tag = "positions", params(("id" = String, Path)), responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn show(
    State(app): State<Arc<App>>,
    _: Service,
    id: Result<Path<PositionId>, PathRejection>,
) -> Result<Json<Position>, Problem> {
    let Path(id) = id?;
    app.store.position(id).await?.map(Json).ok_or_else(|| Problem::not_found("no such position"))
}

/// A link for the hiring team to the position's page: its candidates side by side, and its statistics. Good for 30 days.
#[utoipa::path(post, path = "/api/v1/positions/{id}/link", tag = "positions", params(("id" = String, Path)), responses((status = 201, body = Object), (status = 404, body = Problem)))]
async fn link(
    State(app): State<Arc<App>>,
    service: Service,
    reader: PositionReader,
) -> (StatusCode, Json<Value>) {
    let now = clock::now();
    tracing::info!(position = %reader.id, by = service.name, "a link to a position was made");
    let link = json!({ "url": app.position_link(reader.id, now), "expires_at": App::link_expires(now) });
    (StatusCode::CREATED, Json(link))
}

/// What each legal profile permits and asks for, with its sources.
#[utoipa::path(get, path = "/api/v1/profiles", tag = "positions", responses((status = 200, body = Object)))]
async fn profiles(_: Service) -> Json<Value> {
    let rules: Vec<_> = Profile::ALL.iter().map(|profile| profile.rules()).collect();
    Json(json!({ "profiles": rules }))
}
