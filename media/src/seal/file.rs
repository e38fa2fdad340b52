//! A sealed file: written once, read at any place, and only the records that are asked for are opened.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::cipher::{RecordCipher, TAG_LEN};
use super::{BrokenSeal, FileKey, Form, HEADER_LEN, MAX_RECORD, ReadAt, read_up_to_at};

const SEALED_RECORD: u64 = (MAX_RECORD + TAG_LEN) as u64;

/// Seals what is written. Without [`FileSealer::finish`] the result is not a sealed file, as if cut off.
pub struct FileSealer<W> {
    out: W,
    cipher: RecordCipher,
    next_number: u64,
    record: Vec<u8>,
}

impl<W: Write> FileSealer<W> {
    /// Begins a sealed file in `out`, which should be empty.
    ///
    /// # Errors
    /// What `out` says, or when the operating system gives no random bytes.
    pub fn begin(mut out: W, key: &FileKey) -> io::Result<Self> {
        let (header, cipher) = key.begin(Form::File, 0)?;
        out.write_all(&header)?;
        Ok(Self { out, cipher, next_number: 0, record: Vec::with_capacity(MAX_RECORD + TAG_LEN) })
    }

    /// Seals the last record, and hands `out` back.
    ///
    /// # Errors
    /// What `out` says.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_record(true)?;
        Ok(self.out)
    }

    fn write_record(&mut self, is_last: bool) -> io::Result<()> {
        let tag = self.cipher.seal(self.next_number, is_last, &mut self.record);
        self.next_number += 1;
        self.record.extend(tag);
        self.out.write_all(&self.record)?;
        self.record.clear();
        Ok(())
    }
}

impl<W: Write> Write for FileSealer<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        // A full record is kept until more comes: only the last one may be marked so.
        if self.record.len() == MAX_RECORD {
            self.write_record(false)?;
        }
        let count = (MAX_RECORD - self.record.len()).min(buffer.len());
        self.record.extend_from_slice(&buffer[..count]);
        Ok(count)
    }

    /// Nothing: a record is sealed when it is full.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W> fmt::Debug for FileSealer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSealer").field("next_number", &self.next_number).finish_non_exhaustive()
    }
}

/// Opens a sealed file for reading and seeking.
pub struct SealedFile<S> {
    source: S,
    cipher: RecordCipher,
    length: u64,
    last_number: u64,
    position: u64,
    /// The record that was opened last, and its number.
    record: Vec<u8>,
    opened: Option<u64>,
}

impl<S: ReadAt> SealedFile<S> {
    /// Opens the sealed file of `size` bytes in `source`. Its last record is opened at once: a file that was cut off or
    /// exchanged shows here, and one that was changed elsewhere when that place is read.
    ///
    /// # Errors
    /// `InvalidData` when the seal is broken; what the source says.
    pub fn open(source: S, size: u64, key: &FileKey) -> io::Result<Self> {
        let mut header = [0; HEADER_LEN];
        read_up_to_at(&source, &mut header, 0)?;
        let cipher = key.resume(&header, Form::File, 0)?;
        let sealed = size.checked_sub((HEADER_LEN + TAG_LEN) as u64).ok_or(BrokenSeal)?;
        // A last record may be as long as any other.
        let last_number = (sealed + TAG_LEN as u64 - 1) / SEALED_RECORD;
        let tags_before = last_number * TAG_LEN as u64;
        let length = sealed.checked_sub(tags_before).ok_or(BrokenSeal)?;
        let mut file =
            Self { source, cipher, length, last_number, position: 0, record: Vec::new(), opened: None };
        file.open_record(last_number)?;
        Ok(file)
    }

    /// Size of the plain text in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    fn open_record(&mut self, number: u64) -> io::Result<()> {
        if self.opened == Some(number) {
            return Ok(());
        }
        self.opened = None;
        let left = self.length.checked_sub(number * MAX_RECORD as u64).ok_or(BrokenSeal)?;
        let length = left.min(MAX_RECORD as u64) as usize;
        self.record.resize(length + TAG_LEN, 0);
        let offset = HEADER_LEN as u64 + number * SEALED_RECORD;
        if read_up_to_at(&self.source, &mut self.record, offset)? < self.record.len() {
            return Err(BrokenSeal.into());
        }
        let (text, tag) = self.record.split_at_mut(length);
        let tag = <[u8; TAG_LEN]>::try_from(&*tag).map_err(|_| BrokenSeal)?;
        self.cipher.open(number, number == self.last_number, text, tag)?;
        self.record.truncate(length);
        self.opened = Some(number);
        Ok(())
    }
}

impl<S: ReadAt> Read for SealedFile<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        self.open_record(self.position / MAX_RECORD as u64)?;
        let from = (self.position % MAX_RECORD as u64) as usize;
        let count = (self.record.len() - from).min(buffer.len());
        buffer[..count].copy_from_slice(&self.record[from..from + count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl<S: ReadAt> Seek for SealedFile<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl<S> fmt::Debug for SealedFile<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedFile").field("length", &self.length).finish_non_exhaustive()
    }
}
