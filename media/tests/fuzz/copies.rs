//! Pieces of the browser's own recording, which a page can make up as it likes.

use super::chromium::{self, COPY};
use super::journals::assert_survives;
use super::make;
use super::mutate::{Random, mutate};
use super::rounds::rounds;
use super::sender::{Desk, Item, START_US, Sent, journal_bytes, sealed, take};

const SECOND: i64 = 1_000_000;
const STOP_US: i64 = 12_100_000;

/// Live media of which three seconds were lost, so that the copy is asked for.
fn live() -> Vec<Sent> {
    let is_lost = |piece: &chromium::Piece| (4 * SECOND..7 * SECOND).contains(&piece.time_us);
    let pieces: Vec<_> = chromium::pieces().into_iter().filter(|piece| !is_lost(piece)).collect();
    take(STOP_US, chromium::send(&pieces, 0))
}

fn chunk(copy: u32, offset: u64, started_us: i64, bytes: &[u8]) -> Sent {
    let item = Item::Chunk { copy, offset, started_us, bytes: bytes.to_vec() };
    Sent { arrival_us: START_US + STOP_US, item }
}

/// The damaged file in pieces that may be missing, doubled, misplaced, or of another copy.
fn pieces(file: &[u8], random: &mut Random) -> Vec<Sent> {
    let size = 500 + random.below(60_000);
    let mut offset = 0;
    let mut pieces = Vec::new();
    for bytes in file.chunks(size) {
        let at = if random.one_in(12) { random.extreme() } else { offset };
        let started_us = if random.one_in(12) { random.extreme() as i64 } else { START_US };
        let copy = if random.one_in(12) { random.next() as u32 } else { 1 };
        if !random.one_in(12) {
            pieces.push(chunk(copy, at, started_us, bytes));
        }
        offset += bytes.len() as u64;
    }
    pieces
}

fn lie(file: &[u8], count: u64) {
    let (desk, live) = (Desk::new(), live());
    rounds(count, |random| {
        let mut file = file.to_vec();
        if !random.one_in(6) {
            mutate(&mut file, random);
        }
        let mut records = if random.one_in(5) { take(STOP_US, []) } else { live.clone() };
        records.extend(pieces(&file, random));
        assert_survives(&desk, &sealed(&journal_bytes(&records)));
    });
}

#[test]
fn copies_that_lie() {
    lie(COPY, 40);
}

#[test]
fn copies_in_mp4_that_lie() {
    let Some(webm) = make::media("copy.webm", &["-f", "lavfi", "-i", make::BEEP]) else { return };
    std::fs::write(&webm.path, COPY).unwrap();
    let mp4 = webm.beside("copy.mp4");
    let fragments = ["-movflags", "+frag_keyframe+delay_moov+default_base_moof", "-c:a", "aac"];
    let picture =
        ["-i", webm.path.to_str().unwrap(), "-s", "160x90", "-c:v", "libx264", "-g", "10", "-copyts"];
    make::run(&[&picture[..], &fragments].concat(), &mp4);
    lie(&std::fs::read(&mp4).unwrap(), 40);
}
