//! The sound of a take that still goes on: what is there already stays as it is.

use std::fs;
use std::ops::ControlFlow;

use viva_media::finalise::{FinaliseError, frames_so_far, sound_so_far};
use viva_media::journal::Track;

use super::demux::File;
use super::sender::{Desk, Plan, Sent, journal_bytes, journal_key, record, sealed, take};

const SECOND: i64 = 1_000_000;

/// The sound of a journal that holds these records so far.
pub fn so_far(records: &[Sent]) -> Result<File, FinaliseError> {
    let desk = Desk::new();
    let path = desk.path("take.journal");
    fs::write(&path, sealed(&journal_bytes(records))).unwrap();
    let sound = sound_so_far(&path, &journal_key(), &desk.path("so far"))?;
    let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left beside the journal: {left:?}");
    Ok(File::parse(&sound))
}

#[test]
fn what_is_there_is_the_beginning_of_the_recording() {
    for drift_ppm in [0.0, 60.0] {
        let drifting = |plan: Plan| Plan { wall_ppm: drift_ppm, ..plan };
        let (audio, video) =
            (drifting(Plan::audio(0, 90 * SECOND)), drifting(Plan::video(200_000, 90 * SECOND)));
        let records = take(90 * SECOND, [audio.send(), video.send()].concat());
        let (_, whole) = record(&records);
        let whole: Vec<_> = whole.of(Track::Audio).collect();
        for share in [6, 3, 2] {
            let part = so_far(&records[..records.len() / share]).unwrap();
            assert_eq!((part.picture, part.of(Track::Video).count()), (None, 0));
            let part: Vec<_> = part.of(Track::Audio).collect();
            assert!(part.len() > whole.len() / share - 20, "{} of {}", part.len(), whole.len());
            for (part, whole) in part.iter().zip(&whole) {
                assert_eq!(part.payload, whole.payload);
                let later_ms = whole.time_ms - part.time_ms;
                assert!(later_ms.abs() <= 3, "{drift_ppm} ppm, 1/{share}: {later_ms} ms");
            }
        }
    }
}

#[test]
fn a_take_that_has_just_begun_or_has_no_sound_yet_says_nothing() {
    let begun = take(SECOND, []);
    assert!(matches!(so_far(&begun[..1]), Err(FinaliseError::NoMedia)));
    let silent = take(5 * SECOND, Plan::video(0, 5 * SECOND).send());
    assert!(matches!(so_far(&silent), Err(FinaliseError::NoMedia)));
}

/// The frames that are settled, after those of the sizes `known`.
fn frames(records: &[Sent], known: &[u32]) -> Option<Vec<(u64, Vec<u8>)>> {
    let desk = Desk::new();
    let path = desk.path("take.journal");
    fs::write(&path, sealed(&journal_bytes(records))).unwrap();
    let mut frames = Vec::new();
    let mut show = |at_ms: u64, data: &[u8]| {
        frames.push((at_ms, data.to_vec()));
        ControlFlow::Continue(())
    };
    let is_same = frames_so_far(&path, &journal_key(), &desk.path("so far"), known, &mut show).unwrap();
    is_same.then_some(frames)
}

#[test]
fn settled_frames_are_those_of_the_recording() {
    let records = take(30 * SECOND, Plan::video(0, 30 * SECOND).send());
    let (_, whole) = record(&records);
    let whole: Vec<_> = whole.of(Track::Video).collect();
    let part = &records[..records.len() / 2];
    let first = frames(part, &[]).unwrap();
    assert!(
        (whole.len() / 2 - 120..whole.len() / 2 - 60).contains(&first.len()),
        "{} of {}",
        first.len(),
        whole.len()
    );
    let known: Vec<_> = first.iter().map(|(_, data)| data.len() as u32).collect();
    let second = frames(&records, &known).unwrap();
    assert!(whole.len() - 120 < first.len() + second.len());
    for ((at_ms, data), whole) in first.iter().chain(&second).zip(&whole) {
        assert_eq!(*data, whole.payload);
        assert!((whole.time_ms - *at_ms as i64).abs() <= 3);
    }
    let mut other = known.clone();
    other[3] += 1;
    assert_eq!(frames(&records, &other), None);
    let more: Vec<_> = known.iter().chain(&known).chain(&known).copied().collect();
    assert_eq!(frames(&records, &more), None, "fewer than there were");
}
