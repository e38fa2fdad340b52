//! Recordings, with Range, by signed links of 15 minutes.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequestParts, Path, Request, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::id::{InterviewId, TakeId};

use super::{
    auth::{self, Service},
    error::Problem,
};
use crate::app::App;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(media))
}

#[derive(Deserialize)]
struct MediaPath {
    id: InterviewId,
    take: TakeId,
}

/// A take's recording.
#[utoipa::path(get, path = "/api/v1/interviews/{id}/takes/{take}/media", tag = "results",
    params(("id" = String, Path), ("take" = String, Path), ("access" = Option<String>, Query)),
    responses((status = 200, content_type = "video/webm"), (status = 206, content_type = "video/webm"), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn media(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let Path(MediaPath { id, take }) = Path::from_request_parts(&mut parts, &app).await?;
    if parts.headers.contains_key(header::AUTHORIZATION) {
        Service::from_request_parts(&mut parts, &app).await?;
    } else {
        auth::media_access(&mut parts, &app, id, take).await?;
    }
    let path = app.recording_path(id, take);
    if !path.is_file() {
        return Err(Problem::not_found("this take has no recording"));
    }
    let request = Request::from_parts(parts, Body::empty());
    let Ok(response) = ServeFile::new_with_mime(path, &mime()).oneshot(request).await;
    let mut response = response.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

fn mime() -> mime::Mime {
    "video/webm".parse().unwrap_or(mime::APPLICATION_OCTET_STREAM)
}
