//! Under which conditions an interview is held: consents, language, mode, accommodations, device checks.

use super::{Effect, Transition};
use crate::{
    consent::{Consent, Purpose, granted},
    error::{Kind, Refused},
    interview::{AFTER_QUEUE_MS, Accommodations, Checks, State},
    position::{Question, ThinkLimit},
    report::AiMode,
    take::TakeState,
    time::Timestamp,
};

impl Transition {
    /// The first decisions, and later ones: a yes may be taken back until everything is deleted.
    pub(super) fn consented(&mut self, consents: Vec<Consent>) -> Result<(), Refused> {
        let is_submitted =
            matches!(self.interview.state, State::Submitted | State::Analysed | State::Decided);
        if !is_submitted {
            self.open()?;
        }
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
        let before = &self.interview.consents;
        let asked = Purpose::asked_by(&self.interview.position);
        if is_submitted && asked.iter().any(|p| granted(&consents, *p) && !granted(before, *p)) {
            return Err(Refused::conflict(
                "interview_submitted",
                "consents: this interview has been submitted; a yes can only be taken back now",
            ));
        }
        let taken_back = asked.iter().any(|p| granted(before, *p) && !granted(&consents, *p));
        let consents: Vec<_> = consents.into_iter().filter(|c| asked.contains(&c.purpose)).collect();
        self.remember(&consents)?;
        if !granted(&consents, Purpose::Analysis) {
            self.interview.ai_mode = AiMode::HumanOnly;
        }
        self.interview.consents = consents;
        if taken_back {
            self.effects.push(Effect::Remeasure);
        }
        if matches!(self.interview.state, State::Invited | State::Opened) {
            self.interview.state = State::Consented;
            self.effects.push(Effect::Notify("interview.consented"));
        }
        Ok(())
    }

    /// Keeps what changes, so that it can be shown later what held when.
    fn remember(&mut self, consents: &[Consent]) -> Result<(), Refused> {
        const MOST_DECISIONS: usize = 200;
        let before = &self.interview.consents;
        let news = consents
            .iter()
            .filter(|new| !before.iter().any(|old| old.purpose == new.purpose && old.granted == new.granted));
        let news: Vec<_> = news.cloned().collect();
        if self.interview.consent_history.len() + news.len() > MOST_DECISIONS {
            return Err(Refused::new(Kind::Exhausted, "consents_too_many", "consents: changed too often"));
        }
        self.interview.consent_history.extend(news);
        Ok(())
    }

    /// A wish that stays on record, and never counts against anybody.
    pub(super) fn human_requested(&mut self) -> Result<(), Refused> {
        if matches!(self.interview.state, State::Withdrawn | State::Erased) {
            return self.open().map(drop);
        }
        if !self.interview.human_requested {
            self.interview.human_requested = true;
            self.interview.human_requested_at = Some(self.now);
            self.effects.push(Effect::Notify("interview.human_requested"));
        }
        Ok(())
    }

    pub(super) fn set_locale(&mut self, locale: String) -> Result<(), Refused> {
        if !self.interview.position.languages.contains(&locale) {
            return Err(Refused::invalid(
                "locale_unknown",
                format!("locale: this interview is held in {}", self.interview.position.languages.join(", ")),
            ));
        }
        self.interview.locale = locale;
        Ok(())
    }

    pub(super) fn set_mode(&mut self, mode: AiMode) -> Result<(), Refused> {
        let analysis = granted(&self.interview.consents, Purpose::Analysis);
        if mode != AiMode::HumanOnly && !self.interview.consents.is_empty() && !analysis {
            return Err(Refused::conflict("analysis_not_consented", "mode: analysis was not agreed to"));
        }
        if self.interview.ai_mode == AiMode::HumanOnly && mode != AiMode::HumanOnly {
            // What was handed in before was not measured.
            let answered = self.interview.answers.iter().filter(|answer| answer.submitted.is_some());
            let analyses = answered.map(|a| Effect::Analyse { question_id: a.question_id.clone() });
            self.effects.extend(analyses);
        }
        if self.interview.ai_mode != AiMode::HumanOnly && mode == AiMode::HumanOnly {
            self.effects.push(Effect::Remeasure);
        }
        self.interview.ai_mode = mode;
        Ok(())
    }

    pub(super) fn accommodate(&mut self, wanted: Accommodations) -> Result<(), Refused> {
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
            let from = answer.opened_at.unwrap_or(self.now);
            let thinks_from = answer.thinks_since().unwrap_or(self.now);
            answer.deadline = longer(answer.deadline, from, accommodations.answer_ms(question));
            for take in &mut answer.takes {
                match take.state {
                    // Nothing starts by itself beside somebody who writes.
                    TakeState::Thinking if accommodations.typed_answers => take.think_deadline = None,
                    TakeState::Thinking => {
                        take.think_deadline =
                            longer(take.think_deadline, thinks_from, accommodations.think_ms(question));
                    }
                    TakeState::Recording | TakeState::Interrupted => {
                        let from = take.started_at.unwrap_or(self.now);
                        take.answer_deadline =
                            longer(take.answer_deadline, from, accommodations.answer_ms(question));
                        take.sound_only |= accommodations.audio_only;
                    }
                    _ => {}
                }
            }
        }
        self.effects.push(Effect::Notify("interview.accommodation_requested"));
        Ok(())
    }

    /// The end of the link does not come while somebody waits for the server.
    pub(super) fn queued(&mut self) -> Result<(), Refused> {
        if self.interview.ends_in_queue(self.now) {
            self.interview.expires_at = self.now + AFTER_QUEUE_MS;
        }
        Ok(())
    }

    pub(super) fn identified(&mut self) -> Result<(), Refused> {
        self.open()?;
        if matches!(self.interview.state, State::Invited | State::Opened) {
            return Err(Refused::conflict("consent_first", "consents come before anything is said"));
        }
        self.interview.identified_at = Some(self.now);
        Ok(())
    }

    pub(super) fn checked(&mut self, checks: Checks) -> Result<(), Refused> {
        self.open()?;
        if matches!(self.interview.state, State::Invited | State::Opened) {
            return Err(Refused::conflict("consent_first", "consents come before the device check"));
        }
        if !self.interview.position.identity.is_empty() && self.interview.identified_at.is_none() {
            return Err(Refused::conflict(
                "identity_first",
                "what the position asks for comes before the check",
            ));
        }
        self.interview.checks = Some(checks);
        if self.interview.state == State::Consented {
            self.interview.state = State::Checked;
        }
        Ok(())
    }
}

impl Accommodations {
    /// How long the candidate may think before the recording starts by itself; `None` for as long as they like.
    pub fn think_ms(&self, question: &Question) -> Option<u64> {
        let ends_by_itself = question.think_limit == ThinkLimit::Hard && !self.typed_answers;
        self.scaled_ms(question.think_seconds.filter(|_| ends_by_itself))
    }

    /// How long the candidate may answer; `None` for as long as they like.
    pub fn answer_ms(&self, question: &Question) -> Option<u64> {
        self.scaled_ms(question.answer_seconds)
    }

    fn scaled_ms(&self, seconds: Option<u32>) -> Option<u64> {
        let seconds = seconds.filter(|_| !self.untimed)?;
        Some((f64::from(seconds) * 1000.0 * self.time_factor) as u64)
    }
}

fn longer(current: Option<Timestamp>, from: Timestamp, milliseconds: Option<u64>) -> Option<Timestamp> {
    Some(current?.max(from + milliseconds?))
}
