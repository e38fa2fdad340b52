//! How long each class of data of an interview is kept. The profile says how long at least and at most, the position may
//! shorten; what is due is deleted class by class, and in the end the interview is erased.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{position::Position, profile::Profile, time::Timestamp};

/// What is kept, by what the law makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    /// Sound and picture, with the journals and copies that they were made of.
    Recordings,
    /// What was said and written, word for word, wherever it stands.
    Transcripts,
    /// What was measured of voice and face, and its curves.
    Cues,
    /// Scores and what they rest on.
    Reports,
    /// What candidates said of themselves for statistics of fairness.
    Demographics,
    /// Landmarks, embeddings, voiceprints: never written at all.
    Biometrics,
    /// Criteria, decision, consents and the audit: they stay after the answers, without the candidate's name.
    DecisionRecord,
}

/// The classes that go one by one, before the interview is erased.
pub const ANSWER_CLASSES: [DataClass; 5] = [
    DataClass::Recordings,
    DataClass::Transcripts,
    DataClass::Cues,
    DataClass::Reports,
    DataClass::Demographics,
];

/// Days, by class, that a position shortens what its profile and `retention_days` say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shorter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recordings: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcripts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cues: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demographics: Option<u32>,
}

impl Shorter {
    pub fn of(&self, class: DataClass) -> Option<u32> {
        match class {
            DataClass::Recordings => self.recordings,
            DataClass::Transcripts => self.transcripts,
            DataClass::Cues => self.cues,
            DataClass::Reports => self.reports,
            DataClass::Demographics => self.demographics,
            DataClass::Biometrics | DataClass::DecisionRecord => None,
        }
    }
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

impl DataClass {
    pub fn name(self) -> &'static str {
        match self {
            Self::Recordings => "recordings",
            Self::Transcripts => "transcripts",
            Self::Cues => "cues",
            Self::Reports => "reports",
            Self::Demographics => "demographics",
            Self::Biometrics => "biometrics",
            Self::DecisionRecord => "decision_record",
        }
    }
}

/// The least and the most days that `profile` has for a class.
pub fn bounds(profile: Profile, class: DataClass) -> (Option<u32>, Option<u32>) {
    let found = profile.rules().retention.iter().find(|kept| kept.class == class);
    found.map_or((None, None), |kept| (kept.at_least_days, kept.at_most_days))
}

impl Position {
    /// Days from the end of an interview until a class of it is deleted.
    pub fn days_kept(&self, class: DataClass) -> u32 {
        let (at_least, at_most) = bounds(self.profile, class);
        match class {
            DataClass::Biometrics => 0,
            // Never before what it is the record of.
            DataClass::DecisionRecord => at_least.unwrap_or(0).max(self.retention_days),
            _ => {
                let wanted = self.retention.of(class).unwrap_or(self.retention_days);
                // What the candidate gave goes at the latest when the interview is erased.
                wanted.min(at_most.unwrap_or(u32::MAX)).min(self.retention_days)
            }
        }
    }

    /// When each class goes, for an interview that is over since `over_at`.
    pub fn deletions(&self, over_at: Timestamp) -> BTreeMap<DataClass, Timestamp> {
        let dated = |class: DataClass| (class, over_at + u64::from(self.days_kept(class)) * DAY_MS);
        ANSWER_CLASSES.into_iter().chain([DataClass::DecisionRecord]).map(dated).collect()
    }
}
