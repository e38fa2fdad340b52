//! Any part of any journal makes a good file or says that there is no media; nothing makes it panic.

use proptest::collection::vec;
use proptest::prelude::*;
use viva_media::finalise::{FinaliseError, Finalised};
use viva_media::journal::{Body, Event, Record, SenderReport, StopReason, Track, file_header};

use super::demux::{File, assert_good};
use super::sender::{Desk, Plan, START_US, Sent, Stall, TAKE_ID, journal_bytes, rtp, take};

const SECOND: i64 = 1_000_000;

/// A take with everything that makes trouble: loss, a stall, a reconnect, a change of size.
fn troubled() -> Vec<Sent> {
    let stalls = vec![Stall { at_us: 2 * SECOND, for_us: SECOND, reported: true }];
    let audio = Plan { stalls, reports: Some((400_000, SECOND)), ..Plan::audio(0, 5 * SECOND) };
    let video = Plan { key_every: 30, packets_per_frame: 2, ..Plan::video(100_000, 5 * SECOND) };
    let mut media = [audio.send(), video.send()].concat();
    media.retain(|sent| sent.sequence().is_none_or(|sequence| sequence % 23 != 0));
    let second = |plan: Plan| Plan { ssrc: 9, key_every: 30, size: (640, 360), ..plan };
    media.extend(second(Plan::audio(6 * SECOND, 8 * SECOND)).send());
    media.extend(second(Plan::video(6 * SECOND, 8 * SECOND)).send());
    media.push(Sent::event(5_500_000, Event::Connected { epoch: 2 }));
    take(8 * SECOND, media)
}

pub fn finalise(desk: &Desk, journal: &[u8]) -> Option<(Finalised, File)> {
    match desk.finalise(journal) {
        Ok(finalised) => Some((finalised, desk.file())),
        Err(FinaliseError::NoMedia | FinaliseError::Journal(_) | FinaliseError::ImplausibleTimes { .. }) => {
            None
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn every_prefix_finalises_or_has_no_media() {
    let desk = Desk::new();
    let records = troubled();
    let whole = journal_bytes(&records);
    let mut bytes = file_header(TAKE_ID).to_vec();
    let (mut files, mut longest) = (0, 0);
    for (number, sent) in records.iter().enumerate() {
        sent.record().encode_into(&mut bytes).unwrap();
        // The record boundary, or a cut within the record that follows.
        let within = if number.is_multiple_of(5) { 11 } else { 0 };
        let cut = (bytes.len() + within).min(whole.len());
        let Some((finalised, file)) = finalise(&desk, &whole[..cut]) else { continue };
        assert_good(&finalised, &file);
        assert!(finalised.duration_ms >= longest, "more journal never means less recording");
        assert_eq!(finalised.dropped_bytes > 0, cut > bytes.len());
        (files, longest) = (files + 1, finalised.duration_ms);
    }
    assert!(files > 500, "{files}");
    assert_eq!(longest, 8000);
}

#[test]
fn a_cut_header_has_no_media() {
    let desk = Desk::new();
    for len in 0..=32 {
        assert!(matches!(desk.finalise(&file_header(TAKE_ID)[..len]), Err(FinaliseError::NoMedia)));
        assert!(!desk.out().exists());
    }
}

#[test]
fn without_media_no_file_is_made_and_an_old_one_stays() {
    let desk = Desk::new();
    std::fs::write(desk.out(), "the recording of before").unwrap();
    let silent = take(5 * SECOND, []);
    assert!(matches!(desk.finalise(&journal_bytes(&silent)), Err(FinaliseError::NoMedia)));
    let early = take(5 * SECOND, Plan::audio(-9 * SECOND, -2 * SECOND).send());
    assert!(matches!(desk.finalise(&journal_bytes(&early)), Err(FinaliseError::NoMedia)));
    assert!(matches!(
        desk.finalise(b"a text file, not a journal, but long enough"),
        Err(FinaliseError::Journal(_))
    ));
    assert_eq!(std::fs::read(desk.out()).unwrap(), b"the recording of before");
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let desk = Desk::new();
    let journal = journal_bytes(&take(5 * SECOND, Plan::audio(0, 5 * SECOND).send()));
    std::fs::create_dir(desk.out()).unwrap();
    assert!(matches!(desk.finalise(&journal), Err(FinaliseError::Io(_))));
    assert!(!desk.path("take.webm.tmp").exists());
}

#[test]
fn without_room_for_the_scratch_file_nothing_is_made_up() {
    let desk = Desk::new();
    // Longer than what fits into memory.
    let journal = journal_bytes(&take(60 * SECOND, Plan::audio(0, 60 * SECOND).send()));
    std::fs::create_dir(desk.path("take.webm.scratch")).unwrap();
    assert!(matches!(desk.finalise(&journal), Err(FinaliseError::Io(_))));
    assert!(!desk.out().exists() && !desk.path("take.webm.tmp").exists());
    std::fs::remove_dir(desk.path("take.webm.scratch")).unwrap();
    assert_eq!(desk.finalise(&journal).unwrap().duration_ms, 60_000);
}

#[test]
fn a_take_of_days_is_refused() {
    let records = take(3 * 86_400 * SECOND, Plan::audio(0, SECOND).send());
    let result = Desk::new().finalise(&journal_bytes(&records));
    assert!(matches!(result, Err(FinaliseError::ImplausibleTimes { seconds: 259_200 })));
}

#[test]
fn the_same_journal_gives_the_same_bytes() {
    let journal = journal_bytes(&troubled());
    let (one, two) = (Desk::new(), Desk::new());
    let first = one.finalise(&journal).unwrap();
    assert_eq!(first, two.finalise(&journal).unwrap());
    let bytes = one.bytes();
    assert_eq!(bytes, two.bytes());
    assert_eq!(bytes.len() as u64, first.bytes);
    assert_eq!(first, one.finalise(&journal).unwrap(), "also over an existing file");
}

fn track() -> impl Strategy<Value = Track> {
    prop_oneof![Just(Track::Video), Just(Track::Audio)]
}

/// Records that pass every checksum and make no sense.
fn hostile_record() -> impl Strategy<Value = (i64, Hostile)> {
    let time = prop_oneof![
        8 => 0..20 * SECOND,
        1 => Just(-10_i64),
        1 => any::<i64>().prop_map(|us| us.saturating_sub(START_US)),
    ];
    let packet = (track(), any::<bool>(), any::<u16>(), any::<u32>(), 0..3_u32, hostile_payload()).prop_map(
        |(track, marker, sequence, timestamp, ssrc, payload)| {
            Hostile::Packet(track, rtp(marker, sequence, timestamp, ssrc, &payload))
        },
    );
    let report = (track(), 0..3_u32, any::<u64>(), any::<u32>())
        .prop_map(|(track, ssrc, ntp, rtp)| Hostile::Report(track, SenderReport { ssrc, ntp, rtp }));
    let event = prop_oneof![
        Just(Event::TakeStarted),
        Just(Event::TakeStopped(StopReason::Other(77))),
        Just(Event::Connected { epoch: 3 }),
    ];
    let noise = (track(), vec(any::<u8>(), 0..60)).prop_map(|(track, bytes)| Hostile::Packet(track, bytes));
    (time, prop_oneof![10 => packet, 3 => report, 1 => event.prop_map(Hostile::Event), 1 => noise])
}

fn hostile_payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..40),
        Just(vec![0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]),
        Just(vec![0x10, 0x11, 9, 9]),
    ]
}

#[derive(Clone, Debug)]
enum Hostile {
    Packet(Track, Vec<u8>),
    Report(Track, SenderReport),
    Event(Event),
}

fn hostile_journal(records: &[(i64, Hostile)]) -> Vec<u8> {
    let mut bytes = file_header(TAKE_ID).to_vec();
    for (at_us, hostile) in records {
        let body = match hostile {
            Hostile::Packet(track, packet) => Body::Rtp { track: *track, packet },
            Hostile::Report(track, report) => Body::SenderReport { track: *track, report: *report },
            Hostile::Event(event) => Body::Event(*event),
        };
        Record { arrival_us: START_US.saturating_add(*at_us), body }.encode_into(&mut bytes).unwrap();
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_cuts_finalise(at in any::<prop::sample::Index>()) {
        let journal = journal_bytes(&troubled());
        if let Some((finalised, file)) = finalise(&Desk::new(), &journal[..at.index(journal.len())]) {
            assert_good(&finalised, &file);
        }
    }

    #[test]
    fn random_bit_flips_finalise(hits in vec((any::<prop::sample::Index>(), 0..8_u8), 1..10)) {
        let mut journal = journal_bytes(&troubled());
        for (at, bit) in hits {
            let at = at.index(journal.len());
            journal[at] ^= 1_u8 << bit;
        }
        if let Some((finalised, file)) = finalise(&Desk::new(), &journal) {
            assert_good(&finalised, &file);
        }
    }

    #[test]
    fn random_records_finalise(records in vec(hostile_record(), 0..120)) {
        if let Some((finalised, file)) = finalise(&Desk::new(), &hostile_journal(&records)) {
            assert_good(&finalised, &file);
        }
    }
}
