//! Media files from anywhere, for everything that reads them.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use viva_media::read::{self, Input, Limits};
use viva_media::{audio, frames, thumbnail_input};

use super::chromium::COPY;
use super::make;
use super::memory::within;
use super::mutate::mutate;
use super::rounds::rounds;
use super::sender::{Desk, Plan, journal_bytes, take};

const SECOND: i64 = 1_000_000;
/// Decoders and one picture of the largest size that [`limits`] allow, besides the file itself.
const ROOM: usize = 32 << 20;
/// A reader may pass over a file again where it lost its place, but not without end.
const MOST_READ: u64 = 400;

fn limits() -> Limits {
    Limits { max_duration_ms: 20_000, max_pixels: 640 * 480, max_coded_frames: 2000, ..Limits::default() }
}

/// A file that counts how much is read of it.
struct Counted {
    file: Cursor<Arc<[u8]>>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        let read = self.read.fetch_add(count as u64 + 1, Ordering::Relaxed);
        let size = self.file.get_ref().len() as u64;
        assert!(read <= MOST_READ * (size + 10_000), "{read} bytes read of a file of {size}");
        Ok(count)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Everything that reads, one after the other. Results do not matter, returning does.
fn read_all(bytes: &[u8]) {
    let bytes: Arc<[u8]> = bytes.into();
    let input = || -> Box<dyn Input> {
        Box::new(Counted { file: Cursor::new(Arc::clone(&bytes)), read: Arc::default() })
    };
    let room = ROOM + 8 * bytes.len();
    within(room, || drop(read::probe_input(input(), &limits())));
    within(room, || {
        for frame in frames::sample_input(input(), 5.0, &limits()).into_iter().flatten().flatten() {
            assert_eq!(frame.rgb.len(), (frame.width * frame.height * 3) as usize);
        }
    });
    within(room, || drop(thumbnail_input(|| Ok(input()), 1000, 160, &limits())));
    within(room, || drop(audio::decode_input(input(), &limits())));
}

fn fuzz(count: u64, files: &[Vec<u8>]) {
    for file in files {
        read_all(file);
        rounds(count, |random| {
            let mut damaged = file.clone();
            mutate(&mut damaged, random);
            read_all(&damaged);
        });
    }
}

/// Files that ffmpeg makes: a second of sound, and of a small picture.
fn made(names: &[&str]) -> Vec<Vec<u8>> {
    let kinds = make::CONTAINERS.iter().chain(make::SOUNDS).filter(|(name, _)| names.contains(name));
    let short = ["-t", "1", "-s", "64x48", "-r", "10"];
    let files = kinds.filter_map(|(name, codecs)| {
        let has_picture = make::CONTAINERS.iter().any(|(other, _)| other == name);
        let made = if has_picture {
            make::beep_and_flash(name, &[*codecs, &short].concat())
        } else {
            make::beep(name, &[*codecs, &short[..2]].concat())
        };
        made.map(|made| std::fs::read(&made.path).unwrap())
    });
    files.collect()
}

#[test]
fn recordings_of_our_own() {
    let desk = Desk::new();
    let media = [Plan::audio(0, SECOND).send(), Plan { size: (64, 48), ..Plan::video(0, SECOND) }.send()];
    desk.finalise(&journal_bytes(&take(SECOND, media.concat()))).unwrap();
    fuzz(400, &[desk.bytes()]);
}

#[test]
fn recordings_of_a_browser() {
    // Two seconds of it; what follows is the same again.
    fuzz(60, &[COPY[..60_000].to_vec()]);
}

#[test]
fn webm_and_matroska() {
    fuzz(
        40,
        &made(&["vp9.webm", "live.webm", "h264.mkv", "vorbis.mkv", "pcm.mkv", "flac.mkv", "short.webm"]),
    );
}

#[test]
fn mp4() {
    fuzz(60, &made(&["h264.mp4", "baseline.mp4", "fragments.mp4", "vp9.mp4", "layer2.mp4", "aac.m4a"]));
}

#[test]
fn sound_files() {
    fuzz(80, &made(&["opus.ogg", "vorbis.ogg", "s16.wav", "s24.wav", "u8.wav", "sound.mp3", "sound.flac"]));
}
