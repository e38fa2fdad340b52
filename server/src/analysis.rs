//! Measures one media file: speech, face, language. Used by the worker and by `viva analyze` alike. A stage that
//! cannot run says why and changes nothing else.

pub mod ahead;
mod listen;
mod look;
mod models;
mod relevance;

use std::{
    panic::resume_unwind,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use viva_core::{
    cue::{Assessed, Cues, ModelCard, Timelines, Transcript},
    profile::FaceTier,
};
use viva_media::read::{self, Input, Limits};
use viva_models::{
    embedding::SentenceEmbedding,
    face::FaceStage,
    language::{self, LanguageQuery},
    speech::{SpeechStage, TIMELINE_STEP_MS},
};

use ahead::Known;
pub use models::{Ability, face_stage, memory_mib, runtime_library};
pub use relevance::{Relevance, compared_sha256};

use crate::config::Config;

/// The stages that this machine can run, loaded.
pub struct Analyser {
    speech: Result<SpeechStage, String>,
    /// One answer at a time: a stage holds its networks' working memory.
    face: Result<Mutex<FaceStage>, String>,
    embedding: Option<SentenceEmbedding>,
    abilities: Vec<Ability>,
    /// Transcripts of this recogniser are for demonstration only.
    demonstration: bool,
    score_demonstration: bool,
    /// Somebody waits for what is measured now.
    measuring: AtomicBool,
    /// Of speech.
    windows: Counts,
    pictures: Counts,
}

/// What was measured since the start of the program.
#[derive(Debug, Default)]
pub struct Counts {
    /// While the answer was recorded.
    pub ahead: AtomicU64,
    /// Of measured answers, those that were known already.
    pub recalled: AtomicU64,
    /// Of the same answers, the others.
    pub afterwards: AtomicU64,
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

impl<'a> Request<'a> {
    /// What to look for in the transcript.
    pub fn language_query(&self) -> LanguageQuery<'a> {
        LanguageQuery {
            question: self.question,
            keywords: self.terms,
            language: self.language.unwrap_or("auto"),
        }
    }
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relevance: Vec<String>,
}

fn digests(models: &[ModelCard]) -> Vec<String> {
    models.iter().map(|model| model.sha256.clone()).collect()
}

fn is_empty(timelines: &Timelines) -> bool {
    *timelines == Timelines::default()
}

/// How often progress is told while only the picture is left.
const PROGRESS_STEP: Duration = Duration::from_millis(50);
/// Share of the progress that goes to speech; the rest is the face's.
const SPEECH_SHARE: f32 = 0.5;

impl Analysis {
    /// Takes over what a model of sentences says, where it says it of this very answer.
    pub fn compared(&mut self, relevance: &Relevance, query: &LanguageQuery<'_>) {
        if let (Assessed::Present(transcript), Assessed::Present(read)) =
            (&self.transcript, &mut self.cues.language)
            && relevance.add_to(read, transcript, query)
        {
            self.sources.relevance = vec![relevance.model.sha256.clone()];
            self.models.push(relevance.model.clone());
        }
    }
}

impl Analyser {
    /// Loads what is installed. Only a damaged configuration is an error: capture works without any model.
    pub fn load(config: &Config) -> Result<Self> {
        let models::Loaded { speech, face, embedding, abilities, demonstration } = models::load(config)?;
        Ok(Self {
            speech,
            face: face.map(Mutex::new),
            embedding,
            abilities,
            demonstration,
            score_demonstration: config.models.score_demonstration,
            measuring: AtomicBool::new(false),
            windows: Counts::default(),
            pictures: Counts::default(),
        })
    }

    /// Whether there is anything for [`Self::overhear`] to do.
    pub fn transcribes(&self) -> bool {
        self.speech.as_ref().is_ok_and(SpeechStage::transcribes)
    }

    /// Whether there is anything for [`Self::look_ahead`] to do.
    pub fn sees_faces(&self) -> bool {
        self.face.is_ok()
    }

    /// Whether an answer is being measured.
    pub fn is_measuring(&self) -> bool {
        self.measuring.load(Ordering::Relaxed)
    }

    /// Stretches of speech that were heard.
    pub fn windows(&self) -> &Counts {
        &self.windows
    }

    /// Sampled pictures that were looked at.
    pub fn pictures(&self) -> &Counts {
        &self.pictures
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

    /// Measures what `open` opens, once for each pass. `known` changes nothing but the time it takes.
    /// `progress` gets the share done, 0–1. Blocks for as long as it takes.
    ///
    /// # Errors
    /// When the file is not media that can be read at all.
    pub fn analyse(
        &self,
        open: &Open<'_>,
        request: &Request<'_>,
        known: Option<&Known>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Analysis> {
        let _measuring = Measuring::begin(&self.measuring);
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
        let seen_ms = AtomicU64::new(0);
        let done = |heard: f32| {
            let seen = seen_ms.load(Ordering::Relaxed) as f32 / info.duration_ms.max(1) as f32;
            SPEECH_SHARE * heard + (1.0 - SPEECH_SHARE) * seen.min(1.0)
        };
        let (recall, seen) = known.map(|known| (&*known.recall, &*known.seen)).unzip();
        let look = || self.look(open, request.tier, seen, cancel, &seen_ms, info.duration_ms);
        // Sound and picture know nothing of each other: on two cores the longer of them is all that one waits for.
        let (heard, seen) = thread::scope(|scope| {
            let looking = info.video.as_ref().map(|_| scope.spawn(look));
            let heard = info
                .audio
                .as_ref()
                .map(|_| self.listen(open, request, recall, cancel, &mut |share| progress(done(share))));
            while looking.as_ref().is_some_and(|looking| !looking.is_finished()) {
                progress(done(1.0));
                thread::sleep(PROGRESS_STEP);
            }
            let seen = looking.map(|looking| looking.join().unwrap_or_else(|panic| resume_unwind(panic)));
            (heard, seen)
        });
        if let Some(heard) = heard.transpose()? {
            heard.note(&mut analysis, info.video.is_none());
        }
        match seen {
            None => {}
            Some(Ok(found)) => {
                analysis.timelines.smile = found.smile;
                analysis.timelines.camera_facing = found.camera_facing;
                analysis.sources.face = digests(&found.models);
                analysis.models.extend(found.models);
                analysis.cues.face = Assessed::Present(found.cues);
            }
            Some(Err(reason)) => analysis.cues.face = Assessed::not(reason),
        }
        analysis.cues.language = match &analysis.transcript {
            Assessed::Present(transcript) => {
                Assessed::Present(language::analyse(transcript, &request.language_query()))
            }
            Assessed::NotAssessed { not_assessed } => Assessed::not(not_assessed.clone()),
        };
        progress(1.0);
        analysis.models.sort();
        analysis.models.dedup();
        Ok(analysis)
    }
}

/// Set as long as it lives, also where measuring panics.
struct Measuring<'a>(&'a AtomicBool);

impl<'a> Measuring<'a> {
    fn begin(measuring: &'a AtomicBool) -> Self {
        measuring.store(true, Ordering::Relaxed);
        Self(measuring)
    }
}

impl Drop for Measuring<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
