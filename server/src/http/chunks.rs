//! The browser's own recording of a take, piece by piece, as far as the server lacks it.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header},
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    error::Kind,
    id::TakeId,
    interview::Event,
    take::{Take, TakeState},
    time::Timestamp,
};

use super::{auth::Candidate, error::Problem};
use crate::{
    app::App,
    backfill::{BackfillError, Piece, Target},
    clock,
    interviews::{CANDIDATE, Cause},
};

/// A browser records at some 160 kB a second; twice that, and room for what it writes ahead.
const BYTES_PER_SECOND: u64 = 320_000;
const BYTES_AT_LEAST: u64 = 16 << 20;
/// A take without an end is measured up to this.
const LONGEST_S: u64 = 2 * 3600;
/// A copy begins with its take, or later; the page's estimate may be off by this.
const CLOCK_ERROR_MS: i64 = 60_000;

const CONTAINERS: [&str; 4] = ["video/webm", "audio/webm", "video/mp4", "audio/mp4"];

const UNTIL: &str = "viva-copy-until";

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(put_chunk))
}

#[derive(Deserialize)]
struct ChunkPath {
    take: TakeId,
    /// Numbers the pieces for the page's own sake; their place is told by the headers.
    #[serde(rename = "number")]
    _number: u32,
}

/// Stores a piece of the browser's own recording of a take. Repeats change nothing.
#[utoipa::path(put, path = "/api/v1/candidate/takes/{take}/chunks/{number}", tag = "candidate",
    params(("take" = String, Path), ("number" = u32, Path),
        ("Viva-Copy" = u32, Header, description = "Numbers the runs of the recorder within the take"),
        ("Upload-Offset" = u64, Header, description = "The piece's first byte within its copy"),
        ("Viva-Copy-Started" = i64, Header, description = "When the copy's time zero was, in Unix milliseconds of the server's clock"),
        ("Viva-Copy-Until" = Option<u64>, Header, description = "How far the copy reaches with this piece, in milliseconds from its time zero; counts for `saved up to`"),
        ("Upload-Complete" = Option<String>, Header, description = "?1 on the last piece: the recording is made again")),
    request_body(content = Vec<u8>, content_type = "video/webm"),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem), (status = 410, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn put_chunk(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    path: Result<Path<ChunkPath>, PathRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let Path(ChunkPath { take: take_id, .. }) = path?;
    let now = clock::now();
    let found = interview.take(take_id).map(|(_, take)| take);
    let take = found.ok_or_else(|| Problem::not_found("no such take in this interview"))?;
    check(take, interview.state.is_open())?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !CONTAINERS.iter().any(|known| kind.starts_with(known)) {
        let detail = format!(
            "Content-Type: is `{kind}`; send WebM with VP8 and Opus, or MP4 with H.264 and AAC or Opus, as video or audio"
        );
        return Err(Problem::new(Kind::UnsupportedMedia, "chunk_container", detail));
    }
    let copy = number(&headers, "viva-copy")?;
    let offset = number(&headers, "upload-offset")?;
    let started = Timestamp(number(&headers, "viva-copy-started")?);
    plausible(take, started, now)?;
    let until = headers.contains_key(UNTIL).then(|| number(&headers, UNTIL)).transpose()?;
    let reaches = until.map_or(now, |ms: u64| now.min(started + ms));
    let allowed_s = take.started_at.map_or(0, |at| take.stopped_at.unwrap_or(now).since(at) / 1000);
    let limit = BYTES_AT_LEAST + allowed_s.min(LONGEST_S) * BYTES_PER_SECOND;
    if offset > limit {
        return Err(too_much(limit));
    }
    if app.room.is_exhausted()? {
        return Err(Problem::new(Kind::Exhausted, "no_room", "the server has no room now; try again later"));
    }
    let complete = headers.get("upload-complete").is_some_and(|value| value == "?1");
    let is_open = take.is_open();
    let place = app.journal_place(interview.id, take_id).await?;
    let session = app.live.session(interview.id);
    let work = {
        let (app, session, id) = (Arc::clone(&app), Arc::clone(&session), interview.id);
        move || {
            std::fs::create_dir_all(app.interview_dir(id))?;
            let piece = Piece { copy, offset, started, reaches, bytes: &body };
            let target = Target { take: take_id, journal: &place, limit };
            let backfill = &session.backfill;
            backfill.store(&app.recorder, &session.media, target, piece, now)?;
            if complete { Ok(backfill.close()?) } else { Ok(()) }
        }
    };
    // On a task of its own: a page that leaves in the middle must not let another in before the work is done.
    let stored = tokio::spawn(async move {
        let _turn = session.journal_turn.lock().await;
        if is_open && session.media.journal(take_id).is_none() {
            return Ok(Err(BackfillError::Busy));
        }
        tokio::task::spawn_blocking(work).await
    });
    stored.await.map_err(anyhow::Error::from)?.map_err(anyhow::Error::from)?.map_err(problem)?;
    if complete && !is_open {
        let cause = Cause { actor: CANDIDATE, action: "take_backfilled" };
        app.apply(interview.id, cause, Event::TakeBackfilled { take_id }).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn check(take: &Take, open: bool) -> Result<(), Problem> {
    let gone = |detail| Err(Problem::new(Kind::Gone, "take_discarded", detail));
    match take.state {
        _ if !open => gone("the interview is over: nothing more of it is needed"),
        TakeState::Discarded => gone("this take was not chosen: nothing more of it is needed"),
        TakeState::Thinking => {
            Err(Problem::new(Kind::Conflict, "take_not_started", "this take has not started"))
        }
        _ => Ok(()),
    }
}

fn number<T: std::str::FromStr>(headers: &HeaderMap, name: &'static str) -> Result<T, Problem> {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.parse().map_err(|_| {
        Problem::new(Kind::Invalid, "chunk_header", format!("{name}: is `{text:.32}`; send a whole number"))
    })
}

fn plausible(take: &Take, started: Timestamp, now: Timestamp) -> Result<(), Problem> {
    let from = take.started_at.map_or(0, |at| at.0).saturating_sub(CLOCK_ERROR_MS);
    let until = take.stopped_at.unwrap_or(now).0.saturating_add(CLOCK_ERROR_MS);
    if (from..=until).contains(&started.0) {
        return Ok(());
    }
    let detail =
        format!("viva-copy-started: is {}; this take was recorded from {from} to {until}", started.0);
    Err(Problem::new(Kind::Invalid, "chunk_header", detail))
}

fn too_much(limit: u64) -> Problem {
    let detail = format!("a recording of this take has at most {limit} bytes");
    Problem::new(Kind::TooLarge, "chunks_too_large", detail)
}

fn problem(error: BackfillError) -> Problem {
    match error {
        BackfillError::Conflict => Problem::new(Kind::Conflict, "chunk_conflict", error.to_string()),
        BackfillError::TooMuch { limit } => too_much(limit),
        BackfillError::Busy => {
            Problem::new(Kind::Unavailable, "disk_busy", "the server's disk is busy; try again")
        }
        BackfillError::Journal(source) => {
            tracing::error!(error = %source, "a piece of a browser's own recording could not be stored");
            Problem::new(Kind::Unavailable, "disk_busy", "the server could not store this piece; try again")
        }
    }
}
