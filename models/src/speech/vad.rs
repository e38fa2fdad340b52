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

use super::{
    SpeechError,
    activity::{Activity, FRAME_MS},
    level,
    recall::absorb,
};
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
        detector
            .probabilities(&[0.0; FRAME], &mut DetectorProgress::default(), &|| false)
            .map_err(|error| unusable(error.to_string()))?;
        Ok(detector)
    }

    /// The model, as the report names it.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Finds the speech in 16 kHz mono sound. Spans that are too faint to be a person's answer are left out. Goes on from
    /// `progress` where that is of this sound, and leaves there how far it came.
    pub fn detect(
        &self,
        pcm: &[f32],
        progress: &mut DetectorProgress,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Activity, SpeechError> {
        let begins_ms = level::silence_before_ms(pcm) % FRAME_MS;
        let sound = level::slice(pcm, Span::new(begins_ms, u64::MAX));
        let probabilities = self.probabilities(sound, progress, cancelled)?;
        let mut activity = Activity::new(probabilities, begins_ms, level::duration_ms(pcm));
        activity.speech.retain(|span| level::is_audible(pcm, *span));
        Ok(activity)
    }

    fn probabilities(
        &self,
        sound: &[f32],
        progress: &mut DetectorProgress,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Vec<f32>, SpeechError> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if !progress.is_of(sound) {
            *progress = DetectorProgress::default();
        }
        let (frames, rest) = sound.as_chunks::<FRAME>();
        while let Some(frame) = frames.get(progress.probabilities.len()) {
            if cancelled() {
                return Err(SpeechError::Cancelled);
            }
            let (probability, state) = step(&mut session, progress.before(frames), frame, &progress.state)?;
            progress.take(frame, probability, state);
        }
        let mut probabilities = progress.probabilities.clone();
        if !rest.is_empty() {
            // What is missing of the last frame is silence, which may still become sound: not part of the progress.
            let mut last = [0.0; FRAME];
            last[..rest.len()].copy_from_slice(rest);
            probabilities.push(step(&mut session, progress.before(frames), &last, &progress.state)?.0);
        }
        Ok(probabilities)
    }
}

/// How far the detector has come in a recording that may go on.
#[derive(Debug)]
pub struct DetectorProgress {
    /// Of every whole frame so far.
    probabilities: Vec<f32>,
    /// The network's own, after the last of them.
    state: Vec<f32>,
    /// SHA-256 of their samples.
    digest: Sha256,
}

impl Default for DetectorProgress {
    fn default() -> Self {
        Self { probabilities: Vec::new(), state: vec![0.0; STATE], digest: Sha256::new() }
    }
}

impl DetectorProgress {
    /// Whether `sound` begins with what was listened to.
    fn is_of(&self, sound: &[f32]) -> bool {
        let frames = sound.as_chunks::<FRAME>().0.get(..self.probabilities.len());
        frames.is_some_and(|frames| {
            let mut digest = Sha256::new();
            absorb(&mut digest, frames.as_flattened());
            digest.finalize() == self.digest.clone().finalize()
        })
    }

    fn take(&mut self, frame: &[f32; FRAME], probability: f32, state: Vec<f32>) {
        absorb(&mut self.digest, frame);
        self.probabilities.push(probability);
        self.state = state;
    }

    /// The last samples before the next frame.
    fn before<'a>(&self, frames: &'a [[f32; FRAME]]) -> &'a [f32] {
        let last = self.probabilities.len().checked_sub(1).and_then(|last| frames.get(last));
        last.map_or(&[0.0; CONTEXT][..], |frame| &frame[FRAME - CONTEXT..])
    }
}

/// The probability of speech in a frame, and the network's state after it.
fn step(
    session: &mut Session,
    before: &[f32],
    frame: &[f32; FRAME],
    state: &[f32],
) -> Result<(f32, Vec<f32>), SpeechError> {
    let failed = |error: ort::Error| SpeechError::Detector(error.to_string());
    let takes_rate = session.inputs().iter().any(|input| input.name() == "sr");
    let mut inputs = ort::inputs![
        "input" => Tensor::from_array(([1, CONTEXT + FRAME], [before, frame].concat())).map_err(failed)?,
        "state" => Tensor::from_array(([2, 1, 128], state.to_vec())).map_err(failed)?,
    ];
    if takes_rate {
        let rate = Tensor::from_array(((), vec![16_000_i64])).map_err(failed)?;
        inputs.push(("sr".into(), rate.into()));
    }
    let outputs = session.run(inputs).map_err(failed)?;
    let output = |name: &str| {
        let value = outputs.get(name).ok_or_else(|| SpeechError::Detector(format!("no output {name}")))?;
        Ok::<_, SpeechError>(value.try_extract_tensor::<f32>().map_err(failed)?.1.to_vec())
    };
    let probability = output("output")?.first().copied().unwrap_or(0.0);
    let probability = if probability.is_finite() { probability } else { 0.0 };
    let state = output("stateN")?;
    if state.len() != STATE {
        return Err(SpeechError::Detector(format!("a state of {} numbers", state.len())));
    }
    Ok((probability, state))
}
