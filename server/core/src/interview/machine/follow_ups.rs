//! Follow-ups: further questions that an answer leads to. The candidate waits for them three seconds at most; whoever
//! goes on before, or whose transcript comes later, is not asked.

use super::Transition;
use crate::{
    error::Refused,
    interview::{AnswerState, AskedFollowUp},
    position::Reason,
};

pub(super) const LONGEST_WAIT_MS: u64 = 3_000;

impl Transition {
    pub(super) fn may_follow_up(&self, question_id: &str) -> bool {
        let question = self.interview.position.question(question_id);
        question.is_some_and(|question| self.interview.may_follow_up(question, self.now))
    }

    pub(super) fn measures_early(&self, question_id: &str) -> bool {
        let question = self.interview.position.question(question_id);
        question.is_some_and(|question| self.interview.measures_early(question, self.now))
    }

    pub(super) fn follow_ups_found(
        &mut self,
        question_id: &str,
        found: Vec<(usize, Reason)>,
    ) -> Result<(), Refused> {
        let asked = self.may_follow_up(question_id) && self.interview.state.is_open();
        let answer = self.answer_mut(question_id)?;
        // Too late, or done already.
        if answer.follow_up_until.take().is_none() || !asked {
            return Ok(());
        }
        let question = self.question(question_id)?;
        let rules = found.into_iter().filter_map(|(number, reason)| {
            Some((question.follow_ups.get(number)?.question(&question, number + 1), reason))
        });
        // In the order of the rules, right behind the question.
        for (further, reason) in rules.collect::<Vec<_>>().into_iter().rev() {
            let interview = &mut self.interview;
            if interview.position.question(&further.id).is_some() {
                continue;
            }
            let behind = |id: &str| id == question_id;
            let (Some(place), Some(question_place)) = (
                interview.answers.iter().position(|a| behind(&a.question_id)),
                interview.position.questions.iter().position(|q| behind(&q.id)),
            ) else {
                continue;
            };
            interview.follow_ups.push(AskedFollowUp {
                question_id: further.id.clone(),
                after: question_id.to_owned(),
                reason,
            });
            interview.answers.insert(place + 1, AnswerState::of(&further));
            interview.position.questions.insert(question_place + 1, further);
        }
        Ok(())
    }

    /// The candidate does not wait any more.
    pub(super) fn go_on(&mut self) {
        for answer in &mut self.interview.answers {
            answer.follow_up_until = None;
        }
    }

    /// Ends waiting that took too long, and what can no longer be answered: it must not keep the rest from being sent.
    pub(super) fn end_follow_ups(&mut self) {
        let now = self.now;
        for answer in &mut self.interview.answers {
            answer.follow_up_until.take_if(|until| *until <= now);
        }
        let interview = &mut self.interview;
        if interview.expires_at > now || interview.follow_ups.is_empty() {
            return;
        }
        let unopened = |id: &str| {
            interview.answers.iter().any(|answer| answer.question_id == id && answer.opened_at.is_none())
        };
        let (gone, asked): (Vec<_>, Vec<_>) =
            interview.follow_ups.iter().cloned().partition(|further| unopened(&further.question_id));
        let stays = |id: &str| !gone.iter().any(|further| further.question_id == id);
        interview.answers.retain(|answer| stays(&answer.question_id));
        interview.position.questions.retain(|question| stays(&question.id));
        interview.follow_ups = asked;
    }
}
