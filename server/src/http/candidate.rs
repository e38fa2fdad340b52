//! What a candidate can do, each action answered with the whole view: a page that missed something is right
//! again after its next request.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderName, StatusCode, header},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    consent::{Consent, Purpose},
    error::Kind,
    id::TakeId,
    interview::{Accommodations, Checks, Event, Interview, SubmittedAnswer, Survey, Transport},
    position::QuestionKind,
    report::AiMode,
    take::{FaultCause, StopReason},
};

use super::{
    auth::Candidate,
    error::{JsonBody, Problem},
    view::{View, consent_text_sha256},
};
use crate::{
    app::App,
    clock,
    interviews::{CANDIDATE, Cause},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(interview))
        .routes(routes!(opened))
        .routes(routes!(locale))
        .routes(routes!(consents, consent_copy))
        .routes(routes!(mode))
        .routes(routes!(accommodations))
        .routes(routes!(checks))
        .routes(routes!(uplink))
        .routes(routes!(transport))
        .routes(routes!(open_question))
        .routes(routes!(prompt_over))
        .routes(routes!(start_take))
        .routes(routes!(stop_take))
        .routes(routes!(device_fault))
        .routes(routes!(answer))
        .routes(routes!(notes))
        .routes(routes!(submit))
        .routes(routes!(survey))
        .routes(routes!(human))
        .routes(routes!(withdraw))
        .routes(routes!(erasure))
}

type Viewed = Result<Json<View>, Problem>;

async fn act(app: &Arc<App>, interview: &Interview, action: &'static str, event: Event) -> Viewed {
    let changed = app.apply(interview.id, Cause { actor: CANDIDATE, action }, event).await?;
    Ok(Json(View::of(app, &changed)))
}

/// The whole state of the interview; once it is over, also in another of its languages.
#[utoipa::path(get, path = "/api/v1/candidate/interview", tag = "candidate", params(("language" = Option<String>, Query)), responses((status = 200, body = Object), (status = 401, body = Problem)))]
async fn interview(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<View>, Problem> {
    let Query(Wanted { language }) = wanted?;
    Ok(Json(View::of(&app, &shown_in(interview, language))))
}

#[derive(Deserialize)]
pub struct Wanted {
    /// ISO 639-1.
    pub language: Option<String>,
}

/// An interview that is over keeps the language that it was held in; it can still be read in another.
pub fn shown_in(mut interview: Interview, language: Option<String>) -> Interview {
    let known = language.filter(|language| interview.position.languages.contains(language));
    if let Some(language) = known.filter(|_| !interview.state.is_open()) {
        interview.locale = language;
    }
    interview
}

/// The candidate has opened the link.
#[utoipa::path(post, path = "/api/v1/candidate/interview/opened", tag = "candidate", responses((status = 200, body = Object), (status = 410, body = Problem)))]
async fn opened(State(app): State<Arc<App>>, Candidate(interview): Candidate) -> Viewed {
    act(&app, &interview, "opened", Event::Opened).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Locale {
    /// ISO 639-1; one of the position's languages.
    locale: String,
}

/// Switches the language.
#[utoipa::path(post, path = "/api/v1/candidate/interview/locale", tag = "candidate", request_body = Locale, responses((status = 200, body = Object)))]
async fn locale(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(wanted): JsonBody<Locale>,
) -> Viewed {
    act(&app, &interview, "locale_changed", Event::LocaleChanged(wanted.locale)).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Decisions {
    text_version: String,
    /// Of the text that was shown; a decision on another text than today's is refused.
    text_sha256: Option<String>,
    /// In which it was shown, where that is not the interview's; only once the interview is over.
    language: Option<String>,
    decisions: Vec<PurposeDecision>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PurposeDecision {
    #[schema(value_type = String)]
    purpose: Purpose,
    granted: bool,
}

/// Decides on every purpose at once. Later, a yes is taken back in the same way.
#[utoipa::path(post, path = "/api/v1/candidate/consents", tag = "candidate", request_body = Decisions, responses((status = 200, body = Object), (status = 422, body = Problem)))]
async fn consents(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(given): JsonBody<Decisions>,
) -> Viewed {
    let at = clock::now();
    let interview = shown_in(interview, given.language);
    let text_sha256 = consent_text_sha256(&interview);
    if given.text_sha256.as_ref().is_some_and(|shown| *shown != text_sha256) {
        let detail = "text_sha256: the text has changed since it was shown; read it again";
        return Err(Problem::new(Kind::Conflict, "consent_text_changed", detail));
    }
    let consents = given
        .decisions
        .into_iter()
        .take(16)
        .map(|d| Consent {
            purpose: d.purpose,
            granted: d.granted,
            text_version: given.text_version.chars().take(32).collect(),
            text_sha256: Some(text_sha256.clone()),
            language: Some(interview.locale.clone()),
            at,
        })
        .collect();
    act(&app, &interview, "consented", Event::Consented(consents)).await
}

/// The consent text and what was decided on it, for the candidate to keep.
#[utoipa::path(get, path = "/api/v1/candidate/consents", tag = "candidate", responses((status = 200, body = String)))]
async fn consent_copy(Candidate(interview): Candidate) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], crate::consent_copy::of(&interview))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Mode {
    #[schema(value_type = String)]
    mode: Way,
}

/// How the candidate wants to be interviewed.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Ai,
    AiAndHuman,
    HumanOnly,
    /// A conversation with a person, in the place of the recorded interview or beside it.
    HumanInterview,
}

impl From<Way> for Event {
    fn from(way: Way) -> Self {
        match way {
            Way::Ai => Self::ModeChosen(AiMode::Ai),
            Way::AiAndHuman => Self::ModeChosen(AiMode::AiAndHuman),
            Way::HumanOnly => Self::ModeChosen(AiMode::HumanOnly),
            Way::HumanInterview => Self::HumanRequested,
        }
    }
}

/// Chooses review by software and people, review by people alone, or asks for a conversation.
#[utoipa::path(post, path = "/api/v1/candidate/mode", tag = "candidate", request_body = Mode, responses((status = 200, body = Object)))]
async fn mode(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(chosen): JsonBody<Mode>,
) -> Viewed {
    act(&app, &interview, "mode_chosen", chosen.mode.into()).await
}

/// Changes the conditions: more time, no timers, more takes, voice alone, writing.
#[utoipa::path(post, path = "/api/v1/candidate/accommodations", tag = "candidate", request_body = Object, responses((status = 200, body = Object)))]
async fn accommodations(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(wanted): JsonBody<Accommodations>,
) -> Viewed {
    act(&app, &interview, "accommodations_changed", Event::AccommodationsChanged(wanted)).await
}

/// Reports the device check.
#[utoipa::path(post, path = "/api/v1/candidate/checks", tag = "candidate", request_body = Object, responses((status = 200, body = Object)))]
async fn checks(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(mut checks): JsonBody<Checks>,
) -> Viewed {
    checks.user_agent = checks.user_agent.map(|agent| agent.chars().take(300).collect());
    act(&app, &interview, "checked", Event::Checked(checks)).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChosenTransport {
    #[schema(value_type = String)]
    transport: Transport,
}

/// Says that no media connection comes about, and that the page sends its own recording instead (`chunks`).
#[utoipa::path(post, path = "/api/v1/candidate/transport", tag = "candidate", request_body = ChosenTransport, responses((status = 200, body = Object)))]
async fn transport(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(chosen): JsonBody<ChosenTransport>,
) -> Viewed {
    act(&app, &interview, "transport_chosen", Event::TransportChosen(chosen.transport)).await
}

#[derive(Serialize, ToSchema)]
struct Uplink {
    connected: bool,
    audio: TrackUplink,
    video: TrackUplink,
    /// Since the connection came up.
    kbps: u32,
    lost: u64,
}

#[derive(Default, Serialize, ToSchema)]
struct TrackUplink {
    packets: u64,
    bytes: u64,
    /// Milliseconds since the newest packet.
    last_ms: Option<u64>,
}

/// What has really arrived at the ingest server.
#[utoipa::path(get, path = "/api/v1/candidate/uplink", tag = "candidate", responses((status = 200, body = Uplink)))]
async fn uplink(State(app): State<Arc<App>>, Candidate(interview): Candidate) -> Json<Uplink> {
    let publisher = app.live.find(interview.id).and_then(|session| session.publisher());
    let Some(publisher) = publisher else {
        return Json(Uplink {
            connected: false,
            audio: TrackUplink::default(),
            video: TrackUplink::default(),
            kbps: 0,
            lost: 0,
        });
    };
    let stats = publisher.stats();
    let now_us = clock::now().0 * 1000;
    let since_ms = |us: i64| u64::try_from((now_us - us) / 1000).unwrap_or(0);
    let track = |t: crate::ingest::TrackStats| TrackUplink {
        packets: t.packets,
        bytes: t.bytes,
        last_ms: t.last_arrival_us.map(since_ms),
    };
    let connected_ms = stats.connected_at_us.map_or(0, since_ms).max(1);
    let bits = (stats.audio.bytes + stats.video.bytes) * 8;
    Json(Uplink {
        connected: stats.connected_at_us.is_some(),
        audio: track(stats.audio),
        video: track(stats.video),
        kbps: u32::try_from(bits / connected_ms).unwrap_or(u32::MAX),
        lost: stats.audio.lost + stats.video.lost,
    })
}

/// Before any clock runs: a take that begins has room to its end.
fn make_room(app: &App, interview: &Interview, question_id: &str, thinks_first: bool) -> Result<(), Problem> {
    let question = interview.position.question(question_id).filter(|q| q.kind == QuestionKind::Video);
    // Whatever is recorded already goes on.
    let Some(question) = question.filter(|_| interview.open_take().is_none()) else { return Ok(()) };
    let seconds = |limit: Option<u64>| limit.map(|ms| ms / 1000);
    let think_s = seconds(interview.accommodations.think_ms(question)).filter(|_| thinks_first);
    let answer_s = seconds(interview.accommodations.answer_ms(question));
    if app.room.reserve(interview.id, think_s.unwrap_or(0), answer_s, clock::now())? {
        return Ok(());
    }
    tracing::error!("too little disk room for a new take");
    let detail =
        "the server has no room for a new recording; what is recorded is safe, please try again later";
    Err(Problem::new(Kind::Exhausted, "no_room", detail))
}

/// Opens a question: its think time starts now.
#[utoipa::path(post, path = "/api/v1/candidate/questions/{id}/open", tag = "candidate", params(("id" = String, Path)), responses((status = 200, body = Object), (status = 409, body = Problem)))]
async fn open_question(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    Path(question_id): Path<String>,
) -> Viewed {
    make_room(&app, &interview, &question_id, true)?;
    let event = Event::QuestionOpened { question_id, take_id: clock::id() };
    act(&app, &interview, "question_opened", event).await
}

/// Says that the question's prompt was seen or heard: the question is shown, and its think time starts now.
#[utoipa::path(post, path = "/api/v1/candidate/questions/{id}/prompt-over", tag = "candidate", params(("id" = String, Path)), responses((status = 200, body = Object), (status = 409, body = Problem), (status = 507, body = Problem)))]
async fn prompt_over(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    Path(question_id): Path<String>,
) -> Viewed {
    make_room(&app, &interview, &question_id, true)?;
    act(&app, &interview, "prompt_over", Event::PromptOver { question_id }).await
}

/// Starts recording: ends the thinking, or begins a further take.
#[utoipa::path(post, path = "/api/v1/candidate/questions/{id}/takes", tag = "candidate", params(("id" = String, Path)), responses((status = 200, body = Object), (status = 409, body = Problem), (status = 503, body = Problem), (status = 507, body = Problem)))]
async fn start_take(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    Path(question_id): Path<String>,
) -> Viewed {
    make_room(&app, &interview, &question_id, false)?;
    let event = Event::TakeStarted { question_id, take_id: clock::id() };
    act(&app, &interview, "take_started", event).await
}

/// Stops recording.
#[utoipa::path(post, path = "/api/v1/candidate/takes/{id}/stop", tag = "candidate", params(("id" = String, Path)), responses((status = 200, body = Object)))]
async fn stop_take(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    path: Result<Path<TakeId>, axum::extract::rejection::PathRejection>,
) -> Viewed {
    let Path(take_id) = path?;
    act(&app, &interview, "take_stopped", Event::TakeStopped { take_id, reason: StopReason::Candidate }).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeviceFault {
    /// `camera_lost`, `microphone_lost` or `microphone_muted`.
    #[schema(value_type = String)]
    cause: FaultCause,
    /// It had been reported, and is over now.
    #[serde(default)]
    is_over: bool,
}

/// Reports that camera or microphone failed during a take. Never counts against the candidate.
#[utoipa::path(post, path = "/api/v1/candidate/takes/{id}/faults", tag = "candidate", params(("id" = String, Path)), request_body = DeviceFault, responses((status = 200, body = Object), (status = 422, body = Problem)))]
async fn device_fault(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    path: Result<Path<TakeId>, axum::extract::rejection::PathRejection>,
    JsonBody(fault): JsonBody<DeviceFault>,
) -> Viewed {
    let Path(take_id) = path?;
    let event = Event::DeviceFault { take_id, cause: fault.cause, is_over: fault.is_over };
    act(&app, &interview, "device_fault", event).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    #[schema(value_type = Option<String>)]
    take_id: Option<TakeId>,
    text: Option<String>,
    choice: Option<Vec<String>>,
}

/// Hands in the answer to a question.
#[utoipa::path(post, path = "/api/v1/candidate/questions/{id}/answer", tag = "candidate", params(("id" = String, Path)), request_body = AnswerBody, responses((status = 200, body = Object), (status = 409, body = Problem)))]
async fn answer(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    Path(question_id): Path<String>,
    JsonBody(body): JsonBody<AnswerBody>,
) -> Viewed {
    let answer = match (body.take_id, body.text, body.choice) {
        (Some(take), None, None) => SubmittedAnswer::Take(take),
        (None, Some(text), None) => SubmittedAnswer::Text(text),
        (None, None, Some(choice)) => SubmittedAnswer::Choice(choice),
        _ => {
            return Err(Problem::new(
                Kind::Invalid,
                "answer_kind",
                "body: send exactly one of take_id, text, choice",
            ));
        }
    };
    act(&app, &interview, "answered", Event::Answered { question_id, answer }).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Notes {
    notes: String,
}

/// Keeps the scratch paper of a question.
#[utoipa::path(put, path = "/api/v1/candidate/questions/{id}/notes", tag = "candidate", params(("id" = String, Path)), request_body = Notes, responses((status = 204)))]
async fn notes(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    Path(question_id): Path<String>,
    JsonBody(body): JsonBody<Notes>,
) -> Result<StatusCode, Problem> {
    let event = Event::NotesWritten { question_id, notes: body.notes };
    app.apply(interview.id, Cause { actor: CANDIDATE, action: "notes_written" }, event).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands in the interview.
#[utoipa::path(post, path = "/api/v1/candidate/submit", tag = "candidate", responses((status = 200, body = Object), (status = 409, body = Problem)))]
async fn submit(State(app): State<Arc<App>>, Candidate(interview): Candidate) -> Viewed {
    act(&app, &interview, "submitted", Event::Submitted).await
}

/// Answers the survey. Kept apart from everything that is judged; HR sees it in statistics only.
#[utoipa::path(post, path = "/api/v1/candidate/survey", tag = "candidate", request_body = Object, responses((status = 200, body = Object), (status = 422, body = Problem)))]
async fn survey(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(survey): JsonBody<Survey>,
) -> Viewed {
    act(&app, &interview, "surveyed", Event::Surveyed(survey)).await
}

/// Asks for a person.
#[utoipa::path(post, path = "/api/v1/candidate/human", tag = "candidate", responses((status = 200, body = Object)))]
async fn human(State(app): State<Arc<App>>, Candidate(interview): Candidate) -> Viewed {
    act(&app, &interview, "human_requested", Event::HumanRequested).await
}

/// Withdraws from the interview.
#[utoipa::path(post, path = "/api/v1/candidate/withdraw", tag = "candidate", responses((status = 200, body = Object)))]
async fn withdraw(State(app): State<Arc<App>>, Candidate(interview): Candidate) -> Viewed {
    act(&app, &interview, "withdrawn", Event::Withdrawn).await
}

/// Has everything deleted.
#[utoipa::path(post, path = "/api/v1/candidate/erasure", tag = "candidate", responses((status = 200, body = Object)))]
async fn erasure(State(app): State<Arc<App>>, Candidate(interview): Candidate) -> Viewed {
    act(&app, &interview, "erased", Event::Erased).await
}
