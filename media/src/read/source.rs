//! The input with its length and position: no read reserves more memory than the input still holds.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::{Error, Limits};

/// Anything media can be read from. Implemented for every type that fits.
pub trait Input: Read + Seek + Send + Sync {}

impl<T: Read + Seek + Send + Sync> Input for T {}

/// Opens a plain file as an [`Input`].
pub fn open_file(path: &Path) -> Result<Box<dyn Input>, Error> {
    Ok(Box::new(File::open(path)?))
}

/// A buffered [`Input`] that knows where it is and how much is left.
pub(crate) struct Source {
    reader: BufReader<Box<dyn Input>>,
    position: u64,
    length: u64,
}

impl Source {
    pub(crate) fn new(mut input: Box<dyn Input>, limits: &Limits) -> Result<Self, Error> {
        let length = input.seek(SeekFrom::End(0))?;
        input.seek(SeekFrom::Start(0))?;
        if length > limits.max_file_bytes {
            return Err(Error::FileTooLarge { limit: limits.max_file_bytes });
        }
        Ok(Self { reader: BufReader::with_capacity(64 << 10, input), position: 0, length })
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn left(&self) -> u64 {
        self.length.saturating_sub(self.position)
    }

    /// Moves to `position`, or to the end where that is nearer.
    pub(crate) fn seek_to(&mut self, position: u64) -> io::Result<()> {
        let target = position.min(self.length);
        // Both are at most the file's length, which fits an i64.
        self.reader.seek_relative(target as i64 - self.position as i64)?;
        self.position = target;
        Ok(())
    }

    pub(crate) fn skip(&mut self, count: u64) -> io::Result<()> {
        self.seek_to(self.position.saturating_add(count))
    }

    pub(crate) fn read_array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    /// Reads `count` bytes; `UnexpectedEof`, before anything is reserved, where fewer are left.
    pub(crate) fn read_vec(&mut self, count: u64) -> io::Result<Vec<u8>> {
        if count > self.left() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; count as usize];
        self.reader.read_exact(&mut bytes)?;
        self.position += count;
        Ok(bytes)
    }

    /// The input again, from its start.
    pub(crate) fn into_input(self) -> io::Result<Box<dyn Input>> {
        let mut input = self.reader.into_inner();
        input.seek(SeekFrom::Start(0))?;
        Ok(input)
    }
}
