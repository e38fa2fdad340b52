//! Damaged journals, and journals whose checksums hold while everything else is a lie: a file that reads back, or an
//! error that says what is wrong.

use viva_media::finalise::{FinaliseError, Finalised};
use viva_media::journal::{Event, HEADER_LEN, JournalReader, MAX_PAYLOAD, RECORD_HEADER_LEN};

use super::demux::assert_good;
use super::memory::within;
use super::mutate::{Random, mutate};
use super::rounds::rounds;
use super::sender::{Desk, Plan, Sent, Stall, journal_bytes, sealed, take};

const SECOND: i64 = 1_000_000;
/// What a finaliser may hold for a short take.
pub const ROOM: usize = 24 << 20;

/// A take with everything that makes trouble: loss, a stall, a reconnect, a change of size.
fn troubled() -> Vec<Sent> {
    let stalls = vec![Stall { at_us: 2 * SECOND, for_us: SECOND, reported: true }];
    let audio = Plan { stalls, reports: Some((400_000, SECOND)), ..Plan::audio(0, 4 * SECOND) };
    let video = Plan { key_every: 30, packets_per_frame: 2, ..Plan::video(100_000, 4 * SECOND) };
    let mut media = [audio.send(), video.send()].concat();
    media.retain(|sent| sent.sequence().is_none_or(|sequence| sequence % 23 != 0));
    let second = |plan: Plan| Plan { ssrc: 9, key_every: 30, size: (640, 360), ..plan };
    media.extend(second(Plan::audio(5 * SECOND, 6 * SECOND)).send());
    media.extend(second(Plan::video(5 * SECOND, 6 * SECOND)).send());
    media.push(Sent::event(4_500_000, Event::Connected { epoch: 2 }));
    take(6 * SECOND, media)
}

/// Finalises a sealed journal; what comes of it must be good.
pub fn assert_survives(desk: &Desk, sealed: &[u8]) -> Option<Finalised> {
    match within(ROOM, || desk.finalise_sealed(sealed)) {
        Ok(finalised) => {
            assert_good(&finalised, &desk.file());
            Some(finalised)
        }
        Err(FinaliseError::NoMedia | FinaliseError::Journal(_) | FinaliseError::ImplausibleTimes { .. }) => {
            None
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn plain_journals() {
    let journal = journal_bytes(&troubled());
    rounds(4000, |random| {
        let mut damaged = journal.clone();
        mutate(&mut damaged, random);
        within(4 * MAX_PAYLOAD, || {
            let Ok(mut reader) = JournalReader::new(&damaged[..]) else { return };
            while reader.next_record().unwrap().is_some() {}
            assert_eq!(reader.valid_bytes() + reader.dropped_tail_bytes(), damaged.len() as u64);
        });
    });
}

#[test]
fn sealed_journals() {
    let (desk, journal) = (Desk::new(), sealed(&journal_bytes(&troubled())));
    rounds(120, |random| {
        let mut damaged = journal.clone();
        mutate(&mut damaged, random);
        assert_survives(&desk, &damaged);
    });
}

/// One record of a journal, taken apart.
struct Raw {
    kind: u8,
    track: u8,
    arrival_us: i64,
    payload: Vec<u8>,
}

fn taken_apart(journal: &[u8]) -> Vec<Raw> {
    let mut rest = &journal[HEADER_LEN..];
    let mut records = Vec::new();
    while let Some((header, after)) = rest.split_first_chunk::<RECORD_HEADER_LEN>() {
        let length = u32::from_le_bytes(*header.first_chunk().unwrap()) as usize;
        let (payload, after) = after.split_at(length);
        let arrival_us = i64::from_le_bytes(*header[10..].first_chunk().unwrap());
        records.push(Raw { kind: header[8], track: header[9], arrival_us, payload: payload.to_vec() });
        rest = after;
    }
    records
}

fn put_together(journal: &[u8], records: &[Raw]) -> Vec<u8> {
    let mut bytes = journal[..HEADER_LEN].to_vec();
    for Raw { kind, track, arrival_us, payload } in records {
        let payload = &payload[..payload.len().min(MAX_PAYLOAD)];
        let length = (payload.len() as u32).to_le_bytes();
        let covered = [&[*kind, *track][..], &arrival_us.to_le_bytes(), payload].concat();
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&length), &covered);
        bytes.extend([&length[..], &checksum.to_le_bytes(), &covered].concat());
    }
    bytes
}

fn lie(record: &mut Raw, random: &mut Random) {
    match random.below(8) {
        0 => record.kind = random.next() as u8 % 6,
        1 => record.track = random.next() as u8 % 4,
        2 => record.arrival_us = random.extreme() as i64,
        3 => record.arrival_us = record.arrival_us.wrapping_add(random.next() as i64 % (20 * SECOND)),
        // RTP headers and payload descriptors lie within the first bytes.
        4 => {
            let at = random.below(record.payload.len().min(20));
            if let Some(byte) = record.payload.get_mut(at) {
                *byte = random.extreme() as u8;
            }
        }
        5 => {
            let count = random.below(300);
            record.payload = random.bytes(count);
        }
        _ => mutate(&mut record.payload, random),
    }
}

#[test]
fn journals_that_lie() {
    let (desk, journal) = (Desk::new(), journal_bytes(&troubled()));
    rounds(120, |random| {
        let mut records = taken_apart(&journal);
        let count = records.len();
        let lies = 1 << random.below(9);
        for _ in 0..=random.below(lies) {
            let at = random.below(count);
            lie(&mut records[at], random);
        }
        if random.one_in(4) {
            let (one, other) = (random.below(count), random.below(count));
            records.swap(one, other);
        }
        if random.one_in(4) {
            records.truncate(random.below(count));
        }
        assert_survives(&desk, &sealed(&put_together(&journal, &records)));
    });
}

#[test]
fn every_prefix_of_a_sealed_journal() {
    let desk = Desk::new();
    let whole = sealed(&journal_bytes(&take(
        SECOND,
        [Plan::audio(0, SECOND).send(), Plan::video(0, SECOND).send()].concat(),
    )));
    let mut longest_ms = 0;
    // The first packets byte by byte, what follows in steps that hit every place of a record.
    for cut in (0..600).chain((600..whole.len()).step_by(37)).chain([whole.len()]) {
        if let Some(finalised) = assert_survives(&desk, &whole[..cut]) {
            assert!(finalised.duration_ms >= longest_ms, "more journal never means less recording");
            longest_ms = finalised.duration_ms;
        }
    }
    assert_eq!(longest_ms, 1000);
}
