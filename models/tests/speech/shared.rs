//! Where the test inputs lie, and what to say where they are absent.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use viva_core::cue::ModelCard;
use viva_models::{
    runtime::OnnxRuntime,
    speech::{RecogniserModel, SpeechModels, SpeechStage},
};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file of the shared test inputs, or none with a loud word about it.
pub fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("VIVA_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    found(folder.join(path), "../shared")
}

/// A file that set-up builds, or none with a loud word about it.
pub fn built(path: &str) -> Option<PathBuf> {
    found(root().join("build").join(path), "scripts/setup")
}

/// The ONNX Runtime of set-up.
pub fn runtime() -> Option<OnnxRuntime> {
    let library = built("onnxruntime/libonnxruntime.so")?;
    Some(OnnxRuntime::load(Some(&library)).unwrap())
}

/// The voice activity detector, as set-up builds it or as the shared inputs have it.
pub fn vad() -> Option<PathBuf> {
    let built = root().join("build/models/silero_vad.onnx");
    if built.is_file() { Some(built) } else { shared("models/silero/silero_vad_op18_ifless.onnx") }
}

/// A stage without or with a recogniser.
pub fn stage(recogniser: Option<RecogniserModel>) -> Option<SpeechStage> {
    let models = SpeechModels { vad: vad()?, recogniser };
    Some(SpeechStage::load(&models, &runtime()?, 1).unwrap())
}

/// A recogniser that knows nothing.
pub fn random_model(folder: &Path) -> RecogniserModel {
    let path = folder.join("random.bin");
    fs::write(&path, crate::random_model::bytes()).unwrap();
    RecogniserModel {
        path,
        card: ModelCard { name: "random".into(), ..ModelCard::default() },
        languages: vec!["en".into(), "zh".into()],
        max_span_s: 28.0,
        audio_ctx: true,
        demonstration: false,
    }
}

/// 16-bit WAV as PCM, mono.
pub fn wav(path: &Path) -> Vec<f32> {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (16_000, 1));
    reader.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect()
}

/// A sentence spoken by a Debian voice, at 16 kHz.
pub fn spoken(engine: &str, voice: &str, text: &str) -> Option<Vec<f32>> {
    let folder = tempfile::tempdir().unwrap();
    let (raw, ready) = (folder.path().join("raw.wav"), folder.path().join("ready.wav"));
    let mut command = Command::new(engine);
    match engine {
        "flite" => command.args(["-voice", voice, "-t", text, "-o"]).arg(&raw),
        _ => command.args(["-v", voice, "-w"]).arg(&raw).arg(text),
    };
    let ran = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let converted = ran(&mut command)
        && ran(Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(&raw)
            .args(["-ar", "16000", "-ac", "1", "-c:a", "pcm_s16le"])
            .arg(&ready));
    if !converted {
        println!("SKIPPED: needs {engine} and ffmpeg (run scripts/setup)");
        return None;
    }
    Some(wav(&ready))
}

/// Faint pseudo-random noise, as a room has it.
pub fn room_noise(seconds: usize, amplitude: f32) -> Vec<f32> {
    let mut state = 0x2545_f491_u32;
    let sample = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state as f32 / u32::MAX as f32 * 2.0 - 1.0) * amplitude
    };
    (0..seconds * 16_000).map(sample).collect()
}

fn found(path: PathBuf, origin: &str) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path);
    }
    println!("SKIPPED: needs {origin}");
    None
}
