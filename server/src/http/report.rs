//! The result of an interview: the report, fresh links and curves.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    id::{InterviewId, TakeId},
    report::Report,
};
use viva_store::ResultKey;

use super::{auth::Reader, error::Problem};
use crate::{
    app::App,
    worker::{self, TIMELINES},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(report)).routes(routes!(timelines))
}

/// The report (schema 1.0), with media links that are good for 15 minutes.
#[utoipa::path(get, path = "/api/v1/interviews/{id}/report", tag = "results", params(("id" = String, Path)), responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn report(State(app): State<Arc<App>>, reader: Reader) -> Result<Json<Report>, Problem> {
    let report = worker::load(&app, reader.interview).await?;
    let mut report = report.ok_or_else(|| Problem::not_found("there is no report yet"))?;
    if let Some(interview) = app.store.interview(reader.interview).await?
        && let Some(decision) = interview.decision
    {
        report.human_review.by = Some(decision.by);
        report.human_review.at = Some(decision.at.to_string());
    }
    Ok(Json(report))
}

#[derive(Deserialize)]
struct TakePath {
    take: TakeId,
}

/// Curves of one take for plotting.
#[utoipa::path(get, path = "/api/v1/interviews/{id}/takes/{take}/timelines", tag = "results", params(("id" = String, Path), ("take" = String, Path)), responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn timelines(
    State(app): State<Arc<App>>,
    reader: Reader,
    path: Result<Path<TakePath>, PathRejection>,
) -> Result<Json<Value>, Problem> {
    let Path(TakePath { take }) = path?;
    let question = question_of(&app, reader.interview, take).await?;
    let key = ResultKey { interview: reader.interview, question, kind: TIMELINES };
    app.result(&key).await?.map(Json).ok_or_else(|| Problem::not_found("this take was not analysed"))
}

async fn question_of(app: &App, interview: InterviewId, take: TakeId) -> Result<String, Problem> {
    let interview = app.store.interview(interview).await?;
    interview
        .as_ref()
        .and_then(|interview| interview.take(take))
        .map(|(answer, _)| answer.question_id.clone())
        .ok_or_else(|| Problem::not_found("no such take"))
}
