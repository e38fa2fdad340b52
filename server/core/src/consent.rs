//! What a candidate agreed to. Each purpose is asked for separately and none is ticked beforehand.

mod text;

use serde::{Deserialize, Serialize};

pub use text::{TEXT_VERSION, Terms, document, terms};

use crate::{position::Position, profile::FaceTier, time::Timestamp};

/// A purpose that needs an explicit yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Recording and showing the answers to the hiring team. Without it there is no interview.
    Recording,
    /// Transcribing and measuring the answers by software. Without it a person reviews alone.
    Analysis,
    /// Observable cues of the face (tier 2).
    FaceCues,
    /// Expression classes (tier 3).
    Expression,
}

impl Purpose {
    /// The purposes a position asks for, in the order they are shown.
    pub fn asked_by(position: &Position) -> Vec<Self> {
        let mut asked = vec![Self::Recording, Self::Analysis];
        if position.face.tier >= FaceTier::Cues {
            asked.push(Self::FaceCues);
        }
        if position.face.tier >= FaceTier::Expression {
            asked.push(Self::Expression);
        }
        asked
    }

    /// Whether the interview cannot go on without it.
    pub fn required(self) -> bool {
        self == Self::Recording
    }
}

/// One decision about one purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub purpose: Purpose,
    pub granted: bool,
    /// The version of the text that the candidate saw.
    pub text_version: String,
    /// SHA-256 of that text, in hex, as [`document`] writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_sha256: Option<String>,
    /// The language it was in: ISO 639-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    pub at: Timestamp,
}

/// Whether `consents` hold a yes to `purpose`.
pub fn granted(consents: &[Consent], purpose: Purpose) -> bool {
    consents.iter().any(|consent| consent.purpose == purpose && consent.granted)
}

/// The face tier that position and consents allow together.
pub fn allowed_face_tier(position: &Position, consents: &[Consent]) -> FaceTier {
    let granted = |purpose| granted(consents, purpose);
    let consented = match (granted(Purpose::FaceCues), granted(Purpose::Expression)) {
        (true, true) => FaceTier::Expression,
        (true, false) => FaceTier::Cues,
        _ => FaceTier::Quality,
    };
    consented.min(position.face.tier).min(position.profile.highest_face_tier())
}
