//! Prompts: what is played or read aloud before the time to think starts.

use super::Transition;
use crate::{error::Refused, take::TakeState};

impl Transition {
    /// Doing it again (a reload, a second device) changes no deadline.
    pub(super) fn prompt_over(&mut self, question_id: &str) -> Result<(), Refused> {
        self.open()?;
        let question = self.question(question_id)?;
        let now = self.now;
        let think_deadline = self.interview.accommodations.think_ms(&question).map(|ms| now + ms);
        let answer = self.answer_mut(question_id)?;
        if answer.opened_at.is_none() {
            return Err(Refused::conflict("question_not_open", "open the question first"));
        }
        if question.prompt.is_none() || answer.prompt_over_at.is_some() || answer.submitted.is_some() {
            return Ok(());
        }
        answer.prompt_over_at = Some(now);
        if let Some(take) = answer.takes.iter_mut().find(|take| take.state == TakeState::Thinking) {
            take.think_deadline = think_deadline;
        }
        Ok(())
    }
}
