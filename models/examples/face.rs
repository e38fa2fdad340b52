//! Looks at a video's face and prints the cues as JSON, and what each frame cost.
//!
//! `cargo run -p viva-models --example face -- VIDEO MODELS_DIR [quality|cues|expression] [FPS]`
//!
//! Reads the video with the `ffmpeg` command; models are taken by the file names that the catalog gives them.

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use viva_core::{cue::ModelCard, profile::FaceTier};
use viva_models::{
    face::{FaceModels, FaceStage, ModelFile, RgbFrame},
    runtime::OnnxRuntime,
};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [video, folder, rest @ ..] = arguments.as_slice() else {
        return Err("usage: face VIDEO MODELS_DIR [quality|cues|expression] [FPS]".into());
    };
    let tier = match rest.first().map_or("expression", String::as_str) {
        "quality" => FaceTier::Quality,
        "cues" => FaceTier::Cues,
        _ => FaceTier::Expression,
    };
    let fps: f32 = rest.get(1).map_or(Ok(5.0), |fps| fps.parse())?;
    let mut stage = FaceStage::load(&models(Path::new(folder))?, &OnnxRuntime::load(None)?)?;

    let frames = frames(video, fps)?;
    let mut session = stage.start(tier, fps)?;
    let started = Instant::now();
    for (index, rgb) in frames.iter().enumerate() {
        let at_ms = (index as f32 * 1000.0 / fps).round() as u64;
        session.frame(RgbFrame { at_ms, width: WIDTH, height: HEIGHT, rgb })?;
    }
    let each = started.elapsed().as_secs_f64() * 1000.0 / frames.len().max(1) as f64;
    eprintln!("{} frames, {each:.2} ms each, runs: {:?}", frames.len(), session.runs());
    let result = session.finish((frames.len() as f32 * 1000.0 / fps) as u64);
    println!("{}", serde_json::to_string_pretty(&result.cues)?);
    Ok(())
}

fn models(folder: &Path) -> Result<FaceModels, Box<dyn Error>> {
    let file = |path: PathBuf| {
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        ModelFile { card: ModelCard { name, ..ModelCard::default() }, path }
    };
    let find = |name: &str| Some(folder.join(name)).filter(|path| path.is_file()).map(file);
    let landmarks = find("face_landmarks_478.onnx").or_else(|| find("face_landmarks_468.onnx"));
    Ok(FaceModels {
        detector: find("face_detector.onnx").ok_or("no face_detector.onnx")?,
        landmarks: landmarks.ok_or("no face_landmarks_478.onnx or face_landmarks_468.onnx")?,
        blendshapes: find("face_blendshapes.onnx"),
        expression: find("face_expression.onnx"),
        head_pose: find("head_pose.onnx"),
        gaze: find("gaze.onnx"),
    })
}

fn frames(video: &str, fps: f32) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let shape = format!("fps={fps},scale={WIDTH}:{HEIGHT}");
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i", video, "-vf", &shape, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"])
        .output()?;
    if !output.status.success() {
        return Err("ffmpeg cannot read the video".into());
    }
    Ok(output.stdout.chunks_exact((WIDTH * HEIGHT * 3) as usize).map(<[u8]>::to_vec).collect())
}
