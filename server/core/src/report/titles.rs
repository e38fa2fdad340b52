//! What a position calls its dimensions and criteria, for the people who read a report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::position::{Position, Text};

/// Titles by the names that scores carry; what has no title is not here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Titles {
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub dimensions: BTreeMap<String, Text>,
    /// By question, then by criterion.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub criteria: BTreeMap<String, BTreeMap<String, Text>>,
}

impl Titles {
    pub fn of(position: &Position) -> Self {
        let dimensions = position.dimensions.iter();
        let dimensions = dimensions.filter_map(|it| Some((it.name.clone(), it.title.clone()?))).collect();
        let mut criteria = BTreeMap::new();
        for question in &position.questions {
            let titled = question.criteria.iter().filter_map(|it| Some((it.id.clone(), it.title.clone()?)));
            let titled: BTreeMap<_, _> = titled.collect();
            if !titled.is_empty() {
                criteria.insert(question.id.clone(), titled);
            }
        }
        Self { dimensions, criteria }
    }

    pub fn is_empty(&self) -> bool {
        self.dimensions.is_empty() && self.criteria.is_empty()
    }
}
