//! A candidate's own data: all of it in one archive, and the certificate of its deletion.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use futures::stream;
use serde::Deserialize;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{error::Kind, id::InterviewId, interview::State as InterviewState};

use super::{
    auth::{self, Candidate},
    error::Problem,
};
use crate::{app::App, own_data::OwnData};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(data)).routes(routes!(deletion_certificate))
}

#[derive(Deserialize)]
struct SignedLink {
    interview: Option<InterviewId>,
    access: Option<String>,
}

/// Everything that is stored about the candidate, as one ZIP archive. With the link's token, or by the signed `data_url`
/// of the candidate's view, which is good for 15 minutes.
#[utoipa::path(get, path = "/api/v1/candidate/data", tag = "candidate",
    params(("interview" = Option<String>, Query), ("access" = Option<String>, Query)),
    responses((status = 200, content_type = "application/zip"), (status = 401, body = Problem), (status = 403, body = Problem), (status = 410, body = Problem), (status = 503, body = Problem)))]
async fn data(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    link: Result<Query<SignedLink>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(link) = link?;
    let interview = match (link.interview, link.access) {
        (Some(id), Some(access)) => {
            let ended = "this link has ended; load the page again for a new one";
            let found = auth::own_data_access(&app, id, &access).await?;
            found.ok_or_else(|| Problem::new(Kind::Denied, "link_ended", ended))?
        }
        _ => auth::interview_of(&app, auth::bearer(&headers)?).await?,
    };
    if interview.state == InterviewState::Erased {
        return Err(Problem::new(Kind::Gone, "interview_erased", "everything of this interview was deleted"));
    }
    let turn = Arc::clone(&app.archives).try_acquire_owned().map_err(|_| {
        let detail = "several people are downloading their data; try again in a minute";
        Problem::new(Kind::Unavailable, "archives_busy", detail)
    })?;
    let mut archive = OwnData::gather(&app, &interview).await?.stream(turn);
    let name = format!("attachment; filename=\"viva-{}.zip\"", interview.id);
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CONTENT_DISPOSITION, name.as_str()),
        (header::CACHE_CONTROL, "private, no-store"),
        // It is compressed already.
        (header::CONTENT_ENCODING, "identity"),
    ];
    Ok((headers, Body::from_stream(stream::poll_fn(move |waker| archive.poll_recv(waker)))).into_response())
}

/// What was destroyed of the candidate's data, and when. 503 until it is done.
#[utoipa::path(get, path = "/api/v1/candidate/deletion-certificate", tag = "candidate", responses((status = 200, body = Object), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn deletion_certificate(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
) -> Result<Json<Value>, Problem> {
    if interview.state != InterviewState::Erased {
        return Err(Problem::not_found("nothing was deleted"));
    }
    let certificate = app.store.deletion_certificate(interview.id).await?;
    certificate.map(Json).ok_or_else(|| {
        Problem::new(Kind::Unavailable, "deletion_running", "the deletion is running; try again in a second")
    })
}
