//! Pieces of the browser's own recording on their way into a take's journal, where the finaliser finds them.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use viva_core::{id::TakeId, time::Timestamp};
use viva_media::{
    journal::{Body, JournalError, JournalReader, LARGEST_CHUNK, Record},
    recorder::{Recorder, Refused, TakeJournal},
};

use crate::recording::{InterviewMedia, Place};

/// Where a piece belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Numbers the runs of the browser's recorder within the take.
    pub copy: u32,
    /// Where it begins in the copy, in bytes.
    pub offset: u64,
    /// When the copy's time zero was, by the page's estimate, on this server's clock.
    pub started: Timestamp,
    /// Until when it has what the candidate said: so far the take is saved.
    pub reaches: Timestamp,
    pub bytes: &'a [u8],
}

/// The take that a piece is of.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub take: TakeId,
    pub journal: &'a Place,
    /// The pieces of a take together are no larger, in bytes.
    pub limit: u64,
}

/// Why a piece was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    /// Other bytes lie in its place already.
    #[error("other bytes of this copy are stored at this offset")]
    Conflict,
    /// The take's pieces together are larger than any recording of its length.
    #[error("the take's own recording is larger than {limit} bytes")]
    TooMuch { limit: u64 },
    /// The recorder has no room in memory.
    #[error("the disk does not keep up")]
    Busy,
    #[error("the journal: {0}")]
    Journal(#[from] io::Error),
}

/// The take that pieces arrive for, and what is known of it.
#[derive(Default)]
pub struct Backfill(Mutex<Option<Open>>);

struct Open {
    take: TakeId,
    journal: Arc<TakeJournal>,
    /// The journal of a take that still records is not ours to close.
    is_own: bool,
    /// Length and checksum of what is stored at (copy, offset).
    stored: HashMap<(u32, u64), (usize, u32)>,
    bytes: u64,
}

impl Backfill {
    /// Stores a piece durably; a repeat changes nothing. Blocks on the disk.
    ///
    /// # Errors
    /// See [`BackfillError`]; what was stored before stays.
    pub fn store(
        &self,
        recorder: &Recorder,
        media: &InterviewMedia,
        target: Target<'_>,
        piece: Piece<'_>,
        now: Timestamp,
    ) -> Result<(), BackfillError> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recording = media.journal(target.take);
        if slot.as_ref().is_some_and(|open| open.take != target.take || open.is_own == recording.is_some()) {
            close(slot.take())?;
        }
        let open = match &mut *slot {
            Some(open) => open,
            none => none.insert(Open::new(recorder, recording, target, now)?),
        };
        open.store(piece, target.limit)
    }

    /// No more pieces come for now. Blocks on the disk.
    pub fn close(&self) -> io::Result<()> {
        close(self.0.lock().unwrap_or_else(PoisonError::into_inner).take())
    }
}

fn close(open: Option<Open>) -> io::Result<()> {
    match open {
        Some(open) if open.is_own => open.journal.close().map(drop),
        _ => Ok(()),
    }
}

impl Open {
    fn new(
        recorder: &Recorder,
        recording: Option<Arc<TakeJournal>>,
        target: Target<'_>,
        now: Timestamp,
    ) -> io::Result<Self> {
        let Target { take, journal: place, .. } = target;
        if let Some(journal) = &recording {
            journal.flush()?;
        }
        let (stored, bytes) = stored(place)?;
        let is_own = recording.is_none();
        let journal = match recording {
            Some(journal) => journal,
            None => Arc::new(recorder.open(&place.path, take.0.into_bytes(), &place.key, now.0 * 1000)?),
        };
        Ok(Self { take, journal, is_own, stored, bytes })
    }

    fn store(&mut self, piece: Piece<'_>, limit: u64) -> Result<(), BackfillError> {
        let Piece { copy, mut offset, started, reaches, bytes } = piece;
        let mut new = Vec::new();
        for part in bytes.chunks(LARGEST_CHUNK) {
            let fingerprint = (part.len(), crc32c::crc32c(part));
            match self.stored.get(&(copy, offset)) {
                None => new.push((offset, fingerprint, part)),
                Some(known) if *known == fingerprint => {}
                Some(_) => return Err(BackfillError::Conflict),
            }
            offset += part.len() as u64;
        }
        let more: u64 = new.iter().map(|(_, _, part)| part.len() as u64).sum();
        if self.bytes + more > limit {
            return Err(BackfillError::TooMuch { limit });
        }
        for (offset, fingerprint, part) in new {
            let body = Body::Chunk { copy, offset, started_us: started.0 * 1000, bytes: part };
            self.journal.append(&Record { arrival_us: reaches.0 * 1000, body }).map_err(|refused| {
                match refused {
                    Refused::Overflow => BackfillError::Busy,
                    Refused::Closed | Refused::TooLong(_) => io::Error::other(refused).into(),
                }
            })?;
            self.stored.insert((copy, offset), fingerprint);
            self.bytes += part.len() as u64;
        }
        Ok(self.journal.flush()?)
    }
}

/// What an earlier run has stored.
fn stored(place: &Place) -> io::Result<(HashMap<(u32, u64), (usize, u32)>, u64)> {
    let (mut stored, mut total) = (HashMap::new(), 0);
    let mut reader = match JournalReader::open(&place.path, &place.key) {
        Ok(reader) => reader,
        Err(JournalError::CutHeader { .. }) => return Ok((stored, total)),
        Err(JournalError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((stored, total));
        }
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    while let Some(entry) = reader.next_record()? {
        if let Body::Chunk { copy, offset, bytes, .. } = entry.record.body {
            stored.entry((copy, offset)).or_insert((bytes.len(), crc32c::crc32c(bytes)));
            total += bytes.len() as u64;
        }
    }
    Ok((stored, total))
}
