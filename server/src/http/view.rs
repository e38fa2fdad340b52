//! What the candidate's page sees of its interview: the whole state, in the candidate's language.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use viva_core::{
    consent::{self, Purpose},
    identity::{Field, FieldKind},
    interview::{Accommodations, AnswerState, Interview, State, SubmittedAnswer, Transport},
    position::{Prompt, Question, QuestionKind, ThinkLimit, type_of},
    profile::Profile,
    report::AiMode,
    retention::DataClass,
    take::{Recording, StopReason, Take, TakeState},
    time::{Span, Timestamp},
};

use super::observations;
use crate::{app::App, clock};

#[derive(Serialize)]
pub struct View {
    interview_id: String,
    state: State,
    server_time: Timestamp,
    locale: String,
    languages: Vec<String>,
    profile: Profile,
    expires_at: Timestamp,
    organisation: Option<String>,
    title: String,
    introduction: Option<String>,
    contact: Option<String>,
    candidate_name: Option<String>,
    ai_mode: AiMode,
    accommodations: Accommodations,
    purposes: Vec<PurposeView>,
    consent_text_version: &'static str,
    /// Of the text that `GET …/consents` gives.
    consent_text_sha256: String,
    human_requested: bool,
    retention_days: u32,
    /// What the candidate is asked to say about themselves, before the device check.
    identity: Vec<FieldView>,
    identified: bool,
    connected: bool,
    transport: Transport,
    questions: Vec<QuestionView>,
    /// Till then a further question may come of the answer that was just given.
    follow_up_until: Option<Timestamp>,
    /// Further questions that may still come of answers.
    follow_ups_at_most: usize,
    ingest: IngestView,
    survey_done: bool,
    /// It is noted for people when the page is left.
    observes: bool,
    /// Whether anything is asked about the candidate for statistics of fairness.
    demographics_asked: bool,
    /// Everything that is stored about the candidate, in one archive; absent once it is deleted.
    data_url: Option<String>,
}

#[derive(Serialize)]
struct PurposeView {
    purpose: Purpose,
    required: bool,
    granted: Option<bool>,
    title: String,
    does: String,
    does_not: String,
}

#[derive(Serialize)]
struct FieldView {
    id: String,
    kind: FieldKind,
    label: String,
    hint: Option<String>,
    required: bool,
}

/// What is played or read aloud before the question.
#[derive(Serialize)]
struct PromptView {
    /// The words that the candidate's device reads aloud.
    speech: Option<String>,
    media_url: Option<String>,
    media_type: Option<&'static str>,
    captions_url: Option<String>,
    /// It was seen or heard; the question is shown.
    is_over: bool,
}

#[derive(Serialize)]
struct QuestionView {
    id: String,
    kind: QuestionKind,
    /// The question whose answer led to this one.
    follows: Option<String>,
    has_prompt: bool,
    /// Once the question is open.
    prompt: Option<PromptView>,
    /// Only once the question is open and its prompt over: nobody gets a head start by looking at the network.
    text: Option<String>,
    hint: Option<String>,
    think_seconds: Option<u32>,
    /// At the end of `think_seconds` the recording starts by itself (`hard`), or nothing happens (`soft`).
    think_limit: ThinkLimit,
    answer_seconds: Option<u32>,
    takes_allowed: u32,
    /// Without those that technical faults have spoilt.
    takes_left: u32,
    status: &'static str,
    opened_at: Option<Timestamp>,
    /// Of a written answer: what is written by then is handed in by itself.
    deadline: Option<Timestamp>,
    notes: String,
    options: Vec<ChoiceView>,
    takes: Vec<TakeView>,
    stored: Option<StoredView>,
}

/// An answer as it lies here: what a candidate can check it by.
#[derive(Serialize)]
struct StoredView {
    /// Of a recording.
    duration_ms: Option<u64>,
    bytes: u64,
    /// Of the recording, the text, or the names of the chosen options with a line feed between.
    sha256: String,
    /// Of a recording, that never arrived.
    missing_ms: u64,
}

#[derive(Serialize)]
struct ChoiceView {
    id: String,
    text: String,
}

#[derive(Serialize)]
struct TakeView {
    id: String,
    number: u32,
    state: TakeState,
    think_deadline: Option<Timestamp>,
    started_at: Option<Timestamp>,
    answer_deadline: Option<Timestamp>,
    stopped_at: Option<Timestamp>,
    stop_reason: Option<StopReason>,
    /// A technical fault has spoilt it: the candidate may have another one.
    is_spoilt: bool,
    saved_up_to_ms: Option<u64>,
    recording: Option<Recording>,
    /// What the server has no media of, in milliseconds of the take; absent while that is not known.
    missing: Option<Vec<Span>>,
    media_url: Option<String>,
}

#[derive(Serialize)]
struct IngestView {
    whip_url: &'static str,
    ice_servers: [(); 0],
    start_bitrate_kbps: u32,
    /// Of the picture; less while the server's disk is short of room.
    max_bitrate_kbps: u32,
    width: u32,
    height: u32,
}

impl View {
    pub fn of(app: &App, interview: &Interview) -> Self {
        let position = &interview.position;
        let text = |text: &viva_core::position::Text| text.in_language(&interview.locale).to_owned();
        let now = clock::now();
        let max_bitrate_kbps = app.room.max_bitrate_kbps(now);
        let current = interview.current_question().map(|q| q.id.as_str());
        Self {
            interview_id: interview.id.to_string(),
            state: interview.state,
            server_time: now,
            locale: interview.locale.clone(),
            languages: position.languages.clone(),
            profile: position.profile,
            expires_at: interview.expires_at,
            organisation: position.organisation.as_ref().map(text),
            title: text(&position.title),
            introduction: position.introduction.as_ref().map(text),
            contact: position.contact.as_ref().map(text),
            candidate_name: interview.candidate.name.clone(),
            ai_mode: interview.ai_mode,
            accommodations: interview.accommodations.clone(),
            purposes: Purpose::asked_by(position)
                .into_iter()
                .map(|purpose| purpose_view(interview, purpose))
                .collect(),
            consent_text_version: consent::TEXT_VERSION,
            consent_text_sha256: consent_text_sha256(interview),
            human_requested: interview.human_requested,
            retention_days: position.retention_days,
            identity: position.identity.iter().map(|field| field_view(interview, field)).collect(),
            identified: interview.identified_at.is_some(),
            follow_up_until: interview.follow_up_until(),
            follow_ups_at_most: follow_ups_at_most(interview),
            connected: interview.connected,
            transport: interview.transport,
            questions: position
                .questions
                .iter()
                .filter_map(|question| {
                    let answer = interview.answer(&question.id)?;
                    Some(question_view(app, interview, question, answer, current == Some(&question.id)))
                })
                .collect(),
            ingest: IngestView {
                whip_url: "/whip",
                ice_servers: [],
                start_bitrate_kbps: app.config.ingest.start_bitrate_kbps.min(max_bitrate_kbps),
                max_bitrate_kbps,
                width: 1280,
                height: 720,
            },
            survey_done: interview.survey.is_some(),
            observes: observations::observes(interview),
            demographics_asked: !position.demographics.is_empty(),
            data_url: (interview.state != State::Erased).then(|| app.own_data_link(interview.id, now)),
        }
    }
}

/// SHA-256 of the consent text in the interview's language, in hex.
pub fn consent_text_sha256(interview: &Interview) -> String {
    hex::encode(Sha256::digest(consent::document(&interview.position, &interview.locale)))
}

fn purpose_view(interview: &Interview, purpose: Purpose) -> PurposeView {
    let consent::Terms { title, does, does_not } =
        consent::terms(purpose, &interview.position, &interview.locale);
    PurposeView {
        purpose,
        required: purpose.required(),
        granted: interview.consents.iter().find(|c| c.purpose == purpose).map(|c| c.granted),
        title,
        does,
        does_not,
    }
}

fn question_view(
    app: &App,
    interview: &Interview,
    question: &Question,
    answer: &AnswerState,
    current: bool,
) -> QuestionView {
    let prompt = question.prompt.as_ref().filter(|_| answer.opened_at.is_some());
    let open = answer.opened_at.is_some() && (prompt.is_none() || answer.prompt_over_at.is_some());
    let text = |text: &viva_core::position::Text| text.in_language(&interview.locale).to_owned();
    let after = interview.follow_ups.iter().find(|further| further.question_id == question.id);
    QuestionView {
        id: question.id.clone(),
        kind: question.kind,
        follows: after.map(|further| further.after.clone()),
        has_prompt: question.prompt.is_some(),
        prompt: prompt.map(|prompt| prompt_view(app, interview, prompt, answer.prompt_over_at.is_some())),
        text: open.then(|| text(&question.text)),
        hint: question.hint.as_ref().filter(|_| open).map(text),
        think_seconds: question.think_seconds,
        think_limit: question.think_limit,
        answer_seconds: question.answer_seconds,
        takes_allowed: interview.takes_allowed(question),
        takes_left: interview.takes_left(question),
        status: match (answer.submitted.is_some(), current) {
            (true, _) => "answered",
            (false, true) => "current",
            (false, false) => "upcoming",
        },
        opened_at: answer.opened_at,
        deadline: answer.deadline,
        notes: answer.notes.clone(),
        options: question
            .options
            .iter()
            .filter(|_| open)
            .map(|option| ChoiceView { id: option.id.clone(), text: text(&option.text) })
            .collect(),
        takes: answer.takes.iter().map(|take| take_view(app, interview, take)).collect(),
        stored: stored_view(answer),
    }
}

fn field_view(interview: &Interview, field: &Field) -> FieldView {
    let text = |text: &viva_core::position::Text| text.in_language(&interview.locale).to_owned();
    FieldView {
        id: field.id.clone(),
        kind: field.kind,
        label: text(&field.label),
        hint: field.hint.as_ref().map(text),
        required: field.required,
    }
}

fn prompt_view(app: &App, interview: &Interview, prompt: &Prompt, is_over: bool) -> PromptView {
    let now = clock::now();
    let text = |text: &viva_core::position::Text| text.in_language(&interview.locale).to_owned();
    let media = prompt.media.as_ref().map(text);
    let captions = prompt.captions.get(&interview.locale);
    PromptView {
        speech: prompt.speech.as_ref().map(text),
        media_type: media.as_deref().and_then(type_of),
        media_url: media.map(|name| app.prompt_link(&name, now)),
        captions_url: captions.map(|name| app.prompt_link(name, now)),
        is_over,
    }
}

fn follow_ups_at_most(interview: &Interview) -> usize {
    if interview.ai_mode == AiMode::HumanOnly {
        return 0;
    }
    let unanswered = interview.answers.iter().filter(|answer| answer.submitted.is_none());
    let questions = unanswered.filter_map(|answer| interview.position.question(&answer.question_id));
    questions.map(|question| question.follow_ups.len()).sum()
}

/// Absent while a recording is still being made.
fn stored_view(answer: &AnswerState) -> Option<StoredView> {
    let written = |text: &str| StoredView {
        duration_ms: None,
        bytes: text.len() as u64,
        sha256: hex::encode(Sha256::digest(text)),
        missing_ms: 0,
    };
    Some(match answer.submitted.as_ref()? {
        SubmittedAnswer::Text(text) => written(text),
        SubmittedAnswer::Choice(ids) => written(&ids.join("\n")),
        SubmittedAnswer::Take(id) => {
            let recording = answer.takes.iter().find(|take| take.id == *id)?.recording.as_ref()?;
            StoredView {
                duration_ms: Some(recording.duration_ms),
                bytes: recording.bytes,
                sha256: recording.sha256.clone(),
                missing_ms: recording
                    .missing
                    .iter()
                    .map(|span| span.end_ms.saturating_sub(span.start_ms))
                    .sum(),
            }
        }
    })
}

fn take_view(app: &App, interview: &Interview, take: &Take) -> TakeView {
    let saved = app.live.find(interview.id).and_then(|session| session.media.saved_up_to());
    TakeView {
        id: take.id.to_string(),
        number: take.number,
        state: take.state,
        think_deadline: take.think_deadline,
        started_at: take.started_at,
        answer_deadline: take.answer_deadline,
        stopped_at: take.stopped_at,
        stop_reason: take.stop_reason,
        is_spoilt: take.is_spoilt(),
        saved_up_to_ms: saved
            .filter(|(id, _)| *id == take.id)
            .map(|(_, ms)| ms)
            .or_else(|| take.recording.as_ref().map(|r| r.duration_ms)),
        recording: take.recording.clone(),
        missing: take.missing(),
        media_url: take
            .recording
            .as_ref()
            .filter(|_| !interview.is_deleted(DataClass::Recordings))
            .map(|_| app.media_link(interview.id, take.id, clock::now())),
    }
}
