//! WHIP, RFC 9725: a candidate's media comes in by one POST of an SDP offer. A new POST of the same interview
//! replaces the connection before it; the running take goes on.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use tokio::sync::mpsc;
use tower_http::cors::{Any, CorsLayer};
use viva_core::{
    error::Kind,
    id::InterviewId,
    interview::{Event, Interview, State as InterviewState, Transport},
};

use super::{
    auth::{self, Candidate},
    error::{Problem, QueuePlace},
};
use crate::{
    admission::{Places, Turn},
    app::App,
    clock,
    ingest::{ConnectionState, OfferError},
    interviews::{CANDIDATE, Cause, SERVER},
    live::Session,
    recording::ConnectionSink,
};

const SDP: &str = "application/sdp";
const LARGEST_OFFER: usize = 64 << 10;

pub fn routes() -> Router<Arc<App>> {
    // A WHIP client may be on any page; the token is what counts.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::POST, Method::DELETE, Method::PATCH, Method::OPTIONS])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_MATCH])
        .expose_headers([header::LOCATION, header::ETAG, header::LINK]);
    Router::new()
        .route("/whip", post(publish))
        .route("/whip/{interview}/{epoch}", axum::routing::delete(end).patch(patch))
        .layer(DefaultBodyLimit::max(LARGEST_OFFER))
        .layer(cors)
}

async fn publish(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    headers: HeaderMap,
    offer: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(SDP) {
        return Err(Problem::new(Kind::UnsupportedMedia, "not_sdp", "Content-Type: send application/sdp"));
    }
    let offer = offer
        .map_err(|_| Problem::new(Kind::TooLarge, "offer_too_large", "the offer is larger than 64 KiB"))?;
    let offer = std::str::from_utf8(&offer)
        .map_err(|_| Problem::new(Kind::Invalid, "offer_malformed", "the offer is not UTF-8 text"))?;
    may_publish(&interview)?;

    // A vault that does not answer is told now, not in the middle of an answer.
    app.keys.of(interview.id).await?;
    let session = app.live.session(interview.id);
    if session.publisher().is_none() {
        take_turn(&app, &interview).await?;
    }
    let epoch = session.next_epoch();
    let (states, changes) = mpsc::unbounded_channel();
    let sink = Arc::new(ConnectionSink { media: Arc::clone(&session.media), epoch, states });
    let mut accepted = app.ingest.accept(offer, Arc::clone(&sink) as _).await;
    if let (Err(OfferError::Full), Some(before)) = (&accepted, session.publisher()) {
        // The candidate's own connection of before counts, too: it makes room for this one.
        before.close().await;
        accepted = app.ingest.accept(offer, sink).await;
    }
    let (publisher, answer) = match accepted {
        Ok(accepted) => accepted,
        Err(error) => {
            // A place that was lost to somebody else meanwhile is waited for from the front.
            if !matches!(error, OfferError::Full) {
                app.admission().leave(interview.id);
            }
            return Err(refusal(&error));
        }
    };
    app.admission().admit(interview.id, clock::now());
    let before = session.replace_publisher(epoch, Arc::new(publisher));
    if let Some(before) = before {
        tokio::spawn(async move { before.close().await });
    }
    tokio::spawn(follow(Arc::clone(&app), interview.id, session, epoch, changes));

    let location = format!("/whip/{}/{epoch}", interview.id);
    let mut response = (StatusCode::CREATED, answer).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
    headers.insert(header::LOCATION, HeaderValue::from_str(&location).map_err(|_| Problem::internal())?);
    headers.insert(header::ETAG, HeaderValue::from_str(&etag(epoch)).map_err(|_| Problem::internal())?);
    Ok(response)
}

/// Lets through whose turn it is; all others learn their place, and the end of their link waits with them.
async fn take_turn(app: &Arc<App>, interview: &Interview) -> Result<(), Problem> {
    let now = clock::now();
    let total = app.config.ingest.max_publishers;
    let places = Places { free: total.saturating_sub(app.ingest.live_peers()), total };
    let is_urgent = interview.state == InterviewState::InProgress && interview.transport == Transport::Media;
    let turn = app.admission().ask(interview.id, is_urgent, places, now);
    let queue = match turn {
        Turn::Now => return Ok(()),
        Turn::Wait { place, seconds } => Some(QueuePlace { place, seconds }),
        Turn::Crowded => None,
    };
    if interview.ends_in_queue(now) {
        app.apply(interview.id, Cause { actor: SERVER, action: "queued" }, Event::Queued).await?;
    }
    Err(Problem::full(queue))
}

fn etag(epoch: u32) -> String {
    format!("\"{epoch}\"")
}

fn may_publish(interview: &Interview) -> Result<(), Problem> {
    match interview.state {
        InterviewState::Invited | InterviewState::Opened => Err(Problem::new(
            Kind::Conflict,
            "consent_first",
            "the candidate has not agreed to be recorded yet",
        )),
        state if state.is_open() => Ok(()),
        _ => Err(Problem::new(Kind::Gone, "interview_over", "this interview is over")),
    }
}

fn refusal(error: &OfferError) -> Problem {
    let detail = error.to_string();
    match error {
        OfferError::Full => Problem::full(None),
        OfferError::Engine => Problem::internal(),
        OfferError::TooLarge => Problem::new(Kind::TooLarge, "offer_too_large", detail),
        OfferError::UnsupportedCodec { .. } => Problem::new(Kind::Invalid, "codec_unsupported", detail),
        _ => Problem::new(Kind::Invalid, "offer_malformed", detail),
    }
}

/// Tells the interview how its connection fares, for as long as it is the current one.
async fn follow(
    app: Arc<App>,
    id: InterviewId,
    session: Arc<Session>,
    epoch: u32,
    mut changes: mpsc::UnboundedReceiver<ConnectionState>,
) {
    while let Some(state) = changes.recv().await {
        if !session.is_current(epoch) && state != ConnectionState::Closed {
            continue;
        }
        let (action, event) = match state {
            ConnectionState::Connected => ("media_connected", Event::MediaConnected),
            ConnectionState::Disconnected | ConnectionState::Failed | ConnectionState::NoMedia => {
                ("media_lost", Event::MediaLost)
            }
            ConnectionState::Closed if session.take_publisher(Some(epoch)).is_some() => {
                ("media_lost", Event::MediaLost)
            }
            ConnectionState::Closed | ConnectionState::Connecting => continue,
        };
        if let Err(error) = app.apply(id, Cause { actor: CANDIDATE, action }, event).await {
            tracing::error!(interview = %id, %error, "a change of the connection could not be stored");
        }
    }
}

async fn end(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    path: Result<Path<(InterviewId, u32)>, axum::extract::rejection::PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path((id, epoch)) = path?;
    own(&app, &headers, id).await?;
    let publisher = app.live.find(id).and_then(|session| session.take_publisher(Some(epoch)));
    let Some(publisher) = publisher else { return Err(Problem::not_found("this WHIP session has ended")) };
    app.apply(id, Cause { actor: CANDIDATE, action: "media_lost" }, Event::MediaLost).await?;
    publisher.close().await;
    Ok(StatusCode::OK)
}

/// Neither trickle ICE nor restarts: every candidate is in the answer, and a new POST is quicker (RFC 9725 §4.3.1).
async fn patch(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    path: Result<Path<(InterviewId, u32)>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Problem> {
    let Path((id, _)) = path?;
    own(&app, &headers, id).await?;
    let problem = Problem::new(
        Kind::Invalid,
        "patch_unsupported",
        "trickle ICE and ICE restarts are not supported; every candidate is in the answer, and a new POST replaces the session",
    );
    let mut response = problem.into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("DELETE"));
    Ok(response)
}

async fn own(app: &App, headers: &HeaderMap, id: InterviewId) -> Result<(), Problem> {
    let interview = auth::interview_of(app, auth::bearer(headers)?).await?;
    if interview.id == id { Ok(()) } else { Err(Problem::not_found("no such WHIP session")) }
}
