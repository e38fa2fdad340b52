//! Hostile frames, hostile model files, odd calls.

use std::fs;

use image::RgbImage;
use viva_core::profile::FaceTier;
use viva_models::face::{FaceError, FaceStage, MAX_ANSWER_MS, RgbFrame};

use crate::material::{self, Installed, frame, models, or_skip, runtime};

#[test]
fn hostile_frames_are_refused_and_the_session_goes_on() {
    let mut stage = or_skip!(material::stage(Installed::Fresh));
    let picture = or_skip!(material::picture("happy"));
    let mut session = stage.start(FaceTier::Expression, 5.0).expect("a session");
    let rgb = picture.as_raw().as_slice();
    let (width, height) = picture.dimensions();
    session.frame(frame(&picture, 0)).expect("a frame");
    for (width, height, rgb) in [
        (0, 0, &[][..]),
        (1, 1, &[0; 3][..]),
        (0, height, rgb),
        (width, height, &rgb[..rgb.len() - 1]),
        (width, height + 1, rgb),
        (width, height, &[]),
        (u32::MAX, u32::MAX, rgb),
        (4097, 1, rgb),
    ] {
        let refused = session.frame(RgbFrame { at_ms: 200, width, height, rgb });
        assert!(
            matches!(refused, Err(FaceError::FrameSize { .. } | FaceError::FrameBytes { .. })),
            "{refused:?}"
        );
    }
    assert!(matches!(session.frame(frame(&picture, 0)), Err(FaceError::FrameOrder { .. })));
    assert!(matches!(session.frame(frame(&picture, MAX_ANSWER_MS + 1)), Err(FaceError::TooLong)));
    session.frame(frame(&picture, 200)).expect("a frame");
    let result = session.finish(400);
    assert_eq!(result.cues.in_frame_share, 1.0, "refused frames do not count");
    assert!((result.cues.sampled_fps - 5.0).abs() < 0.01);
}

#[test]
fn flat_and_noisy_frames_hold_no_face() {
    let mut stage = or_skip!(material::stage(Installed::Everything));
    let mut noise = 1_u32;
    let mut random = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    };
    let noisy =
        RgbImage::from_raw(320, 180, (0..320 * 180 * 3).map(|_| random()).collect()).expect("a frame");
    for picture in [RgbImage::new(32, 32), RgbImage::from_pixel(4096, 32, [255; 3].into()), noisy] {
        let mut session = stage.start(FaceTier::Expression, 1.0).expect("a session");
        session.frame(frame(&picture, 0)).expect("a frame");
        assert_eq!(session.finish(1000).cues.in_frame_share, 0.0);
    }
}

#[test]
fn an_answer_without_frames_or_length() {
    let mut stage = or_skip!(material::stage(Installed::Fresh));
    for duration in [0, 1, u64::MAX] {
        let result = stage.start(FaceTier::Expression, 5.0).expect("a session").finish(duration);
        assert_eq!((result.cues.sampled_fps, result.cues.in_frame_share), (0.0, 0.0));
        assert_eq!(result.cues.smile, None);
        assert!(result.smile.len() <= 43_200, "the curve is bounded");
    }
    for fps in [0.0, -1.0, f32::NAN, f32::INFINITY, 1000.0] {
        assert!(matches!(stage.start(FaceTier::Quality, fps).err(), Some(FaceError::FrameRate)));
    }
}

#[test]
fn wrong_model_files_are_told_by_name() {
    let runtime = or_skip!(runtime());
    let right = or_skip!(models(Installed::Fresh));
    let picture = or_skip!(material::picture("happy"));
    let folder = tempfile::tempdir().expect("a folder");

    let mut missing = right.clone();
    missing.detector = material::file(folder.path().join("nowhere.onnx"));
    let error = FaceStage::load(&missing, &runtime).err().expect("refused").to_string();
    assert!(error.contains("nowhere"), "{error}");

    let rubbish = folder.path().join("rubbish.onnx");
    fs::write(&rubbish, b"not a model").expect("written");
    let mut broken = right.clone();
    broken.landmarks = material::file(rubbish);
    let mut stage = FaceStage::load(&broken, &runtime).expect("tier 1 needs no landmarks");
    assert!(stage.start(FaceTier::Quality, 5.0).is_ok());
    assert!(matches!(stage.start(FaceTier::Cues, 5.0).err(), Some(FaceError::Model { .. })));

    // Well-formed networks in each other's place: an error at the latest with the first frame, never a panic.
    let expression = right.expression.clone().expect("given");
    for swap in 0..4 {
        let mut swapped = right.clone();
        match swap {
            0 => swapped.detector = right.landmarks.clone(),
            1 => swapped.landmarks = right.detector.clone(),
            2 => swapped.landmarks = expression.clone(),
            _ => swapped.expression = Some(right.detector.clone()),
        }
        let outcome = FaceStage::load(&swapped, &runtime).and_then(|mut stage| {
            let mut session = stage.start(FaceTier::Expression, 5.0)?;
            session.frame(frame(&picture, 0))
        });
        assert!(
            matches!(outcome, Err(FaceError::Model { .. } | FaceError::Run { .. })),
            "{swap}: {outcome:?}"
        );
    }
}
