//! Whether software may read an answer, when, and in which language.

use super::Interview;
use crate::{
    consent::{Purpose, granted},
    position::Question,
    report::AiMode,
    time::Timestamp,
};

impl Interview {
    /// Whether a take is measured as soon as it is recorded: somebody will wait for what it leads to, or no other can be
    /// handed in, and the report is there the sooner.
    pub fn measures_early(&self, question: &Question, now: Timestamp) -> bool {
        let is_last = self.takes_left(question) == 0;
        is_last && self.may_read() || self.may_follow_up(question, now)
    }

    /// Whether software may read the answer to this question, and has a reason to do so at once.
    pub(super) fn may_follow_up(&self, question: &Question, now: Timestamp) -> bool {
        !question.follow_ups.is_empty() && self.may_read() && self.expires_at > now
    }

    /// ISO 639-1 code of the language in which a question is to be answered aloud.
    pub fn answer_language<'a>(&'a self, question: &'a Question) -> &'a str {
        question.answer_language.as_deref().unwrap_or(&self.locale)
    }

    fn may_read(&self) -> bool {
        self.ai_mode != AiMode::HumanOnly && granted(&self.consents, Purpose::Analysis)
    }
}
