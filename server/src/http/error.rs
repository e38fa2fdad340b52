//! Errors on the wire: RFC 9457 problem details, and the one table from error kind to HTTP status.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Body,
    extract::{
        FromRequest, Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use viva_core::{
    error::{Kind, Refused},
    identity,
};

use crate::{admission::ASK_EVERY_S, invitations::InviteError};

/// An `application/problem+json` answer.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    #[schema(example = "/problems/take_not_ready")]
    pub uri: String,
    pub title: String,
    pub status: u16,
    /// Names the field, the value and the mend.
    pub detail: String,
    /// Stable, for programs and translations.
    pub code: String,
    /// Of a form: what is wrong, by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub faults: Option<Box<BTreeMap<String, identity::Fault>>>,
    /// Of a full server: the place in the queue for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Box<QueuePlace>>,
    #[serde(skip)]
    retry_after_s: Option<u16>,
}

/// Who asks again in time keeps it; `Retry-After` says when.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub struct QueuePlace {
    /// From 1, which is next.
    pub place: usize,
    /// A guess of how long it takes.
    pub seconds: u64,
}

/// Error kind → status, and seconds after which trying again makes sense.
fn table(kind: Kind) -> (StatusCode, Option<u16>) {
    match kind {
        Kind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Kind::Unauthenticated => (StatusCode::UNAUTHORIZED, None),
        Kind::Denied => (StatusCode::FORBIDDEN, None),
        Kind::NotFound => (StatusCode::NOT_FOUND, None),
        Kind::Conflict => (StatusCode::CONFLICT, None),
        Kind::Gone => (StatusCode::GONE, None),
        Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None),
        Kind::UnsupportedMedia => (StatusCode::UNSUPPORTED_MEDIA_TYPE, None),
        Kind::Exhausted => (StatusCode::INSUFFICIENT_STORAGE, Some(30)),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, Some(1)),
        Kind::Corrupt | Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, None),
    }
}

impl Problem {
    pub fn new(kind: Kind, code: &str, detail: impl Into<String>) -> Self {
        let (status, retry_after_s) = table(kind);
        // Used-up takes are the candidate's own limit, not the disk's.
        let (status, retry_after_s) =
            if code == "takes_used_up" { (StatusCode::CONFLICT, None) } else { (status, retry_after_s) };
        Self {
            uri: format!("/problems/{code}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            faults: None,
            queue: None,
            retry_after_s,
        }
    }

    /// Names the fields, and never what was written into them.
    pub fn of_fields(faults: BTreeMap<String, identity::Fault>) -> Self {
        let named: Vec<_> = faults.keys().map(String::as_str).collect();
        let detail = format!("{}: cannot be taken as written; `faults` says why", named.join(", "));
        Self { faults: Some(Box::new(faults)), ..Self::new(Kind::Invalid, "identity_invalid", detail) }
    }

    /// Every place of the ingest is taken.
    pub fn full(queue: Option<QueuePlace>) -> Self {
        let detail = "every place for a live connection is taken; ask again after `Retry-After`, which keeps the place in the queue";
        let retry_after_s = Some(ASK_EVERY_S);
        Self {
            queue: queue.map(Box::new),
            retry_after_s,
            ..Self::new(Kind::Unavailable, "ingest_full", detail)
        }
    }

    pub fn not_found(detail: &str) -> Self {
        Self::new(Kind::NotFound, "not_found", detail)
    }

    /// What a client learns of a fault of ours: nothing but that it is logged under the request id.
    pub fn internal() -> Self {
        Self::new(Kind::Internal, "internal", "something failed on our side; it is logged under x-request-id")
    }

    pub fn into_response_now(self) -> Response<Body> {
        self.into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after_s;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::new(refused.kind, refused.code, refused.message)
    }
}

impl From<viva_store::Error> for Problem {
    fn from(error: viva_store::Error) -> Self {
        match error {
            viva_store::Error::Refused(refused) => refused.into(),
            viva_store::Error::NotFound { what } => {
                Self::new(Kind::NotFound, "not_found", format!("no such {what}"))
            }
            error => {
                tracing::error!(%error, "the store failed");
                match error.kind() {
                    Kind::Unavailable => Self::new(
                        Kind::Unavailable,
                        "store_unavailable",
                        "the store does not answer; try again",
                    ),
                    Kind::Exhausted => {
                        Self::new(Kind::Exhausted, "disk_full", "the disk is full; nothing recorded is lost")
                    }
                    _ => Self::internal(),
                }
            }
        }
    }
}

impl From<InviteError> for Problem {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Refused(refused) => refused.into(),
            InviteError::Store(error) => error.into(),
            InviteError::Random(error) => error.into(),
        }
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "a request failed");
        Self::internal()
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let kind = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Kind::UnsupportedMedia,
            _ => Kind::Invalid,
        };
        Self::new(kind, "body_invalid", format!("body: {}", rejection.body_text()))
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found("no such thing: an id in the path is not an id")
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(Kind::Invalid, "query_invalid", rejection.body_text())
    }
}

/// A JSON body whose refusal is a problem document.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(value) = Json::<T>::from_request(request, state).await?;
        Ok(Self(value))
    }
}
