//! whisper.cpp through whisper-rs 0.16, with its traps closed. Nothing else here knows either of them.
//!
//! - whisper-rs's safe abort callback is unsound (it aborts when told not to), so the raw one is used.
//! - whisper.cpp answers −6…−9 for an abort and for a failure alike; the abort closure tells them apart.
//! - On −7 whisper.cpp has already freed the state, so it must not be dropped again.
//! - `set_language` leaks its string at each call, so parameters are made once per model and language.
//! - whisper.cpp 1.8.3 reads the probability of "no speech" from a stale row, so it is not used at all.
//! - whisper.cpp prints what it decodes in debug builds, so only its messages about loading reach the log.
//! - whisper.cpp trusts its model file, so [`ggml::check`] walks through it first.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    path::Path,
    ptr,
    sync::Once,
};

use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError, WhisperState,
    get_lang_id, get_lang_str,
};

use super::{RecogniserModel, SAMPLE_RATE, SpeechError, ggml};

/// Positions of the encoder per second of sound.
const POSITIONS_PER_SECOND: usize = 50;
/// Positions kept free behind the sound where the encoder is cut to it.
const SPARE_POSITIONS: usize = 64;
/// Two steps of fallback (0.4 and 0.8) where whisper.cpp's default of 0.2 takes five: a hopeless window must not
/// cost six decodings.
const TEMPERATURE_STEP: f32 = 0.4;
/// Makes Chinese come out in simplified characters, with punctuation.
const CHINESE_PROMPT: &str = "以下是普通话的句子。";
const MODEL: &str = "speech";

/// How tokens are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Search {
    /// The likeliest token each time: several times faster.
    #[default]
    Greedy,
    /// Five beams: slightly fewer errors.
    Beam,
}

/// A loaded model. One serves all jobs; each job has a state of its own.
pub struct Recogniser {
    context: WhisperContext,
    audio_positions: usize,
    cut_encoder: bool,
    demonstration: bool,
    /// Parameters for each language of the model.
    parameters: Vec<(String, FullParams<'static, 'static>)>,
    chinese_prompt: Vec<c_int>,
    threads: usize,
}

/// One job's decoder.
pub struct Job<'a> {
    recogniser: &'a Recogniser,
    /// Absent once whisper.cpp has freed it.
    state: Option<WhisperState>,
}

/// A token of the text heard in one window.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedToken {
    /// UTF-8, but one token may end inside a character.
    pub bytes: Vec<u8>,
    pub probability: f32,
    pub log_probability: f32,
    /// Milliseconds from the window's start.
    pub start_ms: u64,
    pub end_ms: u64,
}

impl Recogniser {
    pub fn load(model: &RecogniserModel, search: Search, threads: usize) -> Result<Self, SpeechError> {
        let shape = ggml::check(&model.path).map_err(|error| match error {
            ggml::GgmlError::Io(source) => SpeechError::Unreadable { model: MODEL, source },
            ggml::GgmlError::Malformed(reason) => unusable(reason),
        })?;
        route_log();
        let context = open(&model.path)?;
        if !shape.multilingual && model.languages.iter().any(|language| language != "en") {
            return Err(unusable("it knows English only, and its card promises more"));
        }
        let parameters = model
            .languages
            .iter()
            .map(|language| Ok((language.clone(), parameters(language, search, threads)?)))
            .collect::<Result<_, SpeechError>>()?;
        let chinese_prompt = context.tokenize(CHINESE_PROMPT, 64).unwrap_or_default();
        Ok(Self {
            context,
            audio_positions: shape.audio_positions as usize,
            cut_encoder: model.audio_ctx,
            demonstration: model.demonstration,
            parameters,
            chinese_prompt,
            threads,
        })
    }

    /// A fresh state: memory for one job, some tens to hundreds of megabytes.
    pub fn job(&self) -> Result<Job<'_>, SpeechError> {
        Ok(Job {
            recogniser: self,
            state: Some(self.context.create_state().map_err(|error| failed(&error))?),
        })
    }
}

impl Job<'_> {
    /// The model's language that the sound is most likely in. Cannot be aborted; costs one encoding.
    pub fn detect_language(&mut self, pcm: &[f32]) -> Result<String, SpeechError> {
        let recogniser = self.recogniser;
        let Some((first, _)) = recogniser.parameters.first() else {
            return Err(unusable("its card names no language"));
        };
        if recogniser.parameters.len() == 1 {
            return Ok(first.clone());
        }
        let state = self.state()?;
        state.pcm_to_mel(pcm, recogniser.threads).map_err(|error| failed(&error))?;
        let (_, probabilities) = state.lang_detect(0, recogniser.threads).map_err(|error| failed(&error))?;
        let probability = |language: &str| {
            let id = get_lang_id(language).and_then(|id| usize::try_from(id).ok());
            id.and_then(|id| probabilities.get(id)).copied().unwrap_or(0.0)
        };
        let languages = recogniser.parameters.iter().map(|(language, _)| language);
        let likeliest = languages.max_by(|a, b| probability(a).total_cmp(&probability(b)));
        Ok(likeliest.unwrap_or(first).clone())
    }

    /// Decodes one window of at most 30 s. `cancelled` is asked between the steps of the network.
    pub fn decode(
        &mut self,
        pcm: &[f32],
        language: &str,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<DecodedToken>, SpeechError> {
        let recogniser = self.recogniser;
        let known = recogniser.parameters.iter().find(|(known, _)| known == language);
        let Some((_, parameters)) = known else { return Err(unusable("it does not know the language")) };
        let mut parameters: FullParams<'_, '_> = parameters.clone();
        if language == "zh" && !recogniser.demonstration {
            parameters.set_tokens(&recogniser.chinese_prompt);
        }
        if recogniser.cut_encoder {
            let positions = (pcm.len() * POSITIONS_PER_SECOND).div_ceil(SAMPLE_RATE) + SPARE_POSITIONS;
            // More than the model's own makes whisper.cpp refuse.
            parameters.set_audio_ctx(positions.min(recogniser.audio_positions) as c_int);
        }
        let outcome = run(self.state()?, parameters, pcm, cancelled);
        if let Err(WhisperError::GenericError(-7)) = outcome {
            std::mem::forget(self.state.take());
        }
        match outcome {
            Ok(()) => Ok(heard(self.state()?, recogniser.context.token_eot())),
            Err(WhisperError::GenericError(-9..=-6)) if cancelled() => Err(SpeechError::Cancelled),
            Err(error) => Err(failed(&error)),
        }
    }

    fn state(&mut self) -> Result<&mut WhisperState, SpeechError> {
        self.state.as_mut().ok_or_else(|| SpeechError::Recogniser("out of memory".into()))
    }
}

fn open(path: &Path) -> Result<WhisperContext, SpeechError> {
    WhisperContext::new_with_params(path, WhisperContextParameters::default())
        .map_err(|_| unusable("whisper.cpp does not load it"))
}

fn parameters(
    language: &str,
    search: Search,
    threads: usize,
) -> Result<FullParams<'static, 'static>, SpeechError> {
    // Whisper's own name for the language lives as long as the process.
    let plain = language.bytes().all(|byte| byte.is_ascii_lowercase());
    let known = plain.then(|| get_lang_id(language).and_then(get_lang_str)).flatten();
    let language = known.ok_or_else(|| unusable("its card names a language that Whisper does not know"))?;
    let mut parameters = FullParams::new(match search {
        Search::Greedy => SamplingStrategy::Greedy { best_of: 3 },
        Search::Beam => SamplingStrategy::BeamSearch { beam_size: 5, patience: -1.0 },
    });
    parameters.set_language(Some(language));
    parameters.set_n_threads(c_int::try_from(threads.clamp(1, 64)).unwrap_or(1));
    // Windows are independent: text of one must not talk the next into repeating it.
    parameters.set_no_context(true);
    // One pass per window. Otherwise whisper.cpp decodes the last instants again, alone, and invents words there.
    parameters.set_single_segment(true);
    parameters.set_token_timestamps(true);
    parameters.set_suppress_nst(true);
    parameters.set_temperature(0.0);
    parameters.set_temperature_inc(TEMPERATURE_STEP);
    parameters.set_entropy_thold(2.4);
    parameters.set_logprob_thold(-1.0);
    parameters.set_no_speech_thold(0.6);
    parameters.set_print_special(false);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_timestamps(false);
    Ok(parameters)
}

fn run(
    state: &mut WhisperState,
    mut parameters: FullParams<'_, '_>,
    pcm: &[f32],
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<(), WhisperError> {
    let cancelled: *const &(dyn Fn() -> bool + Sync) = ptr::from_ref(&cancelled);
    // SAFETY: the callback is called only during `full` below, and `cancelled` outlives that call. whisper.cpp
    // hands the pointer back unchanged, possibly on a thread of its own, and `cancelled` is `Sync`.
    #[expect(unsafe_code, reason = "the safe abort callback of whisper-rs 0.16 is unsound")]
    unsafe {
        parameters.set_abort_callback(Some(asks_to_abort));
        parameters.set_abort_callback_user_data(cancelled.cast_mut().cast());
    }
    state.full(parameters, pcm)
}

/// Called by whisper.cpp between the steps of its graph.
#[expect(unsafe_code, reason = "called from C")]
unsafe extern "C" fn asks_to_abort(cancelled: *mut c_void) -> bool {
    // SAFETY: `run` passes a pointer to this very type, alive during the call, and nobody mutates it.
    let cancelled = unsafe { &*cancelled.cast_const().cast::<&(dyn Fn() -> bool + Sync)>() };
    cancelled()
}

/// The text tokens, without any special ones.
fn heard(state: &WhisperState, first_special: c_int) -> Vec<DecodedToken> {
    let mut heard = Vec::new();
    for segment in state.as_iter() {
        for token in (0..segment.n_tokens()).filter_map(|index| segment.get_token(index)) {
            let (data, bytes) = (token.token_data(), token.to_bytes());
            if let Ok(bytes) = bytes
                && data.id < first_special
            {
                heard.push(DecodedToken {
                    bytes: bytes.to_vec(),
                    probability: if data.p.is_finite() { data.p.clamp(0.0, 1.0) } else { 0.0 },
                    log_probability: if data.plog.is_finite() { data.plog.min(0.0) } else { -100.0 },
                    start_ms: centiseconds(data.t0),
                    end_ms: centiseconds(data.t1),
                });
            }
        }
    }
    heard
}

fn centiseconds(time: i64) -> u64 {
    u64::try_from(time).unwrap_or(0).saturating_mul(10)
}

fn unusable(reason: &str) -> SpeechError {
    SpeechError::Unusable { model: MODEL, reason: reason.into() }
}

fn failed(error: &WhisperError) -> SpeechError {
    SpeechError::Recogniser(error.to_string())
}

/// Sends whisper.cpp's messages to tracing, at debug.
fn route_log() {
    static ONCE: Once = Once::new();
    // SAFETY: `log_line` is safe to call from C at any time, on any thread, and takes no user data.
    #[expect(unsafe_code, reason = "whisper.cpp prints to stderr until told otherwise")]
    ONCE.call_once(|| unsafe { whisper_rs::set_log_callback(Some(log_line), ptr::null_mut()) });
}

/// Messages about loading begin so. Everything else may quote what was said, and goes nowhere.
const LOADING: &[&str] = &["whisper_init", "whisper_model_load", "whisper_backend_init", "ggml_backend"];

#[expect(unsafe_code, reason = "called from C")]
unsafe extern "C" fn log_line(
    _level: whisper_rs::whisper_rs_sys::ggml_log_level,
    text: *const c_char,
    _: *mut c_void,
) {
    if text.is_null() {
        return;
    }
    // SAFETY: not null, and ggml passes NUL-terminated strings that live during the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    if LOADING.iter().any(|start| text.starts_with(start)) {
        tracing::debug!(target: "whisper", "{}", text.trim_end());
    }
}

#[cfg(test)]
#[path = "../../tests/speech/random_model.rs"]
mod random_model;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use viva_core::cue::ModelCard;

    use super::*;

    #[test]
    fn a_decoding_is_aborted_midway_and_its_state_lives_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("random.bin");
        std::fs::write(&path, random_model::bytes()).unwrap();
        let model = RecogniserModel {
            path,
            card: ModelCard::default(),
            languages: vec!["en".into(), "zh".into()],
            max_span_s: 28.0,
            audio_ctx: true,
            demonstration: false,
        };
        let recogniser = Recogniser::load(&model, Search::Greedy, 1).unwrap();
        let pcm: Vec<f32> = (0..3 * SAMPLE_RATE).map(|i| (i as f32 * 0.07).sin() * 0.3).collect();
        let polls = AtomicUsize::new(0);
        let hear = |limit: usize| {
            polls.store(0, Ordering::Relaxed);
            let stop = || polls.fetch_add(1, Ordering::Relaxed) >= limit;
            recogniser.job().unwrap().decode(&pcm, "en", &stop)
        };
        let whole = hear(usize::MAX).unwrap();
        let all = polls.load(Ordering::Relaxed);
        assert!(all > 20, "{all}");
        for limit in [0, all / 2, all - 2] {
            assert!(matches!(hear(limit), Err(SpeechError::Cancelled)), "{limit}");
        }
        let mut job = recogniser.job().unwrap();
        assert!(matches!(job.decode(&pcm, "zh", &|| true), Err(SpeechError::Cancelled)));
        assert_eq!(job.decode(&pcm, "en", &|| false).unwrap(), whole);
        assert!(["en", "zh"].contains(&job.detect_language(&pcm).unwrap().as_str()));
        assert!(matches!(job.decode(&pcm, "fr", &|| false), Err(SpeechError::Unusable { .. })));
    }
}
