//! Webhook endpoints and the delivery log.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    error::Kind,
    id::{DeliveryId, EndpointId},
    time::Timestamp,
};
use viva_store::{DeliveryStatus, Endpoint, Secret};

use super::{
    auth::Service,
    error::{JsonBody, Problem},
};
use crate::{
    app::App,
    clock,
    webhook::{deliver, sign, target},
};

/// While a secret rotates, the old one signs beside the new one for a day.
const ROTATION_MS: u64 = 24 * 60 * 60 * 1000;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(delete))
        .routes(routes!(test))
        .routes(routes!(rotate))
        .routes(routes!(deliveries))
        .routes(routes!(replay))
        .routes(routes!(replay_range))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointRequest {
    pub url: String,
    #[serde(default)]
    pub description: String,
    /// Event types; empty means all.
    #[serde(default)]
    pub events: Vec<String>,
    /// Ids only in the body.
    #[serde(default)]
    pub thin: bool,
}

/// Every event type there is.
pub const EVENTS: [&str; 20] = [
    "interview.invited",
    "interview.opened",
    "interview.consented",
    "interview.started",
    "interview.answer_recorded",
    "interview.submitted",
    "interview.expiring",
    "interview.expired",
    "interview.withdrawn",
    "interview.human_requested",
    "interview.accommodation_requested",
    "transcript.ready",
    "report.ready",
    "report.revised",
    "report.failed",
    "review.rated",
    "decision.recorded",
    "data.deleted",
    "endpoint.test",
    "endpoint.disabled",
];

impl App {
    /// Makes an endpoint; the secret is shown once, in the answer.
    pub async fn add_endpoint(&self, request: EndpointRequest) -> Result<Endpoint, Problem> {
        target::check(&request.url, &self.config.webhooks.allow)
            .map_err(|error| Problem::new(Kind::Invalid, "url_refused", error.to_string()))?;
        if let Some(unknown) = request.events.iter().find(|e| !EVENTS.contains(&e.as_str())) {
            let unknown: String = unknown.chars().take(60).collect();
            return Err(Problem::new(
                Kind::Invalid,
                "event_unknown",
                format!("events: `{unknown}` is not an event type"),
            ));
        }
        let endpoint = Endpoint {
            id: clock::id(),
            url: request.url,
            description: request.description.chars().take(200).collect(),
            events: request.events,
            secrets: vec![Secret { value: sign::new_secret()?, ends_at: None }],
            thin: request.thin,
            enabled: true,
            disabled_reason: None,
            created_at: clock::now(),
        };
        self.store.put_endpoint(&endpoint).await?;
        Ok(endpoint)
    }
}

fn shown(endpoint: &Endpoint) -> Value {
    json!({ "id": endpoint.id, "url": endpoint.url, "description": endpoint.description, "events": endpoint.events,
            "thin": endpoint.thin, "enabled": endpoint.enabled, "disabled_reason": endpoint.disabled_reason,
            "created_at": endpoint.created_at })
}

fn with_secret(endpoint: &Endpoint) -> Value {
    let mut value = shown(endpoint);
    value["secret"] = json!(endpoint.secrets.first().map(|s| &s.value));
    value
}

/// Adds an endpoint. The answer holds its signing secret, once.
#[utoipa::path(post, path = "/api/v1/webhook-endpoints", tag = "webhooks", request_body = EndpointRequest, responses((status = 201, body = Object), (status = 422, body = Problem)))]
async fn create(
    State(app): State<Arc<App>>,
    _: Service,
    JsonBody(request): JsonBody<EndpointRequest>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let endpoint = app.add_endpoint(request).await?;
    Ok((StatusCode::CREATED, Json(with_secret(&endpoint))))
}

/// All endpoints, without secrets.
#[utoipa::path(get, path = "/api/v1/webhook-endpoints", tag = "webhooks", responses((status = 200, body = Object)))]
async fn list(State(app): State<Arc<App>>, _: Service) -> Result<Json<Value>, Problem> {
    let endpoints = app.store.endpoints().await?;
    Ok(Json(json!({ "endpoints": endpoints.iter().map(shown).collect::<Vec<_>>() })))
}

/// Removes an endpoint and its deliveries.
#[utoipa::path(delete, path = "/api/v1/webhook-endpoints/{id}", tag = "webhooks", params(("id" = String, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete(
    State(app): State<Arc<App>>,
    _: Service,
    id: Result<Path<EndpointId>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    if app.store.delete_endpoint(id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

fn unknown() -> Problem {
    Problem::not_found("no such endpoint")
}

/// Sends an `endpoint.test` event to one endpoint.
#[utoipa::path(post, path = "/api/v1/webhook-endpoints/{id}/test", tag = "webhooks", params(("id" = String, Path)), responses((status = 202), (status = 404, body = Problem)))]
async fn test(
    State(app): State<Arc<App>>,
    _: Service,
    id: Result<Path<EndpointId>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    app.store.endpoint(id).await?.ok_or_else(unknown)?;
    let now = clock::now();
    app.store.publish(deliver::test_event(now), Some(id), now).await?;
    app.jobs_changed.notify_waiters();
    Ok(StatusCode::ACCEPTED)
}

/// Makes a new secret; for a day deliveries carry signatures by both.
#[utoipa::path(post, path = "/api/v1/webhook-endpoints/{id}/rotate", tag = "webhooks", params(("id" = String, Path)), responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn rotate(
    State(app): State<Arc<App>>,
    _: Service,
    id: Result<Path<EndpointId>, PathRejection>,
) -> Result<Json<Value>, Problem> {
    let Path(id) = id?;
    let mut endpoint = app.store.endpoint(id).await?.ok_or_else(unknown)?;
    let now = clock::now();
    endpoint.secrets.retain(|secret| secret.ends_at.is_none_or(|ends| ends > now));
    for old in &mut endpoint.secrets {
        old.ends_at.get_or_insert(now + ROTATION_MS);
    }
    endpoint.secrets.insert(0, Secret { value: sign::new_secret()?, ends_at: None });
    endpoint.secrets.truncate(3);
    app.store.put_endpoint(&endpoint).await?;
    Ok(Json(with_secret(&endpoint)))
}

#[derive(Deserialize)]
struct Filter {
    status: Option<DeliveryStatus>,
    limit: Option<u32>,
}

/// The delivery log, newest first.
#[utoipa::path(get, path = "/api/v1/deliveries", tag = "webhooks", params(("status" = Option<String>, Query), ("limit" = Option<u32>, Query)), responses((status = 200, body = Object)))]
async fn deliveries(
    State(app): State<Arc<App>>,
    _: Service,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(filter) = filter?;
    let deliveries = app.store.deliveries(filter.status, filter.limit.unwrap_or(50).clamp(1, 500)).await?;
    Ok(Json(json!({ "deliveries": deliveries })))
}

/// Delivers the same event once more, with the same `webhook-id`.
#[utoipa::path(post, path = "/api/v1/deliveries/{id}/replay", tag = "webhooks", params(("id" = String, Path)), responses((status = 202), (status = 404, body = Problem)))]
async fn replay(
    State(app): State<Arc<App>>,
    _: Service,
    id: Result<Path<DeliveryId>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    if !app.store.replay(id, clock::now()).await? {
        return Err(Problem::not_found("no such delivery"));
    }
    app.jobs_changed.notify_waiters();
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayRequest {
    /// Milliseconds since 1970, inclusive.
    from: u64,
    /// Exclusive; now where it is absent.
    until: Option<u64>,
    /// All endpoints where it is absent.
    #[schema(value_type = Option<String>)]
    endpoint_id: Option<EndpointId>,
}

/// Delivers every event of a stretch of time once more, with the `webhook-id` it had.
#[utoipa::path(post, path = "/api/v1/deliveries/replay", tag = "webhooks", request_body = ReplayRequest, responses((status = 202, body = Object), (status = 422, body = Problem)))]
async fn replay_range(
    State(app): State<Arc<App>>,
    _: Service,
    JsonBody(range): JsonBody<ReplayRequest>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let now = clock::now();
    let (from, until) = (Timestamp(range.from as i64), range.until.map_or(now, |at| Timestamp(at as i64)));
    if from >= until {
        let detail = format!("from: is {from}; write a time before `until`, which is {until}");
        return Err(Problem::new(Kind::Invalid, "range_empty", detail));
    }
    let replayed = app.store.replay_range(from, until, range.endpoint_id, now).await?;
    app.jobs_changed.notify_waiters();
    Ok((StatusCode::ACCEPTED, Json(json!({ "replayed": replayed }))))
}
