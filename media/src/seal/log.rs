//! A sealed log: it grows record by record, may be opened again, and is good up to where it was cut off.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use super::cipher::{RecordCipher, TAG_LEN};
use super::{BrokenSeal, FileKey, Form, HEADER_LEN, MAGIC, MAX_RECORD, ReadAt, read_up_to_at};

const LENGTH_LEN: usize = 4;
/// Set in the length of the record that ends a log.
const LAST: u32 = 1 << 31;
/// Opened records that are kept: sound and picture of one moment lie near each other.
const KEPT_RECORDS: usize = 8;

/// Seals what is appended to a log.
pub struct LogSealer {
    /// Written before the first record.
    header: Option<[u8; HEADER_LEN]>,
    cipher: RecordCipher,
    next_number: u64,
}

impl LogSealer {
    /// Goes on with a log whose file holds `place` bytes so far.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn begin(key: &FileKey, place: u64) -> io::Result<Self> {
        let (header, cipher) = key.begin(Form::Log, place)?;
        Ok(Self { header: Some(header), cipher, next_number: 0 })
    }

    /// Appends one sealed record of at most [`MAX_RECORD`] bytes to `out`. The last one ends the log until it is begun
    /// again.
    pub fn seal(&mut self, record: &[u8], is_last: bool, out: &mut Vec<u8>) {
        assert!(record.len() <= MAX_RECORD, "a record of {} bytes is too long to seal", record.len());
        out.extend(self.header.take().iter().flatten());
        let length = record.len() as u32 | if is_last { LAST } else { 0 };
        out.extend(length.to_le_bytes());
        let start = out.len();
        out.extend_from_slice(record);
        let tag = self.cipher.seal(self.next_number, is_last, &mut out[start..]);
        out.extend(tag);
        self.next_number += 1;
    }
}

impl fmt::Debug for LogSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSealer").field("next_number", &self.next_number).finish_non_exhaustive()
    }
}

/// Opens a log: first through [`Read`] from its beginning, which finds out how far it is good, then at any place of what
/// was read.
pub struct LogReader<S> {
    source: S,
    key: FileKey,
    /// One for each time the log was opened for writing.
    segments: Vec<RecordCipher>,
    records: Vec<Place>,
    next: Next,
    /// Nothing good follows.
    is_over: bool,
    damaged_bytes: u64,
    current: Vec<u8>,
    position: usize,
    kept: Mutex<VecDeque<(usize, Vec<u8>)>>,
}

/// Where a record lies.
#[derive(Clone, Copy)]
struct Place {
    plain: u64,
    file: u64,
    length: u32,
    segment: u32,
    number: u32,
    is_last: bool,
}

impl Place {
    /// Bytes in the file.
    fn size(&self) -> u64 {
        (LENGTH_LEN + TAG_LEN) as u64 + u64::from(self.length)
    }
}

/// Where reading goes on.
#[derive(Clone, Copy)]
struct Next {
    plain: u64,
    file: u64,
    number: u32,
    /// The record before was the last one.
    is_ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Opened {
    Whole,
    Damaged,
    CutOff,
}

impl<S: ReadAt> LogReader<S> {
    /// Begins to read. That the source is a log of `key` shows with the first read.
    pub fn new(source: S, key: &FileKey) -> Self {
        Self {
            source,
            key: key.clone(),
            segments: Vec::new(),
            records: Vec::new(),
            next: Next { plain: 0, file: 0, number: 0, is_ended: false },
            is_over: false,
            damaged_bytes: 0,
            current: Vec::new(),
            position: 0,
            kept: Mutex::default(),
        }
    }

    /// Whether the log was ended, and read to that end: nothing was cut off.
    pub fn is_ended(&self) -> bool {
        self.records.last().is_some_and(|place| place.is_last)
    }

    /// Size of the records that do not open, before the last one that does, in bytes.
    pub fn damaged_bytes(&self) -> u64 {
        self.damaged_bytes
    }

    /// Where in the file the last good record ends whose plain text ends at or before `plain`.
    pub fn boundary(&self, plain: u64) -> u64 {
        let good = self.records.partition_point(|place| place.plain + u64::from(place.length) <= plain);
        self.records[..good].last().map_or(0, |place| place.file + place.size())
    }

    /// Reads plain text again at `offset`, which lies before what was read so far.
    ///
    /// # Errors
    /// `UnexpectedEof` beyond that; `InvalidData` when the file has changed since.
    pub fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        let mut index = self.records.partition_point(|place| place.plain + u64::from(place.length) <= offset);
        while !buffer.is_empty() {
            let place = self.records.get(index).ok_or(io::ErrorKind::UnexpectedEof)?;
            let from = (offset - place.plain) as usize;
            let count = (place.length as usize - from).min(buffer.len());
            let (now, rest) = buffer.split_at_mut(count);
            self.with_record(index, |record| now.copy_from_slice(&record[from..from + count]))?;
            (buffer, offset, index) = (rest, offset + count as u64, index + 1);
        }
        Ok(())
    }

    fn with_record(&self, index: usize, read: impl FnOnce(&[u8])) -> io::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, record)) = kept.iter().find(|(kept, _)| *kept == index) {
            read(record);
            return Ok(());
        }
        let reused = if kept.len() == KEPT_RECORDS { kept.pop_front() } else { None };
        let mut record = reused.map(|(_, record)| record).unwrap_or_default();
        if self.open(self.records[index], &mut record)? != Opened::Whole {
            return Err(BrokenSeal.into());
        }
        read(&record);
        kept.push_back((index, record));
        Ok(())
    }

    /// Opens the next good record into `current`; false where the log ends. A record that does not open is passed over
    /// when a later one does: bytes that went bad cost the records that they lie in, and no others.
    fn advance(&mut self) -> io::Result<bool> {
        let mut next = self.next;
        let mut record = std::mem::take(&mut self.current);
        self.position = 0;
        let mut damaged_bytes = 0;
        let found = loop {
            let Some(place) = self.next_place(&mut next)? else { break false };
            match self.open(place, &mut record)? {
                Opened::Whole => {
                    self.records.push(place);
                    next.plain += u64::from(place.length);
                    break true;
                }
                Opened::Damaged => damaged_bytes += place.size(),
                Opened::CutOff => break false,
            }
        };
        if found {
            (self.next, self.current) = (next, record);
            self.damaged_bytes += damaged_bytes;
        } else if self.records.is_empty() && damaged_bytes > 0 {
            return Err(BrokenSeal.into());
        }
        Ok(found)
    }

    /// Where the next record should lie, with `next` moved behind it; `None` where nothing more begins.
    fn next_place(&mut self, next: &mut Next) -> io::Result<Option<Place>> {
        let mut start = [0; HEADER_LEN];
        let present = read_up_to_at(&self.source, &mut start, next.file)?;
        if next.file == 0 || start[..4] == MAGIC[..4] {
            let begun = &start[..present.min(MAGIC.len())];
            // A power failure may leave zeros where the file had grown already.
            let is_cut = present < HEADER_LEN && *begun == MAGIC[..begun.len()] || start == [0; HEADER_LEN];
            if is_cut {
                return Ok(None);
            }
            match self.key.resume(&start, Form::Log, next.file) {
                Ok(cipher) => self.segments.push(cipher),
                Err(broken) if next.file == 0 => return Err(broken.into()),
                Err(_) => return Ok(None),
            }
            next.file += HEADER_LEN as u64;
            next.number = 0;
        } else if next.is_ended {
            return Ok(None);
        }
        let mut length = [0; LENGTH_LEN];
        if read_up_to_at(&self.source, &mut length, next.file)? < LENGTH_LEN {
            return Ok(None);
        }
        let length = u32::from_le_bytes(length);
        let place = Place {
            plain: next.plain,
            file: next.file,
            length: length & !LAST,
            segment: self.segments.len() as u32 - 1,
            number: next.number,
            is_last: length & LAST != 0,
        };
        if place.length as usize > MAX_RECORD {
            return Ok(None);
        }
        next.file += place.size();
        next.number += 1;
        next.is_ended = place.is_last;
        Ok(Some(place))
    }

    /// Opens the record at `place` into `record`.
    fn open(&self, place: Place, record: &mut Vec<u8>) -> io::Result<Opened> {
        let length = place.length as usize;
        record.resize(length + TAG_LEN, 0);
        let present = read_up_to_at(&self.source, record, place.file + LENGTH_LEN as u64)?;
        if present < length + TAG_LEN {
            return Ok(Opened::CutOff);
        }
        let (text, tag) = record.split_at_mut(length);
        let tag = <[u8; TAG_LEN]>::try_from(&*tag).map_err(|_| BrokenSeal)?;
        let cipher = &self.segments[place.segment as usize];
        let opened = cipher.open(u64::from(place.number), place.is_last, text, tag);
        record.truncate(length);
        Ok(if opened.is_ok() { Opened::Whole } else { Opened::Damaged })
    }
}

impl<S: ReadAt> Read for LogReader<S> {
    /// Reads on; 0 at the end of what is good.
    ///
    /// # Errors
    /// `InvalidData` when it is no log, or one of another key; what the source says.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.position == self.current.len() && !self.is_over {
            self.is_over = !self.advance()?;
        }
        let count = (self.current.len() - self.position).min(buffer.len());
        buffer[..count].copy_from_slice(&self.current[self.position..self.position + count]);
        self.position += count;
        Ok(count)
    }
}

impl<S> fmt::Debug for LogReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogReader").field("records", &self.records.len()).finish_non_exhaustive()
    }
}
