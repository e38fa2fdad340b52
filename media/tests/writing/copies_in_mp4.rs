//! Copies as Safari made them for years: H.264 and AAC in fragments of MP4. They fill what is lost like any other.

use std::ops::Range;

use viva_media::audio;
use viva_media::finalise::{FinaliseError, Finalised};
use viva_media::read::Limits;

use super::chromium::{self, COPY};
use super::copies::{LATE_US, SECOND, STOP_US, ZERO_US, splice, take_with};
use super::copies_encoded_twice::tones_ms;
use super::playback::encode;
use super::sender::{Desk, Item, START_US, Sent};
use super::so_far::so_far;

/// What Chromium recorded, as another browser would have.
fn mp4(desk: &Desk, sound: &[&str]) -> Vec<u8> {
    let input = desk.path("input.webm");
    std::fs::write(&input, COPY).unwrap();
    let picture = ["-c:v", "libx264", "-profile:v", "baseline", "-g", "10", "-copyts"];
    // Ten pictures are half a second.
    let fragments = ["-movflags", "+frag_keyframe+delay_moov+default_base_moof"];
    encode(desk, "copy.mp4", &[&["-i", input.to_str().unwrap()][..], &picture, sound, &fragments].concat())
}

const AAC: &[&str] = &["-c:a", "aac", "-b:a", "96k"];
const OPUS: &[&str] = &["-c:a", "copy"];

fn chunk(copy: &[u8], bytes: Range<usize>, error_us: i64) -> Sent {
    let started_us = START_US + ZERO_US + error_us;
    let item = Item::Chunk { copy: 1, offset: bytes.start as u64, started_us, bytes: copy[bytes].to_vec() };
    Sent { arrival_us: START_US + STOP_US + SECOND, item }
}

/// A span of the copy in pieces of so many bytes.
fn chunks(copy: &[u8], span: Range<usize>, bytes: usize, error_us: i64) -> Vec<Sent> {
    let end = span.end;
    span.step_by(bytes).map(|at| chunk(copy, at..(at + bytes).min(end), error_us)).collect()
}

/// Where the fragments begin, one each half second; the last one is the end of the file.
fn fragments(copy: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while at + 8 <= copy.len() {
        if &copy[at + 4..at + 8] == b"moof" {
            found.push(at);
        }
        at += u32::from_be_bytes(copy[at..at + 4].try_into().unwrap()) as usize;
    }
    found.push(copy.len());
    found
}

fn undisturbed() -> Vec<(u32, f64)> {
    let whole = splice(&take_with(chromium::really_sent(ZERO_US + 20_000), Vec::new()));
    tones_ms(&audio::decode(&whole.desk.plain(), &Limits::default()).unwrap().samples)
}

/// Every tone within `tolerance_ms` of where it is in the live recording.
fn assert_tones(desk: &Desk, expected: &[(u32, f64)], tolerance_ms: f64) {
    let tones = tones_ms(&audio::decode(&desk.plain(), &Limits::default()).unwrap().samples);
    eprintln!("tones {tones:?}, expected {expected:?}");
    assert_eq!(tones.len(), expected.len());
    for (tone, expected) in tones.iter().zip(expected) {
        assert_eq!(tone.0, expected.0);
        assert!((tone.1 - expected.1).abs() <= tolerance_ms, "{tone:?} {expected:?}");
    }
}

fn assert_filled(finalised: &Finalised, ms: Range<i64>) {
    let (video, audio) = (finalised.video.clone().unwrap(), finalised.audio.clone().unwrap());
    eprintln!("filled {} ms of sound and {} ms of picture", audio.filled_ms, video.filled_ms);
    assert!(ms.contains(&(audio.filled_ms as i64)), "{audio:?}");
    assert_eq!((audio.gaps.len(), video.gaps.len(), finalised.unusable_copies), (0, 0, 0));
}

#[test]
fn a_hole_is_filled_from_pieces_of_mp4() {
    let desk = Desk::new();
    let expected = undisturbed();
    let hole = START_US + 4_700_000..START_US + 7_900_000;
    let mut live = chromium::really_sent(ZERO_US + 20_000);
    live.retain(|sent| !hole.contains(&sent.arrival_us));
    for sound in [AAC, OPUS] {
        let copy = mp4(&desk, sound);
        let begins = fragments(&copy);
        // The beginning, and behind a hole the pieces that cover what is lost, cut anywhere.
        let from = begins[7] - 777;
        let to = begins[22] + 555;
        for error_us in [0, LATE_US] {
            let mut uploaded = vec![chunk(&copy, 0..begins[0] + 100, error_us)];
            uploaded.extend(chunks(&copy, from..to, 5_000, error_us));
            let spliced = splice(&take_with(live.clone(), uploaded));
            spliced.assert_plays();
            assert_tones(&spliced.desk, &expected, 5.0);
            assert_filled(&spliced.finalised, 3_100..3_600);
        }
    }
}

#[test]
fn a_take_without_any_connection_is_all_mp4() {
    let desk = Desk::new();
    let expected = undisturbed();
    let copy = mp4(&desk, AAC);
    let uploaded =
        (0..copy.len()).step_by(30_000).map(|at| chunk(&copy, at..(at + 30_000).min(copy.len()), 0));
    let records = take_with(Vec::new(), uploaded.collect());
    assert!(
        matches!(so_far(&records), Err(FinaliseError::NoMedia)),
        "it is encoded once, when the take is over"
    );
    let spliced = splice(&records);
    spliced.assert_plays();
    // Without a live stream nothing corrects the page's estimate, which was exact but for the sender's delay.
    assert_tones(&spliced.desk, &expected, 60.0);
    assert!(spliced.finalised.duration_ms.abs_diff(12_000) < 300, "{}", spliced.finalised.duration_ms);
}

#[test]
fn what_is_cut_off_or_no_mp4_at_all_is_no_harm() {
    let desk = Desk::new();
    let copy = mp4(&desk, AAC);
    let live = chromium::really_sent(ZERO_US + 20_000);
    let plain = splice(&take_with(live.clone(), Vec::new())).finalised;
    let begins = fragments(&copy);
    for end in [8, 20, begins[0] - 3, begins[0] + 60, begins[1] - 1, begins[2] + 9] {
        let cut = splice(&take_with(live.clone(), chunks(&copy, 0..end, 30_000, 0))).finalised;
        assert_eq!(cut.duration_ms, plain.duration_ms, "cut at {end}");
    }
    let mut broken = copy.clone();
    broken.iter_mut().skip(begins[0]).step_by(97).for_each(|byte| *byte ^= 0x55);
    let broken = splice(&take_with(live, chunks(&broken, 0..broken.len(), 30_000, 0))).finalised;
    assert_eq!(broken.duration_ms, plain.duration_ms);
}
