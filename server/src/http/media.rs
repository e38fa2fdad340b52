//! Recordings, with Range (RFC 9110, section 14), by signed links of 15 minutes. Only the sealed records that a range
//! touches are opened.

use std::{
    fs::{File, Metadata},
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::RangeInclusive,
    os::unix::fs::MetadataExt as _,
    sync::Arc,
};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequestParts, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    error::Kind,
    id::{InterviewId, TakeId},
    retention::DataClass,
};
use viva_media::seal::{MAX_RECORD, SealedFile};

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
    responses((status = 200, content_type = "video/webm"), (status = 206, content_type = "video/webm"), (status = 403, body = Problem), (status = 404, body = Problem), (status = 416)))]
async fn media(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let Path(MediaPath { id, take }) = Path::from_request_parts(&mut parts, &app).await?;
    if parts.headers.contains_key(header::AUTHORIZATION) {
        Service::from_request_parts(&mut parts, &app).await?;
    } else {
        auth::media_access(&mut parts, &app, id, take).await?;
    }
    let interview = app.store.interview(id).await?;
    if interview.as_ref().is_some_and(|interview| interview.is_deleted(DataClass::Recordings)) {
        let detail = "the time for which recordings are kept is over";
        return Err(Problem::new(Kind::Gone, "recording_deleted", detail));
    }
    let recording = interview.as_ref().and_then(|interview| interview.take(take)?.1.recording.as_ref());
    if recording.is_none() {
        return Err(Problem::not_found("this take has no recording"));
    }
    let place = app.recording_place(id, take).await?;
    let opened =
        tokio::task::spawn_blocking(move || place.open_with_metadata()).await.map_err(anyhow::Error::from)?;
    let (file, metadata) = opened.map_err(|error| {
        tracing::error!(interview = %id, take = %take, %error, "a recording cannot be opened");
        anyhow::Error::from(error)
    })?;
    let (length, tag) = (file.length(), tag(&metadata));
    let fixed = [
        (header::CONTENT_TYPE, "video/webm"),
        (header::ACCEPT_RANGES, "bytes"),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::ETAG, tag.as_str()),
    ];
    Ok(match wanted(&parts.headers, &tag, length) {
        Wanted::Whole => {
            let size = [(header::CONTENT_LENGTH, length.to_string())];
            (fixed, size, body(file, 0, length)).into_response()
        }
        Wanted::Part(range) => {
            let (start, count) = (*range.start(), range.end() - range.start() + 1);
            let place = [
                (header::CONTENT_LENGTH, count.to_string()),
                (header::CONTENT_RANGE, format!("bytes {start}-{}/{length}", range.end())),
            ];
            (StatusCode::PARTIAL_CONTENT, fixed, place, body(file, start, count)).into_response()
        }
        Wanted::Nothing => {
            let size = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, size).into_response()
        }
    })
}

/// Names the very file that is open: when a recording is made again, the new one is there before the database says so.
fn tag(metadata: &Metadata) -> String {
    format!("\"{:x}-{:x}-{:x}\"", metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(RangeInclusive<u64>),
    /// None of it is there.
    Nothing,
}

/// What the headers ask for. Several ranges at once, and what is no range, get the whole, as the RFC allows.
fn wanted(headers: &HeaderMap, tag: &str, length: u64) -> Wanted {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|known| known != tag) {
        return Wanted::Whole;
    }
    let Some(Ok(ranges)) = text(header::RANGE).map(http_range_header::parse_range_header) else {
        return Wanted::Whole;
    };
    match ranges.validate(length).as_deref() {
        Ok([range]) => Wanted::Part(range.clone()),
        Ok(_) => Wanted::Whole,
        Err(_) => Wanted::Nothing,
    }
}

/// Streams `count` bytes from `start` on, record by record, each opened on a thread that may block.
fn body(file: SealedFile<File>, start: u64, count: u64) -> Body {
    let pieces = stream::try_unfold((file, start, count), |(mut file, at, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || {
            // Up to the end of a record, so that none is opened twice.
            let piece = (MAX_RECORD as u64 - at % MAX_RECORD as u64).min(left);
            let mut bytes = vec![0; piece as usize];
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut bytes)?;
            Ok::<_, io::Error>((file, bytes))
        });
        let (file, bytes) = read.await.map_err(io::Error::other)??;
        let piece = bytes.len() as u64;
        Ok::<_, io::Error>(Some((Bytes::from(bytes), (file, at + piece, left - piece))))
    });
    Body::from_stream(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_players_send_them() {
        let asked = |range: &str, if_range: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, range.parse().unwrap_or(header::HeaderValue::from_static("")));
            if let Some(tag) = if_range {
                headers.insert(header::IF_RANGE, tag.parse().unwrap_or(header::HeaderValue::from_static("")));
            }
            wanted(&headers, "\"a\"", 1000)
        };
        assert_eq!(wanted(&HeaderMap::new(), "\"a\"", 1000), Wanted::Whole);
        assert_eq!(asked("bytes=0-", None), Wanted::Part(0..=999));
        assert_eq!(asked("bytes=100-199", None), Wanted::Part(100..=199));
        assert_eq!(asked("bytes=900-5000", None), Wanted::Part(900..=999));
        assert_eq!(asked("bytes=-10", None), Wanted::Part(990..=999));
        assert_eq!(asked("bytes=1000-", None), Wanted::Nothing);
        assert_eq!(asked("bytes=0-1,5-6", None), Wanted::Whole);
        assert_eq!(asked("seconds=1-2", None), Wanted::Whole);
        assert_eq!(asked("bytes=5-6", Some("\"a\"")), Wanted::Part(5..=6));
        assert_eq!(asked("bytes=5-6", Some("\"b\"")), Wanted::Whole);
    }
}
