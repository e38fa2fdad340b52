//! Makes an interview and its link, for the API and the command line alike.

use std::io;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use viva_core::{
    error::Refused,
    id::{InterviewId, PositionId},
    interview::{Candidate, Interview, Invitation},
    time::Timestamp,
};
use viva_store::Store;

use crate::{
    clock,
    interviews::{Cause, change, event},
    secret,
};

const MOST_CHARS: usize = 200;

/// Whom to invite to what.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    #[schema(value_type = Option<String>)]
    pub position_id: Option<PositionId>,
    /// The position's own id, as in its YAML.
    pub position_external_id: Option<String>,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub candidate: Candidate,
    pub external_id: Option<String>,
    /// Where the candidate comes from, for statistics: a job board, a referral.
    pub channel: Option<String>,
    /// A language tag.
    pub locale: Option<String>,
    /// Unix milliseconds.
    #[schema(value_type = Option<i64>)]
    pub expires_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Invited {
    #[schema(value_type = String)]
    pub interview_id: InterviewId,
    /// Secret: whoever has it is the candidate.
    pub link: String,
    #[schema(value_type = i64)]
    pub expires_at: Timestamp,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Store(#[from] viva_store::Error),
    #[error("no random numbers: {0}")]
    Random(#[from] io::Error),
}

/// Stores a new interview; `public_url` begins its link, `actor` is who invited.
///
/// # Errors
/// [`InviteError::Refused`] names the field that is wrong.
pub async fn invite(
    store: &dyn Store,
    public_url: &str,
    request: InviteRequest,
    actor: &str,
) -> Result<Invited, InviteError> {
    let found = match (&request.position_id, &request.position_external_id) {
        (Some(id), None) => store.position(*id).await?.map(|position| (*id, position)),
        (None, Some(external)) => store.position_by_external_id(external).await?,
        _ => {
            return Err(Refused::invalid(
                "position_missing",
                "position_id, position_external_id: send exactly one of them",
            )
            .into());
        }
    };
    let (position_id, position) = found.ok_or_else(|| {
        Refused::not_found(
            "position_unknown",
            "position: no such position; import it first (`viva position import FILE`)",
        )
    })?;
    let now = clock::now();
    check(&request, now)?;
    let token = secret::token()?;
    let invitation = Invitation {
        id: clock::id(),
        position_id,
        position,
        external_id: request.external_id,
        candidate: request.candidate,
        locale: request.locale,
        channel: request
            .channel
            .map(|channel| channel.trim().to_owned())
            .filter(|channel| !channel.is_empty()),
        expires_at: request.expires_at,
    };
    let interview = Interview::invite(invitation, now);
    let invited = Invited {
        interview_id: interview.id,
        link: format!("{public_url}/i/{token}"),
        expires_at: interview.expires_at,
    };
    let mut stored = change(interview, &[], Cause { actor, action: "invited" }, now);
    stored.events.push(event(&stored.interview, "interview.invited", now));
    store.insert_interview(&secret::hash(&token), stored).await?;
    Ok(invited)
}

fn check(request: &InviteRequest, now: Timestamp) -> Result<(), Refused> {
    if request.expires_at.is_some_and(|at| at <= now) {
        return Err(Refused::invalid("expires_in_the_past", "expires_at: lies in the past"));
    }
    for (field, value) in [
        ("candidate.name", &request.candidate.name),
        ("candidate.ref", &request.candidate.reference),
        ("candidate.email", &request.candidate.email),
        ("external_id", &request.external_id),
        ("channel", &request.channel),
    ] {
        if value.as_ref().is_some_and(|v| v.chars().count() > MOST_CHARS) {
            return Err(Refused::invalid("too_long", format!("{field}: at most {MOST_CHARS} characters")));
        }
    }
    let candidate = &request.candidate;
    if candidate.email.as_ref().is_some_and(|email| email.parse::<lettre::Address>().is_err()) {
        return Err(Refused::invalid("email_invalid", "candidate.email: is no mail address"));
    }
    if candidate.phone.as_ref().is_some_and(|phone| !is_phone(phone)) {
        return Err(Refused::invalid("phone_invalid", "candidate.phone: write it as in +8613800138000"));
    }
    Ok(())
}

/// E.164, at most 15 digits; national numbers pass for gateways that know them.
fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
