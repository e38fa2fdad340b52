//! The rubric: criteria as data, and the points that an answer earns by them, each with its evidence.

mod check;
mod judge;
mod judgement;
mod total;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};

pub use judge::{AnswerMeasures, CriterionScore, LEAST_CONFIDENCE, may_be_judged, score_answer};
pub use judgement::{Judgement, Judgements, Met, ModelVerdict};
pub use total::{DimensionScore, Overall, Queue, total};

use crate::{cue::StructurePart, position::Text};

/// One line of a rubric: a rule, the dimension it feeds, and the points it can earn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Criterion {
    pub id: String,
    /// What people read in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    pub dimension: String,
    pub points: f64,
    #[serde(flatten)]
    pub rule: Rule,
}

/// What earns the points. Points scale with how much of the rule is met, unless the text says otherwise.
///
/// A term may have several spellings, parted by `|` (`trade show | exhibition | 展会`): any of them is the same term.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// At least `at_least` (default 1) different terms of `any` are said. Terms count once, however often said.
    Mentions {
        any: Vec<String>,
        #[serde(default = "one")]
        at_least: u32,
    },
    /// Some number of `unit` (any unit where empty) reaches `value`. All or nothing, but for `bands`.
    NumberAtLeast {
        value: f64,
        #[serde(default)]
        unit: String,
        /// The number must be larger than `value`, not equal.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        above: bool,
        /// Points for less than `value`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        bands: Vec<Band>,
        /// The number counts only in a clause that has one of these terms.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        near: Vec<String>,
    },
    /// Each point is covered when one of its terms is said.
    Covers { points_to_cover: Vec<CoverPoint> },
    /// The parts of an ordered story are there.
    Structure {
        parts: Vec<StructurePart>,
        /// Points of each part, in the order of `parts`; absent means equal points.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        part_points: Vec<f64>,
    },
    /// At least `at_least` (default 2) thoughts are tied together: because, but, if …
    Connectives {
        #[serde(default = "two")]
        at_least: u32,
    },
    /// The answer takes up the question: `full_at` and more earns everything.
    Relevance {
        #[serde(default = "relevance_full_at")]
        full_at: f32,
    },
    /// The speech rate is in range; units per minute, by the language of the answer.
    SpeechRate {
        #[serde(default = "words_per_minute")]
        words_per_minute: [f32; 2],
        #[serde(default = "characters_per_minute")]
        characters_per_minute: [f32; 2],
    },
    /// At least this much speech.
    Duration { speech_seconds_at_least: f32 },
    /// At most this many fillers per minute of speech.
    Fillers { per_minute_at_most: f32 },
    /// Tier 2: facing the camera for at least this share of the time.
    CameraFacing { share_at_least: f32 },
    /// Tier 2: at least this many smiles.
    Smiles { at_least: u32 },
    /// A language model in the house says how far the answer shows what `asks` describes, and quotes it. Half of the points
    /// for a part of it.
    Judge { asks: String },
    /// The best of several rules.
    AnyOf { rules: Vec<Rule> },
    /// The worst of several rules: all of them must be met.
    AllOf { rules: Vec<Rule> },
}

/// By hand, because `flatten` would let unknown keys pass.
impl<'de> Deserialize<'de> for Criterion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = serde_json::Map::deserialize(deserializer)?;
        let title = fields.remove("title").map(|title| field("title", title)).transpose()?.flatten();
        let mut take = |name: &'static str| fields.remove(name).ok_or_else(|| D::Error::missing_field(name));
        let (id, dimension, points) = (take("id")?, take("dimension")?, take("points")?);
        Ok(Self {
            id: field("id", id)?,
            title,
            dimension: field("dimension", dimension)?,
            points: field("points", points)?,
            rule: Rule::deserialize(serde_json::Value::Object(fields)).map_err(D::Error::custom)?,
        })
    }
}

fn field<T: DeserializeOwned, E: serde::de::Error>(name: &str, value: serde_json::Value) -> Result<T, E> {
    T::deserialize(value).map_err(|error| E::custom(format_args!("{name}: {error}")))
}

/// One thing to be covered, and the terms by which it is recognised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverPoint {
    pub name: String,
    pub any: Vec<String>,
    /// What this point is worth; absent for all means equal points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<f64>,
}

/// A number that is not the whole of what was wanted, and the points that it earns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    pub value: f64,
    pub points: f64,
}

fn one() -> u32 {
    1
}
fn two() -> u32 {
    2
}
fn relevance_full_at() -> f32 {
    0.5
}
fn words_per_minute() -> [f32; 2] {
    [100.0, 190.0]
}
fn characters_per_minute() -> [f32; 2] {
    [160.0, 320.0]
}

impl Rule {
    /// Whether the rule looks at the candidate's face: its weight is then always shown apart.
    pub fn uses_face(&self) -> bool {
        matches!(self, Self::CameraFacing { .. } | Self::Smiles { .. })
            || self.parts().iter().any(Self::uses_face)
    }

    /// Whether the rule asks how near the answer comes to its question: a story or a number about something else earns
    /// nothing.
    pub fn uses_relevance(&self) -> bool {
        match self {
            Self::Relevance { .. }
            | Self::Structure { .. }
            | Self::Connectives { .. }
            | Self::NumberAtLeast { .. } => true,
            _ => self.parts().iter().any(Self::uses_relevance),
        }
    }

    /// Whether the rule looks at what was said, or how.
    pub fn uses_speech(&self) -> bool {
        match self {
            Self::AnyOf { rules } | Self::AllOf { rules } => rules.iter().any(Self::uses_speech),
            Self::CameraFacing { .. } | Self::Smiles { .. } => false,
            _ => true,
        }
    }

    /// Whether a language model is asked.
    pub fn asks_language_model(&self) -> bool {
        matches!(self, Self::Judge { .. })
    }

    /// The words and phrases whose mentions decide this rule.
    pub fn terms(&self) -> Vec<&str> {
        match self {
            Self::Mentions { any: terms, .. } | Self::NumberAtLeast { near: terms, .. } => {
                terms.iter().map(String::as_str).collect()
            }
            Self::Covers { points_to_cover } => {
                points_to_cover.iter().flat_map(|p| p.any.iter().map(String::as_str)).collect()
            }
            _ => self.parts().iter().flat_map(Self::terms).collect(),
        }
    }

    /// The rules of which this one is made.
    pub fn parts(&self) -> &[Rule] {
        match self {
            Self::AnyOf { rules } | Self::AllOf { rules } => rules,
            _ => &[],
        }
    }
}
