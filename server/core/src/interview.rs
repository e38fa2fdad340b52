//! An interview as data. What may happen to it is in [`machine`]; nothing else changes it.

pub mod machine;
mod reading;
mod survey;

use serde::{Deserialize, Serialize};

pub use machine::{Effect, Event, next};
pub use survey::Survey;

use crate::{
    consent::Consent,
    id::{InterviewId, PositionId, TakeId},
    position::{Position, Question, Reason},
    report::AiMode,
    retention::{ANSWER_CLASSES, DataClass},
    take::{Recording, Take, TakeState},
    time::Timestamp,
};

/// One candidate's run through a snapshot of a position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interview {
    pub id: InterviewId,
    pub position_id: PositionId,
    pub position: Position,
    pub external_id: Option<String>,
    pub candidate: Candidate,
    /// ISO 639-1; a language of the position.
    pub locale: String,
    pub state: State,
    pub ai_mode: AiMode,
    pub accommodations: Accommodations,
    /// What holds now, one per purpose.
    pub consents: Vec<Consent>,
    /// Every decision that changed something, oldest first.
    #[serde(default)]
    pub consent_history: Vec<Consent>,
    /// When the candidate said what the position asks for; what they said is sealed with the results.
    #[serde(default)]
    pub identified_at: Option<Timestamp>,
    /// What the candidate's device check found, as the page reported it.
    pub checks: Option<Checks>,
    /// One per question, in the position's order.
    pub answers: Vec<AnswerState>,
    /// Questions that were added to this interview's position because of an answer.
    #[serde(default)]
    pub follow_ups: Vec<AskedFollowUp>,
    /// Whether media of this interview is arriving.
    pub connected: bool,
    #[serde(default)]
    pub transport: Transport,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// When the customer is told that the link ends soon; absent once told.
    #[serde(default)]
    pub remind_at: Option<Timestamp>,
    pub submitted_at: Option<Timestamp>,
    pub decision: Option<Decision>,
    /// Where the candidate came from, as the invitation named it: a job board, a referral.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// What was deleted at its time, before the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<DataClass>,
    /// Corrections of its transcripts so far; their texts are sealed with the results.
    #[serde(default)]
    pub corrections: u32,
    /// Comments of the candidate on observations so far; sealed likewise.
    #[serde(default)]
    pub comments: u32,
    pub human_requested: bool,
    #[serde(default)]
    pub human_requested_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "survey::lenient")]
    pub survey: Option<Survey>,
    /// Counts every change; also `data.sequence` of the webhooks.
    pub sequence: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Invited,
    Opened,
    Consented,
    Checked,
    InProgress,
    Submitted,
    Analysed,
    Decided,
    Expired,
    Withdrawn,
    Erased,
}

impl State {
    /// Whether the candidate can still do something.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Invited | Self::Opened | Self::Consented | Self::Checked | Self::InProgress)
    }
}

/// How what the candidate says comes to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// The media connection; its holes are filled by the browser's own copy afterwards.
    #[default]
    Media,
    /// No media connection comes about: the browser's own copy is sent piece by piece while it is recorded.
    Chunks,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The customer's own reference, handed back in every event.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where messages go; only the candidate and the hiring team ever see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// Changes to the conditions, open to everybody and invisible to scoring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accommodations {
    /// Factor on every think and answer time: 1, 1.5 or 2.
    pub time_factor: f64,
    /// No think or answer deadlines at all.
    pub untimed: bool,
    pub extra_takes: u32,
    /// Answers on camera are given by voice alone.
    pub audio_only: bool,
    /// Answers on camera are written instead, without a clock.
    pub typed_answers: bool,
}

impl Default for Accommodations {
    fn default() -> Self {
        Self { time_factor: 1.0, untimed: false, extra_takes: 0, audio_only: false, typed_answers: false }
    }
}

/// The page's own device check.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checks {
    pub camera: bool,
    pub microphone: bool,
    /// Whether media reached the ingest server and came back as received.
    pub uplink: bool,
    pub uplink_kbps: Option<u32>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub user_agent: Option<String>,
}

/// How far one question is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerState {
    pub question_id: String,
    pub opened_at: Option<Timestamp>,
    pub takes: Vec<Take>,
    pub submitted: Option<SubmittedAnswer>,
    pub submitted_at: Option<Timestamp>,
    /// Of a written answer with a time limit.
    #[serde(default)]
    pub deadline: Option<Timestamp>,
    /// The time was over without an answer: what was written by then is being handed in.
    #[serde(default)]
    pub time_up: bool,
    /// The candidate's scratch paper. Never analysed, never shown to HR.
    #[serde(default)]
    pub notes: String,
    /// When its question's prompt was over, and thinking began.
    #[serde(default)]
    pub prompt_over_at: Option<Timestamp>,
    /// Till then the next question waits for the transcript, which may lead to a follow-up.
    #[serde(default)]
    pub follow_up_until: Option<Timestamp>,
}

/// A follow-up that was asked, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedFollowUp {
    pub question_id: String,
    /// The question whose answer led to it.
    pub after: String,
    pub reason: Reason,
}

/// The page hands in at the deadline; so long its answer may be on the way before the server does it by itself.
const ON_ITS_WAY_MS: u64 = 10_000;

impl AnswerState {
    fn of(question: &Question) -> Self {
        Self {
            question_id: question.id.clone(),
            opened_at: None,
            takes: Vec::new(),
            submitted: None,
            submitted_at: None,
            deadline: None,
            time_up: false,
            notes: String::new(),
            prompt_over_at: None,
            follow_up_until: None,
        }
    }

    /// Since when the candidate thinks, or writes.
    pub(crate) fn thinks_since(&self) -> Option<Timestamp> {
        self.prompt_over_at.or(self.opened_at)
    }

    /// When what was written is handed in without the page.
    pub(crate) fn hand_in_at(&self) -> Option<Timestamp> {
        let waits = self.submitted.is_none() && !self.time_up;
        self.deadline.filter(|_| waits).map(|deadline| deadline + ON_ITS_WAY_MS)
    }
}

/// What the candidate hands in for a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmittedAnswer {
    Take(TakeId),
    Text(String),
    Choice(Vec<String>),
}

/// A person's decision. Viva never makes one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub outcome: Outcome,
    /// The person who decided.
    pub by: String,
    pub at: Timestamp,
    /// Why. Absent in decisions of before reasons were asked for.
    #[serde(alias = "note", default)]
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Advance,
    Hold,
    Reject,
    Hire,
}

/// Everything needed to invite a candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Invitation {
    pub id: InterviewId,
    pub position_id: PositionId,
    pub position: Position,
    pub external_id: Option<String>,
    pub candidate: Candidate,
    /// The candidate's preferred language tag, when known.
    pub locale: Option<String>,
    pub channel: Option<String>,
    pub expires_at: Option<Timestamp>,
}

/// Takes of a question that technical faults have spoilt and that do not count.
const MOST_FREE_TAKES: u32 = 2;
/// After a take that went on beyond the end of the link.
const TIME_TO_SEND_MS: u64 = 15 * 60 * 1000;
/// The end of the link is moved for who waits for the server when it is closer than this …
const QUEUE_MS: u64 = 30 * 60 * 1000;
/// … and is then so far away.
const AFTER_QUEUE_MS: u64 = 2 * QUEUE_MS;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

impl Interview {
    pub fn invite(invitation: Invitation, now: Timestamp) -> Self {
        let position = invitation.position;
        let expires_at = invitation.expires_at.unwrap_or(now + u64::from(position.invitation_days) * DAY_MS);
        Self {
            id: invitation.id,
            position_id: invitation.position_id,
            locale: position.language_for(invitation.locale.as_deref()),
            remind_at: Some(expires_at.before(DAY_MS)).filter(|at| *at > now),
            expires_at,
            answers: position.questions.iter().map(AnswerState::of).collect(),
            follow_ups: Vec::new(),
            position,
            external_id: invitation.external_id,
            candidate: invitation.candidate,
            state: State::Invited,
            ai_mode: AiMode::default(),
            accommodations: Accommodations::default(),
            consents: Vec::new(),
            consent_history: Vec::new(),
            identified_at: None,
            checks: None,
            connected: false,
            transport: Transport::default(),
            created_at: now,
            submitted_at: None,
            decision: None,
            channel: invitation.channel,
            deleted: Vec::new(),
            corrections: 0,
            comments: 0,
            human_requested: false,
            human_requested_at: None,
            survey: None,
            sequence: 1,
        }
    }

    /// When the candidate can do nothing more. Who was recording at the end of the link has time to look at it and send it.
    pub(crate) fn ends_at(&self) -> Timestamp {
        let takes = self.answers.iter().flat_map(|answer| &answer.takes);
        let stopped = takes.filter_map(|take| take.stopped_at).filter(|at| *at > self.expires_at).max();
        stopped.map_or(self.expires_at, |at| at + TIME_TO_SEND_MS)
    }

    /// Whether the end of the link would come, or be close, while the candidate waits for the server.
    pub fn ends_in_queue(&self, now: Timestamp) -> bool {
        self.expires_at < now + QUEUE_MS
    }

    /// When the written answer that is running ends by itself.
    pub(crate) fn hand_in_at(&self) -> Option<Timestamp> {
        self.answers.iter().filter_map(AnswerState::hand_in_at).min()
    }

    /// Till when a further question may still come of an answer.
    pub fn follow_up_until(&self) -> Option<Timestamp> {
        self.answers.iter().filter_map(|answer| answer.follow_up_until).max()
    }

    /// The recording that an analysis of a question's answer is about: the one handed in, or before that the newest.
    pub fn newest_recording(&self, question_id: &str) -> Option<(TakeId, &Recording)> {
        let takes = &self.answer(question_id)?.takes;
        let mut taken = takes.iter().rev().filter(|take| take.state == TakeState::Recorded);
        taken.find_map(|take| Some((take.id, take.recording.as_ref()?)))
    }

    pub fn answer(&self, question_id: &str) -> Option<&AnswerState> {
        self.answers.iter().find(|a| a.question_id == question_id)
    }

    pub fn take(&self, id: TakeId) -> Option<(&AnswerState, &Take)> {
        self.answers.iter().find_map(|a| a.takes.iter().find(|t| t.id == id).map(|t| (a, t)))
    }

    /// The recording that was handed in for a question.
    pub fn chosen_recording(&self, question_id: &str) -> Option<&Recording> {
        let takes = &self.answer(question_id)?.takes;
        takes.iter().find(|take| take.state == TakeState::Chosen)?.recording.as_ref()
    }

    /// The take that media arriving now belongs to.
    pub fn open_take(&self) -> Option<(&AnswerState, &Take)> {
        self.answers.iter().find_map(|a| a.takes.iter().find(|t| t.is_open()).map(|t| (a, t)))
    }

    pub(crate) fn open_take_mut(&mut self) -> Option<&mut Take> {
        self.answers.iter_mut().flat_map(|a| &mut a.takes).find(|t| t.is_open())
    }

    /// Whether there is a way for what the candidate says now.
    pub fn can_record(&self) -> bool {
        self.connected || self.transport == Transport::Chunks
    }

    /// The question the candidate is at: the first one without a submitted answer.
    pub fn current_question(&self) -> Option<&Question> {
        let answer = self.answers.iter().find(|a| a.submitted.is_none())?;
        self.position.question(&answer.question_id)
    }

    /// How many more takes the candidate may begin.
    pub fn takes_left(&self, question: &Question) -> u32 {
        let takes = self.answer(&question.id).map_or(&[][..], |answer| &answer.takes);
        let count = |wanted: fn(&Take) -> bool| takes.iter().filter(|take| wanted(take)).count() as u32;
        let begun = count(|take| !matches!(take.state, TakeState::Thinking | TakeState::Faulted));
        // Faults could also be made on purpose.
        let free = count(Take::is_spoilt).min(MOST_FREE_TAKES);
        self.takes_allowed(question).saturating_sub(begun - free)
    }

    pub fn takes_allowed(&self, question: &Question) -> u32 {
        question.takes + self.accommodations.extra_takes
    }

    /// When the time that data is kept for begins.
    pub fn over_at(&self) -> Timestamp {
        self.submitted_at.unwrap_or(self.expires_at)
    }

    /// When everything that the candidate gave is deleted; absent once it is.
    pub fn delete_at(&self) -> Option<Timestamp> {
        let kept_ms = u64::from(self.position.retention_days) * DAY_MS;
        (self.state != State::Erased).then(|| self.over_at() + kept_ms)
    }

    /// The next class of data that goes before the whole, at or before `now`.
    pub fn due_class(&self, now: Timestamp) -> Option<DataClass> {
        let is_over = !self.state.is_open() && self.state != State::Erased;
        let due = self.position.deletions(self.over_at());
        let goes = |class: &DataClass| is_over && !self.deleted.contains(class) && due[class] <= now;
        ANSWER_CLASSES.into_iter().filter(goes).min_by_key(|class| due[class])
    }

    /// When the record of the decision, all that is left of an erased interview, goes too.
    pub fn forget_at(&self) -> Option<Timestamp> {
        let due = self.position.deletions(self.over_at());
        let is_left = self.state == State::Erased && !self.deleted.contains(&DataClass::DecisionRecord);
        is_left.then(|| due[&DataClass::DecisionRecord])
    }

    /// Whether a class of its data was deleted.
    pub fn is_deleted(&self, class: DataClass) -> bool {
        self.state == State::Erased || self.deleted.contains(&class)
    }

    /// The earliest moment at which [`Event::Tick`] would change something.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if !self.state.is_open() {
            let due = self.position.deletions(self.over_at());
            let left = ANSWER_CLASSES.into_iter().filter(|class| !self.is_deleted(*class));
            return left.map(|class| due[&class]).chain(self.delete_at()).chain(self.forget_at()).min();
        }
        let takes = self.answers.iter().flat_map(|a| &a.takes);
        // Thinking ends only when there is a way for media, so without one its deadline wakes nobody.
        takes
            .filter(|t| t.is_open() || self.can_record())
            .filter_map(Take::next_deadline)
            .chain([self.ends_at()])
            .chain(self.hand_in_at())
            .chain(self.follow_up_until())
            .chain(self.remind_at)
            .min()
    }
}
