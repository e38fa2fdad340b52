//! What a recording is made of: the journal, read through, and the copies in it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::copy::{Copies, Encoded, Mp4, WithEncoded};
use super::index::Index;
use super::rows::Scratch;
use super::{FinaliseError, Recording};
use crate::journal::{JournalError, JournalReader};
use crate::seal::{FileKey, LogReader};

/// A journal that was read through.
pub(super) struct Sources {
    pub scratch: Scratch,
    pub index: Index,
    /// Those of the index that are not of copies.
    live_streams: usize,
    pub journal: Arc<dyn JournalBytes>,
    pub copies: Copies,
    pub dropped_bytes: u64,
}

impl Sources {
    /// Reads the journal through. What is kept for a moment lies beside `out`.
    pub(super) fn read(
        journal: &Path,
        journal_key: &FileKey,
        out: &Path,
        out_key: &FileKey,
        mp4: Mp4,
    ) -> Result<Self, FinaliseError> {
        let mut reader = match JournalReader::open(journal, journal_key) {
            Ok(reader) => reader,
            Err(JournalError::CutHeader { .. }) => return Err(FinaliseError::NoMedia),
            Err(JournalError::Io(error)) => return Err(error.into()),
            Err(error) => return Err(FinaliseError::Journal(error)),
        };
        let scratch = Scratch::at(&beside(out, ".scratch"), out_key);
        let mut index = Index::read(&mut reader, &scratch)?;
        let dropped_bytes = dropped_bytes(&reader, fs::metadata(journal)?.len());
        let encoded = Arc::new(Encoded::at(&beside(out, ".encoded"), out_key));
        let journal: Arc<dyn JournalBytes> =
            Arc::new(WithEncoded { journal: reader.into_source(), encoded: Arc::clone(&encoded) });
        let live_streams = index.streams.len();
        let copies = Copies::read(&index.chunks, &journal, &encoded, &mut index.streams, &scratch, mp4)?;
        Ok(Self { scratch, index, live_streams, journal, copies, dropped_bytes })
    }

    /// What the recording will hold.
    pub(super) fn recording(&self) -> Result<Recording<'_>, FinaliseError> {
        let Self { scratch, index, live_streams, journal, copies, .. } = self;
        let recording = Recording::of(index, *live_streams, copies, &**journal, scratch);
        // Before what was made of zeros is believed.
        scratch.check()?;
        recording
    }
}

/// `path` with something appended to its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// What of a journal that was read through is not in any record that counts.
fn dropped_bytes(reader: &JournalReader<LogReader<File>>, size: u64) -> u64 {
    let log = reader.source();
    log.damaged_bytes() + size.saturating_sub(log.boundary(reader.valid_bytes()))
}

/// The journal's bytes, at any place.
pub(super) trait JournalBytes: Send + Sync {
    /// Fills `buffer` from `offset` on.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl JournalBytes for LogReader<File> {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        LogReader::read_exact_at(self, buffer, offset)
    }
}
