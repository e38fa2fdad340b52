//! Measures one media file: speech, face, language. Used by the worker and by `viva analyze` alike. A stage that
//! cannot run says why and changes nothing else.

mod models;
mod relevance;

use std::{
    io::Cursor,
    panic::resume_unwind,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
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
use viva_media::{
    audio, frames,
    read::{self, Input, Limits},
};
use viva_models::{
    embedding::SentenceEmbedding,
    face::{FaceResult, FaceStage, RgbFrame},
    language::{self, LanguageQuery},
    speech::{Recall, SpeechError, SpeechRequest, SpeechResult, SpeechStage, TIMELINE_STEP_MS},
};

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
    windows: Windows,
}

/// Stretches of speech since the start of the program.
#[derive(Debug, Default)]
pub struct Windows {
    /// Heard while the answer was recorded.
    pub overheard: AtomicU64,
    /// Of measured answers, those that need not be heard again.
    pub recalled: AtomicU64,
    /// Of the same answers, the others.
    pub heard: AtomicU64,
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
    /// What was heard of it while it was recorded; changes nothing but the time it takes.
    pub recall: Option<&'a Recall>,
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

/// Sampled frames per second.
const FACE_FPS: f32 = frames::DEFAULT_FPS;
/// How often progress is told while only the picture is left.
const PROGRESS_STEP: Duration = Duration::from_millis(50);
/// Decoded frames that wait for the networks.
const FRAMES_AHEAD: usize = 4;
/// Sound that ends this much before the picture is told: a transcript of it is not of the whole answer.
const SOUND_MAY_MISS_MS: u64 = 1000;
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
            windows: Windows::default(),
        })
    }

    /// Whether there is anything for [`Self::overhear`] to do.
    pub fn transcribes(&self) -> bool {
        self.speech.as_ref().is_ok_and(SpeechStage::transcribes)
    }

    /// Whether an answer is being measured.
    pub fn is_measuring(&self) -> bool {
        self.measuring.load(Ordering::Relaxed)
    }

    /// What overhearing has come to.
    pub fn windows(&self) -> &Windows {
        &self.windows
    }

    /// Hears what will not change any more of an answer that is still recorded; `sound` is all of it so far, in a file. Stops
    /// as soon as an answer is measured. Blocks.
    ///
    /// # Errors
    /// When the sound cannot be read, or a network fails.
    pub fn overhear(&self, sound: Vec<u8>, language: &str, recall: &Recall) -> Result<()> {
        let Ok(stage) = &self.speech else { return Ok(()) };
        let pcm = audio::decode_input(Box::new(Cursor::new(sound)), &Limits::default())?;
        let before = recall.counts();
        let outcome = stage.overhear(&pcm.samples, language, recall, &self.measuring);
        self.windows.overheard.fetch_add(recall.counts().heard - before.heard, Ordering::Relaxed);
        match outcome {
            Err(SpeechError::Cancelled) => Ok(()),
            other => Ok(other?),
        }
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
        let _measuring = Measuring::begin(&self.measuring);
        self.measure(open, request, cancel, progress)
    }

    fn measure(
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
        let seen_ms = AtomicU64::new(0);
        let done = |heard: f32| {
            let seen = seen_ms.load(Ordering::Relaxed) as f32 / info.duration_ms.max(1) as f32;
            SPEECH_SHARE * heard + (1.0 - SPEECH_SHARE) * seen.min(1.0)
        };
        // Sound and picture know nothing of each other: on two cores the longer of them is all that one waits for.
        let (heard, seen) = thread::scope(|scope| {
            let looking = info
                .video
                .as_ref()
                .map(|_| scope.spawn(|| self.look(open, request.tier, cancel, &seen_ms, info.duration_ms)));
            let heard = info
                .audio
                .as_ref()
                .map(|_| self.listen(open, request, cancel, &mut |share| progress(done(share))));
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

    /// The sound alone.
    fn listen(
        &self,
        open: &Open<'_>,
        request: &Request<'_>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Heard> {
        let unheard = |reason: String| Ok(Heard { speech: Err(reason), decoded: None });
        let stage = match &self.speech {
            Ok(stage) => stage,
            Err(reason) => return unheard(reason.clone()),
        };
        let pcm = match open().and_then(|input| audio::decode_input(input, &Limits::default())) {
            Ok(pcm) => pcm,
            Err(error) => return unheard(format!("the sound cannot be read: {error}")),
        };
        let before = request.recall.map(Recall::counts).unwrap_or_default();
        let asked = SpeechRequest {
            language: request.language.map(str::to_owned),
            other_voices: request.observe,
            recall: request.recall,
            cancel,
        };
        let speech = Ok(stage.analyse(&pcm.samples, &asked, progress)?);
        if let Some(now) = request.recall.map(Recall::counts) {
            self.windows.recalled.fetch_add(now.recalled - before.recalled, Ordering::Relaxed);
            self.windows.heard.fetch_add(now.heard - before.heard, Ordering::Relaxed);
        }
        let decoded = Decoded {
            duration_ms: pcm.duration_ms(),
            truncated: pcm.truncated,
            corrupt_packets: pcm.corrupt_packets,
        };
        Ok(Heard { speech, decoded: Some(decoded) })
    }

    /// The picture alone. `seen_ms` tells how far it is.
    fn look(
        &self,
        open: &Open<'_>,
        tier: FaceTier,
        cancel: &AtomicBool,
        seen_ms: &AtomicU64,
        duration_ms: u64,
    ) -> Result<FaceResult, String> {
        let mut stage =
            self.face.as_ref().map_err(Clone::clone)?.lock().unwrap_or_else(PoisonError::into_inner);
        let mut watch = || -> Result<FaceResult> {
            let mut session = stage.start(tier, FACE_FPS)?;
            thread::scope(|scope| -> Result<()> {
                // Decoding takes a quarter of the time; beside the networks it takes none.
                let (decoded, frames) = mpsc::sync_channel(FRAMES_AHEAD);
                scope.spawn(move || decode_frames(open, &decoded));
                for frame in frames {
                    anyhow::ensure!(!cancel.load(Ordering::Relaxed), "cancelled");
                    let frame = frame?;
                    seen_ms.store(frame.at_ms, Ordering::Relaxed);
                    session.frame(RgbFrame {
                        at_ms: frame.at_ms,
                        width: frame.width,
                        height: frame.height,
                        rgb: &frame.rgb,
                    })?;
                }
                Ok(())
            })?;
            Ok(session.finish(duration_ms))
        };
        watch().map_err(|error| format!("the picture cannot be read: {error}"))
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

/// What came of listening.
struct Heard {
    speech: Result<SpeechResult, String>,
    /// Absent where the sound was not decoded.
    decoded: Option<Decoded>,
}

/// The sound as it came out of its container.
struct Decoded {
    duration_ms: u64,
    truncated: bool,
    corrupt_packets: u64,
}

impl Heard {
    fn note(self, analysis: &mut Analysis, sound_only: bool) {
        if let Some(decoded) = self.decoded {
            decoded.note(analysis, sound_only);
        }
        match self.speech {
            Ok(found) => {
                analysis.timelines.loudness_dbfs = found.loudness_dbfs;
                analysis.timelines.speech_rate = found.speech_rate;
                analysis.sources.speech = digests(&found.models);
                analysis.models.extend(found.models);
                analysis.transcript = found.transcript;
                analysis.cues.speech = found.cues;
            }
            Err(reason) => {
                analysis.transcript = Assessed::not(&reason);
                analysis.cues.speech = Assessed::not(reason);
            }
        }
    }
}

impl Decoded {
    fn note(&self, analysis: &mut Analysis, sound_only: bool) {
        let (decoded, stated) = (self.duration_ms, analysis.duration_ms);
        if self.truncated || decoded + SOUND_MAY_MISS_MS < stated {
            let cause = if self.truncated { "the file was cut off: its" } else { "the" };
            analysis.warnings.push(format!(
                "{cause} sound ends after {:.1} s of {:.1} s",
                decoded as f64 / 1000.0,
                stated as f64 / 1000.0
            ));
            if sound_only {
                analysis.duration_ms = decoded;
            }
        }
        if self.corrupt_packets > 0 {
            analysis
                .warnings
                .push(format!("{} packets of the sound could not be decoded", self.corrupt_packets));
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
