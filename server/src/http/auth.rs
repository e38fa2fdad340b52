//! Who asks. A handler gets an interview or the HR side only through these extractors, so that forgetting a
//! check does not compile.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path, Query},
    http::{HeaderMap, header, request::Parts},
};
use serde::Deserialize;
use viva_core::{
    error::Kind,
    id::{InterviewId, PositionId, TakeId},
    interview::Interview,
    position::Position,
    time::Timestamp,
};

use super::error::Problem;
use crate::{app::App, clock, secret};

/// The candidate of this interview, known by the token of the link.
pub struct Candidate(pub Interview);

/// The HR side: an API key.
pub struct Service {
    pub name: String,
}

/// Whoever may read one interview's result: an API key, or the signed link in a report.
pub struct Reader {
    pub interview: InterviewId,
    /// The API key's name; absent for whoever has only the link.
    pub key: Option<String>,
}

const LONGEST_TOKEN: usize = 256;

/// Finds the interview of a link's token.
pub async fn interview_of(app: &App, token: &str) -> Result<Interview, Problem> {
    let unknown = || {
        Problem::new(
            Kind::Unauthenticated,
            "token_unknown",
            "this link is not known; check that it is complete",
        )
    };
    if token.is_empty() || token.len() > LONGEST_TOKEN {
        return Err(unknown());
    }
    app.store.interview_by_token(&secret::hash(token)).await?.ok_or_else(unknown)
}

pub fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| {
            Problem::new(Kind::Unauthenticated, "token_missing", "Authorization: send Bearer and the token")
        })
}

impl FromRequestParts<Arc<App>> for Candidate {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        interview_of(app, bearer(&parts.headers)?).await.map(Self)
    }
}

impl FromRequestParts<Arc<App>> for Service {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let key = bearer(&parts.headers)?;
        match app.store.api_key(&secret::hash(key)).await? {
            Some(name) => Ok(Self { name }),
            None => Err(Problem::new(Kind::Unauthenticated, "api_key_unknown", "this API key is not known")),
        }
    }
}

#[derive(Deserialize)]
struct InterviewPath {
    id: InterviewId,
}

/// What a signed link to a report carries.
pub const ACCESS_HEADER: &str = "x-viva-access";

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Path(InterviewPath { id }) = Path::from_request_parts(parts, app).await?;
        if let Some(access) = parts.headers.get(ACCESS_HEADER).and_then(|value| value.to_str().ok()) {
            return if app.link_key.verify(&report_purpose(id), access, clock::now()) {
                Ok(Self { interview: id, key: None })
            } else {
                Err(link_ended("this link has ended or is not complete; ask for a new one"))
            };
        }
        let service = Service::from_request_parts(parts, app).await?;
        Ok(Self { interview: id, key: Some(service.name) })
    }
}

/// Whoever may look at a position's results as a whole: an API key, or the signed link to its pages.
pub struct PositionReader {
    pub id: PositionId,
    pub position: Position,
}

#[derive(Deserialize)]
struct PositionPath {
    /// Viva's id, or the position's own.
    id: String,
}

impl FromRequestParts<Arc<App>> for PositionReader {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Path(PositionPath { id }) = Path::from_request_parts(parts, app).await?;
        let access =
            parts.headers.get(ACCESS_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if access.is_none() {
            Service::from_request_parts(parts, app).await?;
        }
        let found = match id.parse::<PositionId>() {
            Ok(id) => app.store.position(id).await?.map(|position| (id, position)),
            Err(_) => app.store.position_by_external_id(&id).await?,
        };
        let is_good =
            |id: PositionId, access: &str| app.link_key.verify(&position_purpose(id), access, clock::now());
        match (found, access) {
            // Without a good link nobody learns which positions there are.
            (found, Some(access)) if !found.as_ref().is_some_and(|(id, _)| is_good(*id, &access)) => {
                Err(link_ended("this link has ended or is not complete; ask for a new one"))
            }
            (Some((id, position)), _) => Ok(Self { id, position }),
            (None, _) => Err(Problem::not_found("no such position")),
        }
    }
}

fn link_ended(detail: &str) -> Problem {
    Problem::new(Kind::Denied, "link_ended", detail)
}

#[derive(Deserialize)]
pub struct Access {
    pub access: String,
}

/// Checks the `access` query of a signed media link.
pub async fn media_access(
    parts: &mut Parts,
    app: &Arc<App>,
    interview: InterviewId,
    take: TakeId,
) -> Result<(), Problem> {
    let Query(Access { access }) = Query::from_request_parts(parts, app).await?;
    if app.link_key.verify(&media_purpose(interview, take), &access, clock::now()) {
        Ok(())
    } else {
        Err(link_ended("this link has ended; load the page again for a new one"))
    }
}

/// The interview whose candidate was given this link to all of its data.
pub async fn own_data_access(
    app: &App,
    interview: InterviewId,
    access: &str,
) -> Result<Option<Interview>, Problem> {
    if !app.link_key.verify(&own_data_purpose(interview), access, clock::now()) {
        return Ok(None);
    }
    Ok(app.store.interview(interview).await?)
}

/// Whether a signed link opens this file of a prompt.
pub fn prompt_access(app: &App, name: &str, access: &str) -> bool {
    app.link_key.verify(&prompt_purpose(name), access, clock::now())
}

fn prompt_purpose(name: &str) -> String {
    format!("prompt:{name}")
}

fn report_purpose(interview: InterviewId) -> String {
    format!("report:{interview}")
}

fn position_purpose(position: PositionId) -> String {
    format!("position:{position}")
}

fn media_purpose(interview: InterviewId, take: TakeId) -> String {
    format!("media:{interview}:{take}")
}

fn own_data_purpose(interview: InterviewId) -> String {
    format!("own_data:{interview}")
}

const MEDIA_LINK_MS: u64 = 15 * 60 * 1000;
const REPORT_LINK_MS: u64 = 30 * 24 * 60 * 60 * 1000;

impl App {
    /// A link to a recording, good for 15 minutes.
    pub fn media_link(&self, interview: InterviewId, take: TakeId, now: Timestamp) -> String {
        let access = self.link_key.sign(&media_purpose(interview, take), now + MEDIA_LINK_MS);
        format!("{}/api/v1/interviews/{interview}/takes/{take}/media?access={access}", self.public_url)
    }

    /// A link to a file of a prompt, good for 15 minutes.
    pub fn prompt_link(&self, name: &str, now: Timestamp) -> String {
        let access = self.link_key.sign(&prompt_purpose(name), now + MEDIA_LINK_MS);
        format!("/api/v1/prompts/{name}?access={access}")
    }

    /// The candidate's link to everything that is stored, good for 15 minutes: a browser saves it without holding it in memory.
    pub fn own_data_link(&self, interview: InterviewId, now: Timestamp) -> String {
        let access = self.link_key.sign(&own_data_purpose(interview), now + MEDIA_LINK_MS);
        format!("/api/v1/candidate/data?interview={interview}&access={access}")
    }

    /// The end of a link that is made now to a report or a position.
    pub fn link_expires(now: Timestamp) -> Timestamp {
        now + REPORT_LINK_MS
    }

    /// A link to a position's page, where its candidates are compared and its statistics shown, good for 30 days.
    pub fn position_link(&self, position: PositionId, now: Timestamp) -> String {
        let access = self.link_key.sign(&position_purpose(position), Self::link_expires(now));
        format!("{}/p/{position}?access={access}", self.public_url)
    }

    /// A link to a report's page, good for 30 days.
    pub fn report_link(&self, interview: InterviewId, now: Timestamp) -> String {
        let access = self.link_key.sign(&report_purpose(interview), Self::link_expires(now));
        format!("{}/r/{interview}?access={access}", self.public_url)
    }
}
