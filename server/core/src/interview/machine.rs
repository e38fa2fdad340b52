//! The interview's state machine: `next(interview, event, now) -> (interview, effects)`. Pure; the server
//! stores the new interview and carries out the effects in the same transaction.
//!
//! The server's clock owns every deadline. A deadline, once given, changes only by an accommodation: no
//! restart, reload, reconnect or other device moves it.

use crate::{
    consent::{Consent, Purpose},
    error::{Kind, Refused},
    id::TakeId,
    interview::{Accommodations, AnswerState, Checks, Decision, Interview, State, SubmittedAnswer},
    position::{Question, QuestionKind},
    report::AiMode,
    take::{Recording, StopReason, Take, TakeState},
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
    Checked(Checks),
    QuestionOpened {
        question_id: String,
        take_id: TakeId,
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
    },
    NotesWritten {
        question_id: String,
        notes: String,
    },
    Answered {
        question_id: String,
        answer: SubmittedAnswer,
    },
    MediaConnected,
    MediaLost,
    /// Time has passed.
    Tick,
    Submitted,
    Surveyed(serde_json::Value),
    HumanRequested,
    Analysed,
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
    /// Analyse the answer just handed in.
    Analyse { question_id: String },
    /// All answers are in: make the report when their analyses are done.
    Report,
    /// Tell the customer's endpoints; the name is one of the fixed webhook events.
    Notify(&'static str),
    /// Delete recordings, transcripts and reports.
    Erase,
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
            Event::Checked(checks) => self.checked(checks),
            Event::QuestionOpened { question_id, take_id } => self.question_opened(&question_id, take_id),
            Event::TakeStarted { question_id, take_id } => self.take_started(&question_id, take_id),
            Event::TakeStopped { take_id, reason } => self.take_stopped(take_id, reason),
            Event::TakeFinalised { take_id, recording } => self.take_finalised(take_id, recording),
            Event::NotesWritten { question_id, notes } => self.notes_written(&question_id, notes),
            Event::Answered { question_id, answer } => self.answered(&question_id, answer),
            Event::MediaConnected => self.media(true),
            Event::MediaLost => self.media(false),
            Event::Submitted => self.submitted(),
            Event::Surveyed(survey) => {
                self.interview.survey = Some(survey);
                Ok(())
            }
            Event::HumanRequested => {
                self.interview.human_requested = true;
                self.effects.push(Effect::Notify("interview.human_requested"));
                Ok(())
            }
            Event::Analysed => self.analysed(),
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

    fn opened(&mut self) -> Result<(), Refused> {
        self.open()?;
        if self.interview.state == State::Invited {
            self.interview.state = State::Opened;
            self.effects.push(Effect::Notify("interview.opened"));
        }
        Ok(())
    }

    fn consented(&mut self, consents: Vec<Consent>) -> Result<(), Refused> {
        self.open()?;
        for purpose in Purpose::asked_by(&self.interview.position) {
            let granted = consents.iter().find(|c| c.purpose == purpose).map(|c| c.granted);
            match granted {
                None => {
                    return Err(Refused::invalid(
                        "consent_missing",
                        format!(
                            "consents: no decision on `{purpose:?}`; send granted true or false for each purpose"
                        ),
                    ));
                }
                Some(false) if purpose.required() => {
                    return Err(Refused::conflict(
                        "consent_required",
                        "consents: without recording there can be no video interview; ask for another way",
                    ));
                }
                Some(_) => {}
            }
        }
        let analysis = consents.iter().any(|c| c.purpose == Purpose::Analysis && c.granted);
        if !analysis {
            self.interview.ai_mode = AiMode::HumanOnly;
        }
        self.interview.consents = consents;
        if matches!(self.interview.state, State::Invited | State::Opened) {
            self.interview.state = State::Consented;
            self.effects.push(Effect::Notify("interview.consented"));
        }
        Ok(())
    }

    fn set_locale(&mut self, locale: String) -> Result<(), Refused> {
        if !self.interview.position.languages.contains(&locale) {
            return Err(Refused::invalid(
                "locale_unknown",
                format!("locale: this interview is held in {}", self.interview.position.languages.join(", ")),
            ));
        }
        self.interview.locale = locale;
        Ok(())
    }

    fn set_mode(&mut self, mode: AiMode) -> Result<(), Refused> {
        let analysis = self.interview.consents.iter().any(|c| c.purpose == Purpose::Analysis && c.granted);
        if mode != AiMode::HumanOnly && !self.interview.consents.is_empty() && !analysis {
            return Err(Refused::conflict("analysis_not_consented", "mode: analysis was not agreed to"));
        }
        self.interview.ai_mode = mode;
        Ok(())
    }

    fn accommodate(&mut self, wanted: Accommodations) -> Result<(), Refused> {
        self.open()?;
        if ![1.0, 1.5, 2.0].contains(&wanted.time_factor) || wanted.extra_takes > 5 {
            return Err(Refused::invalid(
                "accommodation_invalid",
                "time_factor: write 1, 1.5 or 2; extra_takes: at most 5",
            ));
        }
        self.interview.accommodations = wanted;
        // A running timer gets longer at once; it never gets shorter.
        let (position, accommodations) = (&self.interview.position, &self.interview.accommodations);
        for answer in &mut self.interview.answers {
            let Some(question) = position.question(&answer.question_id) else { continue };
            for take in &mut answer.takes {
                match take.state {
                    TakeState::Thinking => {
                        let from = answer.opened_at.unwrap_or(self.now);
                        take.think_deadline =
                            longer(take.think_deadline, from, think_ms(question, accommodations));
                    }
                    TakeState::Recording | TakeState::Interrupted => {
                        let from = take.started_at.unwrap_or(self.now);
                        take.answer_deadline =
                            longer(take.answer_deadline, from, answer_ms(question, accommodations));
                    }
                    _ => {}
                }
            }
        }
        self.effects.push(Effect::Notify("interview.accommodation_requested"));
        Ok(())
    }

    fn checked(&mut self, checks: Checks) -> Result<(), Refused> {
        self.open()?;
        if matches!(self.interview.state, State::Invited | State::Opened) {
            return Err(Refused::conflict("consent_first", "consents come before the device check"));
        }
        self.interview.checks = Some(checks);
        if self.interview.state == State::Consented {
            self.interview.state = State::Checked;
        }
        Ok(())
    }

    fn question_opened(&mut self, question_id: &str, take_id: TakeId) -> Result<(), Refused> {
        self.open()?;
        if !matches!(self.interview.state, State::Checked | State::InProgress) {
            return Err(Refused::conflict("check_first", "the device check comes before the first question"));
        }
        let question = self.question(question_id)?;
        if self.interview.current_question().is_none_or(|q| q.id != question_id) {
            return Err(Refused::conflict(
                "question_not_current",
                format!("question `{question_id}` is not the next one to answer"),
            ));
        }
        let think_deadline = think_ms(&question, &self.interview.accommodations).map(|ms| self.now + ms);
        let now = self.now;
        let answer = self.answer_mut(question_id)?;
        // Opening again (a reload, a second device) changes no deadline.
        if answer.opened_at.is_none() {
            answer.opened_at = Some(now);
            if question.kind == QuestionKind::Video {
                answer.takes.push(Take::new(take_id, 1, think_deadline));
            }
        }
        if self.interview.state == State::Checked {
            self.interview.state = State::InProgress;
            self.effects.push(Effect::Notify("interview.started"));
        }
        Ok(())
    }

    fn take_started(&mut self, question_id: &str, take_id: TakeId) -> Result<(), Refused> {
        self.open()?;
        let question = self.question(question_id)?;
        if question.kind != QuestionKind::Video {
            return Err(Refused::conflict("question_not_video", "this question is not answered on camera"));
        }
        let allowed = self.interview.takes_allowed(&question);
        let (connected, now) = (self.interview.connected, self.now);
        let answer_ms = answer_ms(&question, &self.interview.accommodations);
        if let Some((answer, _)) = self.interview.open_take() {
            return if answer.question_id == question_id {
                Ok(())
            } else {
                Err(Refused::conflict("take_open", "another question is being recorded"))
            };
        }
        let answer = self.answer_mut(question_id)?;
        if answer.submitted.is_some() {
            return Err(Refused::conflict("question_answered", "this question has been answered"));
        }
        if answer.opened_at.is_none() {
            return Err(Refused::conflict("question_not_open", "open the question first"));
        }
        if !connected {
            return Err(Refused::new(
                Kind::Unavailable,
                "media_not_connected",
                "no camera picture arrives at the server yet; connect first",
            ));
        }
        let used =
            answer.takes.iter().filter(|t| t.counts() && t.state != TakeState::Thinking).count() as u32;
        let take = match answer.takes.iter_mut().find(|t| t.state == TakeState::Thinking) {
            Some(thinking) => thinking,
            None if used >= allowed => {
                return Err(Refused::new(
                    Kind::Exhausted,
                    "takes_used_up",
                    format!("all {allowed} takes of this question are used; choose one of them"),
                ));
            }
            None => {
                let number = answer.takes.len() as u32 + 1;
                answer.takes.push(Take::new(take_id, number, None));
                answer.takes.last_mut().ok_or_else(|| Refused::conflict("take_open", "no take"))?
            }
        };
        take.start(now, answer_ms);
        let id = take.id;
        self.effects.push(Effect::RecordTake(id));
        Ok(())
    }

    fn take_stopped(&mut self, take_id: TakeId, reason: StopReason) -> Result<(), Refused> {
        let now = self.now;
        let take = self.take_mut(take_id)?;
        match take.state {
            TakeState::Recording | TakeState::Interrupted => {
                take.stop(now, reason);
                self.effects.push(Effect::SealTake { take_id, at: now, reason });
                Ok(())
            }
            TakeState::Thinking => Err(Refused::conflict("take_not_started", "this take has not started")),
            _ => Ok(()),
        }
    }

    fn take_finalised(&mut self, take_id: TakeId, recording: Option<Recording>) -> Result<(), Refused> {
        let now = self.now;
        let take = self.take_mut(take_id)?;
        if take.state == TakeState::Thinking {
            return Err(Refused::conflict("take_not_started", "this take has not started"));
        }
        if take.is_open() {
            // Found open at start-up: the finaliser closed it.
            take.stop(now, StopReason::Server);
        }
        if recording.is_none() && take.state == TakeState::Recorded {
            take.state = TakeState::Faulted;
        }
        take.recording = recording;
        Ok(())
    }

    fn notes_written(&mut self, question_id: &str, notes: String) -> Result<(), Refused> {
        const MAX_NOTES_CHARS: usize = 20_000;
        self.open()?;
        if notes.chars().count() > MAX_NOTES_CHARS {
            return Err(Refused::new(Kind::TooLarge, "notes_too_long", "notes: at most 20000 characters"));
        }
        self.answer_mut(question_id)?.notes = notes;
        Ok(())
    }

    fn answered(&mut self, question_id: &str, answer: SubmittedAnswer) -> Result<(), Refused> {
        self.open()?;
        let question = self.question(question_id)?;
        let now = self.now;
        // Whoever chooses an earlier take while a further one records has ended that one.
        let further = self.interview.open_take();
        if further.is_some_and(|(a, t)| a.question_id == question_id && answer != SubmittedAnswer::Take(t.id))
        {
            self.seal_open_take(StopReason::Candidate);
        }
        let state = self.answer_mut(question_id)?;
        if state.submitted.is_some() {
            // A repeat of the same answer is the page trying again after a lost response.
            return if state.submitted.as_ref() == Some(&answer) {
                Ok(())
            } else {
                Err(Refused::conflict("question_answered", "this question has been answered"))
            };
        }
        if state.opened_at.is_none() {
            return Err(Refused::conflict("question_not_open", "open the question first"));
        }
        state.accept(&question, &answer)?;
        state.submitted = Some(answer);
        state.submitted_at = Some(now);
        self.effects.push(Effect::Notify("interview.answer_recorded"));
        self.effects.push(Effect::Analyse { question_id: question_id.to_owned() });
        Ok(())
    }

    fn media(&mut self, connected: bool) -> Result<(), Refused> {
        self.interview.connected = connected;
        let take = self.interview.answers.iter_mut().flat_map(|a| &mut a.takes).find(|t| t.is_open());
        if let Some(take) = take {
            match (take.state, connected) {
                (TakeState::Interrupted, true) => {
                    take.state = TakeState::Recording;
                    self.effects.push(Effect::RecordTake(take.id));
                }
                (TakeState::Recording, false) => {
                    take.state = TakeState::Interrupted;
                    take.interruptions += 1;
                }
                _ => {}
            }
        }
        // Thinking may have been over for a while: it ends now that there is something to record.
        self.tick();
        Ok(())
    }

    fn submitted(&mut self) -> Result<(), Refused> {
        if matches!(self.interview.state, State::Submitted | State::Analysed | State::Decided) {
            return Ok(());
        }
        self.open()?;
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
        for answer in &mut interview.answers {
            answer.notes.clear();
            answer.submitted = None;
            answer.takes.clear();
        }
        self.effects.push(Effect::Erase);
        self.effects.push(Effect::Notify("data.deleted"));
    }

    /// Lets every deadline that has passed take effect.
    fn tick(&mut self) {
        let now = self.now;
        if !self.interview.state.is_open() {
            if self.interview.delete_at().is_some_and(|at| at <= now) {
                self.erase();
            }
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
        if self.interview.connected {
            self.end_thinking();
        }
        let expired = self.interview.expires_at <= now;
        if self.interview.remind_at.take_if(|at| *at <= now).is_some() && !expired {
            self.effects.push(Effect::Notify("interview.expiring"));
        }
        // A candidate in the middle of an answer is never cut off by the invitation's end.
        if expired && self.interview.open_take().is_none() {
            self.interview.state = State::Expired;
            self.effects.push(Effect::Notify("interview.expired"));
        }
    }

    fn end_thinking(&mut self) {
        let now = self.now;
        let (position, accommodations) = (&self.interview.position, &self.interview.accommodations);
        for answer in &mut self.interview.answers {
            let Some(question) = position.question(&answer.question_id) else { continue };
            let over = |t: &&mut Take| t.state == TakeState::Thinking && t.is_due(now);
            if let Some(take) = answer.takes.iter_mut().find(over) {
                take.start(now, answer_ms(question, accommodations));
                self.effects.push(Effect::RecordTake(take.id));
            }
        }
    }

    fn seal_open_take(&mut self, reason: StopReason) {
        let at = self.now;
        if let Some(take) = self.interview.answers.iter_mut().flat_map(|a| &mut a.takes).find(|t| t.is_open())
        {
            take.stop(at, reason);
            self.effects.push(Effect::SealTake { take_id: take.id, at, reason });
        }
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

    fn take_mut(&mut self, id: TakeId) -> Result<&mut Take, Refused> {
        self.interview
            .answers
            .iter_mut()
            .flat_map(|a| &mut a.takes)
            .find(|t| t.id == id)
            .ok_or_else(|| Refused::not_found("take_unknown", "no such take in this interview"))
    }
}

impl AnswerState {
    /// Marks the takes for a fitting answer; refuses one of the wrong kind.
    fn accept(&mut self, question: &Question, answer: &SubmittedAnswer) -> Result<(), Refused> {
        const MAX_ANSWER_CHARS: usize = 100_000;
        match (question.kind, answer) {
            (QuestionKind::Video, SubmittedAnswer::Take(id)) => {
                let take = self
                    .takes
                    .iter()
                    .find(|t| t.id == *id)
                    .ok_or_else(|| Refused::not_found("take_unknown", "no such take of this question"))?;
                if take.state != TakeState::Recorded {
                    return Err(Refused::conflict(
                        "take_not_recorded",
                        "this take is not a finished recording",
                    ));
                }
                if take.recording.is_none() {
                    return Err(Refused::new(
                        Kind::Unavailable,
                        "take_not_ready",
                        "the recording is still being checked; try again in a second",
                    ));
                }
                for take in &mut self.takes {
                    take.state = match take.state {
                        _ if take.id == *id => TakeState::Chosen,
                        TakeState::Faulted => TakeState::Faulted,
                        _ => TakeState::Discarded,
                    };
                }
                Ok(())
            }
            (QuestionKind::Text | QuestionKind::Code, SubmittedAnswer::Text(text)) => {
                if text.chars().count() > MAX_ANSWER_CHARS {
                    return Err(Refused::new(
                        Kind::TooLarge,
                        "answer_too_long",
                        "text: at most 100000 characters",
                    ));
                }
                Ok(())
            }
            (QuestionKind::Choice, SubmittedAnswer::Choice(ids)) => {
                match ids.iter().find(|id| !question.options.iter().any(|o| o.id == **id)) {
                    Some(_) => {
                        Err(Refused::invalid("choice_unknown", "choice: names an option that is not there"))
                    }
                    None if ids.is_empty() => {
                        Err(Refused::invalid("choice_missing", "choice: choose an option"))
                    }
                    None => Ok(()),
                }
            }
            (kind, _) => Err(Refused::invalid(
                "answer_kind",
                format!("this question is answered by {kind:?}: send take_id, text or choice accordingly"),
            )),
        }
    }
}

fn think_ms(question: &Question, accommodations: &Accommodations) -> Option<u64> {
    scaled(question.think_seconds, accommodations)
}

fn answer_ms(question: &Question, accommodations: &Accommodations) -> Option<u64> {
    scaled(question.answer_seconds, accommodations)
}

fn scaled(seconds: Option<u32>, accommodations: &Accommodations) -> Option<u64> {
    let seconds = seconds.filter(|_| !accommodations.untimed)?;
    Some((f64::from(seconds) * 1000.0 * accommodations.time_factor) as u64)
}

fn longer(current: Option<Timestamp>, from: Timestamp, milliseconds: Option<u64>) -> Option<Timestamp> {
    Some(current?.max(from + milliseconds?))
}
