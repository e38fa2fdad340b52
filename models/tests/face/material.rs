//! Models, pictures and videos for the tests, from where this checkout has them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use image::RgbImage;
use viva_core::{cue::ModelCard, profile::FaceTier};
use viva_models::{
    convert,
    face::{FaceModels, FaceResult, FaceStage, ModelFile, RgbFrame},
    runtime::OnnxRuntime,
};

/// Which networks a stage is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// What a fresh machine has: 468 points, no blendshapes, no head pose.
    Fresh,
    /// 478 points and blendshapes.
    Blendshapes,
    /// The above, head pose and gaze.
    Everything,
}

pub const ALL: [Installed; 3] = [Installed::Fresh, Installed::Blendshapes, Installed::Everything];

/// Returns from the test, loudly, where something is not there.
macro_rules! or_skip {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => {
                eprintln!("SKIPPED: needs ../shared and build/ (scripts/setup)");
                return;
            }
        }
    };
}
pub(crate) use or_skip;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn shared(path: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("VIVA_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    Some(shared.join(path)).filter(|path| path.exists())
}

pub fn runtime() -> Option<OnnxRuntime> {
    let built = root().join("build/onnxruntime/libonnxruntime.so");
    OnnxRuntime::load(built.exists().then_some(built.as_path())).ok()
}

pub fn file(path: PathBuf) -> ModelFile {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    ModelFile { card: ModelCard { name, ..ModelCard::default() }, path }
}

/// The built file where there is one, else its counterpart in ../shared.
fn model(built: &str, reference: &str) -> Option<ModelFile> {
    let built = root().join("build/models").join(built);
    let path = if built.exists() { Some(built) } else { shared(&format!("models/converted/{reference}")) };
    path.map(file)
}

/// The 468 points have no counterpart in ../shared except their source.
fn landmarks_468() -> Option<ModelFile> {
    static CONVERTED: LazyLock<Option<(tempfile::TempDir, PathBuf)>> = LazyLock::new(|| {
        let onnx =
            convert::tflite::to_onnx(&fs::read(shared("models/mediapipe/face_landmark.tflite")?).ok()?)
                .ok()?;
        let folder = tempfile::tempdir().ok()?;
        let path = folder.path().join("face_landmarks_468.onnx");
        fs::write(&path, onnx).ok()?;
        Some((folder, path))
    });
    let built = root().join("build/models/face_landmarks_468.onnx");
    if built.exists() {
        return Some(file(built));
    }
    CONVERTED.as_ref().map(|(_, path)| file(path.clone()))
}

pub fn models(installed: Installed) -> Option<FaceModels> {
    let full = installed != Installed::Fresh;
    let everything = installed == Installed::Everything;
    let optional =
        |wanted: bool, built, reference| if wanted { model(built, reference).map(Some) } else { Some(None) };
    Some(FaceModels {
        detector: model("face_detector.onnx", "mediapipe_face_detector_128.onnx")?,
        landmarks: if full {
            model("face_landmarks_478.onnx", "mediapipe_face_landmarks_192.onnx")?
        } else {
            landmarks_468()?
        },
        blendshapes: optional(full, "face_blendshapes.onnx", "mediapipe_face_blendshapes.onnx")?,
        expression: optional(true, "face_expression.onnx", "face_expression.onnx")?,
        head_pose: optional(everything, "head_pose.onnx", "head-pose-estimation-adas-0001.onnx")?,
        gaze: optional(everything, "gaze.onnx", "gaze-estimation-adas-0002.onnx")?,
    })
}

pub fn stage(installed: Installed) -> Option<FaceStage> {
    Some(FaceStage::load(&models(installed)?, &runtime()?).expect("the models load"))
}

/// A picture of ../shared/media.
pub fn picture(name: &str) -> Option<RgbImage> {
    Some(image::open(shared(&format!("media/fa_{name}.jpg"))?).expect("a picture").to_rgb8())
}

/// A picture out of the scikit-image wheel that set-up fetches.
pub fn from_wheel(name: &str) -> Option<RgbImage> {
    let wheel = fs::read_dir(root().join("build/packages")).ok()?.flatten().map(|entry| entry.path()).find(
        |path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("scikit_image-0.26.0")),
    )?;
    let mut wheel = zip::ZipArchive::new(fs::File::open(wheel).ok()?).ok()?;
    let mut bytes = Vec::new();
    std::io::copy(&mut wheel.by_name(&format!("skimage/data/{name}")).ok()?, &mut bytes).ok()?;
    Some(image::load_from_memory(&bytes).expect("a picture").to_rgb8())
}

pub fn frame(picture: &RgbImage, at_ms: u64) -> RgbFrame<'_> {
    RgbFrame { at_ms, width: picture.width(), height: picture.height(), rgb: picture.as_raw() }
}

/// One second of the same picture at 5 frames per second.
pub fn look(stage: &mut FaceStage, tier: FaceTier, picture: &RgbImage) -> FaceResult {
    let mut session = stage.start(tier, 5.0).expect("a session");
    for index in 0..5 {
        session.frame(frame(picture, index * 200)).expect("a frame");
    }
    session.finish(1000)
}

/// A video of ../shared/media as raw frames, by ffmpeg.
pub fn video(name: &str, fps: u32) -> Option<Vec<RgbImage>> {
    let (width, height) = (480, 270);
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(shared(&format!("media/{name}.mp4"))?)
        .args([
            "-vf",
            &format!("fps={fps},scale={width}:{height}"),
            "-pix_fmt",
            "rgb24",
            "-f",
            "rawvideo",
            "-",
        ])
        .output()
        .ok()?;
    assert!(output.status.success(), "ffmpeg reads the video");
    let frames = output.stdout.chunks_exact((width * height * 3) as usize);
    Some(frames.map(|bytes| RgbImage::from_raw(width, height, bytes.to_vec()).expect("a frame")).collect())
}

pub fn watch(
    stage: &mut FaceStage,
    tier: FaceTier,
    frames: &[RgbImage],
    fps: u32,
    duration_ms: u64,
) -> FaceResult {
    let mut session = stage.start(tier, fps as f32).expect("a session");
    for (index, picture) in frames.iter().enumerate() {
        session.frame(frame(picture, index as u64 * 1000 / u64::from(fps))).expect("a frame");
    }
    session.finish(duration_ms)
}
