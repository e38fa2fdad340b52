//! Photographs: one face each, whose expression is known.

use image::{Rgb, RgbImage, imageops};
use viva_core::profile::FaceTier;
use viva_models::face::FaceResult;

use crate::material::{self, ALL, Installed, look, or_skip};

const LABELS: [&str; 5] = ["neutral", "happy", "sad", "disgusted", "surprised"];

fn smile_share(result: &FaceResult) -> f32 {
    result.cues.smile.as_ref().expect("tier 2 tells of smiles").share
}

fn yaw(result: &FaceResult) -> f32 {
    result.cues.head_pose.as_ref().expect("tier 2 tells the head pose").yaw.median
}

fn roll(result: &FaceResult) -> f32 {
    result.cues.head_pose.as_ref().expect("tier 2 tells the head pose").roll.median
}

/// Turned clockwise about its centre, on grey.
fn rotated(picture: &RgbImage, degrees: f32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (middle_x, middle_y) = (width as f32 / 2.0, height as f32 / 2.0);
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32 - middle_x, y as f32 - middle_y);
        let (x, y) = (x * cos + y * sin + middle_x, y * cos - x * sin + middle_y);
        let inside = x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32;
        if inside { *picture.get_pixel(x as u32, y as u32) } else { Rgb([128; 3]) }
    })
}

fn relit(picture: &RgbImage, factor: f32) -> RgbImage {
    let mut picture = picture.clone();
    for byte in picture.iter_mut() {
        *byte = (f32::from(*byte) * factor).clamp(0.0, 255.0) as u8;
    }
    picture
}

#[test]
fn expressions_are_those_of_the_pictures() {
    for installed in ALL {
        let mut stage = or_skip!(material::stage(installed));
        for label in LABELS {
            let result = look(&mut stage, FaceTier::Expression, &or_skip!(material::picture(label)));
            let expressions = result.cues.expressions.expect("tier 3 tells expressions");
            assert_eq!(expressions.len(), 1, "{installed:?} {label}: {expressions:?}");
            let expression = &expressions[0];
            assert_eq!(expression.label, label, "{installed:?}");
            assert_eq!((expression.start_ms, expression.end_ms), (0, 1000));
            assert!((0.5..=1.0).contains(&expression.confidence));
        }
    }
}

#[test]
fn only_the_happy_one_smiles() {
    for installed in ALL {
        let mut stage = or_skip!(material::stage(installed));
        for label in LABELS {
            let result = look(&mut stage, FaceTier::Cues, &or_skip!(material::picture(label)));
            let smile = result.cues.smile.as_ref().expect("tier 2 tells of smiles");
            let expected = if label == "happy" { (1, 1.0) } else { (0, 0.0) };
            assert_eq!((smile.count, smile.share), expected, "{installed:?} {label}: {:?}", result.smile);
            assert!((result.cues.in_frame_share - 1.0).abs() < 1e-6);
            assert_eq!(result.cues.faces_max, 1, "{label}");
        }
    }
}

#[test]
fn geometry_and_blendshapes_agree_on_smiles() {
    let mut fresh = or_skip!(material::stage(Installed::Fresh));
    let mut full = or_skip!(material::stage(Installed::Blendshapes));
    for label in LABELS {
        let picture = or_skip!(material::picture(label));
        let scores = [&mut fresh, &mut full].map(|stage| look(stage, FaceTier::Cues, &picture).smile[1]);
        let [Some(fresh), Some(full)] = scores else { panic!("{label}: {scores:?}") };
        assert!((fresh - full).abs() < 0.35, "{label}: {fresh} by geometry, {full} with blendshapes");
    }
}

#[test]
fn the_astronaut_smiles_at_the_camera() {
    for installed in ALL {
        let mut stage = or_skip!(material::stage(installed));
        let result = look(&mut stage, FaceTier::Expression, &or_skip!(material::from_wheel("astronaut.png")));
        let cues = &result.cues;
        assert_eq!((cues.in_frame_share, cues.faces_max), (1.0, 1), "{installed:?}");
        assert!(smile_share(&result) > 0.99, "{installed:?}: {:?}", result.smile);
        let facing = cues.camera_facing.as_ref().expect("tier 2 tells where the face points");
        assert!(facing.share > 0.99, "{installed:?}: {:?}", cues.head_pose);
        assert_eq!(cues.expressions.as_ref().expect("tier 3")[0].label, "happy");
        let height = cues.quality.face_height_share.expect("a face");
        assert!((0.12..0.3).contains(&height), "{height}");
        assert_eq!(result.smile.len(), 2);
        assert_eq!(result.camera_facing, vec![Some(1.0); 2]);
    }
}

#[test]
fn what_is_no_face_is_none() {
    let mut stage = or_skip!(material::stage(Installed::Everything));
    for name in [
        "coffee.png",
        "chelsea.png",
        "rocket.jpg",
        "hubble_deep_field.jpg",
        "brick.png",
        "motorcycle_left.png",
    ] {
        let picture = or_skip!(material::from_wheel(name));
        let result = look(&mut stage, FaceTier::Expression, &picture);
        assert_eq!((result.cues.in_frame_share, result.cues.faces_max), (0.0, 0), "{name}");
        assert_eq!(result.cues.smile, None, "{name}");
    }
}

#[test]
fn mirrored_pictures_turn_the_other_way() {
    for installed in ALL {
        let mut stage = or_skip!(material::stage(installed));
        let picture = or_skip!(material::picture("happy"));
        let plain = look(&mut stage, FaceTier::Cues, &picture);
        let mirrored = look(&mut stage, FaceTier::Cues, &imageops::flip_horizontal(&picture));
        assert!(yaw(&plain).abs() > 5.0, "{installed:?}: the head is turned by {}", yaw(&plain));
        assert!(
            (yaw(&plain) + yaw(&mirrored)).abs() < 5.0,
            "{installed:?}: {} {}",
            yaw(&plain),
            yaw(&mirrored)
        );
        assert_eq!(smile_share(&mirrored), 1.0);
    }
}

#[test]
fn tilted_pictures() {
    for installed in ALL {
        let mut stage = or_skip!(material::stage(installed));
        for label in LABELS {
            let picture = or_skip!(material::picture(label));
            let upright = roll(&look(&mut stage, FaceTier::Cues, &picture));
            for degrees in [-20.0, -10.0, 10.0, 20.0] {
                let result = look(&mut stage, FaceTier::Cues, &rotated(&picture, degrees));
                assert_eq!(result.cues.in_frame_share, 1.0, "{installed:?} {label} {degrees}");
                assert_eq!(smile_share(&result) > 0.5, label == "happy", "{installed:?} {label} {degrees}");
                let turned = roll(&result) - upright;
                assert!((turned - degrees).abs() < 8.0, "{installed:?} {label} by {degrees}: {turned}");
            }
        }
    }
}

#[test]
fn dark_and_bright_pictures() {
    for installed in ALL {
        let mut stage = or_skip!(material::stage(installed));
        for label in LABELS {
            let picture = or_skip!(material::picture(label));
            let plain = look(&mut stage, FaceTier::Cues, &picture);
            for factor in [0.4, 0.7, 1.3] {
                let result = look(&mut stage, FaceTier::Cues, &relit(&picture, factor));
                assert_eq!(result.cues.in_frame_share, 1.0, "{installed:?} {label} ×{factor}");
                assert_eq!(smile_share(&result) > 0.5, label == "happy", "{installed:?} {label} ×{factor}");
                let (before, after) = (plain.cues.quality.light, result.cues.quality.light);
                assert_eq!(after > before, factor > 1.0, "{label} ×{factor}: light {before} → {after}");
            }
        }
    }
}

#[test]
fn blur_is_seen() {
    let mut stage = or_skip!(material::stage(Installed::Fresh));
    for label in LABELS {
        let picture = or_skip!(material::picture(label));
        let sharp = look(&mut stage, FaceTier::Quality, &picture).cues.quality.sharpness;
        let blurred =
            look(&mut stage, FaceTier::Quality, &imageops::blur(&picture, 3.0)).cues.quality.sharpness;
        assert!(sharp > 20.0 && blurred < 20.0, "{label}: {sharp} sharp, {blurred} blurred");
    }
}

#[test]
fn two_people_are_two_faces() {
    let mut stage = or_skip!(material::stage(Installed::Fresh));
    let (near, far) = (or_skip!(material::picture("happy")), or_skip!(material::picture("sad")));
    let mut both = RgbImage::from_pixel(900, 400, Rgb([200; 3]));
    imageops::overlay(&mut both, &near, 0, 50);
    imageops::overlay(&mut both, &far, 500, 60);
    let result = look(&mut stage, FaceTier::Cues, &both);
    assert_eq!(result.cues.faces_max, 2);
    assert_eq!(result.cues.in_frame_share, 1.0);
    assert!(smile_share(&result) > 0.99, "the nearer face is followed");
}

#[test]
fn large_pictures_are_taken_as_they_are() {
    let mut stage = or_skip!(material::stage(Installed::Fresh));
    let picture = or_skip!(material::picture("happy"));
    let large = imageops::resize(&picture, 4096, 2310, imageops::FilterType::Triangle);
    let result = look(&mut stage, FaceTier::Cues, &large);
    assert_eq!((result.cues.in_frame_share, result.cues.faces_max), (1.0, 1));
    assert!(smile_share(&result) > 0.99);
}
