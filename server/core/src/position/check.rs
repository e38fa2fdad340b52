//! What is wrong with a position, all at once, each with the field, the value and the mend.

use std::{collections::BTreeSet, fmt};

use super::{Position, Question, QuestionKind, Text, follow_up};
use crate::{
    identity,
    profile::{FaceTier, Rules},
    retention::{ANSWER_CLASSES, DataClass, bounds},
};

/// One thing to mend in a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, as in `questions[1].answer_seconds`.
    pub field: String,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

const SPOKEN: [&str; 2] = ["zh", "en"];
const MAX_QUESTIONS: usize = 50;
const MAX_ANSWER_SECONDS: u32 = 2 * 60 * 60;
const MOST_WEIGHT: f64 = 100.0;
const MAX_TEXT_CHARS: usize = 4000;

impl Position {
    /// Everything that keeps this position from being used; empty when it is good.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Found::default();
        found.identifier("id", &self.id);
        found.text("title", &self.title);
        self.check_languages(&mut found);
        self.check_profile(&mut found);
        self.check_identity(&mut found);
        self.check_dimensions(&mut found);
        self.check_thresholds(&mut found);
        self.check_questions(&mut found);
        if !(1..=365).contains(&self.invitation_days) {
            found.add("invitation_days", format!("is {}; write 1 to 365", self.invitation_days));
        }
        if !(1..=3650).contains(&self.retention_days) {
            found.add("retention_days", format!("is {}; write 1 to 3650", self.retention_days));
        }
        found.0
    }

    fn check_languages(&self, found: &mut Found) {
        if self.languages.is_empty() {
            found.add("languages", "is empty; name at least one of zh, en");
        }
        for (i, language) in self.languages.iter().enumerate() {
            if !SPOKEN.contains(&language.as_str()) {
                found.add(format!("languages[{i}]"), format!("is `{language}`; Viva speaks zh and en"));
            }
        }
    }

    fn check_profile(&self, found: &mut Found) {
        let highest = self.profile.highest_face_tier();
        if self.face.tier > highest {
            found.add(
                "face.tier",
                format!(
                    "is `{}`, but profile `{}` permits at most `{}`; lower the tier or choose the profile \
                     of the law that applies",
                    name(&self.face.tier),
                    self.profile,
                    name(&highest)
                ),
            );
        }
        let rules = self.profile.rules();
        let assessed = self.face.impact_assessment.as_deref().is_some_and(|named| !named.trim().is_empty());
        if rules.impact_assessment && self.face.tier > FaceTier::Quality && !assessed {
            found.add(
                "face.impact_assessment",
                format!(
                    "is missing; profile `{}` wants the impact assessment of tier `{}` named (a file number or a link)",
                    self.profile,
                    name(&self.face.tier)
                ),
            );
        }
        self.check_notice(rules, found);
        self.check_retention(found);
        self.check_demographics(rules, found);
    }

    fn check_notice(&self, rules: &Rules, found: &mut Found) {
        match (&rules.notice, &self.notice) {
            (Some(rule), None) => found.add(
                "notice",
                format!(
                    "is missing; profile `{}` scores only after a notice of {} business days and a bias audit: write \
                     posted_on, bias_audit_on and bias_audit_url",
                    self.profile, rule.business_days
                ),
            ),
            (Some(_), Some(notice)) if notice.bias_audit_on.is_none() || notice.bias_audit_url.is_none() => {
                found.add("notice", "needs bias_audit_on and bias_audit_url under this profile");
            }
            _ => {}
        }
        let Some(notice) = &self.notice else { return };
        let dates = [
            ("notice.posted_on", Some(&notice.posted_on)),
            ("notice.bias_audit_on", notice.bias_audit_on.as_ref()),
        ];
        for (field, date) in dates {
            if let Some(date) = date.filter(|date| date.parse::<jiff::civil::Date>().is_err()) {
                found.add(field, format!("is `{}`; write a date as in 2026-11-22", excerpt(date)));
            }
        }
    }

    fn check_retention(&self, found: &mut Found) {
        let days = self.retention_days;
        let (least, most) = bounds(self.profile, DataClass::Reports);
        if let Some(most) = most.filter(|most| days > *most) {
            found.add(
                "retention_days",
                format!("is {days}; profile `{}` keeps answers and scores for at most {most}", self.profile),
            );
        }
        if let Some(least) = least.filter(|least| days < *least) {
            found.add(
                "retention_days",
                format!("is {days}; profile `{}` wants scores kept for at least {least}", self.profile),
            );
        }
        for class in ANSWER_CLASSES {
            let Some(shorter) = self.retention.of(class) else { continue };
            let (field, name) = (format!("retention.{}", class.name()), class.name());
            let (least, _) = bounds(self.profile, class);
            if shorter == 0 || shorter > days {
                found.add(&field, format!("is {shorter}; write 1 to {days}, which is retention_days"));
            }
            if let Some(least) = least.filter(|least| shorter < *least) {
                let profile = self.profile;
                found.add(
                    &field,
                    format!("is {shorter}; profile `{profile}` wants {name} kept for at least {least}"),
                );
            }
        }
    }

    fn check_demographics(&self, rules: &Rules, found: &mut Found) {
        for (i, asked) in self.demographics.iter().enumerate() {
            let field = format!("demographics[{i}]");
            if !rules.demographics.contains(asked) {
                let named: Vec<_> = rules.demographics.iter().map(|allowed| allowed.name()).collect();
                let allowed = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
                found.add(
                    &field,
                    format!(
                        "is `{}`; profile `{}` lets candidates be asked: {allowed}",
                        asked.name(),
                        self.profile
                    ),
                );
            }
            if self.demographics[..i].contains(asked) {
                found.add(&field, format!("`{}` is there twice", asked.name()));
            }
        }
    }

    fn check_identity(&self, found: &mut Found) {
        for (i, field) in self.identity.iter().enumerate() {
            found.identifier(&format!("identity[{i}].id"), &field.id);
            found.text(&format!("identity[{i}].label"), &field.label);
            if let Some(hint) = &field.hint {
                found.text(&format!("identity[{i}].hint"), hint);
            }
        }
        for (field, message) in identity::problems(&self.identity, self.profile, self.profile.rules()) {
            found.add(field, message);
        }
    }

    fn check_dimensions(&self, found: &mut Found) {
        let mut names = BTreeSet::new();
        for (i, dimension) in self.dimensions.iter().enumerate() {
            found.identifier(&format!("dimensions[{i}].name"), &dimension.name);
            if !names.insert(&dimension.name) {
                found.add(format!("dimensions[{i}].name"), format!("`{}` is there twice", dimension.name));
            }
            if !dimension.weight.is_finite() || dimension.weight < 0.0 {
                found.add(
                    format!("dimensions[{i}].weight"),
                    format!("is {}; write 0 to 100", dimension.weight),
                );
            }
        }
        let sum: f64 = self.dimensions.iter().map(|d| d.weight).sum();
        if (sum - 100.0).abs() > 0.01 {
            found.add("dimensions", format!("the weights sum to {sum}; they must sum to 100"));
        }
    }

    fn check_thresholds(&self, found: &mut Found) {
        let named = [
            ("thresholds.ready_for_human_interview", self.thresholds.ready_for_human_interview),
            ("thresholds.suggest_offer_talk", self.thresholds.suggest_offer_talk),
        ];
        for (field, value) in named {
            if value.is_some_and(|v| !(0.0..=100.0).contains(&v)) {
                found.add(field, format!("is {}; write 0 to 100", value.unwrap_or_default()));
            }
        }
        if let (Some(ready), Some(offer)) = (named[0].1, named[1].1)
            && offer < ready
        {
            found.add(named[1].0, format!("is {offer}, below ready_for_human_interview ({ready}); raise it"));
        }
    }

    fn check_questions(&self, found: &mut Found) {
        if self.questions.is_empty() || self.questions.len() > MAX_QUESTIONS {
            found.add(
                "questions",
                format!("has {} entries; write 1 to {MAX_QUESTIONS}", self.questions.len()),
            );
        }
        let mut ids = BTreeSet::new();
        for (i, question) in self.questions.iter().enumerate() {
            let at = format!("questions[{i}]");
            if !ids.insert(&question.id) {
                found.add(format!("{at}.id"), format!("`{}` is there twice", question.id));
            }
            question.check(&at, &self.languages, found);
            for (j, criterion) in question.criteria.iter().enumerate() {
                let at = format!("{at}.criteria[{j}]");
                if !self.dimensions.iter().any(|d| d.name == criterion.dimension) {
                    found.add(
                        format!("{at}.dimension"),
                        format!("`{}` is not among dimensions", criterion.dimension),
                    );
                }
                if let Some(title) = &criterion.title {
                    found.text(&format!("{at}.title"), title);
                }
                for (field, message) in criterion.problems(self.face.tier) {
                    found.add(format!("{at}.{field}"), message);
                }
                if question.criteria[..j].iter().any(|c| c.id == criterion.id) {
                    found.add(format!("{at}.id"), format!("`{}` is there twice", criterion.id));
                }
            }
        }
    }
}

impl Question {
    fn check(&self, at: &str, languages: &[String], found: &mut Found) {
        found.identifier(&format!("{at}.id"), &self.id);
        found.text(&format!("{at}.text"), &self.text);
        match (self.kind, self.answer_seconds) {
            (QuestionKind::Video, None) => {
                found.add(format!("{at}.answer_seconds"), "is missing; a video question needs it");
            }
            (_, Some(seconds)) if !(5..=MAX_ANSWER_SECONDS).contains(&seconds) => {
                found.add(
                    format!("{at}.answer_seconds"),
                    format!("is {seconds}; write 5 to {MAX_ANSWER_SECONDS}"),
                );
            }
            _ => {}
        }
        if self.think_seconds.is_some_and(|s| s > 3600) {
            found.add(format!("{at}.think_seconds"), "is over 3600; leave it out for unlimited time");
        }
        if !(1..=20).contains(&self.takes) {
            found.add(format!("{at}.takes"), format!("is {}; write 1 to 20", self.takes));
        }
        if let Some(language) = self.answer_language.as_deref().filter(|l| !SPOKEN.contains(l)) {
            found.add(format!("{at}.answer_language"), format!("is `{language}`; Viva speaks zh and en"));
        }
        if !(self.weight > 0.0 && self.weight <= MOST_WEIGHT) {
            found.add(
                format!("{at}.weight"),
                format!("is {}; write more than 0, at most {MOST_WEIGHT}", self.weight),
            );
        }
        if (self.kind == QuestionKind::Choice) != (self.options.len() >= 2) {
            found.add(format!("{at}.options"), "a `choice` question needs at least two, others none");
        }
        if let Some(prompt) = &self.prompt {
            if self.kind != QuestionKind::Video {
                found.add(format!("{at}.prompt"), "belongs to `video` questions; take it out");
            }
            if let Some(speech) = &prompt.speech {
                found.text(&format!("{at}.prompt.speech"), speech);
            }
            for (field, message) in prompt.problems(languages) {
                let dot = if field.is_empty() { "" } else { "." };
                found.add(format!("{at}.prompt{dot}{field}"), message);
            }
        }
        for (i, follow_up) in self.follow_ups.iter().enumerate() {
            found.text(&format!("{at}.follow_ups[{i}].ask"), &follow_up.ask);
        }
        for (field, message) in follow_up::problems(self) {
            found.add(format!("{at}.{field}"), message);
        }
    }
}

fn name<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { field: field.into(), message: message.into() });
    }

    /// Identifiers go into URLs and file names.
    fn identifier(&mut self, field: &str, value: &str) {
        let good = !value.is_empty()
            && value.len() <= 64
            && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !good {
            self.add(field, format!("is `{}`; write 1 to 64 of a-z, A-Z, 0-9, - _ .", excerpt(value)));
        }
    }

    fn text(&mut self, field: &str, text: &Text) {
        let texts: Vec<&str> = text.every().collect();
        if texts.is_empty() || texts.iter().any(|t| t.trim().is_empty()) {
            self.add(field, "is empty");
        }
        if texts.iter().any(|t| t.chars().count() > MAX_TEXT_CHARS) {
            self.add(field, format!("is longer than {MAX_TEXT_CHARS} characters"));
        }
    }
}

fn excerpt(value: &str) -> String {
    value.chars().take(80).collect()
}
