//! One open journal: what callers append, and what the recorder's threads do with it.

use std::io::{self, BufReader, Read};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use super::{Limits, StorageFile, Totals, lock};
use crate::journal::{
    Body, Event, HEADER_LEN, JournalError, JournalReader, PayloadTooLong, Record, TakeId, file_header,
};

/// The caller's end of one journal. Dropped without [`TakeJournal::close`], the journal is still written and synced
/// in the background.
#[derive(Debug)]
pub struct TakeJournal {
    take: Arc<Take>,
}

/// How much of a take is safe, as arrival times in microseconds since the Unix epoch; `None` before the first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedUpTo {
    /// Survives the death of this process.
    pub written_us: Option<i64>,
    /// Survives a loss of power.
    pub synced_us: Option<i64>,
}

/// The journal is complete and durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Size of the journal in bytes.
    pub bytes: u64,
}

/// Why a record was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too much waits for the disk already ([`Limits::buffered_bytes`]); the record is counted and lost.
    #[error("the recorder's buffer is full")]
    Overflow,
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
    /// The record breaks the format's limit.
    #[error(transparent)]
    TooLong(#[from] PayloadTooLong),
}

/// A failure that the recorder is still trying to make good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What failed.
    pub operation: Operation,
    /// How.
    pub kind: io::ErrorKind,
    /// The operating system's error number, where it gave one.
    pub os_code: Option<i32>,
}

/// What the recorder asks of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Writing bytes.
    Write,
    /// Making them durable.
    Sync,
}

#[derive(Debug)]
pub(super) struct Take {
    file: Box<dyn StorageFile>,
    /// What callers appended since the last write. Held for a copy at most, never during input or output.
    queue: Mutex<Queue>,
    /// What is not durable yet. Held while writing, so callers never take it.
    tail: Mutex<Tail>,
    /// One sync at a time: each drops the bytes that it made durable.
    syncing: Mutex<()>,
    faults: Mutex<Faults>,
    written_us: AtomicI64,
    synced_us: AtomicI64,
    done: AtomicBool,
    totals: Arc<Totals>,
    buffer_limit: usize,
}

#[derive(Debug)]
struct Queue {
    bytes: Vec<u8>,
    newest_us: i64,
    sealed: bool,
}

#[derive(Debug)]
struct Tail {
    /// Where `bytes` begin in the file; everything before is durable.
    offset: u64,
    bytes: Vec<u8>,
    /// How many of `bytes` the file has accepted.
    written: usize,
    newest_us: i64,
}

#[derive(Debug, Default)]
struct Faults {
    write: Option<Fault>,
    sync: Option<Fault>,
}

const NOTHING_YET: i64 = i64::MIN;

impl TakeJournal {
    pub(super) fn new(take: Arc<Take>) -> Self {
        Self { take }
    }

    /// Takes a record into memory; the recorder writes it with the next batch. Never waits for a disk.
    pub fn append(&self, record: &Record<'_>) -> Result<(), Refused> {
        self.take.append(record)
    }

    /// How much of the take is safe.
    pub fn saved_up_to(&self) -> SavedUpTo {
        let time = |value: &AtomicI64| Some(value.load(Ordering::Acquire)).filter(|&us| us != NOTHING_YET);
        SavedUpTo { written_us: time(&self.take.written_us), synced_us: time(&self.take.synced_us) }
    }

    /// The failure of this take that has not been made good yet.
    pub fn fault(&self) -> Option<Fault> {
        self.take.fault()
    }

    /// Writes and syncs everything on the calling thread, and confirms it. From here on [`Self::append`] refuses.
    ///
    /// # Errors
    /// What the disk said. Nothing is lost by it: the recorder goes on trying, and `close` can be called again.
    pub fn close(&self) -> io::Result<Closed> {
        self.take.close()
    }
}

impl Drop for TakeJournal {
    fn drop(&mut self) {
        self.take.seal();
    }
}

impl Take {
    /// Takes over an opened file: begins a new journal in it, or cuts the existing one to its valid part.
    pub(super) fn recover(
        file: Box<dyn StorageFile>,
        take_id: TakeId,
        now_us: i64,
        totals: &Arc<Totals>,
        limits: Limits,
    ) -> io::Result<Self> {
        let existing = valid_len(&*file, take_id)?;
        let len = if let Some(len) = existing {
            file.set_len(len)?;
            len
        } else {
            file.set_len(0)?;
            write_all_at(&*file, &file_header(take_id), 0)?;
            HEADER_LEN as u64
        };
        file.sync_data()?;
        let take = Self {
            file,
            queue: Mutex::new(Queue { bytes: Vec::new(), newest_us: NOTHING_YET, sealed: false }),
            tail: Mutex::new(Tail { offset: len, bytes: Vec::new(), written: 0, newest_us: NOTHING_YET }),
            syncing: Mutex::default(),
            faults: Mutex::default(),
            written_us: AtomicI64::new(NOTHING_YET),
            synced_us: AtomicI64::new(NOTHING_YET),
            done: AtomicBool::new(false),
            totals: Arc::clone(totals),
            buffer_limit: limits.buffered_bytes,
        };
        if existing.is_some() {
            take.append(&Record { arrival_us: now_us, body: Body::Event(Event::Resumed) })
                .map_err(io::Error::other)?;
        }
        Ok(take)
    }

    fn append(&self, record: &Record<'_>) -> Result<(), Refused> {
        let len = record.encoded_len();
        let buffered = self.totals.buffered_bytes.fetch_add(len, Ordering::Relaxed);
        let taken = if buffered.saturating_add(len) > self.buffer_limit {
            self.totals.overflowed_records.fetch_add(1, Ordering::Relaxed);
            Err(Refused::Overflow)
        } else {
            self.enqueue(record)
        };
        if taken.is_err() {
            self.totals.buffered_bytes.fetch_sub(len, Ordering::Relaxed);
        }
        taken
    }

    fn enqueue(&self, record: &Record<'_>) -> Result<(), Refused> {
        let mut queue = lock(&self.queue);
        if queue.sealed {
            return Err(Refused::Closed);
        }
        record.encode_into(&mut queue.bytes)?;
        // Records may be stamped earlier than their predecessors, such as reports from before the take.
        queue.newest_us = queue.newest_us.max(record.arrival_us);
        Ok(())
    }

    /// Writes what has gathered; a failure is noted and what is left stays for the next turn.
    pub(super) fn write(&self) {
        let mut tail = lock(&self.tail);
        {
            let mut queue = lock(&self.queue);
            if !queue.bytes.is_empty() {
                tail.bytes.append(&mut queue.bytes);
                tail.newest_us = tail.newest_us.max(queue.newest_us);
            }
        }
        if tail.written == tail.bytes.len() {
            return;
        }
        let written = self.write_tail(&mut tail);
        if written.is_ok() {
            self.written_us.store(tail.newest_us, Ordering::Release);
        }
        drop(tail);
        self.note(Operation::Write, written.err());
    }

    fn write_tail(&self, tail: &mut Tail) -> io::Result<()> {
        while let unwritten @ [_, ..] = &tail.bytes[tail.written..] {
            match self.file.write_at(unwritten, tail.offset + tail.written as u64) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => tail.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Makes durable what is written, and ends the take when nothing more can come.
    pub(super) fn sync(&self) {
        let syncing = lock(&self.syncing);
        let (written, newest_us) = {
            let tail = lock(&self.tail);
            let complete = tail.written == tail.bytes.len();
            (tail.written, complete.then_some(tail.newest_us))
        };
        if written > 0 {
            let synced = self.file.sync_data();
            let mut tail = lock(&self.tail);
            if synced.is_ok() {
                tail.offset += written as u64;
                tail.bytes.drain(..written);
                tail.written -= written;
                self.totals.buffered_bytes.fetch_sub(written, Ordering::Relaxed);
                if let Some(newest_us) = newest_us {
                    self.synced_us.store(newest_us, Ordering::Release);
                }
            } else {
                // After a failed sync the kernel may call the pages clean although they never reached the disk.
                tail.written = 0;
            }
            drop(tail);
            self.note(Operation::Sync, synced.err());
        }
        drop(syncing);
        self.finish_if_complete();
    }

    fn finish_if_complete(&self) {
        let tail = lock(&self.tail);
        let queue = lock(&self.queue);
        let complete = queue.sealed && queue.bytes.is_empty() && tail.bytes.is_empty();
        if complete && !self.done.swap(true, Ordering::AcqRel) {
            // The claim ends with the process at the latest; a failure here can only delay another opener.
            let _ = self.file.release();
        }
    }

    /// Refuses records from here on.
    pub(super) fn seal(&self) {
        lock(&self.queue).sealed = true;
    }

    fn close(&self) -> io::Result<Closed> {
        self.seal();
        self.write();
        self.sync();
        if self.is_done() {
            return Ok(Closed { bytes: lock(&self.tail).offset });
        }
        let fault = self.fault();
        Err(fault.map_or_else(|| io::ErrorKind::Other.into(), |fault| fault.kind.into()))
    }

    pub(super) fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        let faults = lock(&self.faults);
        faults.write.or(faults.sync)
    }

    fn note(&self, operation: Operation, error: Option<io::Error>) {
        let fault = error.map(|error| Fault { operation, kind: error.kind(), os_code: error.raw_os_error() });
        if fault.is_some() {
            self.totals.failed_operations.fetch_add(1, Ordering::Relaxed);
        }
        let mut faults = lock(&self.faults);
        match operation {
            Operation::Write => faults.write = fault,
            Operation::Sync => faults.sync = fault,
        }
    }
}

/// Size of the valid part of an existing journal; `None` when there is none yet.
fn valid_len(file: &dyn StorageFile, take_id: TakeId) -> io::Result<Option<u64>> {
    let opened = JournalReader::new(BufReader::new(Positioned { file, offset: 0 }));
    let mut reader = match opened {
        Ok(reader) => reader,
        Err(JournalError::CutHeader { .. }) => return Ok(None),
        Err(JournalError::Io(error)) => return Err(error),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    if reader.take_id() != take_id {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the journal belongs to another take"));
    }
    while reader.next_record()?.is_some() {}
    Ok(Some(reader.valid_bytes()))
}

fn write_all_at(file: &dyn StorageFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                bytes = &bytes[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

struct Positioned<'a> {
    file: &'a dyn StorageFile,
    offset: u64,
}

impl Read for Positioned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}
