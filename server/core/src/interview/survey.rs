//! What a candidate says about the interview itself: two questions, answered by choice, without influence on anything.

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::Refused;

/// The best that can be given.
pub const MOST_STARS: u8 = 5;

/// Both answers are voluntary, but one of them is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// How it was: 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// Whether they could show what they can do: 1 (not at all) to 5 (fully).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fairness: Option<u8>,
}

impl Survey {
    pub(super) fn check(self) -> Result<(), Refused> {
        let given: Vec<u8> = [self.rating, self.fairness].into_iter().flatten().collect();
        if given.is_empty() || given.iter().any(|stars| !(1..=MOST_STARS).contains(stars)) {
            return Err(Refused::invalid(
                "survey_invalid",
                "rating, fairness: send at least one, each 1 to 5",
            ));
        }
        Ok(())
    }
}

/// Before there were two questions, anything was kept: what does not fit is no answer.
pub fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Survey>, D::Error> {
    let stored = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(stored.and_then(|survey| serde_json::from_value(survey).ok()))
}
