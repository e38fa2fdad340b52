//! What candidates may say about themselves, voluntarily, for statistics of fairness and nothing else. Kept apart from the
//! interview: no report, no event, no list of HR carries it, and no score reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{error::Refused, position::Position};

/// One thing that may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Characteristic {
    Sex,
    RaceEthnicity,
    AgeGroup,
}

/// What a candidate said; a characteristic that was left out is absent.
pub type Demographics = BTreeMap<Characteristic, String>;

/// The categories of the US Equal Employment Opportunity Commission's EEO-1 report, which 6 RCNY 5-301 refers to.
const RACE_ETHNICITY: &[&str] = &[
    "hispanic_or_latino",
    "white",
    "black_or_african_american",
    "native_hawaiian_or_pacific_islander",
    "asian",
    "american_indian_or_alaska_native",
    "two_or_more_races",
];
/// EEO-1 has the first two.
const SEX: &[&str] = &["female", "male", "another"];
/// The Age Discrimination in Employment Act (29 USC 631) protects from 40 on.
const AGE_GROUP: &[&str] = &["under_40", "from_40"];

impl Characteristic {
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::Sex => SEX,
            Self::RaceEthnicity => RACE_ETHNICITY,
            Self::AgeGroup => AGE_GROUP,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Sex => "sex",
            Self::RaceEthnicity => "race_ethnicity",
            Self::AgeGroup => "age_group",
        }
    }
}

/// Refuses what a candidate of `position` is not asked, and what is no answer to it.
///
/// # Errors
/// [`Refused`] names the field.
pub fn check(position: &Position, given: &Demographics) -> Result<(), Refused> {
    for (characteristic, value) in given {
        let name = characteristic.name();
        if !position.demographics.contains(characteristic) {
            return Err(Refused::invalid("demographics_not_asked", format!("{name}: is not asked here")));
        }
        if !characteristic.options().contains(&value.as_str()) {
            let options = characteristic.options().join(", ");
            return Err(Refused::invalid(
                "demographics_invalid",
                format!("{name}: is none of {options}; leave it out to say nothing"),
            ));
        }
    }
    Ok(())
}

/// The group that somebody is counted in; absent when they did not say everything that is asked for.
pub fn group(given: &Demographics, by: &[Characteristic]) -> Option<String> {
    let parts: Option<Vec<&str>> =
        by.iter().map(|characteristic| given.get(characteristic).map(String::as_str)).collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join(" / "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position() -> Position {
        serde_json::from_value(serde_json::json!({
            "id": "p", "title": "P", "profile": "us", "languages": ["en"], "demographics": ["sex", "age_group"],
            "dimensions": [{ "name": "all", "weight": 100 }],
            "questions": [{ "id": "q", "text": "Q?", "answer_seconds": 30 }]
        }))
        .unwrap()
    }

    #[test]
    fn only_what_is_asked_is_taken() {
        let one = |characteristic, value: &str| Demographics::from([(characteristic, value.to_owned())]);
        assert!(check(&position(), &one(Characteristic::Sex, "female")).is_ok());
        assert!(check(&position(), &Demographics::new()).is_ok());
        let refused = check(&position(), &one(Characteristic::RaceEthnicity, "white")).unwrap_err();
        assert_eq!(refused.code, "demographics_not_asked");
        let refused = check(&position(), &one(Characteristic::Sex, "<script>")).unwrap_err();
        assert!(refused.message.contains("female, male, another"), "{}", refused.message);
        assert!(!refused.message.contains("script"), "what was sent is not repeated");
    }

    #[test]
    fn a_group_of_several_needs_all_of_them() {
        let both = Demographics::from([
            (Characteristic::Sex, "male".to_owned()),
            (Characteristic::AgeGroup, "from_40".to_owned()),
        ]);
        let by = [Characteristic::Sex, Characteristic::AgeGroup];
        assert_eq!(group(&both, &by).as_deref(), Some("male / from_40"));
        assert_eq!(group(&both, &[Characteristic::RaceEthnicity]), None);
        assert_eq!(group(&both, &[]), None);
    }
}
