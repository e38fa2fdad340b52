//! The files of prompts: sent by the hiring side before the position that names them, played by the candidate's page.

use std::{path::Path as FilePath, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::{FromRequestParts as _, Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::error::Kind;

use super::{
    auth::{self, Service},
    error::Problem,
};
use crate::{
    app::App,
    clock,
    prompts::{self, LARGEST_MEDIA},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(send)).routes(routes!(play))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Serialize, ToSchema)]
struct Stored {
    /// What a position's `prompt` names it by.
    name: String,
    #[serde(rename = "type")]
    media_type: &'static str,
    bytes: u64,
    duration_ms: u64,
}

/// Stores a media file (mp4, webm, m4a, mp3; at most 64 MiB and five minutes) or its captions (vtt).
#[utoipa::path(post, path = "/api/v1/prompts", tag = "positions", params(("name" = String, Query, description = "The file's name; its end says what it is")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Stored), (status = 413, body = Problem), (status = 422, body = Problem), (status = 507, body = Problem)))]
async fn send(
    State(app): State<Arc<App>>,
    _: Service,
    named: Result<Query<Named>, QueryRejection>,
    body: Body,
) -> Result<(StatusCode, Json<Stored>), Problem> {
    let Query(Named { name }) = named?;
    if app.room.is_exhausted().map_err(anyhow::Error::from)? {
        return Err(Problem::new(Kind::Exhausted, "no_room", "the server has no room now; try again later"));
    }
    let prompts = app.prompts();
    let part = prompts.folder().join(format!("incoming-{}", clock::id::<uuid::Uuid>()));
    let taken = take(body, &part).await;
    let stored = match taken {
        Ok(()) => {
            let (file, name) = (part.clone(), name.clone());
            let work = move || {
                let checked = prompts::check(&file, &name).map_err(|message| {
                    Problem::new(Kind::Invalid, "prompt_invalid", format!("body: {message}"))
                })?;
                prompts.keep(&file, &checked).map_err(anyhow::Error::from)?;
                Ok::<_, Problem>(checked)
            };
            tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)?
        }
        Err(problem) => Err(problem),
    };
    // Whatever came of it, its copy under the right name is what stays.
    let _ = tokio::fs::remove_file(&part).await;
    let prompts::Checked { name, media_type, bytes, duration_ms } = stored?;
    Ok((StatusCode::CREATED, Json(Stored { name, media_type, bytes, duration_ms })))
}

/// Writes the body to a file, no more than a prompt may have.
async fn take(body: Body, to: &FilePath) -> Result<(), Problem> {
    if let Some(folder) = to.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(anyhow::Error::from)?;
    }
    let mut file = tokio::fs::File::create(to).await.map_err(anyhow::Error::from)?;
    let (mut pieces, mut bytes) = (body.into_data_stream(), 0);
    while let Some(piece) = pieces.next().await {
        let piece =
            piece.map_err(|_| Problem::new(Kind::Invalid, "body_cut", "body: ended in the middle"))?;
        bytes += piece.len() as u64;
        if bytes > LARGEST_MEDIA {
            let detail = format!("body: is larger than {LARGEST_MEDIA} bytes");
            return Err(Problem::new(Kind::TooLarge, "prompt_too_large", detail));
        }
        file.write_all(&piece).await.map_err(anyhow::Error::from)?;
    }
    file.flush().await.map_err(anyhow::Error::from)?;
    Ok(())
}

#[derive(Deserialize)]
struct Access {
    access: Option<String>,
}

/// A file of a prompt, with Range; by a signed link of the candidate's view, or with an API key.
#[utoipa::path(get, path = "/api/v1/prompts/{name}", tag = "positions",
    params(("name" = String, Path), ("access" = Option<String>, Query)),
    responses((status = 200, content_type = "video/mp4"), (status = 206, content_type = "video/mp4"), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn play(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let Path(name) = Path::<String>::from_request_parts(&mut parts, &app).await?;
    if parts.headers.contains_key(header::AUTHORIZATION) {
        Service::from_request_parts(&mut parts, &app).await?;
    } else {
        let Query(Access { access }) = Query::from_request_parts(&mut parts, &app).await?;
        if !access.is_some_and(|access| auth::prompt_access(&app, &name, &access)) {
            let detail = "this link has ended; load the page again for a new one";
            return Err(Problem::new(Kind::Denied, "link_ended", detail));
        }
    }
    let (path, media_type) = app.prompts().find(&name).ok_or_else(|| Problem::not_found("no such file"))?;
    let mime: mime::Mime = media_type.parse().map_err(anyhow::Error::from)?;
    let served = ServeFile::new_with_mime(path, &mime).oneshot(Request::from_parts(parts, body)).await;
    let mut response = served.map_err(anyhow::Error::from)?.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=900"));
    // Played, never shown as a page.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}
