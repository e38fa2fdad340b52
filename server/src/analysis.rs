//! Measures one media file: speech, face, language. Used by the worker and by `viva analyze` alike. A stage that
//! cannot run says why and changes nothing else.

mod models;

use std::{
    path::Path,
    sync::{Mutex, PoisonError, atomic::AtomicBool},
};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use viva_core::{
    cue::{Assessed, Cues, Face, Language, ModelCard, Timelines, Transcript},
    profile::FaceTier,
};
use viva_media::{
    audio, frames,
    read::{self, Limits},
};
use viva_models::{
    face::{FaceStage, RgbFrame},
    language::{self, LanguageQuery},
    speech::{SpeechRequest, SpeechStage, TIMELINE_STEP_MS},
};

pub use models::{Ability, memory_mib, runtime_library};

use crate::config::Config;

/// The stages that this machine can run, loaded.
pub struct Analyser {
    speech: Result<SpeechStage, String>,
    /// One answer at a time: a stage holds its networks' working memory.
    face: Result<Mutex<FaceStage>, String>,
    abilities: Vec<Ability>,
    /// Transcripts of this recogniser are for demonstration only.
    demonstration: bool,
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// ISO 639-1; none lets the recogniser find out.
    pub language: Option<&'a str>,
    /// The question that was asked; empty where there is none.
    pub question: &'a str,
    /// Terms that the rubric looks for.
    pub terms: &'a [String],
    pub tier: FaceTier,
}

/// What was found in one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Analysis {
    pub duration_ms: u64,
    pub transcript: Assessed<Transcript>,
    pub cues: Cues,
    #[serde(skip_serializing_if = "is_empty", default)]
    pub timelines: Timelines,
    pub models: Vec<ModelCard>,
}

fn is_empty(timelines: &Timelines) -> bool {
    *timelines == Timelines::default()
}

/// Sampled frames per second.
const FACE_FPS: f32 = frames::DEFAULT_FPS;
/// Share of the progress that goes to speech; the rest is the face's.
const SPEECH_SHARE: f32 = 0.5;

impl Analyser {
    /// Loads what is installed. Only a damaged configuration is an error: capture works without any model.
    pub fn load(config: &Config) -> Result<Self> {
        let models::Loaded { speech, face, abilities, demonstration } = models::load(config)?;
        Ok(Self { speech, face: face.map(Mutex::new), abilities, demonstration })
    }

    /// What can be done here, and what is missing for the rest.
    pub fn abilities(&self) -> &[Ability] {
        &self.abilities
    }

    pub fn is_demonstration(&self) -> bool {
        self.demonstration
    }

    /// Measures `path`. `progress` gets the share done, 0–1. Blocks for as long as it takes.
    ///
    /// # Errors
    /// When the file is not media that can be read at all.
    pub fn analyse(
        &self,
        path: &Path,
        request: &Request<'_>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Analysis> {
        let info = read::probe(path, &Limits::default())?;
        let mut models = Vec::new();
        let mut timelines = Timelines { step_ms: TIMELINE_STEP_MS, ..Timelines::default() };

        let (transcript, speech) = if info.audio.is_some() {
            self.listen(
                path,
                request,
                cancel,
                &mut |share| progress(share * SPEECH_SHARE),
                &mut timelines,
                &mut models,
            )?
        } else {
            (Assessed::not("no sound track"), Assessed::not("no sound track"))
        };
        let face = if info.video.is_some() {
            let duration_ms = info.duration_ms.max(1);
            let mut at = |ms: u64| {
                progress(SPEECH_SHARE + (1.0 - SPEECH_SHARE) * (ms as f32 / duration_ms as f32).min(1.0));
            };
            self.look(path, request.tier, info.duration_ms, cancel, &mut at, &mut timelines, &mut models)
        } else {
            Assessed::not("no picture")
        };
        let language = match &transcript {
            Assessed::Present(transcript) => Assessed::Present(read_language(transcript, request)),
            Assessed::NotAssessed { not_assessed } => Assessed::not(not_assessed.clone()),
        };
        progress(1.0);
        models.sort();
        models.dedup();
        Ok(Analysis {
            duration_ms: info.duration_ms,
            transcript,
            cues: Cues { speech, face, language },
            timelines,
            models,
        })
    }

    fn listen(
        &self,
        path: &Path,
        request: &Request<'_>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(f32),
        timelines: &mut Timelines,
        models: &mut Vec<ModelCard>,
    ) -> Result<(Assessed<Transcript>, Assessed<viva_core::cue::Speech>)> {
        let stage = match &self.speech {
            Ok(stage) => stage,
            Err(reason) => return Ok((Assessed::not(reason), Assessed::not(reason))),
        };
        let pcm = match audio::decode(path, &Limits::default()) {
            Ok(pcm) => pcm,
            Err(error) => {
                let reason = format!("the sound cannot be read: {error}");
                return Ok((Assessed::not(&reason), Assessed::not(reason)));
            }
        };
        let request = SpeechRequest { language: request.language.map(str::to_owned), cancel };
        let found = stage.analyse(&pcm.samples, &request, progress)?;
        timelines.loudness_dbfs = found.loudness_dbfs;
        timelines.speech_rate = found.speech_rate;
        models.extend(found.models);
        Ok((found.transcript, found.cues))
    }

    #[allow(clippy::too_many_arguments)]
    fn look(
        &self,
        path: &Path,
        tier: FaceTier,
        duration_ms: u64,
        cancel: &AtomicBool,
        at: &mut dyn FnMut(u64),
        timelines: &mut Timelines,
        models: &mut Vec<ModelCard>,
    ) -> Assessed<Face> {
        let stage = match &self.face {
            Ok(stage) => stage,
            Err(reason) => return Assessed::not(reason),
        };
        let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
        let mut watch = || -> Result<_> {
            let mut session = stage.start(tier, FACE_FPS)?;
            for frame in frames::sample(path, FACE_FPS, &Limits::default())? {
                anyhow::ensure!(!cancel.load(std::sync::atomic::Ordering::Relaxed), "cancelled");
                let frame = frame?;
                at(frame.at_ms);
                session.frame(RgbFrame {
                    at_ms: frame.at_ms,
                    width: frame.width,
                    height: frame.height,
                    rgb: &frame.rgb,
                })?;
            }
            Ok(session.finish(duration_ms))
        };
        match watch() {
            Ok(found) => {
                timelines.smile = found.smile;
                timelines.camera_facing = found.camera_facing;
                models.extend(found.models);
                Assessed::Present(found.cues)
            }
            Err(error) => Assessed::not(format!("the picture cannot be read: {error}")),
        }
    }
}

fn read_language(transcript: &Transcript, request: &Request<'_>) -> Language {
    let query = LanguageQuery {
        question: request.question,
        keywords: request.terms,
        language: request.language.unwrap_or("auto"),
    };
    language::analyse(transcript, &query)
}
