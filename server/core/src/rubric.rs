//! The rubric: criteria as data, and the points that an answer earns by them, each with its evidence.

mod judge;
mod total;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};

pub use judge::{AnswerMeasures, CriterionScore, score_answer};
pub use total::{DimensionScore, Overall, Queue, total};

use crate::{cue::StructurePart, profile::FaceTier};

/// One line of a rubric: a rule, the dimension it feeds, and the points it can earn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Criterion {
    pub id: String,
    pub dimension: String,
    pub points: f64,
    #[serde(flatten)]
    pub rule: Rule,
}

/// What earns the points. Points scale with how much of the rule is met, unless the text says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// At least `at_least` (default 1) different terms of `any` are said. Terms count once, however often said.
    Mentions {
        any: Vec<String>,
        #[serde(default = "one")]
        at_least: u32,
    },
    /// Some number of `unit` (any unit where empty) reaches `value`. All or nothing.
    NumberAtLeast {
        value: f64,
        #[serde(default)]
        unit: String,
    },
    /// Each point is covered when one of its terms is said.
    Covers { points_to_cover: Vec<CoverPoint> },
    /// The parts of an ordered story are there.
    Structure { parts: Vec<StructurePart> },
    /// The answer takes up the question's own words: `full_at` and more earns everything.
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
}

/// By hand, because `flatten` would let unknown keys pass.
impl<'de> Deserialize<'de> for Criterion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = serde_json::Map::deserialize(deserializer)?;
        let mut take = |name: &'static str| fields.remove(name).ok_or_else(|| D::Error::missing_field(name));
        let (id, dimension, points) = (take("id")?, take("dimension")?, take("points")?);
        Ok(Self {
            id: field("id", id)?,
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
}

fn one() -> u32 {
    1
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
    }

    /// The words and phrases whose mentions decide this rule.
    pub fn terms(&self) -> Vec<&str> {
        match self {
            Self::Mentions { any, .. } => any.iter().map(String::as_str).collect(),
            Self::Covers { points_to_cover } => {
                points_to_cover.iter().flat_map(|p| p.any.iter().map(String::as_str)).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Criterion {
    /// `(field, message)` of everything wrong with this criterion, given the position's face tier.
    pub fn problems(&self, tier: FaceTier) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if self.id.trim().is_empty() {
            found.push(("id", "is empty".to_owned()));
        }
        if !self.points.is_finite() || self.points <= 0.0 || self.points > 100.0 {
            found.push(("points", format!("is {}; write more than 0, at most 100", self.points)));
        }
        if self.rule.uses_face() && tier < FaceTier::Cues {
            found.push((
                "rule",
                "looks at the face; set face.tier to `cues` or choose another rule".to_owned(),
            ));
        }
        match &self.rule {
            Rule::Mentions { any, at_least } => {
                if any.iter().all(|t| t.trim().is_empty()) {
                    found.push(("any", "is empty; name the terms to look for".to_owned()));
                }
                if *at_least == 0 || *at_least as usize > any.len() {
                    found.push(("at_least", format!("is {at_least}; write 1 to {}", any.len())));
                }
            }
            Rule::Covers { points_to_cover } if points_to_cover.iter().all(|p| p.any.is_empty()) => {
                found.push(("points_to_cover", "is empty; name the points to cover".to_owned()));
            }
            Rule::Structure { parts } if parts.is_empty() => {
                found.push(("parts", "is empty; name some of situation, steps, result".to_owned()));
            }
            Rule::SpeechRate { words_per_minute: w, characters_per_minute: c }
                if w[0] >= w[1] || c[0] >= c[1] =>
            {
                found.push(("words_per_minute", "write [slowest, fastest]".to_owned()));
            }
            Rule::CameraFacing { share_at_least } if !(0.0..=1.0).contains(share_at_least) => {
                found.push(("share_at_least", format!("is {share_at_least}; write 0 to 1")));
            }
            _ => {}
        }
        found
    }
}
