//! Recordings of people that lie outside of the repository.

use std::path::{Path, PathBuf};

use viva_media::read::{self, Limits};
use viva_media::{audio, frames};

fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("VIVA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let path = folder.join("media").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: needs ../shared ({name})");
    None
}

#[test]
fn a_speech_is_decoded() {
    let Some(path) = shared("jfk.wav") else { return };
    let pcm = audio::decode(&path, &Limits::default()).unwrap();
    assert_eq!(pcm.duration_ms(), 11_000);
    assert!(audio::loudness::sound_detected(&pcm));
}

#[test]
fn clips_are_decoded() {
    for name in ["single_face.mp4", "no_face.mp4"] {
        let Some(path) = shared(name) else { return };
        let info = read::probe(&path, &Limits::default()).unwrap();
        let frames: Vec<_> =
            frames::sample(&path, 5.0, &Limits::default()).unwrap().collect::<Result<_, _>>().unwrap();
        eprintln!("{name}: {info:?}, {} frames", frames.len());
        let expected = info.duration_ms / 200;
        assert!((frames.len() as u64).abs_diff(expected) <= 2, "{name}: {} of {expected}", frames.len());
        let (first, last) = (&frames[0].rgb, &frames[frames.len() - 1].rgb);
        assert!(first.iter().any(|byte| *byte > 60), "{name} is not black");
        assert_ne!(first, last, "{name} moves");
    }
}
