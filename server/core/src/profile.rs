//! The legal regime of a position decides what may be measured. Engineering defaults, not legal advice.

mod permission;
mod rules;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use permission::{Withheld, analysis_permitted};
pub use rules::{NoticeRule, Retention, Review, Rules, Source};

/// A legal regime. `Strict` is the default: what no known law forbids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Mainland China: PIPL, and the 2025 measures on face recognition.
    Cn,
    /// European Union: AI Act Art. 5(1)(f) forbids inferring emotions at work.
    Eu,
    Uk,
    Us,
    /// Illinois: AI Video Interview Act and BIPA.
    UsIl,
    /// New York City: Local Law 144.
    UsNyc,
    UsCa,
    UsCo,
    #[default]
    Strict,
}

impl Profile {
    pub const ALL: [Self; 9] = [
        Self::Cn,
        Self::Eu,
        Self::Uk,
        Self::Us,
        Self::UsIl,
        Self::UsNyc,
        Self::UsCa,
        Self::UsCo,
        Self::Strict,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Cn => "cn",
            Self::Eu => "eu",
            Self::Uk => "uk",
            Self::Us => "us",
            Self::UsIl => "us-il",
            Self::UsNyc => "us-nyc",
            Self::UsCa => "us-ca",
            Self::UsCo => "us-co",
            Self::Strict => "strict",
        }
    }

    /// What this regime asks for.
    pub fn rules(self) -> &'static Rules {
        // The table is in the order of the variants; a test holds it there.
        &rules::RULES[self as usize]
    }

    /// The most that a camera picture may be used for under this regime.
    pub fn highest_face_tier(self) -> FaceTier {
        self.rules().highest_face_tier
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|p| p.name() == text).ok_or_else(|| {
            format!("unknown profile `{text}`; one of {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// How far the face stage goes. Each tier includes the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaceTier {
    /// Tier 1, always: face in frame, number of faces, size, light, blur.
    #[default]
    Quality,
    /// Tier 2: smiles, camera-facing share, head pose, blinks.
    Cues,
    /// Tier 3: expression classes over time.
    Expression,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_its_own_row_with_its_sources() {
        for profile in Profile::ALL {
            let rules = profile.rules();
            assert_eq!(rules.profile, profile);
            assert!(!rules.sources.is_empty(), "{profile}");
            let classes: Vec<_> = rules.retention.iter().map(|kept| kept.class).collect();
            assert!(
                crate::retention::ANSWER_CLASSES.iter().all(|class| classes.contains(class)),
                "{profile}"
            );
            assert_eq!(classes.len(), 7, "{profile}: every class once");
            // Whatever the face may be used for is asked for by itself.
            let asked = |purpose: &str| rules.separate_consents.contains(&purpose);
            assert!(asked("recording") && asked("analysis"), "{profile}");
            assert_eq!(asked("face_cues"), rules.highest_face_tier >= FaceTier::Cues, "{profile}");
            assert_eq!(asked("expression"), rules.highest_face_tier >= FaceTier::Expression, "{profile}");
        }
    }
}
