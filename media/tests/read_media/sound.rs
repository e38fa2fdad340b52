//! Sound is at its true time in every container.

use std::path::Path;

use viva_media::audio::{self, Pcm};
use viva_media::read::{self, Error, Limits};

use super::make::{self, BEEP_MS, CONTAINERS, SOUNDS};

fn decode(path: &Path) -> Pcm {
    audio::decode(path, &Limits::default()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// When the beep starts, in milliseconds.
fn beep_ms(pcm: &Pcm) -> u64 {
    let loud = pcm.samples.iter().position(|sample| sample.abs() > 0.1).expect("a beep");
    loud as u64 * 1000 / u64::from(audio::SAMPLE_RATE)
}

fn assert_near(name: &str, what: &str, found: u64, expected: u64, tolerance: u64) {
    assert!(
        found.abs_diff(expected) <= tolerance,
        "{name}: {what} {found} ms, not {expected} ± {tolerance} ms"
    );
}

#[test]
fn the_beep_is_found_where_it_is_in_every_container() {
    for (name, codecs) in CONTAINERS {
        let Some(made) = make::beep_and_flash(name, codecs) else { return };
        check(name, &made.path);
    }
    for (name, codec) in SOUNDS {
        let Some(made) = make::beep(name, codec) else { return };
        check(name, &made.path);
    }
}

fn check(name: &str, path: &Path) {
    let pcm = decode(path);
    assert_near(name, "beep", beep_ms(&pcm), BEEP_MS, 20);
    assert_near(name, "duration", pcm.duration_ms(), 3000, 60);
    assert!(!pcm.truncated, "{name} is whole");
    assert_eq!(pcm.corrupt_packets, 0, "{name}");
    assert!(pcm.gaps.is_empty(), "{name}: {:?}", pcm.gaps);
    assert!(audio::loudness::levels_dbfs(&pcm)[15] > -20.0, "{name}");
    let info = read::probe(path, &Limits::default()).unwrap();
    assert_near(name, "stated duration", info.duration_ms, 3000, 60);
    assert!(info.audio.is_some());
}

#[test]
fn lost_packets_leave_a_hole() {
    for name in ["opus.webm", "aac.mkv", "opus.mp4", "aac.mp4"] {
        // From about 0.5 s to 1.2 s, in packets of 20 ms and of 1024 samples.
        let (codec, drop) = if name.starts_with("opus") {
            ("libopus", "noise=drop=between(n\\,25\\,59)")
        } else {
            ("aac", "noise=drop=between(n\\,24\\,56)")
        };
        let drop = ["-c:a", codec, "-bsf:a", drop, "-avoid_negative_ts", "disabled"];
        let Some(made) = make::beep(name, &drop) else { return };
        let pcm = decode(&made.path);
        assert_near(name, "beep", beep_ms(&pcm), BEEP_MS, 20);
        let [gap] = pcm.gaps[..] else { panic!("{name}: one gap, not {:?}", pcm.gaps) };
        assert_near(name, "gap start", gap.start_ms, 500, 30);
        assert_near(name, "gap end", gap.end_ms, 1200, 30);
    }
}

#[test]
fn sound_that_starts_late_stays_late() {
    for name in ["late.webm", "late.mp4", "late.mkv"] {
        let codecs: &[&str] = if name.ends_with("webm") {
            &["-c:v", "libvpx", "-c:a", "libopus"]
        } else {
            &["-c:v", "libx264", "-c:a", "aac"]
        };
        let inputs = ["-f", "lavfi", "-i", make::FLASH, "-itsoffset", "0.7", "-f", "lavfi", "-i", make::BEEP];
        let Some(made) = make::media(name, &[&inputs[..], codecs].concat()) else { return };
        let pcm = decode(&made.path);
        assert_near(name, "beep", beep_ms(&pcm), BEEP_MS + 700, 20);
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let limits = Limits::default();
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.webm");
    std::fs::write(&text, "No media at all, only words.\n".repeat(2000)).unwrap();
    assert!(matches!(audio::decode(&text, &limits), Err(Error::NotMedia)));
    assert!(matches!(read::probe(&text, &limits), Err(Error::NotMedia)));
    std::fs::write(&text, "").unwrap();
    assert!(matches!(audio::decode(&text, &limits), Err(Error::NotMedia)));
    assert!(matches!(audio::decode(Path::new("/nonexistent"), &limits), Err(Error::Io(_))));

    let silent = ["-f", "lavfi", "-i", make::FLASH, "-c:v", "libvpx"];
    let Some(made) = make::media("silent.webm", &silent) else { return };
    assert!(matches!(audio::decode(&made.path, &limits), Err(Error::NoAudioTrack)));

    let Some(made) = make::beep("sound.mka", &["-c:a", "ac3"]) else { return };
    let error = audio::decode(&made.path, &limits).unwrap_err();
    assert!(matches!(&error, Error::UnsupportedCodec(name) if name == "A_AC3"), "{error}");

    let Some(made) = make::beep("sound.wav", &[]) else { return };
    let short = Limits { max_duration_ms: 1000, ..Limits::default() };
    assert!(matches!(audio::decode(&made.path, &short), Err(Error::TooLong { limit_ms: 1000 })));
    let small = Limits { max_file_bytes: 1000, ..Limits::default() };
    assert!(matches!(audio::decode(&made.path, &small), Err(Error::FileTooLarge { limit: 1000 })));
    let Some(made) = make::beep("six.wav", &["-ac", "6"]) else { return };
    let mono = Limits { max_channels: 2, ..Limits::default() };
    assert!(matches!(audio::decode(&made.path, &mono), Err(Error::TooManyChannels { limit: 2 })));
}

#[test]
fn a_tagged_mp3_is_still_an_mp3() {
    let Some(made) = make::beep("tagged.mp3", &["-c:a", "libmp3lame", "-metadata", "title=Beep"]) else {
        return;
    };
    assert!(std::fs::read(&made.path).unwrap().starts_with(b"ID3"));
    assert_near("tagged.mp3", "beep", beep_ms(&decode(&made.path)), BEEP_MS, 20);
}
