//! What a candidate hands in.

use super::{Effect, Transition, follow_ups::LONGEST_WAIT_MS};
use crate::{
    error::{Kind, Refused},
    interview::{AnswerState, SubmittedAnswer},
    position::{Question, QuestionKind},
    take::{StopReason, TakeState},
};

/// Who hands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Candidate,
    /// The server, when the time is over: then nothing is an answer, too.
    Clock,
}

impl Transition {
    pub(super) fn notes_written(&mut self, question_id: &str, notes: String) -> Result<(), Refused> {
        const MAX_NOTES_CHARS: usize = 20_000;
        self.open()?;
        if notes.chars().count() > MAX_NOTES_CHARS {
            return Err(Refused::new(Kind::TooLarge, "notes_too_long", "notes: at most 20000 characters"));
        }
        self.answer_mut(question_id)?.notes = notes;
        Ok(())
    }

    /// What the page handed in itself, meanwhile, goes before it.
    pub(super) fn time_up(&mut self, question_id: &str, answer: SubmittedAnswer) -> Result<(), Refused> {
        let state = self.answer_mut(question_id)?;
        if !state.time_up || state.submitted.is_some() {
            return Ok(());
        }
        self.answered(question_id, answer, By::Clock)
    }

    pub(super) fn answered(
        &mut self,
        question_id: &str,
        answer: SubmittedAnswer,
        by: By,
    ) -> Result<(), Refused> {
        self.open()?;
        let question = self.question(question_id)?;
        let now = self.now;
        // Whoever chooses an earlier take while a further one records has ended that one.
        let further = self.interview.open_take();
        if further.is_some_and(|(a, t)| a.question_id == question_id && answer != SubmittedAnswer::Take(t.id))
        {
            self.seal_open_take(StopReason::Candidate);
        }
        let typed = self.interview.accommodations.typed_answers;
        let waits = by == By::Candidate && self.may_follow_up(question_id);
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
        state.accept(&question, &answer, typed, by)?;
        state.submitted = Some(answer);
        state.submitted_at = Some(now);
        state.follow_up_until = waits.then(|| now + LONGEST_WAIT_MS);
        self.effects.push(Effect::Notify("interview.answer_recorded"));
        self.effects.push(Effect::Analyse { question_id: question_id.to_owned() });
        Ok(())
    }
}

impl AnswerState {
    /// Marks the takes for a fitting answer; refuses one of the wrong kind.
    fn accept(
        &mut self,
        question: &Question,
        answer: &SubmittedAnswer,
        typed: bool,
        by: By,
    ) -> Result<(), Refused> {
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
            (kind, SubmittedAnswer::Text(text))
                if kind != QuestionKind::Choice && (typed || kind != QuestionKind::Video) =>
            {
                if text.chars().count() > MAX_ANSWER_CHARS {
                    return Err(Refused::new(
                        Kind::TooLarge,
                        "answer_too_long",
                        "text: at most 100000 characters",
                    ));
                }
                // Whatever was recorded before is not what was handed in.
                for take in self.takes.iter_mut().filter(|take| take.state != TakeState::Faulted) {
                    take.state = TakeState::Discarded;
                }
                Ok(())
            }
            (QuestionKind::Choice, SubmittedAnswer::Choice(ids)) => {
                match ids.iter().find(|id| !question.options.iter().any(|o| o.id == **id)) {
                    Some(_) => {
                        Err(Refused::invalid("choice_unknown", "choice: names an option that is not there"))
                    }
                    None if ids.is_empty() && by == By::Candidate => {
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
