//! Short videos: one person who begins to smile, and an animation without a face.

use viva_core::profile::FaceTier;

use crate::material::{self, ALL, or_skip, video, watch};

const SINGLE_FACE_MS: u64 = 2400;
const NO_FACE_MS: u64 = 3945;

#[test]
fn the_smile_begins_within_a_second_and_lasts() {
    for installed in ALL {
        let mut stage = or_skip!(material::stage(installed));
        for fps in [3, 5, 12] {
            let frames = or_skip!(video("single_face", fps));
            let result = watch(&mut stage, FaceTier::Expression, &frames, fps, SINGLE_FACE_MS);
            let cues = &result.cues;
            let context = format!("{installed:?} at {fps} fps");
            assert!(cues.in_frame_share > 0.99 && cues.faces_max == 1, "{context}: {}", cues.in_frame_share);
            assert!((cues.sampled_fps - fps as f32).abs() < 0.6, "{context}: {}", cues.sampled_fps);
            let smile = cues.smile.as_ref().expect("tier 2");
            assert_eq!(smile.count, 1, "{context}: {smile:?}");
            assert!((500..=1100).contains(&smile.spans[0].start_ms), "{context}: {smile:?}");
            assert!((2200..=SINGLE_FACE_MS).contains(&smile.spans[0].end_ms), "{context}: {smile:?}");
            assert!((0.5..0.9).contains(&smile.share), "{context}: {smile:?}");
            assert_eq!(result.smile.len(), 5);
            assert!(result.smile[0].is_some_and(|first| first < 0.2), "{context}: {:?}", result.smile);
            assert!(result.smile[2..].iter().all(|late| late.is_some_and(|late| late > 0.6)), "{context}");
            let facing = cues.camera_facing.as_ref().expect("tier 2");
            assert!(facing.share > 0.9, "{context}: {facing:?} {:?}", cues.head_pose);
            let labels: Vec<_> = cues.expressions.iter().flatten().map(|one| one.label.as_str()).collect();
            assert_eq!(labels, ["neutral", "happy"], "{context}");
        }
    }
}

#[test]
fn the_blink_is_counted_when_it_is_sampled() {
    for installed in ALL {
        let mut stage = or_skip!(material::stage(installed));
        let frames = or_skip!(video("single_face", 12));
        let result = watch(&mut stage, FaceTier::Cues, &frames, 12, SINGLE_FACE_MS);
        assert_eq!(result.cues.blinks.map(|blinks| blinks.count), Some(1), "{installed:?}");
    }
}

#[test]
fn without_a_face_nothing_is_claimed() {
    for installed in ALL {
        let mut stage = or_skip!(material::stage(installed));
        for fps in [5, 15, 30] {
            let frames = or_skip!(video("no_face", fps));
            let result = watch(&mut stage, FaceTier::Expression, &frames, fps, NO_FACE_MS);
            let cues = &result.cues;
            assert_eq!((cues.in_frame_share, cues.faces_max), (0.0, 0), "{installed:?} at {fps} fps");
            assert_eq!((&cues.smile, &cues.camera_facing, &cues.blinks), (&None, &None, &None));
            assert_eq!((&cues.head_pose, &cues.expressions), (&None, &None));
            assert_eq!(cues.quality.face_height_share, None);
            assert!(cues.quality.light > 20.0, "the light of the picture is still told");
            assert_eq!(result.smile, vec![None; 8]);
            assert_eq!(result.camera_facing, vec![None; 8]);
        }
    }
}

#[test]
fn the_same_frames_give_the_same_result() {
    for installed in ALL {
        let frames = or_skip!(video("single_face", 5));
        let mut stage = or_skip!(material::stage(installed));
        let first = watch(&mut stage, FaceTier::Expression, &frames, 5, SINGLE_FACE_MS);
        let again = watch(&mut stage, FaceTier::Expression, &frames, 5, SINGLE_FACE_MS);
        assert_eq!(first, again, "{installed:?}: the stage carries nothing over");
        let mut other = or_skip!(material::stage(installed));
        assert_eq!(
            first,
            watch(&mut other, FaceTier::Expression, &frames, 5, SINGLE_FACE_MS),
            "{installed:?}"
        );
    }
}

#[test]
fn a_face_that_leaves_and_returns() {
    let mut stage = or_skip!(material::stage(material::Installed::Fresh));
    let (person, nobody) = (or_skip!(video("single_face", 5)), or_skip!(video("no_face", 5)));
    let frames: Vec<_> = [&person[10..], &nobody[..10], &person[10..]].concat();
    let result = watch(&mut stage, FaceTier::Cues, &frames, 5, frames.len() as u64 * 200);
    let smile = result.cues.smile.expect("tier 2");
    assert_eq!(smile.count, 2, "{smile:?}");
    assert!(smile.share > 0.99, "of the time with a face: {smile:?}");
    let there = 2.0 * (person.len() - 10) as f32 / frames.len() as f32;
    assert!((result.cues.in_frame_share - there).abs() < 0.01);
    assert!(result.smile.iter().any(Option::is_none));
}
