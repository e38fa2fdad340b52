//! Packets that are in no journal, because they had to be encoded again: kept in a sealed scratch file, at places that
//! lie beyond every journal.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::finalise::JournalBytes;
use crate::seal::{FileKey, MAX_RECORD, ScratchFile};

/// No journal is so long.
const BEGIN: u64 = 1 << 62;
const PAGE: u64 = MAX_RECORD as u64;

/// Made when it is needed, and gone with the process.
pub(in crate::finalise) struct Encoded {
    path: PathBuf,
    key: FileKey,
    file: Mutex<Option<ScratchFile>>,
}

impl Encoded {
    /// The file will be at `path` for a moment, sealed with the cipher of `key`.
    pub(in crate::finalise) fn at(path: &Path, key: &FileKey) -> Self {
        Self { path: path.to_owned(), key: key.clone(), file: Mutex::default() }
    }

    /// Keeps a packet. Returns where its parts lie: (offset, bytes), each to be read as a whole.
    pub(super) fn keep(&self, packet: &[u8]) -> io::Result<Vec<(u64, u64)>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &mut *file {
            Some(file) => file,
            none => none.insert(ScratchFile::create(&self.path, &self.key)?),
        };
        let keep = |part: &[u8]| Ok((BEGIN + file.append(&mut part.to_vec())? * PAGE, part.len() as u64));
        packet.chunks(MAX_RECORD).map(keep).collect()
    }

    fn read(&self, part: &mut [u8], number: u64) -> io::Result<()> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut page = vec![0; part.len()];
        file.as_ref().ok_or(io::ErrorKind::NotFound)?.read(number, &mut page)?;
        part.copy_from_slice(&page);
        Ok(())
    }
}

/// The journal, and behind it what was encoded again.
pub(in crate::finalise) struct WithEncoded<J> {
    pub journal: J,
    pub encoded: Arc<Encoded>,
}

impl<J: JournalBytes> JournalBytes for WithEncoded<J> {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match offset.checked_sub(BEGIN) {
            None => self.journal.read_exact_at(buffer, offset),
            Some(place) => self.encoded.read(buffer, place / PAGE),
        }
    }
}
