//! Questions opened and takes recorded: the part of the machine that media and clocks drive.

use super::{Effect, Transition};
use crate::{
    error::{Kind, Refused},
    id::TakeId,
    interview::{State, Transport},
    position::QuestionKind,
    take::{FaultCause, Recording, StopReason, Take, TakeState},
};

impl Transition {
    pub(super) fn question_opened(&mut self, question_id: &str, take_id: TakeId) -> Result<(), Refused> {
        self.beginning()?;
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
        self.go_on();
        let think_ms = self.interview.accommodations.think_ms(&question);
        // No clock runs beside a prompt.
        let think_deadline = think_ms.filter(|_| question.prompt.is_none()).map(|ms| self.now + ms);
        let deadline = self.interview.accommodations.answer_ms(&question).map(|ms| self.now + ms);
        let now = self.now;
        let answer = self.answer_mut(question_id)?;
        // Opening again (a reload, a second device) changes no deadline.
        if answer.opened_at.is_none() {
            answer.opened_at = Some(now);
            if question.kind == QuestionKind::Video {
                answer.takes.push(Take::new(take_id, 1, think_deadline));
            } else {
                answer.deadline = deadline;
            }
        }
        if self.interview.state == State::Checked {
            self.interview.state = State::InProgress;
            self.effects.push(Effect::Notify("interview.started"));
        }
        Ok(())
    }

    pub(super) fn take_started(&mut self, question_id: &str, take_id: TakeId) -> Result<(), Refused> {
        self.open()?;
        let question = self.question(question_id)?;
        if question.kind != QuestionKind::Video {
            return Err(Refused::conflict("question_not_video", "this question is not answered on camera"));
        }
        let (allowed, left) = (self.interview.takes_allowed(&question), self.interview.takes_left(&question));
        let (can_record, now) = (self.interview.can_record(), self.now);
        let answer_ms = self.interview.accommodations.answer_ms(&question);
        let sound_only = self.interview.accommodations.audio_only;
        if let Some((answer, _)) = self.interview.open_take() {
            return if answer.question_id == question_id {
                Ok(())
            } else {
                Err(Refused::conflict("take_open", "another question is being recorded"))
            };
        }
        self.beginning()?;
        let answer = self.answer_mut(question_id)?;
        if answer.submitted.is_some() {
            return Err(Refused::conflict("question_answered", "this question has been answered"));
        }
        if answer.opened_at.is_none() {
            return Err(Refused::conflict("question_not_open", "open the question first"));
        }
        if question.prompt.is_some() && answer.prompt_over_at.is_none() {
            return Err(Refused::conflict(
                "prompt_first",
                "the question's prompt comes before the recording",
            ));
        }
        if !can_record {
            return Err(Refused::new(
                Kind::Unavailable,
                "media_not_connected",
                "no camera picture arrives at the server yet; connect first",
            ));
        }
        let take = match answer.takes.iter_mut().find(|t| t.state == TakeState::Thinking) {
            Some(thinking) => thinking,
            None if left == 0 => {
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
        take.start(now, answer_ms, sound_only);
        let id = take.id;
        self.effects.push(Effect::RecordTake(id));
        Ok(())
    }

    pub(super) fn take_stopped(&mut self, take_id: TakeId, reason: StopReason) -> Result<(), Refused> {
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

    pub(super) fn take_finalised(
        &mut self,
        take_id: TakeId,
        recording: Option<Recording>,
        backfills: u32,
    ) -> Result<(), Refused> {
        let now = self.now;
        let take = self.take_mut(take_id)?;
        if take.state == TakeState::Thinking {
            return Err(Refused::conflict("take_not_started", "this take has not started"));
        }
        if take.is_open() {
            // Found open at start-up: the finaliser closed it.
            take.stop(now, StopReason::Server);
        }
        match (take.state, &recording) {
            (TakeState::Recorded, None) => take.state = TakeState::Faulted,
            // The browser's own copy held what no connection had brought.
            (TakeState::Faulted, Some(_)) if take.backfilling => take.state = TakeState::Recorded,
            _ => {}
        }
        let handed_in = take.state == TakeState::Chosen && take.recording != recording;
        take.backfilling = take.backfills != backfills;
        take.recording = recording;
        // Of one with holes more may come, and it would be measured again.
        let is_whole = take.recording.as_ref().is_some_and(|recording| recording.missing.is_empty());
        let is_offered = take.state == TakeState::Recorded && is_whole && !take.backfilling;
        let answer = self.interview.answers.iter().find(|a| a.takes.iter().any(|t| t.id == take_id));
        let question_id = answer.map(|a| a.question_id.clone()).unwrap_or_default();
        if handed_in {
            self.effects.push(Effect::Analyse { question_id });
        } else if is_offered && self.measures_early(&question_id) {
            self.effects.push(Effect::AnalyseEarly { question_id, take_id });
        }
        Ok(())
    }

    /// Only what is over can be filled: while a take records, its journal takes whatever comes.
    pub(super) fn take_backfilled(&mut self, take_id: TakeId) -> Result<(), Refused> {
        self.open()?;
        let answered = self.interview.take(take_id).is_some_and(|(answer, _)| answer.submitted.is_some());
        let take = self.take_mut(take_id)?;
        match take.state {
            TakeState::Chosen => {}
            TakeState::Recorded | TakeState::Faulted if !answered => {}
            TakeState::Recorded | TakeState::Faulted | TakeState::Discarded => {
                return Err(Refused::new(
                    Kind::Gone,
                    "take_discarded",
                    "this take was not chosen: nothing more of it is needed",
                ));
            }
            TakeState::Thinking | TakeState::Recording | TakeState::Interrupted => {
                return Err(Refused::conflict("take_not_over", "this take is not over yet"));
            }
        }
        take.backfilling = true;
        take.backfills += 1;
        self.effects.push(Effect::Finalise(take_id));
        Ok(())
    }

    pub(super) fn connected(&mut self) -> Result<(), Refused> {
        self.interview.connected = true;
        self.interview.transport = Transport::Media;
        self.follow_media(FaultCause::ConnectionLost);
        Ok(())
    }

    pub(super) fn disconnected(&mut self, cause: FaultCause) -> Result<(), Refused> {
        self.interview.connected = false;
        self.follow_media(cause);
        Ok(())
    }

    pub(super) fn device_fault(
        &mut self,
        take_id: TakeId,
        cause: FaultCause,
        is_over: bool,
    ) -> Result<(), Refused> {
        if !cause.is_of_device() {
            return Err(Refused::invalid(
                "fault_cause",
                "cause: the page reports camera_lost, microphone_lost or microphone_muted",
            ));
        }
        let now = self.now;
        let take = self.take_mut(take_id)?;
        if take.is_open() && is_over {
            take.fault_ends(|lasting| lasting == cause, now);
        } else if take.is_open() {
            take.fault_begins(cause, now);
        }
        Ok(())
    }

    pub(super) fn transport_chosen(&mut self, transport: Transport) -> Result<(), Refused> {
        // The page notices a loss before the server does, and knows best what gets through.
        let (before, now) = (self.interview.transport, self.now);
        self.interview.transport = transport;
        if let Some(take) = self.interview.open_take_mut().filter(|_| before != transport) {
            take.fault_begins(FaultCause::ConnectionLost, now);
        }
        self.follow_media(FaultCause::ConnectionLost);
        Ok(())
    }

    /// The open take goes on as soon as there is a way for media, and is interrupted by `cause` without one.
    fn follow_media(&mut self, cause: FaultCause) {
        let now = self.now;
        let can_record = self.interview.can_record();
        if let Some(take) = self.interview.open_take_mut() {
            match (take.state, can_record) {
                // Also when it never stopped: after a restart its journal is to be opened again.
                (_, true) => {
                    take.state = TakeState::Recording;
                    take.fault_ends(|cause| !cause.is_of_device(), now);
                    self.effects.push(Effect::RecordTake(take.id));
                }
                (TakeState::Recording, false) => {
                    take.state = TakeState::Interrupted;
                    take.fault_begins(cause, now);
                }
                _ => {}
            }
        }
        // Thinking may have been over for a while: it ends now that there is something to record.
        self.tick();
    }

    pub(super) fn end_thinking(&mut self) {
        let now = self.now;
        let (position, accommodations) = (&self.interview.position, &self.interview.accommodations);
        for answer in &mut self.interview.answers {
            let Some(question) = position.question(&answer.question_id) else { continue };
            let over = |t: &&mut Take| t.state == TakeState::Thinking && t.is_due(now);
            if let Some(take) = answer.takes.iter_mut().find(over) {
                take.start(now, accommodations.answer_ms(question), accommodations.audio_only);
                self.effects.push(Effect::RecordTake(take.id));
            }
        }
    }

    pub(super) fn seal_open_take(&mut self, reason: StopReason) {
        let at = self.now;
        if let Some(take) = self.interview.open_take_mut() {
            take.stop(at, reason);
            self.effects.push(Effect::SealTake { take_id: take.id, at, reason });
        }
    }

    pub(super) fn take_mut(&mut self, id: TakeId) -> Result<&mut Take, Refused> {
        self.interview
            .answers
            .iter_mut()
            .flat_map(|a| &mut a.takes)
            .find(|t| t.id == id)
            .ok_or_else(|| Refused::not_found("take_unknown", "no such take in this interview"))
    }
}
