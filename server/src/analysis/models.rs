//! Which models are installed, and the stages made of them.

use std::{path::Path, thread};

use anyhow::{Context, Result};
use serde::Serialize;
use viva_core::cue::ModelCard;
use viva_models::{
    catalog::{Machine, Purpose},
    embedding::SentenceEmbedding,
    face::{FaceModels, FaceStage, ModelFile},
    runtime::OnnxRuntime,
    speech::{RecogniserModel, SpeechModels, SpeechStage},
    store::{Installed, ModelStore},
};

use crate::config::Config;

/// One stage, and whether it can run here.
#[derive(Clone, Debug, Serialize)]
pub struct Ability {
    pub stage: &'static str,
    pub ready: bool,
    /// The models in use, or what is missing and how to mend it.
    pub detail: String,
}

pub struct Loaded {
    pub speech: Result<SpeechStage, String>,
    pub face: Result<FaceStage, String>,
    pub embedding: Option<SentenceEmbedding>,
    pub abilities: Vec<Ability>,
    pub demonstration: bool,
}

/// The recogniser that ships with Viva.
const DEMONSTRATION: &str = "viva-speech-demonstration";
/// Published Whisper weights hear windows of 30 s.
const WHISPER_SPAN_S: f32 = 28.0;
/// Our own small weights were trained on clips of up to 10 s.
const DEMONSTRATION_SPAN_S: f32 = 10.0;

const MEND: &str = "run `viva models fetch`, or `viva models import FOLDER` on a machine without internet";

pub fn load(config: &Config) -> Result<Loaded> {
    let store = ModelStore::open(&config.models_dir()).context("models.dir")?;
    let machine = machine(config);
    let runtime = OnnxRuntime::load(config.models.onnxruntime.as_deref()).map_err(|error| error.to_string());
    let recogniser = store.best(Purpose::Speech, machine).map(recogniser);
    let demonstration = recogniser.as_ref().is_some_and(|r| r.demonstration);
    let names = recogniser.as_ref().map(|r| r.card.name.clone());
    let speech = runtime.clone().and_then(|runtime| speech(&store, recogniser, machine, &runtime));
    let face = runtime.clone().and_then(|runtime| face(&store, machine, &runtime));
    let embedding = runtime.and_then(|runtime| embedding(&store, machine, &runtime));
    let abilities = vec![
        ability("speech", speech.as_ref().err(), || match &names {
            Some(name) if demonstration => {
                format!("transcribes with {name}, which must not be used to judge real candidates; {MEND}")
            }
            Some(name) => format!(
                "transcribes with {name}, the best installed one for {} cores and {} MiB",
                machine.cores, machine.memory_mib
            ),
            None => format!("finds speech and pauses; no recogniser is installed: {MEND}"),
        }),
        ability("face", face.as_ref().err(), || "finds faces and cues".to_owned()),
        relevance(&embedding),
    ];
    let embedding = embedding.ok().flatten();
    Ok(Loaded { speech, face, embedding, abilities, demonstration })
}

fn ability(stage: &'static str, error: Option<&String>, detail: impl FnOnce() -> String) -> Ability {
    Ability { stage, ready: error.is_none(), detail: error.cloned().unwrap_or_else(detail) }
}

fn machine(config: &Config) -> Machine {
    let cores =
        config.models.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    Machine { cores, memory_mib: memory_mib().unwrap_or(4096) }
}

/// Memory of this machine in MiB.
pub fn memory_mib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().split(' ').next()?.parse::<u64>().ok()? / 1024)
}

fn speech(
    store: &ModelStore,
    recogniser: Option<RecogniserModel>,
    machine: Machine,
    runtime: &OnnxRuntime,
) -> Result<SpeechStage, String> {
    let vad = store
        .best(Purpose::Vad, machine)
        .ok_or_else(|| format!("the voice activity detector is not installed; {MEND}"))?;
    let models = SpeechModels { vad: vad.path, recogniser };
    SpeechStage::load(&models, runtime, machine.cores).map_err(|error| error.to_string())
}

fn recogniser(installed: Installed) -> RecogniserModel {
    let demonstration = installed.name == DEMONSTRATION;
    RecogniserModel {
        languages: if demonstration { vec!["en".into()] } else { vec!["zh".into(), "en".into()] },
        max_span_s: if demonstration { DEMONSTRATION_SPAN_S } else { WHISPER_SPAN_S },
        audio_ctx: demonstration,
        demonstration,
        card: card(&installed),
        path: installed.path,
    }
}

fn face(store: &ModelStore, machine: Machine, runtime: &OnnxRuntime) -> Result<FaceStage, String> {
    let file = |purpose| {
        store.best(purpose, machine).map(|found| ModelFile { card: card(&found), path: found.path })
    };
    let needed =
        |purpose| file(purpose).ok_or_else(|| format!("the {purpose} model is not installed; {MEND}"));
    let models = FaceModels {
        detector: needed(Purpose::FaceDetector)?,
        landmarks: needed(Purpose::FaceLandmarks)?,
        blendshapes: file(Purpose::FaceBlendshapes),
        expression: file(Purpose::FaceExpression),
        head_pose: file(Purpose::HeadPose),
        gaze: file(Purpose::Gaze),
    };
    FaceStage::load(&models, runtime).map_err(|error| error.to_string())
}

/// The best model of sentences; none need be installed.
fn embedding(
    store: &ModelStore,
    machine: Machine,
    runtime: &OnnxRuntime,
) -> Result<Option<SentenceEmbedding>, String> {
    let Some(installed) = store.best(Purpose::SentenceEmbedding, machine) else { return Ok(None) };
    let entry = store.catalog().get(&installed.name);
    let Some(used) = entry.and_then(|entry| entry.embedding.clone()) else { return Ok(None) };
    let loaded = SentenceEmbedding::load(&installed.path, card(&installed), used, runtime);
    loaded.map(Some).map_err(|error| error.to_string())
}

/// Without a model, words that overlap are counted.
fn relevance(embedding: &Result<Option<SentenceEmbedding>, String>) -> Ability {
    ability("relevance", embedding.as_ref().err(), || match embedding {
        Ok(Some(embedding)) => {
            let languages: Vec<_> = embedding.languages().collect();
            format!(
                "compares answers with questions by their words and by {} ({})",
                embedding.card().name,
                languages.join(", ")
            )
        }
        _ => format!(
            "counts words that question and answer share; a model of sentences hears paraphrases, too: {MEND}"
        ),
    })
}

/// The face stage alone.
pub fn face_stage(config: &Config) -> Result<FaceStage> {
    let store = ModelStore::open(&config.models_dir()).context("models.dir")?;
    let runtime = OnnxRuntime::load(config.models.onnxruntime.as_deref())?;
    face(&store, machine(config), &runtime).map_err(anyhow::Error::msg)
}

fn card(installed: &Installed) -> ModelCard {
    ModelCard {
        name: installed.name.clone(),
        version: installed.version.clone(),
        sha256: installed.sha256.clone(),
        license: installed.license.clone(),
    }
}

/// The library's place, for `viva doctor`.
pub fn runtime_library(config: &Config) -> Result<String, String> {
    OnnxRuntime::load(config.models.onnxruntime.as_deref())
        .map(|runtime| display(runtime.library()))
        .map_err(|error| error.to_string())
}

fn display(path: &Path) -> String {
    path.display().to_string()
}
