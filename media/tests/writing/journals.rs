//! What was written is what is read, up to the first damage.

use std::io::{self, Read};

use proptest::collection::vec;
use proptest::prelude::*;
use viva_media::journal::{
    Body, CHUNK_HEADER_LEN, Event, HEADER_LEN, JournalError, JournalReader, MAX_PAYLOAD, Record,
    SenderReport, StopReason, Track, file_header,
};

use super::sender::TAKE_ID;

/// A record that owns its bytes.
#[derive(Clone, Debug)]
enum Owned {
    Rtp(Track, Vec<u8>),
    Report(Track, SenderReport),
    Event(Event),
    Chunk(u32, u64, i64, Vec<u8>),
}

impl Owned {
    fn record(&self, arrival_us: i64) -> Record<'_> {
        let body = match self {
            Self::Rtp(track, packet) => Body::Rtp { track: *track, packet },
            Self::Report(track, report) => Body::SenderReport { track: *track, report: *report },
            Self::Event(event) => Body::Event(*event),
            Self::Chunk(copy, offset, started_us, bytes) => {
                Body::Chunk { copy: *copy, offset: *offset, started_us: *started_us, bytes }
            }
        };
        Record { arrival_us, body }
    }
}

fn track() -> impl Strategy<Value = Track> {
    prop_oneof![Just(Track::Video), Just(Track::Audio)]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::TakeStarted),
        prop_oneof![
            Just(StopReason::Candidate),
            Just(StopReason::Deadline),
            Just(StopReason::Shutdown),
            Just(StopReason::Fault),
            (5..=u8::MAX).prop_map(StopReason::Other),
        ]
        .prop_map(Event::TakeStopped),
        any::<u32>().prop_map(|epoch| Event::Connected { epoch }),
        any::<u32>().prop_map(|epoch| Event::Disconnected { epoch }),
        Just(Event::Resumed),
        track().prop_map(Event::TrackMuted),
        track().prop_map(Event::TrackUnmuted),
    ]
}

fn owned() -> impl Strategy<Value = Owned> {
    let report = (any::<u32>(), any::<u64>(), any::<u32>()).prop_map(|(ssrc, ntp, rtp)| SenderReport {
        ssrc,
        ntp,
        rtp,
    });
    prop_oneof![
        4 => (track(), vec(any::<u8>(), 0..1500)).prop_map(|(track, packet)| Owned::Rtp(track, packet)),
        1 => (track(), report).prop_map(|(track, report)| Owned::Report(track, report)),
        1 => event().prop_map(Owned::Event),
        1 => (any::<u32>(), any::<u64>(), any::<i64>(), vec(any::<u8>(), 0..5000))
            .prop_map(|(copy, offset, started_us, bytes)| Owned::Chunk(copy, offset, started_us, bytes)),
    ]
}

fn encode(records: &[(i64, Owned)]) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = file_header(TAKE_ID).to_vec();
    let mut ends = vec![bytes.len()];
    for (arrival_us, owned) in records {
        let record = owned.record(*arrival_us);
        let before = bytes.len();
        record.encode_into(&mut bytes).unwrap();
        assert_eq!(bytes.len() - before, record.encoded_len());
        ends.push(bytes.len());
    }
    (bytes, ends)
}

/// Reads with short reads, as a pipe gives them; returns how many records matched, and the reader at its end.
fn read_and_compare(bytes: &[u8], records: &[(i64, Owned)]) -> (usize, u64, u64) {
    let mut reader = JournalReader::new(Trickle(bytes)).unwrap();
    assert_eq!(reader.take_id(), TAKE_ID);
    let mut count = 0;
    while let Some(entry) = reader.next_record().unwrap() {
        assert_eq!(entry.record, records[count].1.record(records[count].0));
        if let Body::Rtp { packet, .. } = entry.record.body {
            let at = entry.payload_offset as usize;
            assert_eq!(&bytes[at..at + packet.len()], packet);
        }
        count += 1;
    }
    assert!(reader.next_record().unwrap().is_none(), "the end stays the end");
    (count, reader.valid_bytes(), reader.dropped_tail_bytes())
}

struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.0.len()).min(97);
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(records in vec((any::<i64>(), owned()), 0..40)) {
        let (bytes, _) = encode(&records);
        prop_assert_eq!(read_and_compare(&bytes, &records), (records.len(), bytes.len() as u64, 0));
    }

    #[test]
    fn a_cut_loses_only_the_record_that_it_cuts(
        records in vec((any::<i64>(), owned()), 1..20),
        at in any::<prop::sample::Index>(),
    ) {
        let (bytes, ends) = encode(&records);
        let cut = HEADER_LEN + at.index(bytes.len() - HEADER_LEN);
        let whole = ends.iter().filter(|&&end| end <= cut).count() - 1;
        let (count, valid, dropped) = read_and_compare(&bytes[..cut], &records);
        prop_assert_eq!((count, valid + dropped), (whole, cut as u64));
        prop_assert_eq!(valid, ends[whole] as u64);
    }

    #[test]
    fn a_flipped_bit_is_never_read_as_data(
        records in vec((any::<i64>(), owned()), 1..20),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let (mut bytes, ends) = encode(&records);
        let hit = HEADER_LEN + at.index(bytes.len() - HEADER_LEN);
        bytes[hit] ^= 1_u8 << bit;
        let whole = ends.iter().filter(|&&end| end <= hit).count() - 1;
        let (count, valid, dropped) = read_and_compare(&bytes, &records);
        prop_assert_eq!((count, valid + dropped), (whole, bytes.len() as u64));
    }

    #[test]
    fn noise_is_no_journal_and_no_panic(noise in vec(any::<u8>(), 0..2000), after_header in any::<bool>()) {
        let mut bytes = if after_header { file_header(TAKE_ID).to_vec() } else { Vec::new() };
        bytes.extend(&noise);
        if let Ok(mut reader) = JournalReader::new(&bytes[..]) {
            while reader.next_record().unwrap().is_some() {}
            prop_assert_eq!(reader.valid_bytes() + reader.dropped_tail_bytes(), bytes.len() as u64);
        }
    }
}

#[test]
fn a_tail_of_zeros_is_dropped() {
    let (mut bytes, _) = encode(&[(5, Owned::Event(Event::TakeStarted))]);
    let whole = bytes.len() as u64;
    bytes.extend([0; 4096]);
    let mut reader = JournalReader::new(&bytes[..]).unwrap();
    assert!(reader.next_record().unwrap().is_some());
    assert!(reader.next_record().unwrap().is_none());
    assert_eq!((reader.valid_bytes(), reader.dropped_tail_bytes()), (whole, 4096));
}

#[test]
fn other_files_are_told_apart() {
    let header = file_header(TAKE_ID);
    let open = |bytes: &[u8]| JournalReader::new(bytes).map(|_| ()).unwrap_err();
    assert!(matches!(open(&header[..31]), JournalError::CutHeader { bytes: 31 }));
    assert!(matches!(open(&[7; 64]), JournalError::NotAJournal));
    let mut damaged = header;
    damaged[20] ^= 1;
    assert!(matches!(open(&damaged), JournalError::NotAJournal));
    let mut newer = header;
    newer[8] = 2;
    let checksum = crc32c::crc32c(&newer[..28]);
    newer[28..].copy_from_slice(&checksum.to_le_bytes());
    assert!(matches!(open(&newer), JournalError::UnsupportedVersion(2)));
}

#[test]
fn oversize_records_are_refused_and_leave_no_trace() {
    let largest = vec![1; MAX_PAYLOAD - CHUNK_HEADER_LEN];
    let mut out = Vec::new();
    let record =
        |bytes| Record { arrival_us: 0, body: Body::Chunk { copy: 0, offset: 0, started_us: 0, bytes } };
    record(&largest).encode_into(&mut out).unwrap();
    let before = out.len();
    let too_large = vec![1; MAX_PAYLOAD - CHUNK_HEADER_LEN + 1];
    assert_eq!(record(&too_large).encode_into(&mut out).unwrap_err().bytes, MAX_PAYLOAD + 1);
    assert_eq!(out.len(), before);
}

#[test]
fn records_of_a_later_version_are_passed_over() {
    let mut bytes = file_header(TAKE_ID).to_vec();
    for body in [Body::Unknown { kind: 200 }, Body::Event(Event::Resumed)] {
        Record { arrival_us: 1, body }.encode_into(&mut bytes).unwrap();
    }
    let mut reader = JournalReader::new(&bytes[..]).unwrap();
    assert_eq!(reader.next_record().unwrap().unwrap().record.body, Body::Unknown { kind: 200 });
    assert_eq!(reader.next_record().unwrap().unwrap().record.body, Body::Event(Event::Resumed));
}
