//! Damaged files: never a panic, never a crash of the decoders in C, and what is whole is still read.

use std::io::Cursor;

use viva_media::read::{self, Error, Input, Limits};
use viva_media::{audio, frames, thumbnail_input};

use super::make::{self, CONTAINERS, SOUNDS};

/// Everything that reads, one after the other. Results do not matter, returning does.
fn read_all(bytes: &[u8]) -> Result<audio::Pcm, Error> {
    let limits = Limits { max_duration_ms: 60_000, ..Limits::default() };
    let input = || -> Box<dyn Input> { Box::new(Cursor::new(bytes.to_vec())) };
    let _ = read::probe_input(input(), &limits);
    if let Ok(reader) = frames::sample_input(input(), 5.0, &limits) {
        for frame in reader.flatten() {
            assert_eq!(frame.rgb.len(), (frame.width * frame.height * 3) as usize);
        }
    }
    let _ = thumbnail_input(|| Ok(input()), 1000, 160, &limits);
    audio::decode_input(input(), &limits)
}

/// Every kind of file; small pictures, because each file is read thousands of times.
fn all_files() -> Vec<(&'static str, Vec<u8>)> {
    let read = |made: make::Made| std::fs::read(&made.path).expect("the file that was made");
    let containers = CONTAINERS.iter().map_while(|(name, codecs)| {
        let made = make::beep_and_flash(name, &[*codecs, &["-s", "64x48", "-r", "10"]].concat())?;
        Some((*name, read(made)))
    });
    let sounds = SOUNDS.iter().map_while(|(name, codec)| Some((*name, read(make::beep(name, codec)?))));
    containers.chain(sounds).collect()
}

#[test]
fn a_cut_file_reads_up_to_the_cut() {
    const PARTS: usize = 50;
    for (name, bytes) in all_files() {
        let mut longest = 0;
        for part in 0..PARTS {
            let cut = bytes.len() * part / PARTS;
            match read_all(&bytes[..cut]) {
                Ok(pcm) => {
                    assert!(
                        pcm.duration_ms() + 100 >= longest,
                        "{name} cut at {part}/{PARTS}: {}",
                        pcm.duration_ms()
                    );
                    longest = longest.max(pcm.duration_ms());
                }
                Err(error) => assert!(
                    matches!(error, Error::NotMedia | Error::Damaged(_) | Error::TooCorrupt { .. })
                        || matches!(error, Error::NoAudioTrack),
                    "{name} cut at {part}/{PARTS}: {error}"
                ),
            }
        }
        // The index of a plain MP4 lies at its end, where nothing can be read without it. The last fiftieth of a FLAC
        // file may hold several frames of silence.
        let needs_end = ["h264.mp4", "vp9.mp4", "aac.m4a"].contains(&name);
        assert_eq!(longest >= 1500, !needs_end, "{name}: {longest} ms at most");
    }
}

#[test]
fn a_cut_file_says_so() {
    for (name, bytes) in all_files() {
        if let Ok(pcm) = read_all(&bytes[..bytes.len() * 9 / 10]) {
            // The end of an MP3 stream is wherever it ends; a live WebM cut between blocks as well.
            assert!(pcm.truncated || name.ends_with(".mp3") || name == "live.webm", "{name}");
        }
    }
}

#[test]
fn flipped_bits_are_survived() {
    for (name, bytes) in all_files() {
        let mut state =
            name.bytes().fold(1_u64, |state, byte| state.wrapping_mul(31).wrapping_add(byte.into()));
        let mut random = move |below: usize| {
            // Knuth's MMIX constants.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for round in 0..40 {
            let mut damaged = bytes.clone();
            // Half of the rounds aim at the headers.
            let within = if round % 2 == 0 { bytes.len() } else { bytes.len().min(2000) };
            for _ in 0..=random(12) {
                damaged[random(within)] ^= 1 << random(8);
            }
            let _ = read_all(&damaged);
        }
    }
}

#[test]
fn a_stretch_of_noise_in_a_webm_costs_only_itself() {
    // A cluster each half second, so that there is somewhere to go on.
    let cluster = ["-c:a", "libopus", "-cluster_time_limit", "500"];
    let Some(made) = make::beep("clusters.webm", &cluster) else { return };
    let mut bytes = std::fs::read(&made.path).unwrap();
    let middle = bytes.len() / 4;
    bytes[middle..middle + 200].fill(0x5A);
    let pcm = read_all(&bytes).unwrap();
    assert!(pcm.truncated);
    assert!(pcm.duration_ms() >= 2900, "{}", pcm.duration_ms());
    let loud = pcm.samples.iter().position(|sample| sample.abs() > 0.1).expect("the beep") / 16;
    assert!(loud.abs_diff(1500) <= 20, "{loud} ms");
}
