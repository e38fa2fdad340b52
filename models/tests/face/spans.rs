//! Where things begin and end, in pictures put one after the other at known times.

use image::{Rgb, RgbImage, imageops};
use viva_core::{
    cue::{Unassessed, Unreadable},
    profile::FaceTier,
    time::Span,
};
use viva_models::face::FaceResult;

use crate::material::{self, ALL, Installed, or_skip, watch};

const FPS: u32 = 5;
/// What the stage is held to.
const TOLERANCE_MS: u64 = 300;

/// A picture of the shared ones on a plain wall, so that all have one size.
fn on_wall(name: &str) -> Option<RgbImage> {
    let mut wall = RgbImage::from_pixel(640, 480, Rgb([170; 3]));
    let picture = material::picture(name)?;
    imageops::overlay(&mut wall, &picture, (640 - i64::from(picture.width())) / 2, 60);
    Some(wall)
}

/// Each picture for so many tenths of a second.
fn sequence(parts: &[(&RgbImage, u64)]) -> Vec<RgbImage> {
    let frames = parts.iter().map(|(picture, tenths)| (picture, tenths * u64::from(FPS) / 10));
    frames.flat_map(|(picture, count)| (0..count).map(|_| (*picture).clone())).collect()
}

fn seen(installed: Installed, tier: FaceTier, frames: &[RgbImage]) -> Option<FaceResult> {
    let mut stage = material::stage(installed)?;
    Some(watch(&mut stage, tier, frames, FPS, frames.len() as u64 * 1000 / u64::from(FPS)))
}

fn assert_near(found: &[Span], wanted: &[(u64, u64)], context: &str) {
    let near = |span: &Span, (start, end): &(u64, u64)| {
        span.start_ms.abs_diff(*start) <= TOLERANCE_MS && span.end_ms.abs_diff(*end) <= TOLERANCE_MS
    };
    let all =
        found.len() == wanted.len() && found.iter().zip(wanted).all(|(span, wanted)| near(span, wanted));
    assert!(all, "{context}: {found:?}, wanted {wanted:?}");
}

#[test]
fn smiles_begin_and_end_within_three_tenths_of_a_second() {
    for installed in ALL {
        let [neutral, happy, sad, surprised] =
            [on_wall("neutral"), on_wall("happy"), on_wall("sad"), on_wall("surprised")];
        let (neutral, happy, sad) = (or_skip!(neutral), or_skip!(happy), or_skip!(sad));
        let surprised = or_skip!(surprised);
        let frames = sequence(&[
            (&neutral, 20),
            (&happy, 30),
            (&sad, 20),
            (&happy, 16),
            (&surprised, 14),
            (&neutral, 20),
        ]);
        let result = or_skip!(seen(installed, FaceTier::Cues, &frames));
        let smile = result.cues.smile.expect("tier 2 tells of smiles");
        assert_near(&smile.spans, &[(2000, 5000), (7000, 8600)], &format!("{installed:?}"));
        let [least, most] = smile.share_range.expect("told with the share");
        assert!(least <= smile.share && smile.share <= most, "{installed:?}: {smile:?}");
    }
}

#[test]
fn who_is_in_the_picture_is_told_with_its_times() {
    let (one, nobody) = (or_skip!(on_wall("neutral")), RgbImage::from_pixel(640, 480, Rgb([170; 3])));
    let mut two = RgbImage::from_pixel(640, 480, Rgb([170; 3]));
    for (name, x) in [("neutral", 0), ("sad", 320)] {
        let picture = or_skip!(material::picture(name));
        let half = imageops::resize(
            &picture,
            310,
            310 * picture.height() / picture.width(),
            imageops::FilterType::Triangle,
        );
        imageops::overlay(&mut two, &half, x, 100);
    }
    let frames = sequence(&[(&one, 20), (&nobody, 40), (&one, 20), (&two, 30), (&one, 20)]);
    let result = or_skip!(seen(Installed::Fresh, FaceTier::Quality, &frames));
    assert_near(&result.cues.absent, &[(2000, 6000)], "nobody");
    assert_near(&result.cues.others, &[(8000, 11_000)], "somebody else");
    assert_eq!(result.cues.faces_max, 2);
}

#[test]
fn a_picture_that_is_too_bad_is_not_read() {
    let good = or_skip!(on_wall("happy"));
    let mut dark = good.clone();
    dark.iter_mut().for_each(|byte| *byte /= 9);
    let blurred = imageops::blur(&good, 9.0);
    let mut small = RgbImage::from_pixel(320, 240, Rgb([170; 3]));
    let face = or_skip!(material::picture("happy"));
    let little =
        imageops::resize(&face, 60, 60 * face.height() / face.width(), imageops::FilterType::Triangle);
    imageops::overlay(&mut small, &little, 130, 80);
    for (reason, bad) in
        [(Unreadable::Dark, &dark), (Unreadable::Blurred, &blurred), (Unreadable::TooSmall, &small)]
    {
        let frames = sequence(&[(&good, 20), (bad, 20), (&good, 20)]);
        let result = or_skip!(seen(Installed::Fresh, FaceTier::Cues, &frames));
        let cues = &result.cues;
        let unread = &cues.not_assessed;
        // Where the detector does not even find a face, nothing is claimed of one.
        if cues.absent.is_empty() {
            assert_eq!(*unread, [Unassessed { start_ms: 2000, end_ms: 4000, reason }], "{reason:?}");
        } else {
            assert_near(&cues.absent, &[(2000, 4000)], &format!("{reason:?}"));
        }
        let smile = cues.smile.as_ref().expect("the rest is read");
        assert_near(&smile.spans, &[(0, 2000), (4000, 6000)], &format!("{reason:?}"));
        assert!(smile.share > 0.9, "of what could be read: {smile:?}");
    }
}

#[test]
fn a_steady_face_neither_looks_away_nor_reads() {
    let ahead = or_skip!(on_wall("neutral"));
    let frames = sequence(&[(&ahead, 40)]);
    let result = or_skip!(seen(Installed::Everything, FaceTier::Cues, &frames));
    assert_eq!((&result.cues.looking_away, &result.cues.reading), (&vec![], &vec![]));
    let facing = result.cues.camera_facing.expect("tier 2");
    let [least, most] = facing.share_range.expect("told with the share");
    assert!(least <= facing.share && facing.share <= most, "{facing:?}");
}
