//! One open journal: what callers append, and what the recorder's threads do with it.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use super::fault::{Fault, Faults, Operation};
use super::{Limits, Storage, StorageFile, Totals, lock};
use crate::journal::{
    Body, Event, JournalError, JournalReader, PayloadTooLong, Record, TakeId, file_header, pieces,
};
use crate::seal::{FileKey, LogReader, LogSealer, ReadAt};

/// The caller's end of one journal. Dropped without [`TakeJournal::close`], the journal is still written and synced
/// in the background; one that never got a file is forgotten.
#[derive(Debug)]
pub struct TakeJournal {
    pub(super) take: Arc<Take>,
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

#[derive(Debug)]
pub(super) struct Take {
    /// Absent until it is opened; records gather meanwhile.
    file: OnceLock<Box<dyn StorageFile>>,
    /// What callers appended since the last write. Held for a copy at most, never during input or output.
    queue: Mutex<Queue>,
    /// What is not durable yet. Held while writing, so callers never take it.
    tail: Mutex<Tail>,
    /// One sync at a time: each drops the bytes that it made durable.
    syncing: Mutex<()>,
    faults: Faults,
    written_us: AtomicI64,
    synced_us: AtomicI64,
    done: AtomicBool,
    totals: Arc<Totals>,
    buffer_limit: usize,
    /// Counts the takes, so that they can take turns.
    pub(super) number: usize,
}

#[derive(Debug)]
struct Queue {
    bytes: Vec<u8>,
    newest_us: i64,
    /// No record is taken any more.
    closed: bool,
}

#[derive(Debug, Default)]
struct Tail {
    /// Where `pieces` begin in the file; everything before is durable.
    offset: u64,
    /// One per write. Of each no more is kept than it needs: of a hundred takes, spare room is what costs most.
    pieces: VecDeque<Box<[u8]>>,
    /// How many of the bytes of `pieces` the file has accepted.
    written: usize,
    newest_us: i64,
    /// Present with the file.
    sealer: Option<LogSealer>,
    /// The last record is among `pieces`, or before them.
    ended: bool,
}

impl Tail {
    fn push(&mut self, piece: Vec<u8>) {
        if !piece.is_empty() {
            self.pieces.push_back(piece.into_boxed_slice());
        }
    }

    fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.len()).sum()
    }

    /// Drops the pieces that lie within the first `durable` bytes; gives how many bytes that was.
    fn drop_durable(&mut self, durable: usize) -> usize {
        let mut dropped = 0;
        while let Some(piece) = self.pieces.front()
            && dropped + piece.len() <= durable
        {
            dropped += piece.len();
            self.pieces.pop_front();
        }
        self.offset += dropped as u64;
        self.written -= dropped;
        dropped
    }
}

const NOTHING_YET: i64 = i64::MIN;
/// Journals without a file may fill this part of the room.
const SHARE_WITHOUT_FILE: usize = 4;

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

    /// Writes and syncs what was taken so far on the calling thread, and confirms it.
    ///
    /// # Errors
    /// What the disk said. Nothing is lost by it: the recorder goes on trying.
    pub fn flush(&self) -> io::Result<()> {
        self.take.write();
        self.take.sync();
        self.take.fault().map_or(Ok(()), |fault| Err(fault.kind.into()))
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
        self.take.refuse_more();
        self.take.forget_without_file();
    }
}

impl Take {
    pub(super) fn new(totals: &Arc<Totals>, limits: Limits) -> Self {
        Self {
            file: OnceLock::new(),
            queue: Mutex::new(Queue { bytes: Vec::new(), newest_us: NOTHING_YET, closed: false }),
            tail: Mutex::new(Tail { newest_us: NOTHING_YET, ..Tail::default() }),
            syncing: Mutex::default(),
            faults: Faults::new(totals, limits.patience),
            written_us: AtomicI64::new(NOTHING_YET),
            synced_us: AtomicI64::new(NOTHING_YET),
            done: AtomicBool::new(false),
            totals: Arc::clone(totals),
            buffer_limit: limits.buffered_bytes,
            number: totals.takes.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Gives the take its file: a new journal begins in it, or the existing one is cut to its valid part.
    pub(super) fn open(
        &self,
        storage: &dyn Storage,
        path: &Path,
        take_id: TakeId,
        key: &FileKey,
        now_us: i64,
    ) -> io::Result<()> {
        self.faults.watch(Operation::Open, || {
            storage.open(path).and_then(|file| self.go_on(file, take_id, key, now_us))
        })
    }

    fn go_on(
        &self,
        file: Box<dyn StorageFile>,
        take_id: TakeId,
        key: &FileKey,
        now_us: i64,
    ) -> io::Result<()> {
        let existing = valid_len(&*file, take_id, key)?;
        let offset = existing.unwrap_or(0);
        file.set_len(offset)?;
        let mut sealer = LogSealer::begin(key, offset)?;
        let mut first = Vec::new();
        if existing.is_some() {
            let resumed = Record { arrival_us: now_us, body: Body::Event(Event::Resumed) };
            resumed.encode_into(&mut first).map_err(io::Error::other)?;
        } else {
            first.extend(file_header(take_id));
        }
        let mut tail = lock(&self.tail);
        tail.offset = offset;
        let mut sealed = Vec::new();
        sealer.seal(&first, false, &mut sealed);
        self.totals.buffered_bytes.fetch_add(sealed.len(), Ordering::Relaxed);
        tail.push(sealed);
        tail.sealer = Some(sealer);
        let set = self.file.set(file);
        set.map_err(|_| io::Error::new(io::ErrorKind::AlreadyExists, "the take has a file already"))
    }

    fn append(&self, record: &Record<'_>) -> Result<(), Refused> {
        let len = record.encoded_len();
        let buffered = self.totals.buffered_bytes.fetch_add(len, Ordering::Relaxed);
        // A disk that does not open one take's file must not cost the others theirs.
        let share = if self.file.get().is_some() { 1 } else { SHARE_WITHOUT_FILE };
        let taken = if buffered.saturating_add(len) > self.buffer_limit / share {
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
        if queue.closed {
            return Err(Refused::Closed);
        }
        record.encode_into(&mut queue.bytes)?;
        // Records may be stamped earlier than their predecessors, such as reports from before the take.
        // An event may come long after the last sound: a lost connection is noticed late.
        if !matches!(record.body, Body::Event(_)) {
            queue.newest_us = queue.newest_us.max(record.arrival_us);
        }
        Ok(())
    }

    /// Writes what has gathered; a failure is noted and what is left stays for the next turn.
    pub(super) fn write(&self) {
        let Some(file) = self.file.get() else { return };
        let mut tail = lock(&self.tail);
        self.seal_gathered(&mut tail);
        if tail.written == tail.len() {
            return;
        }
        if self.faults.watch(Operation::Write, || write_tail(&**file, &mut tail)).is_ok() {
            self.written_us.store(tail.newest_us, Ordering::Release);
        }
    }

    /// Moves what has gathered to the tail. Callers wait for none of the sealing.
    fn seal_gathered(&self, tail: &mut Tail) {
        let (gathered, closed) = {
            let mut queue = lock(&self.queue);
            tail.newest_us = tail.newest_us.max(queue.newest_us);
            (std::mem::take(&mut queue.bytes), queue.closed)
        };
        let Tail { sealer: Some(sealer), ended, .. } = tail else { return };
        let mut sealed = Vec::new();
        for piece in pieces(&gathered) {
            sealer.seal(piece, false, &mut sealed);
        }
        if closed && !*ended {
            sealer.seal(&[], true, &mut sealed);
            *ended = true;
        }
        let more = sealed.len() - gathered.len();
        self.totals.buffered_bytes.fetch_add(more, Ordering::Relaxed);
        tail.push(sealed);
    }

    /// Makes durable what is written, and ends the take when nothing more can come.
    pub(super) fn sync(&self) {
        let Some(file) = self.file.get() else { return };
        let syncing = lock(&self.syncing);
        let (written, newest_us) = {
            let tail = lock(&self.tail);
            let complete = tail.written == tail.len();
            (tail.written, complete.then_some(tail.newest_us))
        };
        if written > 0 {
            let synced = self.faults.watch(Operation::Sync, || file.sync_data());
            let mut tail = lock(&self.tail);
            if synced.is_ok() {
                let dropped = tail.drop_durable(written);
                self.totals.buffered_bytes.fetch_sub(dropped, Ordering::Relaxed);
                if let Some(newest_us) = newest_us {
                    self.synced_us.store(newest_us, Ordering::Release);
                }
            } else {
                // After a failed sync the kernel may call the pages clean although they never reached the disk.
                tail.written = 0;
            }
        }
        drop(syncing);
        self.finish_if_complete(&**file);
    }

    fn finish_if_complete(&self, file: &dyn StorageFile) {
        let tail = lock(&self.tail);
        let complete = tail.ended && tail.pieces.is_empty();
        if complete && !self.done.swap(true, Ordering::AcqRel) {
            // The claim ends with the process at the latest; a failure here can only delay another opener.
            let _ = file.release();
        }
    }

    /// Refuses records from here on; what was taken is still written.
    pub(super) fn refuse_more(&self) {
        lock(&self.queue).closed = true;
    }

    /// What gathered for a file that will not come is dropped.
    fn forget_without_file(&self) {
        if self.file.get().is_none() && !self.done.swap(true, Ordering::AcqRel) {
            let gathered = std::mem::take(&mut lock(&self.queue).bytes);
            self.totals.buffered_bytes.fetch_sub(gathered.len(), Ordering::Relaxed);
        }
    }

    fn close(&self) -> io::Result<Closed> {
        self.refuse_more();
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
        self.faults.current()
    }
}

fn write_tail(file: &dyn StorageFile, tail: &mut Tail) -> io::Result<()> {
    let mut begin = 0;
    for piece in &tail.pieces {
        let end = begin + piece.len();
        while tail.written < end {
            match file.write_at(&piece[tail.written - begin..], tail.offset + tail.written as u64) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => tail.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        begin = end;
    }
    Ok(())
}

/// Size of the valid part of an existing journal; `None` when there is none yet.
fn valid_len(file: &dyn StorageFile, take_id: TakeId, key: &FileKey) -> io::Result<Option<u64>> {
    let mut reader = match JournalReader::new(LogReader::new(Stored(file), key)) {
        Ok(reader) => reader,
        Err(JournalError::CutHeader { .. }) => return Ok(None),
        Err(JournalError::Io(error)) => return Err(error),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    if reader.take_id() != take_id {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the journal belongs to another take"));
    }
    while reader.next_record()?.is_some() {}
    Ok(Some(reader.source().boundary(reader.valid_bytes())))
}

struct Stored<'a>(&'a dyn StorageFile);

impl ReadAt for Stored<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
}
