//! Cues: what was observed in an answer, always with its time span. The field names are part of the report's
//! fixed contract; the stages in `viva-models` produce these very types.

mod language;

use serde::{Deserialize, Serialize};

pub use language::{
    Comparison, Connective, ConnectiveKind, KeywordHits, Language, Number, Quote, SetAside, SetAsideReason,
    StructureMarker, StructurePart,
};

use crate::time::Span;

/// A stage's result, or the reason why it did not run. A stage that could not run never counts as a low score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Assessed<T> {
    NotAssessed { not_assessed: String },
    Present(T),
}

impl<T> Assessed<T> {
    pub fn not(reason: impl Into<String>) -> Self {
        Self::NotAssessed { not_assessed: reason.into() }
    }

    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::NotAssessed { .. } => None,
        }
    }

    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::NotAssessed { not_assessed } => Some(not_assessed),
            Self::Present(_) => None,
        }
    }
}

/// What was said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    pub text: String,
    /// ISO 639-1, as in `zh` or `en`.
    pub language: String,
    /// Mean over words of the recogniser's own probability, 0–1.
    pub mean_confidence: f32,
    pub segments: Vec<Segment>,
}

/// One stretch of speech between two pauses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
    /// 0–1.
    pub confidence: f32,
    /// Words (for Chinese: jieba's words or single characters). Times are good to about ±300 ms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Word {
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
    pub confidence: f32,
}

/// Median and range (95th minus 5th percentile) of something measured over the speech.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub median: f32,
    pub range: f32,
}

/// A time span and the words heard in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
}

/// How it was said. Rates and pauses come from the voice activity detector, not from the recogniser's times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Speech {
    /// Milliseconds of speech found.
    pub speech_ms: u64,
    /// Silence before the first word; absent when nobody spoke.
    pub first_word_ms: Option<u64>,
    /// Per minute of speech, pauses left out. Absent where there is no transcript, or the language has no spaces.
    pub words_per_minute: Option<f32>,
    /// For Chinese.
    pub characters_per_minute: Option<f32>,
    /// Speech and articulation rate; absent where there is no transcript.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate: Option<Rate>,
    /// Silences inside the speech of at least 300 ms.
    pub pauses: Vec<Span>,
    /// Absent when nobody spoke.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pause_totals: Option<PauseTotals>,
    /// um, uh, 嗯, 那个 …
    pub fillers: Vec<Utterance>,
    /// What was broken off and said again ("we we have", 我们我们有), the part given up.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub restarts: Vec<Utterance>,
    /// Over the speech only, dB relative to full scale.
    pub loudness_dbfs: Option<Spread>,
    /// How steadily loud: standard deviation of the level from half second to half second of speech, in dB. Smaller is
    /// steadier; absent with less than two seconds of speech.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub loudness_deviation_db: Option<f32>,
    /// Over voiced speech only, Hz.
    pub pitch_hz: Option<Spread>,
    /// A voice of clearly another pitch than the one heard most; looked for only where the position asks for observations.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub other_voices: Vec<Span>,
    /// How good the recording is, which is about the microphone and never about the person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sound: Option<SoundQuality>,
}

/// How much was said in how much time, per minute.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    pub unit: RateUnit,
    /// From the first to the last word, pauses included: the speech rate.
    pub speech: f32,
    /// Over the time in which somebody speaks: the articulation rate; the same as `words_per_minute` or
    /// `characters_per_minute`.
    pub articulation: f32,
}

/// What a rate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateUnit {
    Words,
    /// For Chinese; a foreign word counts as one.
    Characters,
}

/// All pauses together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PauseTotals {
    pub count: u32,
    pub longest_ms: u64,
    /// Share of the time from the first to the last word, 0–1.
    pub share: f32,
}

/// Clipping and noise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SoundQuality {
    /// Share of the samples at full scale for several samples in a row, 0–1. From 0.001 on it can be heard.
    pub clipped_share: f32,
    /// Where; stretches less than a second apart are one.
    pub clipped: Vec<Span>,
    /// Level where nobody speaks, dB relative to full scale; absent where somebody always does.
    pub noise_dbfs: Option<f32>,
    /// Power of the speech over that of the noise, in dB; absent without either.
    pub signal_to_noise_db: Option<f32>,
}

/// What the camera saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Face {
    /// Frames looked at per second of answer.
    pub sampled_fps: f32,
    /// Share of the sampled frames with exactly one or more faces, 0–1.
    pub in_frame_share: f32,
    /// The most faces seen at once.
    pub faces_max: u32,
    /// Nobody is in the picture.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub absent: Vec<Span>,
    /// Somebody else is in the picture, too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub others: Vec<Span>,
    /// Where the picture is too bad for any cue of tier 2 and up.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub not_assessed: Vec<Unassessed>,
    /// Tier 2 and up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub smile: Option<Smile>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub camera_facing: Option<CameraFacing>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub blinks: Option<Blinks>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub head_pose: Option<HeadPose>,
    /// Somewhere else than at the camera for a second or more.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub looking_away: Vec<Span>,
    /// The eyes move line by line; told only by a network for the direction of the gaze.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reading: Vec<Span>,
    /// Tier 3.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expressions: Option<Vec<Expression>>,
    pub quality: CaptureQuality,
}

/// A stretch of the picture that nothing was read from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unassessed {
    pub start_ms: u64,
    pub end_ms: u64,
    pub reason: Unreadable,
}

/// What keeps a face from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    Dark,
    Overexposed,
    Blurred,
    TooSmall,
    /// A part of the face is covered or outside of the picture.
    Occluded,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Smile {
    pub count: u32,
    /// Share of the time with a face in frame, 0–1.
    pub share: f32,
    /// The share under a stricter and under a laxer threshold: how sure it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub share_range: Option<[f32; 2]>,
    pub spans: Vec<Span>,
}

/// Roughly towards the camera (within about ±15°), which is all that a landmark model can honestly tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CameraFacing {
    pub share: f32,
    /// The share within ±10° and within ±20°: how sure it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub share_range: Option<[f32; 2]>,
    pub spans: Vec<Span>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Blinks {
    pub count: u32,
}

/// Head angles in degrees: yaw right, pitch up, roll clockwise are positive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeadPose {
    pub yaw: Spread,
    pub pitch: Spread,
    pub roll: Spread,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Expression {
    pub start_ms: u64,
    pub end_ms: u64,
    /// neutral, happy, sad, angry, fearful, disgusted or surprised.
    pub label: String,
    pub confidence: f32,
}

/// Tier 1: how good the picture is, which is about the camera and never about the person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaptureQuality {
    /// Median height of the face as a share of the picture's height, 0–1; absent without a face.
    pub face_height_share: Option<f32>,
    /// Median luma of the face (of the picture, where there is no face), 0–255.
    pub light: f32,
    /// Median sharpness: variance of the Laplacian of luma. Below about 20 is blurred.
    pub sharpness: f32,
}

/// What every stage found in one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cues {
    pub speech: Assessed<Speech>,
    pub face: Assessed<Face>,
    pub language: Assessed<Language>,
}

/// Curves for the report page, one point per step; a missing point means "not measured there".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timelines {
    pub step_ms: u64,
    /// dB relative to full scale.
    pub loudness_dbfs: Vec<Option<f32>>,
    /// Words (en) or characters (zh) per minute, over a sliding window.
    pub speech_rate: Vec<Option<f32>>,
    /// 0–1.
    pub smile: Vec<Option<f32>>,
    /// 1 when facing the camera, 0 when not.
    pub camera_facing: Vec<Option<f32>>,
}

/// A model that took part, as the report names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModelCard {
    pub name: String,
    pub version: String,
    pub sha256: String,
    pub license: String,
}

impl ModelCard {
    /// Name, version and the beginning of the digest: who trains a model may forget to number it.
    pub fn label(&self) -> String {
        format!("{} {} ({:.8})", self.name, self.version, self.sha256)
    }
}
