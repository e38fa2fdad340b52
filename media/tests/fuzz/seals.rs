//! What lies on the disk, damaged: it opens to what was sealed, or not at all.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use viva_media::seal::{
    Cipher, DataKey, FileKey, FileSealer, LogReader, LogSealer, MAX_RECORD, MasterKey, ReadAt, SealedFile,
};

use super::memory::within;
use super::mutate::{Random, mutate};
use super::rounds::rounds;

pub struct Bytes<'a>(pub &'a [u8]);

impl ReadAt for Bytes<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let mut rest = self.0.get(from..).unwrap_or_default();
        rest.read(buffer)
    }
}

const ROOM: usize = 4 * MAX_RECORD;

fn key() -> FileKey {
    DataKey::from_bytes([9; 32], Cipher::default()).file("a")
}

#[test]
fn a_sealed_file() {
    let text = Random::new(0).bytes(2 * MAX_RECORD + 777);
    let mut sealer = FileSealer::begin(Vec::new(), &key()).unwrap();
    sealer.write_all(&text).unwrap();
    let sealed = sealer.finish().unwrap();
    rounds(400, |random| {
        let mut damaged = sealed.clone();
        mutate(&mut damaged, random);
        let size = if random.one_in(5) { random.extreme() } else { damaged.len() as u64 };
        within(ROOM, || {
            let Ok(mut file) = SealedFile::open(Bytes(&damaged), size, &key()) else { return };
            for _ in 0..4 {
                let at = if random.one_in(3) { random.extreme() } else { random.below(text.len()) as u64 };
                let mut read = [0; 300];
                let count = file.seek(SeekFrom::Start(at)).and_then(|_| file.read(&mut read)).unwrap_or(0);
                assert_eq!(read[..count], text[text.len().min(at as usize)..][..count]);
            }
        });
    });
}

#[test]
fn a_sealed_log() {
    let mut log = Vec::new();
    for _ in 0..3 {
        let mut sealer = LogSealer::begin(&key(), log.len() as u64).unwrap();
        (0..40_u8).for_each(|number| sealer.seal(&[number; 700], number == 39, &mut log));
    }
    rounds(1500, |random| {
        let mut damaged = log.clone();
        mutate(&mut damaged, random);
        within(ROOM, || {
            let mut reader = LogReader::new(Bytes(&damaged), &key());
            let mut text = Vec::new();
            let read = reader.read_to_end(&mut text);
            assert!(read.is_err() || text.chunks(700).all(|record| *record == [record[0]; 700]));
            assert!(reader.boundary(u64::MAX) <= damaged.len() as u64);
            let mut again = vec![0; text.len()];
            reader.read_exact_at(&mut again, 0).unwrap();
            assert_eq!(again, text);
        });
    });
}

#[test]
fn a_wrapped_key() {
    let master = MasterKey::from_bytes([3; 32]);
    let data_key = DataKey::from_bytes([4; 32], Cipher::default());
    let wrapped = master.wrap(&data_key, "interview 1").unwrap();
    rounds(3000, |random| {
        let mut damaged = wrapped.clone();
        mutate(&mut damaged, random);
        let unwrapped = within(ROOM, || master.unwrap(&damaged, "interview 1"));
        assert_eq!(unwrapped.is_ok(), damaged == wrapped);
    });
}
