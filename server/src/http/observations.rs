//! What people may want to look at: the page tells when it was left, the candidate comments on what was noted. Neither is
//! ever counted.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    error::{Kind, Refused},
    id::InterviewId,
    interview::{AnswerState, Event, Interview, SubmittedAnswer},
    observation::{Comment, MAX_COMMENT_CHARS, ObservationKind, PageTrace},
    profile::analysis_permitted,
    time::{Span, Timestamp},
};
use viva_store::ResultKey;

use super::{
    auth::Candidate,
    error::{JsonBody, Problem},
    text::written,
};
use crate::{
    app::App,
    clock,
    interviews::{CANDIDATE, Cause},
    worker,
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(left_page)).routes(routes!(comment))
}

/// The kind of result that holds when the page was left during one question.
pub const AWAY: &str = "away";
/// The kind of result that holds the candidate's comments.
pub const COMMENTS: &str = "comments";
/// Of one question; a page that tells more is not believed.
const MOST_ABSENCES: usize = 200;
const MOST_COMMENTS: usize = 200;
/// The page's idea of the server's clock.
const CLOCK_SLACK_MS: u64 = 2000;

/// On the server's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Absence {
    /// Unix milliseconds.
    #[schema(value_type = i64)]
    from: Timestamp,
    #[schema(value_type = i64)]
    until: Timestamp,
}

fn key(interview: InterviewId, question: &str, kind: &'static str) -> ResultKey {
    ResultKey { interview, question: question.to_owned(), kind }
}

/// Whether observations are made of this interview at all.
pub fn observes(interview: &Interview) -> bool {
    interview.position.observations && analysis_permitted(interview, clock::now()).is_ok()
}

/// The page was hidden, or another window was in use, while a question was open.
#[utoipa::path(post, path = "/api/v1/candidate/questions/{id}/away", tag = "candidate", params(("id" = String, Path)), request_body = Absence, responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn left_page(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    Path(question_id): Path<String>,
    JsonBody(absence): JsonBody<Absence>,
) -> Result<StatusCode, Problem> {
    let answer = interview.answer(&question_id);
    let opened_at = answer.and_then(|answer| answer.opened_at).ok_or_else(|| {
        Refused::not_found("question_unknown", "no such question is open in this interview")
    })?;
    let now = clock::now();
    if absence.from < opened_at.before(CLOCK_SLACK_MS)
        || absence.until < absence.from
        || absence.until > now + CLOCK_SLACK_MS
    {
        let wanted = "from, until: write moments of the open question, in their order";
        return Err(Problem::new(Kind::Invalid, "absence_invalid", wanted));
    }
    if observes(&interview) {
        let _turn = app.correcting.lock().await;
        let mut all = app.absences(interview.id, &question_id).await?;
        if all.len() < MOST_ABSENCES && !all.contains(&absence) {
            all.push(absence);
            app.put_result(&key(interview.id, &question_id, AWAY), &json!(all)).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CommentRequest {
    question_id: String,
    #[schema(value_type = String)]
    kind: ObservationKind,
    /// The observation, by its start in milliseconds.
    start_ms: u64,
    text: String,
}

/// The candidate says something to what was noted; it stands beside it in the report.
#[utoipa::path(post, path = "/api/v1/candidate/comments", tag = "candidate", request_body = CommentRequest, responses((status = 202, body = Object), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn comment(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(request): JsonBody<CommentRequest>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let text = written(&request.text, MAX_COMMENT_CHARS)?;
    let id = interview.id;
    let _turn = app.correcting.lock().await;
    let report = worker::stored(&app, id).await?;
    let is_meant = |flag: &viva_core::report::IntegrityFlag| {
        flag.question_id.as_ref() == Some(&request.question_id)
            && flag.kind == request.kind.name()
            && flag.at_ms == request.start_ms
    };
    if !report.is_some_and(|report| report.integrity_flags.iter().any(is_meant)) {
        let wanted = "question_id, kind, start_ms: nothing of this kind was noted there";
        return Err(Refused::invalid("observation_unknown", wanted).into());
    }
    let made = Comment {
        question_id: request.question_id,
        kind: request.kind,
        start_ms: request.start_ms,
        text: text.to_owned(),
        at: clock::now().to_string(),
    };
    let mut all = app.comments(id).await?;
    // The last word counts.
    all.retain(|one| {
        (&one.question_id, one.kind, one.start_ms) != (&made.question_id, made.kind, made.start_ms)
    });
    if all.len() >= MOST_COMMENTS {
        let wanted = format!("an interview takes {MOST_COMMENTS} comments");
        return Err(Problem::new(Kind::TooLarge, "too_many_comments", wanted));
    }
    all.push(made.clone());
    app.put_result(&key(id, "", COMMENTS), &json!(all)).await?;
    let cause = Cause { actor: CANDIDATE, action: "observation_commented" };
    app.apply(id, cause, Event::ObservationCommented).await?;
    Ok((StatusCode::ACCEPTED, Json(json!(made))))
}

impl App {
    async fn absences(&self, interview: InterviewId, question: &str) -> anyhow::Result<Vec<Absence>> {
        let stored = self.result(&key(interview, question, AWAY)).await?;
        Ok(stored.map(serde_json::from_value).transpose()?.unwrap_or_default())
    }

    /// The candidate's comments, oldest first.
    pub async fn comments(&self, interview: InterviewId) -> anyhow::Result<Vec<Comment>> {
        let stored = self.result(&key(interview, "", COMMENTS)).await?;
        Ok(stored.map(serde_json::from_value).transpose()?.unwrap_or_default())
    }

    /// What happened to the page during one answer; nothing where no observations are made.
    pub async fn page_trace(&self, interview: &Interview, answer: &AnswerState) -> anyhow::Result<PageTrace> {
        if !observes(interview) {
            return Ok(PageTrace::default());
        }
        let question = &answer.question_id;
        let absences = self.absences(interview.id, question).await?;
        let away = match duration(interview, answer) {
            Some(whole) => absences.iter().filter_map(|absence| within(*absence, whole)).collect(),
            None => Vec::new(),
        };
        let trace = PageTrace { away, pasted: Vec::new() };
        Ok(trace.with_pasted(&self.writing(interview.id, question).await?))
    }
}

/// From when until when the answer came about: its take, or the time in which it was written.
fn duration(interview: &Interview, answer: &AnswerState) -> Option<Absence> {
    if let Some(SubmittedAnswer::Take(id)) = &answer.submitted {
        let (_, take) = interview.take(*id)?;
        return Some(Absence { from: take.started_at?, until: take.stopped_at? });
    }
    Some(Absence { from: answer.opened_at?, until: answer.submitted_at? })
}

fn within(absence: Absence, whole: Absence) -> Option<Span> {
    let (from, until) = (absence.from.max(whole.from), absence.until.min(whole.until));
    (from < until).then(|| Span::new(from.since(whole.from), until.since(whole.from)))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use viva_core::{
        consent::{Consent, Purpose},
        interview::{Candidate as Person, Invitation},
        profile::Profile,
        report::AiMode,
    };

    use super::*;

    fn interview(profile: Profile, observations: bool, analysis: bool) -> Interview {
        let position = json!({
            "id": "p", "title": "P", "profile": profile, "languages": ["en"], "observations": observations,
            "notice": { "posted_on": "2026-01-05", "bias_audit_on": clock::now().to_string()[..10] },
            "dimensions": [{ "name": "all", "weight": 100 }],
            "questions": [{ "id": "q", "text": "Q?", "answer_seconds": 30 }]
        });
        let invitation = Invitation {
            id: InterviewId(Uuid::from_u128(1)),
            position_id: Uuid::from_u128(2).into(),
            position: serde_json::from_value(position).unwrap(),
            external_id: None,
            candidate: Person::default(),
            locale: None,
            channel: None,
            expires_at: None,
        };
        let mut interview = Interview::invite(invitation, Timestamp(0));
        interview.consents = vec![Consent {
            purpose: Purpose::Analysis,
            granted: analysis,
            text_version: "1".into(),
            language: None,
            text_sha256: None,
            at: Timestamp(0),
        }];
        interview
    }

    #[test]
    fn under_no_profile_is_anything_observed_without_consent_or_without_being_asked_for() {
        for profile in Profile::ALL {
            assert!(observes(&interview(profile, true, true)), "{profile}");
            assert!(!observes(&interview(profile, true, false)), "{profile}");
            assert!(!observes(&interview(profile, false, true)), "{profile}");
            let alone = Interview { ai_mode: AiMode::HumanOnly, ..interview(profile, true, true) };
            assert!(!observes(&alone), "{profile}");
        }
    }

    #[test]
    fn only_what_lies_within_the_answer_is_of_it() {
        let absence = |from, until| Absence { from: Timestamp(from), until: Timestamp(until) };
        let take = absence(10_000, 40_000);
        assert_eq!(within(absence(12_000, 15_000), take), Some(Span::new(2000, 5000)));
        assert_eq!(within(absence(5_000, 15_000), take), Some(Span::new(0, 5000)));
        assert_eq!(within(absence(39_000, 99_000), take), Some(Span::new(29_000, 30_000)));
        assert_eq!(within(absence(1_000, 10_000), take), None);
        assert_eq!(within(absence(50_000, 60_000), take), None);
    }
}
