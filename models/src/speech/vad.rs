//! Silero VAD v6 on ONNX Runtime (MIT, github.com/snakers4/silero-vad): 512 new samples behind 64 old ones, and a
//! state that goes from frame to frame. One thread: more only wait for each other on so small a network.

use std::{
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use ort::{session::Session, value::Tensor};
use sha2::{Digest, Sha256};
use viva_core::{cue::ModelCard, time::Span};

use super::{SpeechError, activity::Activity, level};
use crate::runtime::OnnxRuntime;

const FRAME: usize = 512;
const CONTEXT: usize = 64;
const STATE: usize = 2 * 128;
const MODEL: &str = "voice activity";
/// The published file has 2.8 MB.
const MAX_BYTES: u64 = 64 << 20;

/// The voice activity detector. Jobs take turns: a minute of sound takes it well under a second.
pub struct Detector {
    session: Mutex<Session>,
    card: ModelCard,
}

impl Detector {
    /// Loads the ONNX file and tries it on a frame of silence, so that a wrong file shows now.
    pub fn load(path: &Path, runtime: &OnnxRuntime) -> Result<Self, SpeechError> {
        let unreadable = |source| SpeechError::Unreadable { model: MODEL, source };
        if fs::metadata(path).map_err(unreadable)?.len() > MAX_BYTES {
            return Err(SpeechError::Unusable { model: MODEL, reason: "it is too large".into() });
        }
        let sha256 = hex::encode(Sha256::digest(fs::read(path).map_err(unreadable)?));
        let unusable = |reason: String| SpeechError::Unusable { model: MODEL, reason };
        let session = runtime.session(path).map_err(|error| unusable(error.to_string()))?;
        let card =
            ModelCard { name: "silero-vad".into(), version: "6".into(), sha256, license: "MIT".into() };
        let detector = Self { session: Mutex::new(session), card };
        detector.probabilities(&[0.0; FRAME], &|| false).map_err(|error| unusable(error.to_string()))?;
        Ok(detector)
    }

    /// The model, as the report names it.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Finds the speech in 16 kHz mono sound. Spans that are too faint to be a person's answer are left out.
    pub fn detect(&self, pcm: &[f32], cancelled: &dyn Fn() -> bool) -> Result<Activity, SpeechError> {
        let begins_ms = level::silence_before_ms(pcm);
        let sound = level::slice(pcm, Span::new(begins_ms, u64::MAX));
        let probabilities = self.probabilities(sound, cancelled)?;
        let mut activity = Activity::new(probabilities, begins_ms, level::duration_ms(pcm));
        activity.speech.retain(|span| level::is_audible(pcm, *span));
        Ok(activity)
    }

    fn probabilities(&self, pcm: &[f32], cancelled: &dyn Fn() -> bool) -> Result<Vec<f32>, SpeechError> {
        let failed = |error: ort::Error| SpeechError::Detector(error.to_string());
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let takes_rate = session.inputs().iter().any(|input| input.name() == "sr");
        let mut state = vec![0.0_f32; STATE];
        let mut input = vec![0.0_f32; CONTEXT + FRAME];
        let mut probabilities = Vec::with_capacity(pcm.len().div_ceil(FRAME));
        for frame in pcm.chunks(FRAME) {
            if cancelled() {
                return Err(SpeechError::Cancelled);
            }
            input.copy_within(FRAME.., 0);
            input[CONTEXT..CONTEXT + frame.len()].copy_from_slice(frame);
            input[CONTEXT + frame.len()..].fill(0.0);
            let mut inputs = ort::inputs![
                "input" => Tensor::from_array(([1, CONTEXT + FRAME], input.clone())).map_err(failed)?,
                "state" => Tensor::from_array(([2, 1, 128], state)).map_err(failed)?,
            ];
            if takes_rate {
                let rate = Tensor::from_array(((), vec![16_000_i64])).map_err(failed)?;
                inputs.push(("sr".into(), rate.into()));
            }
            let outputs = session.run(inputs).map_err(failed)?;
            let output = |name: &str| {
                let value =
                    outputs.get(name).ok_or_else(|| SpeechError::Detector(format!("no output {name}")))?;
                Ok::<_, SpeechError>(value.try_extract_tensor::<f32>().map_err(failed)?.1.to_vec())
            };
            let probability = output("output")?.first().copied().unwrap_or(0.0);
            probabilities.push(if probability.is_finite() { probability } else { 0.0 });
            state = output("stateN")?;
        }
        Ok(probabilities)
    }
}
