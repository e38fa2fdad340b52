//! What the words of an answer contain. A finding counts only where it was said in a sentence; what was not is
//! named in [`Language::set_aside`].

use serde::{Deserialize, Serialize};

/// What the words contain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Language {
    /// Words (jieba's for Chinese), without punctuation.
    pub words: u32,
    pub keywords: Vec<KeywordHits>,
    pub numbers: Vec<Number>,
    pub structure: Vec<StructureMarker>,
    /// How near the answer comes to the question's subject, 0–1; absent for a bare transcript.
    pub relevance: Option<f32>,
    /// How relevance was measured: `word_overlap`, or `word_overlap+` and the name of the model that compared sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relevance_method: Option<String>,
    /// What `word_overlap` says alone, where a model took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word_overlap: Option<f32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connectives: Vec<Connective>,
    /// Skills named in the answer, by Viva's own list, whatever the rubric asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<KeywordHits>,
    /// What was said but is no evidence, and why. It takes nothing away from the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAside>,
}

impl Language {
    /// Adds what a model says of how near the answer comes to the question, 0–1: relevance is the mean of words and meaning.
    /// Meaning alone is no better than the words of a good rubric (BENCHMARKS.md), and hears paraphrases that no term knows.
    pub fn compared_by(&mut self, model: &str, meaning: f32) {
        let (Some(words), Some(method)) = (self.relevance, &self.relevance_method) else { return };
        self.relevance = Some(f32::midpoint(words, meaning));
        self.relevance_method = Some(format!("{method}+{model}"));
        self.word_overlap = Some(words);
    }

    /// Whether something was set aside for `reason`.
    pub fn has_set_aside(&self, reason: SetAsideReason) -> bool {
        self.set_aside.iter().any(|aside| aside.reason == reason)
    }
}

/// A word or phrase that the rubric asks for (`a | b` is one term with two spellings), and where it was said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeywordHits {
    pub term: String,
    pub hits: Vec<Quote>,
}

/// Words of the transcript with their time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    pub start_ms: u64,
    pub end_ms: u64,
    pub quote: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Number {
    pub value: f64,
    /// `percent`, `people`, `years`, `months`, `days`, `customers`, `currency`, or empty.
    pub unit: String,
    /// How the true number lies to `value`; absent where it was said plainly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    #[serde(flatten)]
    pub quote: Quote,
}

/// "more than fifty", "at least fifty", "nearly fifty", "at most fifty".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    MoreThan,
    AtLeast,
    LessThan,
    AtMost,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StructureMarker {
    pub part: StructurePart,
    #[serde(flatten)]
    pub quote: Quote,
}

/// The parts of an ordered story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StructurePart {
    Situation,
    Steps,
    Result,
}

/// A word that ties one thought to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connective {
    pub kind: ConnectiveKind,
    #[serde(flatten)]
    pub quote: Quote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectiveKind {
    /// because, so, 因为, 所以
    Cause,
    /// but, although, 但是, 虽然
    Contrast,
    /// if, unless, 如果, 只要
    Condition,
    /// in order to, 为了, 以便
    Purpose,
    /// for example, 比如
    Example,
}

/// A stretch of the answer that is no evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetAside {
    pub reason: SetAsideReason,
    #[serde(flatten)]
    pub quote: Quote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAsideReason {
    /// Terms one after the other, without sentences around them.
    BareTerms,
    /// The question's own words, and nothing else.
    QuestionReadOut,
    /// The candidate says that it is not so, as in "I have never led a team".
    Denied,
    /// The answer as a whole is in another language than was asked.
    OtherLanguage,
}
