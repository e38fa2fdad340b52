//! Further questions that an answer leads to: by rules that are the same for everybody, and never more than two.

use serde::{Deserialize, Serialize};

use super::{Question, QuestionKind, Text, default_weight};
use crate::cue::Language;

const MOST_FOLLOW_UPS: usize = 2;
const MOST_TERMS: usize = 50;
const MOST_STATEMENT_CHARS: usize = 300;

/// A question that is asked right after another one, when its answer says (or leaves out) something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    pub when: When,
    pub ask: Text,
    /// As those of a question; absent means the same as for the question before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub think_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_seconds: Option<u32>,
}

/// What the answer says. Exactly one of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// One of these is said in a sentence. Spellings of a term are parted by `|`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
    /// None of these is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
    /// A statement about the answer that a language model in the house, where one is configured, finds to be true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<String>,
}

/// Why a follow-up is asked: by the terms of its rule, since the words themselves are sealed with the transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// This was said first.
    Mentioned(String),
    /// None of these was.
    Lacking(Vec<String>),
    /// This was found to be true, by the model of that name.
    Judged { statement: String, model: String },
}

impl FollowUp {
    /// Why it is to be asked after an answer with these findings; absent where it is not, and where only a language model
    /// could tell.
    pub fn reason(&self, language: &Language) -> Option<Reason> {
        let first_said = |terms: &[String]| {
            let found = language.keywords.iter().filter(|keyword| terms.contains(&keyword.term));
            let times = found.filter_map(|keyword| Some((keyword.hits.first()?.start_ms, &keyword.term)));
            times.min_by_key(|(start_ms, _)| *start_ms).map(|(_, term)| term.clone())
        };
        if self.when.judged.is_some() {
            return None;
        }
        if self.when.mentions.is_empty() {
            let is_lacking = first_said(&self.when.lacks).is_none();
            return is_lacking.then(|| Reason::Lacking(self.when.lacks.clone()));
        }
        first_said(&self.when.mentions).map(Reason::Mentioned)
    }

    pub fn terms(&self) -> impl Iterator<Item = &String> {
        self.when.mentions.iter().chain(&self.when.lacks)
    }

    /// The question that it becomes. It has no criteria: who was asked less must not score differently.
    pub(crate) fn question(&self, after: &Question, number: usize) -> Question {
        Question {
            id: format!("{}.follow-up-{number}", after.id.chars().take(48).collect::<String>()),
            kind: after.kind,
            text: self.ask.clone(),
            hint: None,
            think_seconds: self.think_seconds.or(after.think_seconds),
            think_limit: after.think_limit,
            answer_seconds: self.answer_seconds.or(after.answer_seconds),
            takes: after.takes,
            options: Vec::new(),
            answer_language: after.answer_language.clone(),
            weight: default_weight(),
            criteria: Vec::new(),
            prompt: None,
            follow_ups: Vec::new(),
        }
    }

    /// `(field, message)` of everything that is wrong.
    fn problems(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let When { mentions, lacks, judged } = &self.when;
        let ways = [!mentions.is_empty(), !lacks.is_empty(), judged.is_some()];
        if ways.into_iter().filter(|there| *there).count() != 1 {
            found.push((
                "when",
                "write either `mentions` or `lacks`, with at least one term, or `judged`, with a statement"
                    .into(),
            ));
        }
        let length = judged.as_ref().map(|statement| statement.trim().chars().count());
        if length.is_some_and(|length| !(1..=MOST_STATEMENT_CHARS).contains(&length)) {
            found.push((
                "when.judged",
                format!("write a statement of at most {MOST_STATEMENT_CHARS} characters"),
            ));
        }
        if self.terms().count() > MOST_TERMS {
            found.push(("when", format!("has {} terms; at most {MOST_TERMS}", self.terms().count())));
        }
        if self.terms().any(|term| term.trim().is_empty()) {
            found.push(("when", "has an empty term; take it out".into()));
        }
        if self.think_seconds.is_some_and(|seconds| seconds > 3600) {
            found.push(("think_seconds", "is over 3600; leave it out for that of the question".into()));
        }
        if let Some(seconds) = self.answer_seconds.filter(|seconds| !(5..=600).contains(seconds)) {
            found.push(("answer_seconds", format!("is {seconds}; write 5 to 600")));
        }
        found
    }
}

/// `(field, message)` of everything that is wrong with the follow-ups of a question.
pub(super) fn problems(question: &Question) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if question.follow_ups.is_empty() {
        return found;
    }
    if question.follow_ups.len() > MOST_FOLLOW_UPS {
        found.push((
            "follow_ups".to_owned(),
            format!("has {} entries; at most {MOST_FOLLOW_UPS}", question.follow_ups.len()),
        ));
    }
    if !matches!(question.kind, QuestionKind::Video | QuestionKind::Text) {
        found.push(("follow_ups".to_owned(), "belong to questions that are answered in words".to_owned()));
    }
    for (i, follow_up) in question.follow_ups.iter().enumerate() {
        let problems = follow_up.problems().into_iter();
        found.extend(problems.map(|(field, message)| (format!("follow_ups[{i}].{field}"), message)));
    }
    found
}
