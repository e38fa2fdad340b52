//! Reading a journal back, as far as it is whole.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::record::checksum;
use super::{Body, HEADER_LEN, MAGIC, MAX_PAYLOAD, RECORD_HEADER_LEN, Record, TakeId, VERSION};
use crate::seal::{BrokenSeal, FileKey, LogReader, is_broken_seal};

/// Why a file cannot be read as a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file ends inside the header: the server stopped while it was created, so that nothing was recorded.
    #[error("the journal ends inside its header")]
    CutHeader {
        /// Bytes present.
        bytes: u64,
    },
    /// The file is no journal, or its header is damaged.
    #[error("not a take journal")]
    NotAJournal,
    /// A newer version of the format.
    #[error("journal format version {0} is not supported")]
    UnsupportedVersion(u16),
    /// It does not open: damaged from its beginning on, or sealed with another key.
    #[error(transparent)]
    Sealed(#[from] BrokenSeal),
    /// The file could not be read.
    #[error("reading the journal: {0}")]
    Io(io::Error),
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        if is_broken_seal(&error) { BrokenSeal.into() } else { Self::Io(error) }
    }
}

/// Streams the records of a journal, in the order in which they were written.
#[derive(Debug)]
pub struct JournalReader<R> {
    source: R,
    take_id: TakeId,
    valid_bytes: u64,
    dropped_bytes: Option<u64>,
    record: Vec<u8>,
}

/// A record and where its payload lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The record.
    pub record: Record<'a>,
    /// Position of the payload in the file, in bytes.
    pub payload_offset: u64,
}

impl JournalReader<LogReader<File>> {
    /// Opens the sealed journal at `path`.
    ///
    /// # Errors
    /// [`JournalError::Sealed`] when it is no journal of `key`.
    pub fn open(path: &Path, key: &FileKey) -> Result<Self, JournalError> {
        Self::new(LogReader::new(File::open(path)?, key))
    }
}

impl<R: Read> JournalReader<R> {
    /// Reads the header. `source` is plain, and best buffered: records are read in small pieces.
    pub fn new(mut source: R) -> Result<Self, JournalError> {
        let mut header = [0; HEADER_LEN];
        let present = read_up_to(&mut source, &mut header)?;
        if present < HEADER_LEN {
            return Err(JournalError::CutHeader { bytes: present as u64 });
        }
        let (covered, expected) = header.split_at(28);
        if covered[..8] != *MAGIC || crc32c::crc32c(covered).to_le_bytes() != *expected {
            return Err(JournalError::NotAJournal);
        }
        let version = u16::from_le_bytes([covered[8], covered[9]]);
        if version != VERSION {
            return Err(JournalError::UnsupportedVersion(version));
        }
        let mut take_id = TakeId::default();
        take_id.copy_from_slice(&covered[12..28]);
        let valid_bytes = HEADER_LEN as u64;
        Ok(Self { source, take_id, valid_bytes, dropped_bytes: None, record: Vec::new() })
    }

    /// What it reads from.
    pub fn source(&self) -> &R {
        &self.source
    }

    /// Hands back what it reads from.
    pub fn into_source(self) -> R {
        self.source
    }

    /// The take that the journal belongs to.
    pub fn take_id(&self) -> TakeId {
        self.take_id
    }

    /// Size of the header and all records returned so far, in bytes.
    pub fn valid_bytes(&self) -> u64 {
        self.valid_bytes
    }

    /// Size of the bad tail in bytes, known once [`Self::next_record`] has returned `None`.
    pub fn dropped_tail_bytes(&self) -> u64 {
        self.dropped_bytes.unwrap_or(0)
    }

    /// The next record, or `None` at the end of the file or at the first record that is damaged or cut short.
    pub fn next_record(&mut self) -> io::Result<Option<Entry<'_>>> {
        if self.dropped_bytes.is_some() {
            return Ok(None);
        }
        self.record.resize(RECORD_HEADER_LEN, 0);
        let mut present = read_up_to(&mut self.source, &mut self.record)?;
        if present < RECORD_HEADER_LEN {
            return self.stop(present);
        }
        let payload_len = u32_at(&self.record, 0) as usize;
        if payload_len > MAX_PAYLOAD {
            return self.stop(present);
        }
        self.record.resize(RECORD_HEADER_LEN + payload_len, 0);
        present += read_up_to(&mut self.source, &mut self.record[RECORD_HEADER_LEN..])?;
        if present < self.record.len() || checksum(&self.record) != u32_at(&self.record, 4) {
            return self.stop(present);
        }
        let payload_offset = self.valid_bytes + RECORD_HEADER_LEN as u64;
        self.valid_bytes += self.record.len() as u64;
        let (header, payload) = self.record.split_at(RECORD_HEADER_LEN);
        let mut arrival = [0; 8];
        arrival.copy_from_slice(&header[10..]);
        let body = Body::decode(header[8], header[9], payload);
        let record = Record { arrival_us: i64::from_le_bytes(arrival), body };
        Ok(Some(Entry { record, payload_offset }))
    }

    fn stop(&mut self, consumed: usize) -> io::Result<Option<Entry<'_>>> {
        let rest = io::copy(&mut self.source, &mut io::sink())?;
        self.dropped_bytes = Some(consumed as u64 + rest);
        Ok(None)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Fills `buffer` as far as the source reaches; returns the bytes read.
fn read_up_to(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
