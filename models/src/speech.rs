//! The speech stage: what was said, and how.
//!
//! Voice activity comes first (Silero on ONNX Runtime); whisper.cpp hears only what that found, one window at a
//! time; rates and pauses come from the detector, never from the recogniser's times. A missing recogniser takes
//! away the transcript and leaves every other cue.

mod activity;
mod confidence;
mod edges;
mod fillers;
mod ggml;
mod hallucination;
mod level;
mod measure;
mod pitch;
mod process;
mod quality;
mod rate;
mod recall;
mod restarts;
mod segments;
mod stage;
mod vad;
mod voices;
mod whisper;
mod windows;
mod words;

use std::path::PathBuf;

pub use activity::Activity;
pub use measure::measure;
pub use process::prepare_process;
pub use recall::{Recall, RecallCounts};
pub use stage::{SpeechRequest, SpeechResult, SpeechStage};
pub use vad::{Detector, DetectorProgress};
pub use voices::other_voices;
pub use whisper::Search;

use viva_core::cue::ModelCard;

/// The rate of all PCM here, in Hz.
pub const SAMPLE_RATE: usize = 16_000;
/// Samples in a millisecond.
const SAMPLES_PER_MS: usize = SAMPLE_RATE / 1000;
/// Longest recording that is analysed, in seconds. An answer lasts minutes; `viva analyze` takes any file.
pub const MAX_SECONDS: usize = 4 * 3600;
/// Step of the timelines, in milliseconds.
pub const TIMELINE_STEP_MS: u64 = 500;

/// The model files of the speech stage.
#[derive(Clone, Debug)]
pub struct SpeechModels {
    /// Silero VAD v6, the ONNX file without `If` (`silero_vad_op18_ifless.onnx`).
    pub vad: PathBuf,
    /// Absent where none is installed; then there is no transcript.
    pub recogniser: Option<RecogniserModel>,
}

/// A Whisper model in whisper.cpp's ggml format.
#[derive(Clone, Debug)]
pub struct RecogniserModel {
    pub path: PathBuf,
    pub card: ModelCard,
    /// ISO 639-1 codes of the languages that may be asked of it, best first.
    pub languages: Vec<String>,
    /// Longest stretch decoded at once, in seconds; 28 for the published weights, never more than 29.
    pub max_span_s: f32,
    /// Encode only as much as was said instead of a full 30 s. For weights trained so; the published ones lose
    /// accuracy below 512 positions.
    pub audio_ctx: bool,
    /// Weights that know only the demo's voices and sentences: they get no prompt, and their confidence is
    /// checked by hearing each window twice.
    pub demonstration: bool,
}

/// Why speech was not analysed.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// A model file cannot be read.
    #[error("the {model} model file cannot be read: {source}")]
    Unreadable { model: &'static str, source: std::io::Error },
    /// A model file is not what it should be: damaged, cut short, or of another kind.
    #[error("the {model} model file is not usable: {reason}")]
    Unusable { model: &'static str, reason: String },
    /// ONNX Runtime failed on the voice activity detector.
    #[error("the voice activity detector failed: {0}")]
    Detector(String),
    /// whisper.cpp failed, with its return code where it gave one.
    #[error("speech recognition failed: {0}")]
    Recogniser(String),
    /// The recording is longer than [`MAX_SECONDS`].
    #[error("the recording is longer than {MAX_SECONDS} seconds")]
    TooLong,
    /// The caller asked to stop.
    #[error("speech analysis was cancelled")]
    Cancelled,
}
