//! The interview's state machine: `next(interview, event, now) -> (interview, effects)`. Pure; the server
//! stores the new interview and carries out the effects in the same transaction.
//!
//! The server's clock owns every deadline. A deadline, once given, changes only by an accommodation, and the end of the
//! link when a server without a free place lets somebody wait: no restart, reload, reconnect or other device moves it.

mod answers;
mod follow_ups;
mod prompts;
mod setting;
mod takes;

use self::answers::By;
use crate::{
    consent::Consent,
    error::{Kind, Refused},
    id::TakeId,
    interview::{
        Accommodations, AnswerState, Checks, Decision, Interview, State, SubmittedAnswer, Survey, Transport,
    },
    position::{Question, Reason},
    report::AiMode,
    retention::DataClass,
    take::{FaultCause, Recording, StopReason},
    time::Timestamp,
};

/// What may happen to an interview.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Opened,
    LocaleChanged(String),
    Consented(Vec<Consent>),
    ModeChosen(AiMode),
    AccommodationsChanged(Accommodations),
    /// The candidate said what the position asks for, or left out what may be left out.
    Identified,
    Checked(Checks),
    QuestionOpened {
        question_id: String,
        take_id: TakeId,
    },
    /// The candidate has seen or heard the prompt: the time to think starts.
    PromptOver {
        question_id: String,
    },
    /// Start recording: ends the thinking of the open take, or begins a further take with the given id.
    TakeStarted {
        question_id: String,
        take_id: TakeId,
    },
    TakeStopped {
        take_id: TakeId,
        reason: StopReason,
    },
    /// The finaliser is done; `None` when the take holds no usable media.
    TakeFinalised {
        take_id: TakeId,
        recording: Option<Recording>,
        /// [`Take::backfills`](crate::take::Take) before the journal was read; later ones are not in the recording yet.
        backfills: u32,
    },
    /// What the browser's own copy could give is in the journal.
    TakeBackfilled {
        take_id: TakeId,
    },
    NotesWritten {
        question_id: String,
        notes: String,
    },
    Answered {
        question_id: String,
        answer: SubmittedAnswer,
    },
    /// The time of a written answer is over: this is what was written by then.
    TimeUp {
        question_id: String,
        answer: SubmittedAnswer,
    },
    /// What an answer leads to: the numbers of the question's rules, and why.
    FollowUpsFound {
        question_id: String,
        found: Vec<(usize, Reason)>,
    },
    MediaConnected,
    MediaLost,
    /// The server has started again: no connection has survived.
    Restarted,
    /// The page noticed a fault of camera or microphone, or its end.
    DeviceFault {
        take_id: TakeId,
        cause: FaultCause,
        is_over: bool,
    },
    /// The page found no way for media, or one again.
    TransportChosen(Transport),
    /// All places of the server are taken, and the candidate waits for one.
    Queued,
    /// Time has passed.
    Tick,
    Submitted,
    Surveyed(Survey),
    HumanRequested,
    Analysed,
    /// A person corrected a transcript: the report is made again.
    TranscriptCorrected,
    /// The candidate commented on an observation: the report is made again.
    ObservationCommented,
    Decided(Decision),
    Withdrawn,
    Erased,
}

/// What the server must do because of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Open (or go on with) the take's journal and ask for a key frame.
    RecordTake(TakeId),
    /// Close the take's journal at this time, then finalise it.
    SealTake { take_id: TakeId, at: Timestamp, reason: StopReason },
    /// Make the take's recording again.
    Finalise(TakeId),
    /// Analyse the answer just handed in, or its recording that has changed.
    Analyse { question_id: String },
    /// Analyse a take before it is handed in, since its answer may lead to a follow-up.
    AnalyseEarly { question_id: String, take_id: TakeId },
    /// Hand in what was written of the answer.
    HandIn { question_id: String },
    /// A consent was taken back: what was measured is deleted, and measured again as far as it is still allowed.
    Remeasure,
    /// All answers are in: make the report when their analyses are done.
    Report,
    /// Tell the customer's endpoints; the name is one of the fixed webhook events.
    Notify(&'static str),
    /// The time of this class of data is over.
    Delete(DataClass),
    /// Delete recordings, transcripts and reports.
    Erase,
    /// The time of the record is over, too: delete the interview itself and its audit.
    Forget,
}

/// The interview after `event` at `now`, and what follows from it.
///
/// # Errors
/// [`Refused`] when the event is not allowed in this state; nothing has changed then.
pub fn next(
    interview: &Interview,
    event: Event,
    now: Timestamp,
) -> Result<(Interview, Vec<Effect>), Refused> {
    let mut after = Transition { interview: interview.clone(), effects: Vec::new(), now };
    // A deadline that has passed takes effect before whatever comes after it.
    after.tick();
    after.apply(event)?;
    let Transition { interview: mut changed, effects, .. } = after;
    if changed != *interview {
        changed.sequence = interview.sequence + 1;
    }
    Ok((changed, effects))
}

struct Transition {
    interview: Interview,
    effects: Vec<Effect>,
    now: Timestamp,
}

impl Transition {
    fn apply(&mut self, event: Event) -> Result<(), Refused> {
        match event {
            Event::Tick => Ok(()),
            Event::Opened => self.opened(),
            Event::LocaleChanged(locale) => self.open()?.set_locale(locale),
            Event::Consented(consents) => self.consented(consents),
            Event::ModeChosen(mode) => self.open()?.set_mode(mode),
            Event::AccommodationsChanged(wanted) => self.accommodate(wanted),
            Event::Identified => self.identified(),
            Event::Checked(checks) => self.checked(checks),
            Event::QuestionOpened { question_id, take_id } => self.question_opened(&question_id, take_id),
            Event::PromptOver { question_id } => self.prompt_over(&question_id),
            Event::TakeStarted { question_id, take_id } => self.take_started(&question_id, take_id),
            Event::TakeStopped { take_id, reason } => self.take_stopped(take_id, reason),
            Event::TakeFinalised { take_id, recording, backfills } => {
                self.take_finalised(take_id, recording, backfills)
            }
            Event::TakeBackfilled { take_id } => self.take_backfilled(take_id),
            Event::NotesWritten { question_id, notes } => self.notes_written(&question_id, notes),
            Event::Answered { question_id, answer } => self.answered(&question_id, answer, By::Candidate),
            Event::TimeUp { question_id, answer } => self.time_up(&question_id, answer),
            Event::FollowUpsFound { question_id, found } => self.follow_ups_found(&question_id, found),
            Event::MediaConnected => self.connected(),
            Event::MediaLost => self.disconnected(FaultCause::ConnectionLost),
            Event::Restarted => self.disconnected(FaultCause::ServerRestarted),
            Event::DeviceFault { take_id, cause, is_over } => self.device_fault(take_id, cause, is_over),
            Event::TransportChosen(transport) => self.open()?.transport_chosen(transport),
            Event::Queued => self.open()?.queued(),
            Event::Submitted => self.submitted(),
            Event::Surveyed(survey) => {
                survey.check()?;
                self.interview.survey = Some(survey);
                Ok(())
            }
            Event::HumanRequested => self.human_requested(),
            Event::Analysed => self.analysed(),
            Event::TranscriptCorrected => self.transcript_corrected(),
            Event::ObservationCommented => self.observation_commented(),
            Event::Decided(decision) => self.decided(decision),
            Event::Withdrawn => self.withdrawn(),
            Event::Erased => self.erased(),
        }
    }

    /// Refuses what a candidate may only do while the interview runs.
    fn open(&mut self) -> Result<&mut Self, Refused> {
        match self.interview.state {
            state if state.is_open() => Ok(self),
            State::Expired => {
                Err(Refused::new(Kind::Gone, "interview_expired", "this interview has expired"))
            }
            State::Withdrawn | State::Erased => {
                Err(Refused::new(Kind::Gone, "interview_withdrawn", "this interview was withdrawn"))
            }
            _ => Err(Refused::conflict("interview_submitted", "this interview has been submitted")),
        }
    }

    /// Refuses what may only begin before the end of the link.
    fn beginning(&mut self) -> Result<(), Refused> {
        if self.interview.expires_at <= self.now {
            let detail = "the time for answering is over; what is recorded can still be sent";
            return Err(Refused::new(Kind::Gone, "interview_ending", detail));
        }
        self.open().map(drop)
    }

    fn opened(&mut self) -> Result<(), Refused> {
        self.open()?;
        if self.interview.state == State::Invited {
            self.interview.state = State::Opened;
            self.effects.push(Effect::Notify("interview.opened"));
        }
        Ok(())
    }

    fn submitted(&mut self) -> Result<(), Refused> {
        if matches!(self.interview.state, State::Submitted | State::Analysed | State::Decided) {
            return Ok(());
        }
        self.open()?;
        self.go_on();
        if let Some(question) = self.interview.current_question() {
            return Err(Refused::conflict(
                "question_unanswered",
                format!("question `{}` has no answer yet", question.id),
            ));
        }
        self.interview.state = State::Submitted;
        self.interview.submitted_at = Some(self.now);
        self.effects.push(Effect::Notify("interview.submitted"));
        self.effects.push(Effect::Report);
        Ok(())
    }

    fn analysed(&mut self) -> Result<(), Refused> {
        if self.interview.state == State::Submitted {
            self.interview.state = State::Analysed;
        }
        Ok(())
    }

    fn transcript_corrected(&mut self) -> Result<(), Refused> {
        if !matches!(self.interview.state, State::Analysed | State::Decided) {
            return Err(Refused::conflict("no_report", "there is no report yet that could be corrected"));
        }
        self.interview.corrections += 1;
        self.effects.push(Effect::Report);
        Ok(())
    }

    fn observation_commented(&mut self) -> Result<(), Refused> {
        if !matches!(self.interview.state, State::Analysed | State::Decided) {
            return Err(Refused::conflict("no_report", "there is no report yet that could be commented on"));
        }
        self.interview.comments += 1;
        self.effects.push(Effect::Report);
        Ok(())
    }

    fn decided(&mut self, decision: Decision) -> Result<(), Refused> {
        if !matches!(self.interview.state, State::Submitted | State::Analysed | State::Decided) {
            return Err(Refused::conflict("not_submitted", "a decision needs a submitted interview"));
        }
        self.interview.decision = Some(decision);
        self.interview.state = State::Decided;
        self.effects.push(Effect::Notify("decision.recorded"));
        Ok(())
    }

    fn withdrawn(&mut self) -> Result<(), Refused> {
        if self.interview.state == State::Withdrawn {
            return Ok(());
        }
        if self.interview.state == State::Erased {
            return self.open().map(drop);
        }
        self.seal_open_take(StopReason::Withdrawn);
        self.interview.state = State::Withdrawn;
        self.effects.push(Effect::Notify("interview.withdrawn"));
        Ok(())
    }

    fn erased(&mut self) -> Result<(), Refused> {
        if self.interview.state != State::Erased {
            self.erase();
        }
        Ok(())
    }

    fn erase(&mut self) {
        self.seal_open_take(StopReason::Withdrawn);
        let interview = &mut self.interview;
        interview.state = State::Erased;
        interview.candidate = super::Candidate::default();
        interview.survey = None;
        interview.checks = None;
        interview.identified_at = None;
        interview.follow_ups.clear();
        for answer in &mut interview.answers {
            answer.notes.clear();
            answer.submitted = None;
            answer.takes.clear();
        }
        self.effects.push(Effect::Erase);
    }

    /// Lets every deadline that has passed take effect.
    fn tick(&mut self) {
        let now = self.now;
        if !self.interview.state.is_open() {
            self.retain();
            return;
        }
        let due = self
            .interview
            .answers
            .iter_mut()
            .flat_map(|a| &mut a.takes)
            .find(|t| t.is_open() && t.is_due(now));
        if let Some(take) = due {
            let at = take.answer_deadline.unwrap_or(now);
            take.stop(at, StopReason::Deadline);
            self.effects.push(Effect::SealTake { take_id: take.id, at, reason: StopReason::Deadline });
        }
        if self.interview.can_record() {
            self.end_thinking();
        }
        self.end_follow_ups();
        let expired = self.interview.ends_at() <= now;
        if self.interview.remind_at.take_if(|at| *at <= now).is_some() && !expired {
            self.effects.push(Effect::Notify("interview.expiring"));
        }
        for answer in &mut self.interview.answers {
            if answer.hand_in_at().is_some_and(|at| at <= now) {
                answer.time_up = true;
                self.effects.push(Effect::HandIn { question_id: answer.question_id.clone() });
            }
        }
        // A candidate in the middle of an answer is never cut off by the invitation's end.
        let writes = |answer: &AnswerState| answer.deadline.is_some() && answer.submitted.is_none();
        if expired && self.interview.open_take().is_none() && !self.interview.answers.iter().any(writes) {
            self.interview.state = State::Expired;
            self.effects.push(Effect::Notify("interview.expired"));
        }
    }

    /// Lets go what is kept no longer.
    fn retain(&mut self) {
        if self.interview.delete_at().is_some_and(|at| at <= self.now) {
            return self.erase();
        }
        if self.interview.forget_at().is_some_and(|at| at <= self.now) {
            self.interview.deleted.push(DataClass::DecisionRecord);
            return self.effects.push(Effect::Forget);
        }
        // One at a time, each with its own line in the audit: the next is due at once.
        let Some(class) = self.interview.due_class(self.now) else { return };
        if class == DataClass::Transcripts {
            for answer in &mut self.interview.answers {
                answer.notes.clear();
                match &mut answer.submitted {
                    Some(SubmittedAnswer::Text(text)) => text.clear(),
                    Some(SubmittedAnswer::Choice(chosen)) => chosen.clear(),
                    Some(SubmittedAnswer::Take(_)) | None => {}
                }
            }
        }
        self.interview.deleted.push(class);
        self.effects.push(Effect::Delete(class));
    }

    fn question(&self, id: &str) -> Result<Question, Refused> {
        self.interview
            .position
            .question(id)
            .cloned()
            .ok_or_else(|| Refused::not_found("question_unknown", "no such question in this interview"))
    }

    fn answer_mut(&mut self, question_id: &str) -> Result<&mut AnswerState, Refused> {
        self.interview
            .answers
            .iter_mut()
            .find(|a| a.question_id == question_id)
            .ok_or_else(|| Refused::not_found("question_unknown", "no such question in this interview"))
    }
}
