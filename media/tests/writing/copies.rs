//! The browser's own recording fills what did not arrive: no gap, nothing twice, everything at its time.

use std::ops::Range;

use viva_media::finalise::Finalised;
use viva_media::journal::{Event, Track};
use viva_media::read::Limits;
use viva_media::{audio, frames};

use super::chromium::{self, COPY, DELAY_US, LIVE_PACKET_US, Piece};
use super::demux::{Block, File};
use super::sender::{Desk, Item, START_US, Sent, journal_bytes, take};

pub const SECOND: i64 = 1_000_000;
/// When the copy's time zero is, after the take's: the recorder takes up the frame that it finds.
pub const ZERO_US: i64 = -20_000;
pub const STOP_US: i64 = 12_100_000;
/// The page's estimate of it may be this wrong.
pub const LATE_US: i64 = 700_000;

/// Everything that Chromium sent live but for what was captured during the `holes` (on the copy's clock).
pub fn live_without(holes: &[Range<i64>]) -> Vec<Sent> {
    let is_lost = |piece: &Piece| holes.iter().any(|hole| hole.contains(&piece.time_us));
    let pieces: Vec<_> = chromium::pieces().into_iter().filter(|piece| !is_lost(piece)).collect();
    let mut sent = chromium::send(&pieces, ZERO_US);
    // Numbers go on while packets are lost, and live pictures need a key frame after a hole; the copy has one every two
    // seconds, and where a hole ends between two of them the rest of the picture is lost, too.
    number_lost_packets(&mut sent, holes);
    sent
}

fn number_lost_packets(sent: &mut [Sent], holes: &[Range<i64>]) {
    for item in sent.iter_mut() {
        let at_us = item.arrival_us - START_US - ZERO_US - DELAY_US;
        let passed = holes.iter().filter(|hole| hole.end <= at_us + LIVE_PACKET_US).count() as u16;
        if let Item::Rtp { packet, .. } = &mut item.item {
            let sequence = u16::from_be_bytes([packet[2], packet[3]]).wrapping_add(passed * 50);
            packet[2..4].copy_from_slice(&sequence.to_be_bytes());
        }
    }
}

/// A piece of the copy as the page sends it, `error_us` wrong about when the copy began.
pub fn chunk(bytes: Range<usize>, error_us: i64) -> Sent {
    let item = Item::Chunk {
        copy: 1,
        offset: bytes.start as u64,
        started_us: START_US + ZERO_US + error_us,
        bytes: COPY[bytes].to_vec(),
    };
    Sent { arrival_us: START_US + STOP_US + SECOND, item }
}

/// The copy's beginning and what it holds of a span of its time, in pieces that begin and end anywhere.
pub fn upload(span: Range<i64>, error_us: i64) -> Vec<Sent> {
    let blocks = chromium::blocks();
    let inside = || blocks.iter().filter(|block| span.contains(&block.time_us));
    let Some((first, last)) = inside().next().zip(inside().next_back()) else { return Vec::new() };
    let end = last.end;
    let mut sent = vec![chunk(0..900, error_us)];
    let mut at = first.offset;
    while at < end {
        sent.push(chunk(at..(at + 3777).min(end), error_us));
        at += 3777;
    }
    sent
}

/// A take, and what came up after it had ended.
pub fn take_with(live: Vec<Sent>, uploaded: Vec<Sent>) -> Vec<Sent> {
    let mut records = take(STOP_US, live);
    records.extend(uploaded);
    records
}

pub struct Spliced {
    pub finalised: Finalised,
    file: File,
    pub desk: Desk,
}

pub fn splice(records: &[Sent]) -> Spliced {
    let desk = Desk::new();
    let finalised = desk.finalise(&journal_bytes(records)).unwrap();
    let file = desk.file();
    Spliced { finalised, file, desk }
}

impl Spliced {
    /// Every 20 ms of sound, or every frame, with its time in the recording.
    fn pieces(&self, track: Track) -> Vec<Piece> {
        let split = |block: &Block| match track {
            Track::Video => vec![block.payload.clone()],
            Track::Audio => chromium::single_frames(&block.payload),
        };
        let blocks = self.file.of(track);
        let pieces = blocks.flat_map(|block| {
            let time_us = |number: i64| block.time_ms * 1000 + number * LIVE_PACKET_US;
            (0..).zip(split(block)).map(move |(number, bytes)| Piece {
                track,
                time_us: time_us(number),
                bytes,
            })
        });
        pieces.collect()
    }

    /// Every piece of the copy is there once, in order, and at its time: returns the largest error in milliseconds.
    fn assert_whole(&self, track: Track) -> f64 {
        let expected: Vec<_> = chromium::pieces().into_iter().filter(|piece| piece.track == track).collect();
        let found = self.pieces(track);
        let errors = found.iter().zip(&expected).enumerate().map(|(number, (found, expected))| {
            assert!(found.bytes == expected.bytes, "{track:?} {number} at {} us", found.time_us);
            (found.time_us - expected.time_us - ZERO_US - DELAY_US) as f64 / 1000.0
        });
        let largest = errors.map(f64::abs).fold(0.0, f64::max);
        assert_eq!(found.len(), expected.len(), "{track:?}");
        largest
    }

    /// All pictures decode and none stands; no silence is heard.
    pub fn assert_plays(&self) {
        let mut reader = frames::sample(&self.desk.plain(), 100.0, &Limits::default()).unwrap();
        let shown: Vec<_> = reader.by_ref().map(|frame| frame.unwrap().at_ms).collect();
        assert_eq!((reader.corrupt_packets(), reader.truncated()), (0, false));
        let longest_ms = shown.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(longest_ms < 150, "a picture stands for {longest_ms} ms");
        let pcm = audio::decode(&self.desk.plain(), &Limits::default()).unwrap();
        assert_eq!(pcm.corrupt_packets, 0);
        // What is shorter than half a packet is concealed by the decoder.
        let heard = |gap: &&audio::Gap| gap.start_ms > 0 && gap.end_ms - gap.start_ms > 10;
        let inner: Vec<_> = pcm.gaps.iter().filter(heard).collect();
        assert!(inner.is_empty(), "{inner:?}");
    }
}

/// Fills the holes and checks that nothing is left of them.
fn assert_fills(name: &str, holes: &[Range<i64>], uploaded: Vec<Sent>) -> Spliced {
    let spliced = splice(&take_with(live_without(holes), uploaded));
    let (video, audio) = (spliced.finalised.video.clone().unwrap(), spliced.finalised.audio.clone().unwrap());
    let errors_ms = (spliced.assert_whole(Track::Audio), spliced.assert_whole(Track::Video));
    eprintln!(
        "{name}: errors {errors_ms:?} ms, filled {} ms of sound and {} ms of picture",
        audio.filled_ms, video.filled_ms
    );
    assert_eq!(
        (audio.gaps.as_slice(), video.gaps.as_slice()),
        ([(0, 0); 0].as_slice(), [(0, 0); 0].as_slice())
    );
    assert!(errors_ms.0 <= 5.0 && errors_ms.1 <= 5.0, "{name}: {errors_ms:?} ms");
    spliced.assert_plays();
    let lost_ms: u64 = holes.iter().map(|hole| ((hole.end - hole.start) / 1000) as u64).sum();
    assert!((lost_ms.saturating_sub(250)..lost_ms + 250).contains(&audio.filled_ms), "{audio:?}");
    assert!(video.filled_ms + 250 >= lost_ms, "{video:?}");
    assert_eq!(spliced.finalised.unusable_copies, 0);
    spliced
}

#[test]
fn a_lost_second_is_filled() {
    let hole = 5_170_000..6_170_000;
    for error_us in [0, LATE_US, -LATE_US] {
        assert_fills("one second", std::slice::from_ref(&hole), upload(SECOND..9 * SECOND, error_us));
    }
}

#[test]
fn five_lost_seconds_are_filled() {
    let hole = 3_500_000..8_500_000;
    assert_fills("five seconds", &[hole], upload(1_500_000..11 * SECOND, LATE_US));
}

#[test]
fn a_lost_beginning_is_filled() {
    let hole = 0..3 * SECOND;
    assert_fills("the beginning", &[hole], upload(-SECOND..6 * SECOND, -LATE_US));
}

#[test]
fn a_lost_end_is_filled() {
    let hole = 9 * SECOND..20 * SECOND;
    assert_fills("the end", &[hole.start..12 * SECOND], upload(5 * SECOND..20 * SECOND, LATE_US));
}

#[test]
fn two_holes_are_filled() {
    let holes = [2_600_000..3_600_000, 8_250_000..9_050_000];
    let uploaded = [upload(0..5 * SECOND, LATE_US), upload(6 * SECOND..12 * SECOND, LATE_US)].concat();
    assert_fills("two holes", &holes, uploaded);
}

#[test]
fn a_take_without_live_media_is_made_of_the_copy() {
    let spliced = splice(&take_with(Vec::new(), upload(-SECOND..20 * SECOND, 30_000)));
    let shift_ms = (30_000 - DELAY_US) as f64 / 1000.0;
    assert!(spliced.assert_whole(Track::Audio) <= shift_ms + 5.0);
    assert!(spliced.assert_whole(Track::Video) <= shift_ms + 1.0);
    spliced.assert_plays();
    let (video, audio) = (spliced.finalised.video.unwrap(), spliced.finalised.audio.unwrap());
    assert_eq!((video.lost_packets, audio.lost_packets), (0, 0));
    assert_eq!((video.width, video.height), (320, 180));
    assert!(video.filled_ms > 11_900 && audio.filled_ms > 11_900, "{video:?} {audio:?}");
}

#[test]
fn pieces_in_any_order_and_more_than_once_give_the_same_bytes() {
    let hole = [5_170_000..6_170_000];
    let uploaded = upload(SECOND..9 * SECOND, LATE_US);
    let plain = splice(&take_with(live_without(&hole), uploaded.clone()));
    let reversed: Vec<_> = uploaded.iter().rev().chain(&uploaded).cloned().collect();
    let other = splice(&take_with(live_without(&hole), reversed));
    assert_eq!(plain.finalised.sha256, other.finalised.sha256);
    let mut early = take(STOP_US, live_without(&hole));
    let middle = early.len() / 2;
    early.splice(middle..middle, uploaded);
    assert_eq!(plain.finalised.sha256, splice(&early).finalised.sha256);
}

#[test]
fn what_is_known_already_is_not_overwritten() {
    let hole = [5_170_000..6_170_000];
    let uploaded = upload(SECOND..9 * SECOND, 0);
    let plain = splice(&take_with(live_without(&hole), uploaded.clone()));
    let mut attacked = uploaded.clone();
    for sent in &uploaded {
        let Item::Chunk { copy, offset, started_us, bytes } = &sent.item else { unreachable!() };
        let bytes = bytes.iter().map(|byte| !byte).collect();
        let item = Item::Chunk { copy: *copy, offset: *offset, started_us: *started_us + 9, bytes };
        attacked.push(Sent { arrival_us: sent.arrival_us, item });
    }
    let other = splice(&take_with(live_without(&hole), attacked));
    assert_eq!(plain.finalised.sha256, other.finalised.sha256);
}

#[test]
fn a_take_that_lacks_nothing_is_as_without_its_copy() {
    let plain = splice(&take_with(live_without(&[]), Vec::new()));
    let other = splice(&take_with(live_without(&[]), upload(-SECOND..20 * SECOND, LATE_US)));
    let (mut video, mut audio) = (other.finalised.video.unwrap(), other.finalised.audio.unwrap());
    // The copy's last moments may have been on their way when the take ended.
    assert!(audio.filled_ms <= 180 && video.filled_ms <= 180, "{audio:?} {video:?}");
    (audio.filled_ms, video.filled_ms) = (0, 0);
    let of_plain = (plain.finalised.video.unwrap(), plain.finalised.audio.unwrap());
    assert_eq!((of_plain.0.gaps, of_plain.1.gaps), (video.gaps, audio.gaps));
}

#[test]
fn a_reload_in_the_middle_makes_two_copies() {
    let hole = [3_500_000..8_500_000];
    let second = |mut sent: Sent| {
        if let Item::Chunk { copy, .. } = &mut sent.item {
            *copy = 2;
        }
        sent
    };
    let first_part = upload(SECOND..6_200_000, LATE_US);
    // The same file stands for both runs of the recorder: each was asked for other seconds.
    let second_part = upload(5_900_000..11 * SECOND, -LATE_US).into_iter().map(second);
    let uploaded: Vec<_> = first_part.into_iter().chain(second_part).collect();
    let spliced = splice(&take_with(live_without(&hole), uploaded));
    assert!(spliced.assert_whole(Track::Audio) <= 5.0);
    assert!(spliced.assert_whole(Track::Video) <= 5.0);
    spliced.assert_plays();
}

/// After an outage the network may be slower, which moves everything live by as much; the fill leads from one to the other.
#[test]
fn a_new_connection_through_a_slower_network_leaves_no_seam() {
    const SLOWER_US: i64 = 25_000;
    let hole = 3_500_000..6_100_000;
    let mut live = live_without(std::slice::from_ref(&hole));
    for sent in live.iter_mut().filter(|sent| sent.arrival_us - START_US > hole.end) {
        sent.arrival_us += SLOWER_US;
        match &mut sent.item {
            Item::Rtp { packet, .. } => packet[8] = 0x77,
            Item::Report { report, .. } => report.ssrc |= 0x7700_0000,
            _ => {}
        }
    }
    live.push(Sent::event(hole.end, Event::Connected { epoch: 2 }));
    let spliced = splice(&take_with(live, upload(SECOND..10 * SECOND, LATE_US)));
    assert!(spliced.assert_whole(Track::Audio) <= (SLOWER_US / 1000 + 5) as f64);
    assert!(spliced.assert_whole(Track::Video) <= (SLOWER_US / 1000 + 5) as f64);
    let sound = spliced.pieces(Track::Audio);
    let seams = sound.windows(2).map(|pair| pair[1].time_us - pair[0].time_us - LIVE_PACKET_US);
    let largest_us = seams.map(i64::abs).max().unwrap();
    assert!(largest_us <= 3000, "{largest_us}");
    spliced.assert_plays();
}

#[test]
fn a_copy_without_its_beginning_is_told_and_left_out() {
    let hole = [5_170_000..6_170_000];
    let mut uploaded = upload(SECOND..9 * SECOND, 0);
    uploaded.remove(0);
    let spliced = splice(&take_with(live_without(&hole), uploaded));
    assert_eq!(spliced.finalised.unusable_copies, 1);
    let audio = spliced.finalised.audio.unwrap();
    assert_eq!((audio.filled_ms, audio.gaps.len()), (0, 1));
}

#[test]
fn what_was_measured_anywhere_in_the_take_holds_for_all_of_it() {
    // After four seconds the sound is lost for good, and much later a second of the picture.
    let lost = |piece: &Piece| match piece.track {
        Track::Audio => piece.time_us > 4 * SECOND,
        Track::Video => (8_200_000..9_200_000).contains(&piece.time_us),
    };
    let pieces: Vec<_> = chromium::pieces().into_iter().filter(|piece| !lost(piece)).collect();
    let uploaded = [upload(SECOND..5 * SECOND, LATE_US), upload(6 * SECOND..11 * SECOND, LATE_US)].concat();
    let mut live = chromium::send(&pieces, ZERO_US);
    number_lost_packets(&mut live, &[8_200_000..9_200_000]);
    let spliced = splice(&take_with(live, uploaded));
    assert!(spliced.assert_whole(Track::Video) <= 5.0);
    assert_eq!(spliced.finalised.video.unwrap().gaps, []);
}

#[test]
fn without_sound_in_common_the_estimate_counts() {
    let hole = 4_200_000..7_200_000;
    let is_lost = |piece: &Piece| piece.track == Track::Audio || hole.contains(&piece.time_us);
    let pieces: Vec<_> = chromium::pieces().into_iter().filter(|piece| !is_lost(piece)).collect();
    let mut live = chromium::send(&pieces, ZERO_US);
    number_lost_packets(&mut live, std::slice::from_ref(&hole));
    let spliced = splice(&take_with(live, upload(SECOND..10 * SECOND, DELAY_US)));
    assert!(spliced.assert_whole(Track::Video) <= 3.0);
    // What came up of the sound is all there is of it.
    assert!((8000..9100).contains(&spliced.finalised.audio.unwrap().filled_ms));
}

/// The copy as other browsers write it: sizes known, blocks in groups, with elements that say nothing to us.
fn regrouped() -> Vec<u8> {
    let element = |id: &[u8], body: &[u8]| {
        let size = (1_u64 << 56 | body.len() as u64).to_be_bytes();
        [id, &size, body].concat()
    };
    let blocks = chromium::blocks();
    let mut file = COPY[..blocks[0].offset - 15].to_vec();
    assert_eq!(COPY[file.len()..][..4], [0x1f, 0x43, 0xb6, 0x75]);
    for cluster in blocks.chunks(50) {
        let first_ms = cluster[0].time_us / 1000;
        let mut body = [element(&[0xe7], &first_ms.to_be_bytes()), element(&[0xab], &[9])].concat();
        for block in cluster {
            let relative_ms = (block.time_us / 1000 - first_ms) as i16;
            let number = if block.track == Track::Video { 0x81 } else { 0x82 };
            let fields = [&[number][..], &relative_ms.to_be_bytes(), &[0], block.payload].concat();
            let group = [element(&[0x75, 0xa1], &[7; 30]), element(&[0xa1], &fields), element(&[0xfb], &[1])];
            body.extend(element(&[0xa0], &group.concat()));
        }
        file.extend(element(&[0x1f, 0x43, 0xb6, 0x75], &body));
    }
    file
}

#[test]
fn known_sizes_and_groups_of_blocks_read_as_well() {
    let plain = splice(&take_with(Vec::new(), upload(-SECOND..20 * SECOND, 0)));
    let file = regrouped();
    let chunks = file.chunks(60_000).scan(0, |at, bytes| {
        let offset = *at;
        *at += bytes.len() as u64;
        Some(Item::Chunk { copy: 1, offset, started_us: START_US + ZERO_US, bytes: bytes.to_vec() })
    });
    let chunks: Vec<_> = chunks.map(|item| Sent { arrival_us: START_US, item }).collect();
    assert_eq!(splice(&take_with(Vec::new(), chunks)).finalised.sha256, plain.finalised.sha256);
}

#[test]
fn a_take_that_was_cut_off_ends_with_its_copy() {
    let mut records = take(STOP_US, live_without(&[6 * SECOND..20 * SECOND]));
    records.retain(|sent| !matches!(sent.item, Item::Event(Event::TakeStopped(_))));
    records.extend(upload(SECOND..20 * SECOND, 0));
    let spliced = splice(&records);
    assert!(!spliced.finalised.stopped_cleanly);
    assert!((12_000..12_200).contains(&spliced.finalised.duration_ms), "{}", spliced.finalised.duration_ms);
    spliced.assert_whole(Track::Audio);
    spliced.assert_plays();
}
