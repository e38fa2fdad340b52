//! Sealing: nothing in the clear, nothing changed, nothing exchanged; and damage costs what it hits.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};

use proptest::collection::vec;
use proptest::prelude::*;
use viva_media::finalise::{FinaliseError, finalise};
use viva_media::journal::{Body, JournalReader, Track};
use viva_media::seal::{
    Cipher, DataKey, FileKey, FileSealer, HEADER_LEN, LogReader, LogSealer, MAX_RECORD, MasterKey, ReadAt,
    SealedFile, UnwrapError, WRAPPED_LEN, is_broken_seal,
};

use super::sender::{Desk, Item, Plan, Sent, journal_bytes, journal_key, recording_key, sealed, take};

const SECOND: i64 = 1_000_000;
const CIPHERS: [Cipher; 2] = [Cipher::Aes256Gcm, Cipher::Sm4Gcm];
const TAG: usize = 16;

struct Bytes<'a>(&'a [u8]);

impl ReadAt for Bytes<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut rest = self.0.get(offset as usize..).unwrap_or_default();
        rest.read(buffer)
    }
}

fn key(cipher: Cipher) -> FileKey {
    DataKey::from_bytes([9; 32], cipher).file("recording:1:2")
}

fn text(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
}

fn seal_file(text: &[u8], key: &FileKey) -> Vec<u8> {
    let mut sealer = FileSealer::begin(Vec::new(), key).unwrap();
    sealer.write_all(text).unwrap();
    sealer.finish().unwrap()
}

fn open_file<'a>(sealed: &'a [u8], key: &FileKey) -> io::Result<SealedFile<Bytes<'a>>> {
    SealedFile::open(Bytes(sealed), sealed.len() as u64, key)
}

fn read_file(sealed: &[u8], key: &FileKey) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    open_file(sealed, key)?.read_to_end(&mut text)?;
    Ok(text)
}

fn read_log(log: &[u8], key: &FileKey) -> io::Result<(Vec<u8>, bool)> {
    let (mut reader, mut text) = (LogReader::new(Bytes(log), key), Vec::new());
    reader.read_to_end(&mut text)?;
    Ok((text, reader.is_ended()))
}

#[test]
fn a_file_of_any_length_comes_back() {
    for cipher in CIPHERS {
        for length in [0, 1, MAX_RECORD - 1, MAX_RECORD, MAX_RECORD + 1, 3 * MAX_RECORD] {
            let (text, key) = (text(length), key(cipher));
            let sealed = seal_file(&text, &key);
            let records = length.div_ceil(MAX_RECORD).max(1);
            assert_eq!(sealed.len(), HEADER_LEN + length + records * TAG);
            assert_eq!(read_file(&sealed, &key).unwrap(), text);
        }
    }
}

#[test]
fn a_file_that_was_cut_off_or_grew_does_not_open() {
    let (text, key) = (text(2 * MAX_RECORD + 100), key(Cipher::default()));
    let sealed = seal_file(&text, &key);
    let boundaries = (0..=2).map(|records| HEADER_LEN + records * (MAX_RECORD + TAG));
    for cut in boundaries.chain((0..sealed.len()).step_by(997)) {
        assert!(is_broken_seal(&open_file(&sealed[..cut], &key).unwrap_err()), "{cut}");
    }
    for more in [1, TAG, MAX_RECORD, MAX_RECORD + TAG] {
        let grown = [&sealed[..], &vec![0; more]].concat();
        assert!(is_broken_seal(&open_file(&grown, &key).unwrap_err()), "{more}");
    }
}

#[test]
fn records_cannot_change_places() {
    let (text, key) = (text(4 * MAX_RECORD), key(Cipher::default()));
    let sealed = seal_file(&text, &key);
    let record = |number: usize| {
        HEADER_LEN + number * (MAX_RECORD + TAG)..HEADER_LEN + (number + 1) * (MAX_RECORD + TAG)
    };
    let mut exchanged = sealed[..HEADER_LEN].to_vec();
    for number in [1, 0, 2, 3] {
        exchanged.extend_from_slice(&sealed[record(number)]);
    }
    let mut file = open_file(&exchanged, &key).unwrap();
    assert!(is_broken_seal(&file.read(&mut [0]).unwrap_err()));
    file.seek(SeekFrom::Start(2 * MAX_RECORD as u64)).unwrap();
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, text[2 * MAX_RECORD..], "the other records are good");
}

#[test]
fn a_file_opens_under_its_own_name_with_its_own_key_only() {
    let mine = DataKey::random(Cipher::default()).unwrap();
    let sealed = seal_file(b"what was said", &mine.file("recording:1:2"));
    let others = [mine.file("recording:1:3"), mine.file("journal:1:2")];
    let strangers = [DataKey::random(Cipher::default()).unwrap().file("recording:1:2")];
    for key in others.iter().chain(&strangers) {
        assert!(is_broken_seal(&open_file(&sealed, key).unwrap_err()));
        assert!(is_broken_seal(&read_log(&sealed, key).unwrap_err()));
    }
    assert_eq!(read_file(&sealed, &mine.file("recording:1:2")).unwrap(), b"what was said");
}

#[test]
fn a_log_that_was_opened_again_reads_on() {
    for cipher in CIPHERS {
        let (key, mut log) = (key(cipher), Vec::new());
        for run in 0..3_u8 {
            let mut sealer = LogSealer::begin(&key, log.len() as u64).unwrap();
            sealer.seal(&[run; 1000], false, &mut log);
            sealer.seal(&[], run != 1, &mut log);
        }
        let (text, is_ended) = read_log(&log, &key).unwrap();
        assert_eq!(text, [[0; 1000], [1; 1000], [2; 1000]].concat());
        assert!(is_ended);
        let again = [&log[..], &log[..]].concat();
        assert_eq!(read_log(&again, &key).unwrap().0, text, "a part that was copied behind does not count");
        let cut = &log[..log.len() - 1];
        assert_eq!(read_log(cut, &key).unwrap(), (text, false), "cut off is not ended");
    }
}

#[test]
fn damage_costs_a_log_the_records_that_it_hits() {
    let (key, mut log) = (key(Cipher::default()), Vec::new());
    let mut sealer = LogSealer::begin(&key, 0).unwrap();
    let mut starts = Vec::new();
    for number in 0..50_u8 {
        starts.push(log.len());
        sealer.seal(&[number; 700], number == 49, &mut log);
    }
    for hit in [10, 11, 48] {
        log[starts[hit] + 100] ^= 1;
    }
    let (text, is_ended) = read_log(&log, &key).unwrap();
    let whole: Vec<u8> =
        (0..50).filter(|number| ![10, 11, 48].contains(number)).flat_map(|number| [number; 700]).collect();
    assert!(text == whole && is_ended);

    let mut reader = LogReader::new(Bytes(&log), &key);
    io::copy(&mut reader, &mut io::sink()).unwrap();
    assert_eq!(reader.damaged_bytes(), 3 * 720);
    let mut piece = [0; 1500];
    reader.read_exact_at(&mut piece, 9 * 700 + 350).unwrap();
    assert_eq!(piece, text[9 * 700 + 350..][..1500], "also when it is read again, across the hole");
    assert!(reader.read_exact_at(&mut [0], text.len() as u64).is_err());
}

#[test]
fn a_wrapped_key_comes_out_for_its_owner_with_its_master_key_only() {
    for cipher in CIPHERS {
        let master = MasterKey::random().unwrap();
        let data_key = DataKey::random(cipher).unwrap();
        let wrapped = master.wrap(&data_key, "interview 1").unwrap();
        assert_eq!(wrapped.len(), WRAPPED_LEN);
        let sealed = seal_file(b"what was said", &data_key.file("a"));
        let again = master.unwrap(&wrapped, "interview 1").unwrap();
        assert_eq!(again.cipher(), cipher);
        assert_eq!(read_file(&sealed, &again.file("a")).unwrap(), b"what was said");

        assert_eq!(master.unwrap(&wrapped, "interview 2").unwrap_err(), UnwrapError::Damaged);
        let other = MasterKey::random().unwrap();
        assert_eq!(
            other.unwrap(&wrapped, "interview 1").unwrap_err(),
            UnwrapError::OtherMasterKey(master.id())
        );
        assert_ne!(
            master.wrap(&data_key, "interview 1").unwrap(),
            wrapped,
            "never the same nonce and key twice"
        );
        for at in 0..WRAPPED_LEN {
            let mut changed = wrapped.clone();
            changed[at] ^= 0x10;
            assert!(master.unwrap(&changed, "interview 1").is_err(), "{at}");
            assert!(master.unwrap(&wrapped[..at], "interview 1").is_err(), "{at}");
        }
    }
}

fn records() -> Vec<Sent> {
    take(3 * SECOND, [Plan::audio(0, 3 * SECOND).send(), Plan::video(0, 3 * SECOND).send()].concat())
}

#[test]
fn nothing_lies_on_the_disk_in_the_clear() {
    let (desk, records) = (Desk::new(), records());
    desk.finalise(&journal_bytes(&records)).unwrap();
    let file = desk.file();
    let (journal, recording) = (fs::read(desk.path("take.journal")).unwrap(), fs::read(desk.out()).unwrap());
    let plain = desk.bytes();
    let contains = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    for block in file.of(Track::Audio).step_by(20) {
        let part = &block.payload[..];
        assert!(contains(&plain, part) && !contains(&journal, part) && !contains(&recording, part));
    }
    assert!(!contains(&recording, b"webm") && !contains(&journal, b"VIVAJRNL"));
}

#[test]
fn the_journal_of_another_take_is_refused_and_left_alone() {
    let desk = Desk::new();
    let (journal, out) = (desk.path("take.journal"), desk.out());
    fs::write(&journal, sealed(&journal_bytes(&records()))).unwrap();
    let other = DataKey::from_bytes([5; 32], Cipher::default()).file("journal of another take");
    let refused = finalise(&journal, &other, &out, &recording_key());
    assert!(matches!(refused, Err(FinaliseError::Journal(_))), "{refused:?}");
    assert!(!out.exists());
}

fn packet(sent: Sent) -> Option<Vec<u8>> {
    match sent.item {
        Item::Rtp { packet, .. } => Some(packet),
        _ => None,
    }
}

/// Every packet that is read from a damaged journal is one that was sent.
fn assert_genuine(sealed: &[u8]) {
    let sent: HashSet<_> = records().into_iter().filter_map(packet).collect();
    let Ok(mut reader) = JournalReader::new(LogReader::new(Bytes(sealed), &journal_key())) else { return };
    while let Some(entry) = reader.next_record().unwrap() {
        if let Body::Rtp { packet, .. } = entry.record.body {
            assert!(sent.contains(packet));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_file_reads_alike_at_any_place(
        length in 0..3 * MAX_RECORD + 5,
        reads in vec((any::<prop::sample::Index>(), 1..70_000_usize), 1..12),
    ) {
        let (text, key) = (text(length), key(Cipher::default()));
        let sealed = seal_file(&text, &key);
        let mut file = open_file(&sealed, &key).unwrap();
        for (at, count) in reads {
            let at = at.index(length + 10);
            file.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut read = Vec::new();
            (&mut file).take(count as u64).read_to_end(&mut read).unwrap();
            let wanted = text.get(at..).unwrap_or_default();
            prop_assert_eq!(&read[..], &wanted[..count.min(wanted.len())]);
        }
    }

    #[test]
    fn a_changed_bit_shows(length in 1..200_000_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let (text, key) = (text(length), key(Cipher::default()));
        let mut sealed = seal_file(&text, &key);
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(is_broken_seal(&read_file(&sealed, &key).unwrap_err()));
    }

    #[test]
    fn cuts_of_a_sealed_journal_finalise(at in any::<prop::sample::Index>()) {
        let whole = sealed(&journal_bytes(&records()));
        let cut = &whole[..at.index(whole.len())];
        assert_genuine(cut);
        match Desk::new().finalise_sealed(cut) {
            Ok(finalised) => prop_assert!(finalised.duration_ms <= 3000),
            Err(FinaliseError::NoMedia) => prop_assert!(cut.len() < 2000, "{}", cut.len()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn bits_flipped_in_a_sealed_journal_are_no_media(hits in vec((any::<prop::sample::Index>(), 0..8_u8), 1..10)) {
        let mut journal = sealed(&journal_bytes(&records()));
        for (at, bit) in hits {
            let at = at.index(journal.len());
            journal[at] ^= 1 << bit;
        }
        assert_genuine(&journal);
        match Desk::new().finalise_sealed(&journal) {
            // Without its last event a take ends with its last packet.
            Ok(finalised) => prop_assert!(finalised.duration_ms <= 3100),
            Err(FinaliseError::NoMedia | FinaliseError::Journal(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
}
