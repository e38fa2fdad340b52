//! Measures one media file: speech, face, language. Used by the worker and by `viva analyze` alike. A stage that
//! cannot run says why and changes nothing else.

mod models;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use viva_core::{
    cue::{Assessed, Cues, Language, ModelCard, Timelines, Transcript},
    profile::FaceTier,
};
use viva_media::{
    audio, frames,
    read::{self, Input, Limits},
};
use viva_models::{
    face::{FaceStage, RgbFrame},
    language::{self, LanguageQuery},
    speech::{SpeechRequest, SpeechStage, TIMELINE_STEP_MS},
};

pub use models::{Ability, face_stage, memory_mib, runtime_library};

use crate::config::Config;

/// The stages that this machine can run, loaded.
pub struct Analyser {
    speech: Result<SpeechStage, String>,
    /// One answer at a time: a stage holds its networks' working memory.
    face: Result<Mutex<FaceStage>, String>,
    abilities: Vec<Ability>,
    /// Transcripts of this recogniser are for demonstration only.
    demonstration: bool,
    score_demonstration: bool,
}

/// Opens the media to be measured.
pub type Open<'a> = dyn Fn() -> Result<Box<dyn Input>, read::Error> + Sync + 'a;

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
    /// Look for what people may want to look at: other voices.
    pub observe: bool,
}

/// What was found in one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Analysis {
    /// SHA-256 of the recording that was measured; it may be made again with more in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    pub duration_ms: u64,
    pub transcript: Assessed<Transcript>,
    pub cues: Cues,
    #[serde(skip_serializing_if = "is_empty", default)]
    pub timelines: Timelines,
    /// What is odd about the file, in words for people.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
    pub models: Vec<ModelCard>,
    #[serde(default)]
    pub sources: Sources,
}

/// SHA-256 of the models that each stage ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sources {
    pub speech: Vec<String>,
    pub face: Vec<String>,
}

fn digests(models: &[ModelCard]) -> Vec<String> {
    models.iter().map(|model| model.sha256.clone()).collect()
}

fn is_empty(timelines: &Timelines) -> bool {
    *timelines == Timelines::default()
}

/// Sampled frames per second.
const FACE_FPS: f32 = frames::DEFAULT_FPS;
/// Decoded frames that wait for the networks.
const FRAMES_AHEAD: usize = 4;
/// Sound that ends this much before the picture is told: a transcript of it is not of the whole answer.
const SOUND_MAY_MISS_MS: u64 = 1000;
/// Share of the progress that goes to speech; the rest is the face's.
const SPEECH_SHARE: f32 = 0.5;

impl Analyser {
    /// Loads what is installed. Only a damaged configuration is an error: capture works without any model.
    pub fn load(config: &Config) -> Result<Self> {
        let models::Loaded { speech, face, abilities, demonstration } = models::load(config)?;
        Ok(Self {
            speech,
            face: face.map(Mutex::new),
            abilities,
            demonstration,
            score_demonstration: config.models.score_demonstration,
        })
    }

    /// What can be done here, and what is missing for the rest.
    pub fn abilities(&self) -> &[Ability] {
        &self.abilities
    }

    pub fn is_demonstration(&self) -> bool {
        self.demonstration
    }

    /// Why what this recogniser heard must not be scored.
    pub fn distrust(&self) -> Option<&'static str> {
        (self.demonstration && !self.score_demonstration).then_some(
            "transcribed by the demonstration model, which must not be used to judge real candidates; \
             run `viva models fetch`",
        )
    }

    /// Measures what `open` opens, once for each pass. `progress` gets the share done, 0–1. Blocks for as long as it takes.
    ///
    /// # Errors
    /// When the file is not media that can be read at all.
    pub fn analyse(
        &self,
        open: &Open<'_>,
        request: &Request<'_>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Analysis> {
        let info = read::probe_input(open()?, &Limits::default())?;
        let mut analysis = Analysis {
            recording: None,
            duration_ms: info.duration_ms,
            transcript: Assessed::not("no sound track"),
            cues: Cues {
                speech: Assessed::not("no sound track"),
                face: Assessed::not("no picture"),
                language: Assessed::not("no sound track"),
            },
            timelines: Timelines { step_ms: TIMELINE_STEP_MS, ..Timelines::default() },
            warnings: Vec::new(),
            models: Vec::new(),
            sources: Sources::default(),
        };
        if info.audio.is_some() {
            let mut listening = |share| progress(share * SPEECH_SHARE);
            self.listen(open, info.video.is_none(), request, cancel, &mut listening, &mut analysis)?;
        }
        if info.video.is_some() {
            let duration_ms = info.duration_ms.max(1);
            let mut looking = |ms: u64| {
                progress(SPEECH_SHARE + (1.0 - SPEECH_SHARE) * (ms as f32 / duration_ms as f32).min(1.0));
            };
            self.look(open, request.tier, cancel, &mut looking, &mut analysis);
        }
        analysis.cues.language = match &analysis.transcript {
            Assessed::Present(transcript) => Assessed::Present(read_language(transcript, request)),
            Assessed::NotAssessed { not_assessed } => Assessed::not(not_assessed.clone()),
        };
        progress(1.0);
        analysis.models.sort();
        analysis.models.dedup();
        Ok(analysis)
    }

    fn listen(
        &self,
        open: &Open<'_>,
        sound_only: bool,
        request: &Request<'_>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(f32),
        analysis: &mut Analysis,
    ) -> Result<()> {
        let refuse = |analysis: &mut Analysis, reason: String| {
            analysis.transcript = Assessed::not(&reason);
            analysis.cues.speech = Assessed::not(reason);
            Ok(())
        };
        let stage = match &self.speech {
            Ok(stage) => stage,
            Err(reason) => return refuse(analysis, reason.clone()),
        };
        let pcm = match open().and_then(|input| audio::decode_input(input, &Limits::default())) {
            Ok(pcm) => pcm,
            Err(error) => return refuse(analysis, format!("the sound cannot be read: {error}")),
        };
        let (decoded, stated) = (pcm.duration_ms(), analysis.duration_ms);
        if pcm.truncated || decoded + SOUND_MAY_MISS_MS < stated {
            let cause = if pcm.truncated { "the file was cut off: its" } else { "the" };
            analysis.warnings.push(format!(
                "{cause} sound ends after {:.1} s of {:.1} s",
                decoded as f64 / 1000.0,
                stated as f64 / 1000.0
            ));
            if sound_only {
                analysis.duration_ms = decoded;
            }
        }
        if pcm.corrupt_packets > 0 {
            analysis
                .warnings
                .push(format!("{} packets of the sound could not be decoded", pcm.corrupt_packets));
        }
        let request = SpeechRequest {
            language: request.language.map(str::to_owned),
            other_voices: request.observe,
            cancel,
        };
        let found = stage.analyse(&pcm.samples, &request, progress)?;
        analysis.timelines.loudness_dbfs = found.loudness_dbfs;
        analysis.timelines.speech_rate = found.speech_rate;
        analysis.sources.speech = digests(&found.models);
        analysis.models.extend(found.models);
        analysis.transcript = found.transcript;
        analysis.cues.speech = found.cues;
        Ok(())
    }

    fn look(
        &self,
        open: &Open<'_>,
        tier: FaceTier,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(u64),
        analysis: &mut Analysis,
    ) {
        let stage = match &self.face {
            Ok(stage) => stage,
            Err(reason) => {
                analysis.cues.face = Assessed::not(reason);
                return;
            }
        };
        let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
        let mut watch = || -> Result<_> {
            let mut session = stage.start(tier, FACE_FPS)?;
            thread::scope(|scope| -> Result<()> {
                // Decoding takes a quarter of the time; beside the networks it takes none.
                let (decoded, frames) = mpsc::sync_channel(FRAMES_AHEAD);
                scope.spawn(move || decode_frames(open, &decoded));
                for frame in frames {
                    anyhow::ensure!(!cancel.load(Ordering::Relaxed), "cancelled");
                    let frame = frame?;
                    progress(frame.at_ms);
                    session.frame(RgbFrame {
                        at_ms: frame.at_ms,
                        width: frame.width,
                        height: frame.height,
                        rgb: &frame.rgb,
                    })?;
                }
                Ok(())
            })?;
            Ok(session.finish(analysis.duration_ms))
        };
        match watch() {
            Ok(found) => {
                analysis.timelines.smile = found.smile;
                analysis.timelines.camera_facing = found.camera_facing;
                analysis.sources.face = digests(&found.models);
                analysis.models.extend(found.models);
                analysis.cues.face = Assessed::Present(found.cues);
            }
            Err(error) => analysis.cues.face = Assessed::not(format!("the picture cannot be read: {error}")),
        }
    }
}

/// Sends the sampled frames until there are no more, or nobody wants them.
fn decode_frames(open: &Open<'_>, decoded: &mpsc::SyncSender<Result<frames::Frame, read::Error>>) {
    match open().and_then(|input| frames::sample_input(input, FACE_FPS, &Limits::default())) {
        Ok(mut sampled) => while sampled.next().is_some_and(|frame| decoded.send(frame).is_ok()) {},
        // Nobody listens any more where it cannot be sent.
        Err(error) => drop(decoded.send(Err(error))),
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
