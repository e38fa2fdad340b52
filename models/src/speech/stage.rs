//! The stage itself: from PCM to transcript and cues.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicBool, Ordering},
};

use viva_core::{
    cue::{Assessed, ModelCard, Segment, Speech, Transcript, Word},
    time::Span,
};

use super::{
    MAX_SECONDS, RecogniserModel, SAMPLE_RATE, Search, SpeechError, SpeechModels,
    activity::Activity,
    confidence, hallucination, level, measure, rate,
    recall::Recall,
    segments::segments,
    vad::Detector,
    voices::other_voices,
    whisper::Recogniser,
    windows::{Limits, settled, windows},
    words,
};
use crate::runtime::OnnxRuntime;

/// Why there is no transcript where no recogniser is installed.
pub const NO_RECOGNISER: &str = "speech model not installed; run viva models fetch";
/// Why there is nothing at all.
pub const NO_SOUND: &str = "no sound in the recording";

/// Whisper's window; a span must stay below it.
const MAX_SPAN_S: f32 = 29.0;
/// Silence that parts windows: none under two seconds, where each window costs a full encoding; a model that encodes
/// only what was said has learned from single sentences, and gets them.
const SILENCE_MS: u64 = 2000;
const SILENCE_SHORT_MS: u64 = 700;
/// Share of the progress that the detector takes; the rest is the recogniser's.
const DETECTOR_SHARE: f32 = 0.05;

/// Speech models, loaded. Share one between all jobs.
pub struct SpeechStage {
    detector: Detector,
    recogniser: Option<(Recogniser, RecogniserModel)>,
}

/// What to analyse, and when to stop.
#[derive(Clone, Debug)]
pub struct SpeechRequest<'a> {
    /// `zh` or `en`; none or `auto` lets the model choose among its languages.
    pub language: Option<String>,
    /// Look for voices of another pitch, too.
    pub other_voices: bool,
    /// What was heard of this recording while it went on; see [`SpeechStage::overhear`].
    pub recall: Option<&'a Recall>,
    /// Set it to stop: the call returns [`SpeechError::Cancelled`] after the network's current step.
    pub cancel: &'a AtomicBool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechResult {
    pub transcript: Assessed<Transcript>,
    pub cues: Assessed<Speech>,
    /// dB relative to full scale, one value per [`super::TIMELINE_STEP_MS`]; none where nobody speaks.
    pub loudness_dbfs: Vec<Option<f32>>,
    /// Words (for Chinese, characters) per minute, likewise.
    pub speech_rate: Vec<Option<f32>>,
    /// The models that took part.
    pub models: Vec<ModelCard>,
}

impl SpeechStage {
    /// Loads the models. `threads` is what one job may use: the cores divided by the jobs that run side by side.
    ///
    /// # Errors
    /// When a file is missing or is not the model that it should be. A recogniser that is not installed is no error.
    pub fn load(models: &SpeechModels, runtime: &OnnxRuntime, threads: usize) -> Result<Self, SpeechError> {
        Self::load_with(models, runtime, threads, Search::default())
    }

    /// As [`Self::load`], with a choice of search.
    pub fn load_with(
        models: &SpeechModels,
        runtime: &OnnxRuntime,
        threads: usize,
        search: Search,
    ) -> Result<Self, SpeechError> {
        let recogniser = match &models.recogniser {
            Some(model) => Some((Recogniser::load(model, search, threads.max(1))?, model.clone())),
            None => None,
        };
        Ok(Self { detector: Detector::load(&models.vad, runtime)?, recogniser })
    }

    /// Whether there is a recogniser.
    pub fn transcribes(&self) -> bool {
        self.recogniser.is_some()
    }

    /// Analyses 16 kHz mono sound. `progress` is told the share that is done, 0–1, rising.
    ///
    /// # Errors
    /// When it is cancelled, too long, or a network fails. Silence, noise and a missing recogniser are no errors.
    pub fn analyse(
        &self,
        pcm: &[f32],
        request: &SpeechRequest<'_>,
        progress: &mut dyn FnMut(f32),
    ) -> Result<SpeechResult, SpeechError> {
        if pcm.len() > MAX_SECONDS * SAMPLE_RATE {
            return Err(SpeechError::TooLong);
        }
        let pcm = &*finite(pcm);
        if !level::has_sound(pcm) {
            progress(1.0);
            return Ok(silent());
        }
        let cancelled = || request.cancel.load(Ordering::Relaxed);
        let nothing = Recall::default();
        let recall = request.recall.unwrap_or(&nothing);
        let activity = self.detector.detect(pcm, &mut recall.detector(), &cancelled)?;
        progress(DETECTOR_SHARE);
        let mut models = vec![self.detector.card().clone()];
        let transcript = match &self.recogniser {
            None => Assessed::not(NO_RECOGNISER),
            Some((recogniser, model)) => {
                models.push(model.card.clone());
                let hearing =
                    Hearing { recogniser, model, pcm, activity: &activity, recall, cancelled: &cancelled };
                hearing.transcript(request.language.as_deref(), progress)?
            }
        };
        progress(1.0);
        let said = transcript.present();
        let speech_rate = match said {
            Some(said) => {
                let unit = rate::unit(&said.language);
                rate::timeline(unit, &said.segments, &activity, level::duration_ms(pcm))
            }
            None => vec![None; timeline_steps(pcm)],
        };
        let mut cues = measure(pcm, &activity, said);
        if request.other_voices {
            cues.other_voices = other_voices(pcm, &activity);
        }
        let loudness_dbfs = level::timeline(pcm, &activity);
        Ok(SpeechResult { transcript, cues: Assessed::Present(cues), loudness_dbfs, speech_rate, models })
    }

    /// Hears what is there of a recording that still goes on, as far as nothing that follows can change it: so much less
    /// [`Self::analyse`] has to hear when it is over, if it gets the same `recall`. It finds the very same. Without a
    /// recogniser, or where it would have to guess the language, there is nothing to do.
    ///
    /// # Errors
    /// As those of [`Self::analyse`]; what was heard before stays.
    pub fn overhear(
        &self,
        pcm: &[f32],
        language: &str,
        recall: &Recall,
        cancel: &AtomicBool,
    ) -> Result<(), SpeechError> {
        if pcm.len() > MAX_SECONDS * SAMPLE_RATE {
            return Err(SpeechError::TooLong);
        }
        let Some((recogniser, model)) = &self.recogniser else { return Ok(()) };
        if !model.languages.iter().any(|known| known == language) {
            return Ok(());
        }
        let pcm = &*finite(pcm);
        let cancelled = || cancel.load(Ordering::Relaxed);
        let activity = self.detector.detect(pcm, &mut recall.detector(), &cancelled)?;
        let hearing = Hearing { recogniser, model, pcm, activity: &activity, recall, cancelled: &cancelled };
        for window in settled(&activity, hearing.limits(), level::duration_ms(pcm)) {
            hearing.window(window, language)?;
        }
        Ok(())
    }
}

/// One recording on its way through the recogniser.
struct Hearing<'a> {
    recogniser: &'a Recogniser,
    model: &'a RecogniserModel,
    pcm: &'a [f32],
    activity: &'a Activity,
    recall: &'a Recall,
    cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Hearing<'_> {
    fn transcript(
        &self,
        asked: Option<&str>,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Assessed<Transcript>, SpeechError> {
        let pinned = asked.filter(|language| !matches!(*language, "" | "auto"));
        if let Some(language) =
            pinned.filter(|language| !self.model.languages.iter().any(|known| known == language))
        {
            return Ok(Assessed::not(format!(
                "the speech model {} does not know {language}",
                self.model.card.name
            )));
        }
        let windows = windows(self.activity, self.limits(), level::duration_ms(self.pcm));
        let language = match (pinned, self.longest(&windows)) {
            (Some(language), _) => language.to_owned(),
            (None, Some(longest)) => {
                self.recogniser.job()?.detect_language(level::slice(self.pcm, longest))?
            }
            (None, None) => self.model.languages.first().cloned().unwrap_or_default(),
        };
        let total: u64 = windows.iter().map(|window| window.duration_ms()).sum();
        let (mut found, mut done) = (Vec::new(), 0);
        for window in windows {
            let heard = self.window(window, &language)?;
            found.extend(segments(heard, self.activity, language == "zh"));
            done += window.duration_ms();
            progress(DETECTOR_SHARE + (1.0 - DETECTOR_SHARE) * done as f32 / total.max(1) as f32);
        }
        Ok(Assessed::Present(transcript(found, language)))
    }

    fn limits(&self) -> Limits {
        let longest_ms = (self.model.max_span_s.clamp(1.0, MAX_SPAN_S) * 1000.0) as u64;
        Limits { longest_ms, silence_ms: if self.model.audio_ctx { SILENCE_SHORT_MS } else { SILENCE_MS } }
    }

    /// The window with the most speech: the safest for telling the language.
    fn longest(&self, windows: &[Span]) -> Option<Span> {
        let speech = |window: &&Span| self.activity.speech_within(window.start_ms, window.end_ms);
        windows.iter().max_by_key(speech).copied()
    }

    fn window(&self, window: Span, language: &str) -> Result<Vec<Word>, SpeechError> {
        if (self.cancelled)() {
            return Err(SpeechError::Cancelled);
        }
        let sound = level::slice(self.pcm, window);
        let mut heard = self.hear(sound, window, language)?;
        if self.model.demonstration && !heard.is_empty() {
            let again = self.hear(&confidence::stretched(sound), window, language)?;
            let agreement = confidence::agreement(&heard, &again);
            for word in &mut heard {
                word.confidence *= agreement;
            }
        }
        Ok(heard)
    }

    fn hear(&self, sound: &[f32], window: Span, language: &str) -> Result<Vec<Word>, SpeechError> {
        // A state of its own: whisper.cpp's dice go on from window to window of one state, and no window may depend on
        // which were heard before it.
        let decode = || self.recogniser.job()?.decode(sound, language, self.cancelled);
        let tokens = self.recall.tokens(sound, language, decode)?;
        let words = words::words(&tokens, window, language == "zh");
        Ok(hallucination::filter(&tokens, words, window, self.activity.is_doubtful(window)))
    }
}

fn transcript(segments: Vec<Segment>, language: String) -> Transcript {
    let words: Vec<_> = segments.iter().flat_map(|segment| &segment.words).collect();
    let mean_confidence =
        words.iter().fold(0.0, |sum, word| sum + word.confidence) / words.len().max(1) as f32;
    let texts: Vec<_> = segments.iter().map(|segment| segment.text.as_str()).collect();
    let text = texts.join(if language == "zh" { "" } else { " " });
    Transcript { text, language, mean_confidence, segments }
}

fn silent() -> SpeechResult {
    SpeechResult {
        transcript: Assessed::not(NO_SOUND),
        cues: Assessed::not(NO_SOUND),
        loudness_dbfs: Vec::new(),
        speech_rate: Vec::new(),
        models: Vec::new(),
    }
}

fn timeline_steps(pcm: &[f32]) -> usize {
    level::duration_ms(pcm).div_ceil(super::TIMELINE_STEP_MS) as usize
}

/// Sound without the values that would poison every sum. Decoders of hostile files do produce them.
fn finite(pcm: &[f32]) -> Cow<'_, [f32]> {
    let sane = |sample: &f32| sample.is_finite() && sample.abs() <= 1.0;
    if pcm.iter().all(sane) {
        return Cow::Borrowed(pcm);
    }
    let mend = |sample: &f32| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
    Cow::Owned(pcm.iter().map(mend).collect())
}
