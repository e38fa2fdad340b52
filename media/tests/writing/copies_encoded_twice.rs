//! One sound encoded twice and differently: what was sent and what was recorded share no byte.

use std::path::Path;

use viva_media::audio;
use viva_media::journal::Track;
use viva_media::read::Limits;

use super::chromium;
use super::copies::{LATE_US, SECOND, ZERO_US, splice, take_with, upload};
use super::playback::{encode, ogg_packets};
use super::sender::{Desk, Item, Plan, START_US, Sent, journal_bytes, rtp, take};

/// What is lost, in microseconds of the take.
const HOLE: std::ops::Range<i64> = 4_500_000..7_500_000;

#[test]
fn speech_goes_on_where_it_was_lost() {
    let folder = std::env::var_os("VIVA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), Into::into);
    let speech = folder.join("media/jfk.wav");
    if !speech.exists() {
        eprintln!("SKIPPED: needs ../shared (jfk.wav)");
        return;
    }
    let desk = Desk::new();
    let input = ["-i", speech.to_str().unwrap(), "-c:a", "libopus"];
    let live = ["-b:a", "24k", "-application", "voip", "-frame_duration", "20"];
    let copy = ["-b:a", "48k", "-application", "audio", "-frame_duration", "60", "-ac", "2"];
    let packets = ogg_packets(&encode(&desk, "live.ogg", &[&input[..], &live].concat()));
    let copy = encode(&desk, "copy.webm", &[&input[..], &copy].concat());

    let plan = Plan::audio(0, 0);
    let send = |(number, payload): (usize, &Vec<u8>)| {
        let at_us = 200_000 + number as i64 * 20_000;
        let packet = rtp(false, number as u16, plan.timestamp(at_us), plan.ssrc, payload);
        let item = Item::Rtp { track: Track::Audio, sequence: number as i64, packet };
        Sent { arrival_us: START_US + at_us + 20_000, item }
    };
    let sent: Vec<Sent> = packets.iter().enumerate().map(send).collect();
    let whole = take(11 * SECOND, sent.clone());
    desk.finalise(&journal_bytes(&whole)).unwrap();
    let undisturbed = audio::decode(&desk.plain(), &Limits::default()).unwrap().samples;

    for error_us in [-800_000, 0, 800_000] {
        let started_us = START_US + 200_000 + error_us;
        let item = Item::Chunk { copy: 0, offset: 0, started_us, bytes: copy.clone() };
        let mut records = take(11 * SECOND, sent.clone());
        records.retain(|sent| !HOLE.contains(&(sent.arrival_us - START_US)));
        records.push(Sent { arrival_us: START_US, item });
        let finalised = desk.finalise(&journal_bytes(&records)).unwrap();
        let spliced = audio::decode(&desk.plain(), &Limits::default()).unwrap().samples;
        let middle = 16 * (HOLE.start / 1000) as usize..16 * (HOLE.end / 1000) as usize;
        let (lag, likeness) = best_lag(&undisturbed[middle.clone()], &spliced, middle.start);
        eprintln!("late by {lag} samples of 62.5 us, correlation {likeness}");
        assert!(lag.abs() <= 80 && likeness > 0.8, "{lag} {likeness}");
        let audio = finalised.audio.unwrap();
        assert_eq!(audio.gaps.iter().filter(|gap| gap.0 > 0 && gap.1 < 11_000).count(), 0, "{audio:?}");
        assert!((2950..3250).contains(&audio.filled_ms), "{audio:?}");
    }
}

/// By how many samples `part` is later in `whole` than at `at`, and how alike the two are there.
fn best_lag(part: &[f32], whole: &[f32], at: usize) -> (i64, f32) {
    let likeness = |lag: i64| {
        let other = &whole[at.checked_add_signed(lag as isize).unwrap()..][..part.len()];
        let product: f32 = part.iter().zip(other).map(|(one, other)| one * other).sum();
        let energy = |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>();
        product / (energy(part) * energy(other)).sqrt()
    };
    let alike = (-400..=400).map(|lag| (lag, likeness(lag)));
    alike.max_by(|one, other| one.1.total_cmp(&other.1)).unwrap()
}

/// The frequency of the tone that begins with the `number`th second of what Chromium recorded.
fn tone_hz(number: u32) -> f32 {
    1000.0 + 170.0 * number as f32
}

/// When each tone begins, in milliseconds: (number, time).
pub fn tones_ms(samples: &[f32]) -> Vec<(u32, f64)> {
    const WINDOW: usize = 160;
    const STEP: usize = 8;
    let rate = audio::SAMPLE_RATE as f32;
    let strength = |number: u32, at: usize| {
        let turn = |index: usize| std::f32::consts::TAU * tone_hz(number) * index as f32 / rate;
        let window = samples[at..at + WINDOW].iter().enumerate();
        let (real, imaginary) = window.fold((0.0, 0.0), |(real, imaginary), (index, sample)| {
            (real + sample * turn(index).cos(), imaginary + sample * turn(index).sin())
        });
        f32::hypot(real, imaginary) / WINDOW as f32
    };
    let mut tones = Vec::new();
    for number in 0..20 {
        let strengths: Vec<f32> =
            (0..samples.len() - WINDOW).step_by(STEP).map(|at| strength(number, at)).collect();
        // A tone of 100 ms at this strength throughout; what babbles is weaker or shorter.
        let loud: Vec<usize> = (0..strengths.len()).filter(|&at| strengths[at] > 0.12).collect();
        let runs = loud.chunk_by(|one, other| other - one < 20);
        if let Some(run) = runs.filter(|run| run.len() > 150).max_by_key(|run| run.len()) {
            tones.push((number, (run[0] * STEP) as f64 * 1000.0 / f64::from(rate)));
        }
    }
    tones
}

#[test]
fn what_chromium_really_sends_and_records_fits_together() {
    let from_us = ZERO_US + 20_000;
    let hole = START_US + 4_700_000..START_US + 7_900_000;
    let mut live = chromium::really_sent(from_us);
    let whole = splice(&take_with(live.clone(), Vec::new()));
    let undisturbed = tones_ms(&audio::decode(&whole.desk.plain(), &Limits::default()).unwrap().samples);
    live.retain(|sent| !hole.contains(&sent.arrival_us));
    for error_us in [0, LATE_US, -LATE_US] {
        let spliced = splice(&take_with(live.clone(), upload(SECOND..11 * SECOND, error_us)));
        spliced.assert_plays();
        let pcm = audio::decode(&spliced.desk.plain(), &Limits::default()).unwrap();
        let tones = tones_ms(&pcm.samples);
        eprintln!("tones {tones:?}, undisturbed {undisturbed:?}");
        assert_eq!(tones.len(), undisturbed.len());
        for (tone, before) in tones.iter().zip(&undisturbed) {
            assert_eq!(tone.0, before.0);
            assert!((tone.1 - before.1).abs() <= 5.0, "{tone:?} {before:?}");
        }
        let (video, audio) = (spliced.finalised.video.unwrap(), spliced.finalised.audio.unwrap());
        eprintln!("filled {} ms of sound and {} ms of picture", audio.filled_ms, video.filled_ms);
        assert!((3100..3500).contains(&audio.filled_ms), "{audio:?}");
        assert_eq!((audio.gaps.len(), video.gaps.len()), (0, 0));
    }
}
