//! The converters against reference conversions of the same files (tf2onnx; a port checked against
//! face-api.js), against the TFLite interpreter, and against hostile input.

#[path = "support/models.rs"]
mod support;

use std::fs;
use std::io::Read;
use std::path::Path;

use ndarray::{Array, ArrayD, IxDyn};
use ort::session::Session;
use ort::value::Tensor;
use proptest::prelude::*;
use viva_models::convert::{faceapi, tflite};
use viva_models::runtime::OnnxRuntime;

/// The picture in `data`: a public-domain portrait (NASA, Eileen Collins), 192×192, RGB.
fn portrait() -> image::RgbImage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/astronaut-face.png");
    image::open(path).expect("the picture is part of the repository").to_rgb8()
}

fn picture(side: u32, scale: fn(f32) -> f32) -> ArrayD<f32> {
    pixels(&portrait(), side, scale)
}

/// A picture as one channels-last batch of `side`×`side` pixels, each value through `scale`.
fn pixels(picture: &image::RgbImage, side: u32, scale: fn(f32) -> f32) -> ArrayD<f32> {
    let filter = image::imageops::FilterType::Triangle;
    let picture = image::imageops::resize(picture, side, side, filter);
    let values = picture.into_raw().into_iter().map(|value| scale(f32::from(value))).collect();
    let side = side as usize;
    Array::from_shape_vec(IxDyn(&[1, side, side, 3]), values).expect("three channels per pixel")
}

/// Values in ±1 that look like noise and are the same on every run.
fn noise(shape: &[usize], mut seed: u32) -> ArrayD<f32> {
    Array::from_shape_simple_fn(IxDyn(shape), || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / f32::from(0x8000u16) / 256.0 - 1.0
    })
}

fn session(runtime: &OnnxRuntime, model: &[u8]) -> Session {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model.onnx");
    fs::write(&path, model).expect("a temporary file");
    runtime.session(&path).expect("ONNX Runtime accepts the converted model")
}

/// All outputs by name, sorted.
fn run(session: &mut Session, input: &ArrayD<f32>) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let name = session.inputs()[0].name().to_owned();
    let tensor = Tensor::from_array(input.clone()).expect("a dense array");
    let outputs = session.run(ort::inputs![name => tensor]).expect("the model runs");
    let mut values: Vec<_> = outputs
        .iter()
        .map(|(name, value)| {
            let (shape, data) = value.try_extract_tensor::<f32>().expect("float outputs");
            (name.to_owned(), shape.iter().map(|&size| size as usize).collect(), data.to_vec())
        })
        .collect();
    values.sort_by(|a: &(String, _, _), b| a.0.cmp(&b.0));
    values
}

/// The largest difference, relative to the larger of 1 and the reference's magnitude.
fn difference(actual: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(actual.len(), expected.len());
    actual.iter().zip(expected).map(|(a, e)| (a - e).abs() / e.abs().max(1.0)).fold(0.0, f32::max)
}

fn assert_same(ours: &mut Session, reference: &mut Session, input: &ArrayD<f32>, case: &str) {
    let (ours, reference) = (run(ours, input), run(reference, input));
    for ((name, shape, values), (expected_name, expected_shape, expected)) in ours.iter().zip(&reference) {
        assert_eq!((name, shape), (expected_name, expected_shape), "{case}");
        let worst = difference(values, expected);
        println!("{case} {name}: largest difference {worst:.1e}");
        assert!(worst < 1e-4, "{case}: output {name} differs by {worst}");
        let spread =
            values.iter().fold(f32::MIN, |a, &b| a.max(b)) - values.iter().fold(f32::MAX, |a, &b| a.min(b));
        assert!(
            values.len() == 1 || spread > 1e-6,
            "{case}: output {name} is constant, which proves nothing"
        );
    }
    assert_eq!(ours.len(), reference.len(), "{case}");
}

fn task_member(name: &str) -> Option<Vec<u8>> {
    let path = support::shared("models/mediapipe/face_landmarker_v2_with_blendshapes.task")?;
    let mut archive = zip::ZipArchive::new(fs::File::open(path).expect("readable")).expect("a zip file");
    let mut bytes = Vec::new();
    archive.by_name(name).expect("the member").read_to_end(&mut bytes).expect("readable");
    Some(bytes)
}

fn tflite_parity(member: &str, reference: &str, inputs: &[ArrayD<f32>]) {
    let (Some(source), Some(reference), Some(runtime)) =
        (task_member(member), support::shared(reference), support::runtime())
    else {
        return;
    };
    let converted = tflite::to_onnx(&source).expect("the publisher's graph converts");
    assert_eq!(converted, tflite::to_onnx(&source).expect("again"), "the same input gives the same bytes");
    let mut ours = session(&runtime, &converted);
    let mut reference = runtime.session(&reference).expect("the reference loads");
    for (index, input) in inputs.iter().enumerate() {
        assert_same(&mut ours, &mut reference, input, &format!("{member} {index}"));
    }
}

#[test]
fn the_face_detector_equals_its_reference() {
    let inputs = [noise(&[1, 128, 128, 3], 1), picture(128, |x| x / 127.5 - 1.0)];
    tflite_parity("face_detector.tflite", "models/converted/mediapipe_face_detector_128.onnx", &inputs);
}

#[test]
fn the_478_landmarks_equal_their_reference() {
    let inputs = [noise(&[1, 192, 192, 3], 2), picture(192, |x| x / 255.0)];
    tflite_parity(
        "face_landmarks_detector.tflite",
        "models/converted/mediapipe_face_landmarks_192.onnx",
        &inputs,
    );
}

#[test]
fn the_blendshapes_equal_their_reference() {
    // Points on a face-sized ellipse, as pixels.
    let points = noise(&[1, 146, 2], 3).mapv(|value| 320.0 + 90.0 * value);
    tflite_parity(
        "face_blendshapes.tflite",
        "models/converted/mediapipe_face_blendshapes.onnx",
        &[noise(&[1, 146, 2], 4), points],
    );
}

#[test]
fn the_468_landmarks_equal_the_tflite_interpreter() {
    let (Some(source), Some(runtime)) =
        (support::shared("models/mediapipe/face_landmark.tflite"), support::runtime())
    else {
        return;
    };
    let converted = tflite::to_onnx(&fs::read(source).expect("readable")).expect("it converts");
    let outputs = run(&mut session(&runtime, &converted), &picture(192, |x| x / 255.0));
    // The points, then the presence, as LiteRT 2.3.0 computes them from the same picture.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/face_landmarks_468.f32");
    let expected: Vec<f32> = fs::read(path)
        .expect("part of the repository")
        .chunks_exact(4)
        .map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    let names: Vec<&str> = outputs.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(names, ["conv2d_21", "conv2d_31"]);
    let actual = [outputs[0].2.as_slice(), &outputs[1].2].concat();
    let worst = difference(&actual, &expected);
    println!("468 points: largest difference {worst:.1e}");
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn the_older_detector_release_finds_the_same_face() {
    let (Some(older), Some(newer), Some(runtime)) = (
        support::shared("models/mediapipe/face_detection_short_range.tflite"),
        task_member("face_detector.tflite"),
        support::runtime(),
    ) else {
        return;
    };
    let input = picture(128, |x| x / 127.5 - 1.0);
    let older = tflite::to_onnx(&fs::read(older).expect("readable")).expect("it converts");
    let newer = tflite::to_onnx(&newer).expect("it converts");
    let best = |model: &[u8]| {
        let outputs = run(&mut session(&runtime, model), &input);
        let scores = outputs.iter().find(|(name, _, _)| name == "classificators").expect("scores").2.clone();
        scores.into_iter().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).expect("anchors")
    };
    let (older, newer) = (best(&older), best(&newer));
    assert_eq!(older.0, newer.0, "the same anchor wins");
    assert!(older.1 > 1.0 && newer.1 > 1.0, "both are sure: {older:?} {newer:?}");
}

#[test]
fn the_expression_network_equals_its_reference() {
    let (Some(manifest), Some(shard), Some(reference), Some(runtime)) = (
        support::shared("models/faceapi/face_expression_model-weights_manifest.json"),
        support::shared("models/faceapi/face_expression_model-shard1"),
        support::shared("models/converted/face_expression.onnx"),
        support::runtime(),
    ) else {
        return;
    };
    let (manifest, shard) = (fs::read(manifest).expect("readable"), fs::read(shard).expect("readable"));
    let converted = faceapi::expression_to_onnx(&manifest, &shard).expect("it converts");
    assert_eq!(converted, faceapi::expression_to_onnx(&manifest, &shard).expect("again"));
    let (mut ours, mut reference) =
        (session(&runtime, &converted), runtime.session(&reference).expect("the reference loads"));
    let channels_first =
        |values: ArrayD<f32>| values.permuted_axes(IxDyn(&[0, 3, 1, 2])).as_standard_layout().into_owned();
    let face = image::imageops::crop_imm(&portrait(), 36, 40, 120, 120).to_image();
    let picture = channels_first(pixels(&face, 112, |x| x));
    for (case, input) in
        [noise(&[1, 3, 112, 112], 5).mapv(|x| x * 127.5 + 127.5), picture.clone()].iter().enumerate()
    {
        assert_same(&mut ours, &mut reference, input, &format!("expression {case}"));
    }
    let classes = &run(&mut ours, &picture)[0].2;
    assert!(classes[1] > 0.5, "the portrait smiles: happy is {}", classes[1]);
}

#[test]
fn truncated_graphs_are_refused() {
    let Some(source) = task_member("face_detector.tflite") else { return };
    for length in (0..source.len()).step_by(997).chain(0..200) {
        assert!(tflite::to_onnx(&source[..length]).is_err(), "{length} bytes of a graph converted");
    }
}

#[test]
fn flipped_bits_never_panic_and_stay_bounded() {
    // The tables stand at the end; before them lie weights, and any value of theirs is a value.
    const TABLES: u32 = 29_000;
    let Some(source) = task_member("face_detector.tflite") else { return };
    let (mut state, mut refused) = (7u32, 0);
    for _ in 0..600 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = source.len() - 1 - ((state >> 8) % TABLES) as usize;
        let mut damaged = source.clone();
        damaged[at] ^= 1 << (state >> 5 & 7);
        match tflite::to_onnx(&damaged) {
            Ok(model) => assert!(model.len() < 16 * source.len(), "byte {at} made {} bytes", model.len()),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 50, "only {refused} of 600 damaged graphs were refused");
}

#[test]
fn a_graph_with_an_unknown_operator_is_named() {
    let Some(package) = support::built("packages/mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl")
    else {
        return;
    };
    let mut archive = zip::ZipArchive::new(fs::File::open(package).expect("readable")).expect("a zip file");
    let mut bytes = Vec::new();
    archive
        .by_name("mediapipe/modules/face_landmark/face_landmark_with_attention.tflite")
        .expect("the member")
        .read_to_end(&mut bytes)
        .expect("readable");
    let error = tflite::to_onnx(&bytes).expect_err("its custom operators have no ONNX form").to_string();
    assert!(error.contains("does not support"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_refused_as_a_graph(mut bytes in proptest::collection::vec(any::<u8>(), 0..512), mark in any::<bool>()) {
        if mark && bytes.len() >= 8 {
            bytes[4..8].copy_from_slice(b"TFL3");
        }
        // A graph of nothing at all is the one thing that a few random bytes could state.
        if let Ok(model) = tflite::to_onnx(&bytes) {
            prop_assert!(model.len() < 100);
        }
    }

    #[test]
    fn any_manifest_is_refused_as_weights(text in ".{0,200}", shard in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(faceapi::expression_to_onnx(text.as_bytes(), &shard).is_err());
    }
}

#[test]
fn a_manifest_that_does_not_fit_its_shard_is_refused() {
    let entry = |shape: &str, quantisation: &str| {
        format!(
            r#"[{{"paths":["x"],"weights":[{{"name":"a","shape":{shape},"dtype":"float32"{quantisation}}}]}}]"#
        )
    };
    for manifest in [
        entry("[4]", ""),
        entry("[4294967296, 4294967296, 4294967296]", ""),
        entry("[9223372036854775807]", ""),
        entry("[1000000000000]", r#","quantization":{"dtype":"uint8","scale":1,"min":0}"#),
        entry("[1]", r#","quantization":{"dtype":"uint16","scale":1,"min":0}"#),
        "[]".to_owned(),
        "{}".to_owned(),
    ] {
        assert!(faceapi::expression_to_onnx(manifest.as_bytes(), &[0; 8]).is_err(), "{manifest}");
    }
}
