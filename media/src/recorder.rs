//! Keeps the journals of all running takes: callers append without ever waiting for a disk.
//!
//! Two threads do the work. `Recorder` writes what has gathered every [`Limits::write_every`], so that a killed
//! process loses no more than that. `RecorderSync` makes it durable every [`Limits::sync_every`]; it is a thread of
//! its own because one slow `fdatasync` must not hold up the writes of every other take.
//!
//! A record stays in memory until it is durable. When a write fails (full disk, input/output error), the take keeps
//! what it wrote, the failure shows in [`Recorder::health`], and the write is tried again at the next turn. When a sync
//! fails, everything since the last good one is written again, because the kernel may have dropped those pages. A disk
//! that does not answer shows there as well.

mod disk;
mod fault;
mod take;

pub(crate) use disk::sync_parent_directory;
pub use disk::{Disk, Storage, StorageFile};
pub use fault::{Fault, Operation};
pub use take::{Closed, Refused, SavedUpTo, TakeJournal};

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::journal::TakeId;
use crate::seal::FileKey;
use take::Take;

/// How much may wait in memory, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all takes together that may be in memory, not yet durable. An interview makes about 0.2 MB per second.
    pub buffered_bytes: usize,
    /// Time between two writes to the files.
    pub write_every: Duration,
    /// Time between two syncs to stable storage.
    pub sync_every: Duration,
    /// After this long, a disk that does not answer is a fault.
    pub patience: Duration,
}

impl Default for Limits {
    /// 64 MiB; 200 ms, which leaves 50 ms for the write itself; one second; five seconds.
    fn default() -> Self {
        Self {
            buffered_bytes: 64 << 20,
            write_every: Duration::from_millis(200),
            sync_every: Duration::from_secs(1),
            patience: Duration::from_secs(5),
        }
    }
}

/// How recording fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The failure of an open take that has not been made good yet; `None` when all is well.
    pub fault: Option<Fault>,
    /// Takes that are open or not yet durable.
    pub open_takes: usize,
    /// Bytes in memory that are not yet durable.
    pub buffered_bytes: usize,
    /// Records refused since the start because [`Limits::buffered_bytes`] was reached.
    pub overflowed_records: u64,
    /// Failed writes and syncs since the start.
    pub failed_operations: u64,
}

/// Takes that are synced together. If all were, all would have most in memory at the same time.
const SYNC_GROUPS: u16 = 8;

/// Owner of the files of all open takes. Dropping it writes and syncs what is left.
#[derive(Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    storage: Box<dyn Storage>,
    limits: Limits,
    takes: Mutex<Vec<Arc<Take>>>,
    totals: Arc<Totals>,
    stopping: Mutex<bool>,
    stop: Condvar,
}

/// Counts over all takes.
#[derive(Debug, Default)]
struct Totals {
    /// Begun since the start.
    takes: AtomicUsize,
    buffered_bytes: AtomicUsize,
    overflowed_records: AtomicU64,
    failed_operations: AtomicU64,
}

impl Recorder {
    /// Starts recording to the local file system.
    ///
    /// # Errors
    /// When the threads cannot be started.
    pub fn start(limits: Limits) -> io::Result<Self> {
        Self::start_on(Box::new(Disk), limits)
    }

    /// Starts recording to any storage.
    ///
    /// # Errors
    /// When the threads cannot be started.
    pub fn start_on(storage: Box<dyn Storage>, limits: Limits) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            storage,
            limits,
            takes: Mutex::default(),
            totals: Arc::default(),
            stopping: Mutex::new(false),
            stop: Condvar::new(),
        });
        // Built first, so that a second thread that fails to start stops and joins the first.
        let mut recorder = Self { shared, threads: Vec::new() };
        recorder.spawn("Recorder", limits.write_every, 1, Take::write)?;
        recorder.spawn("RecorderSync", limits.sync_every, SYNC_GROUPS, Take::sync)?;
        Ok(recorder)
    }

    /// Begins a journal in memory, so that no record waits for a disk. [`Self::give_file`] gives it its file.
    pub fn begin(&self) -> TakeJournal {
        let take = Arc::new(Take::new(&self.shared.totals, self.shared.limits));
        lock(&self.shared.takes).push(Arc::clone(&take));
        TakeJournal::new(take)
    }

    /// Opens the journal file at `path`, or creates it, and has `journal` written there. An existing one loses its damaged
    /// tail, if any, and gets an [`Event::Resumed`](crate::journal::Event::Resumed) stamped `now_us` (microseconds since
    /// the Unix epoch).
    ///
    /// Reads an existing journal through, so call it where blocking is allowed.
    ///
    /// # Errors
    /// Anything the file system says; `WouldBlock` when the journal is open already, here or in another process;
    /// `InvalidData` when the file is no journal, belongs to another take, or is sealed with another key. The records
    /// stay in memory, and it can be tried again.
    pub fn give_file(
        &self,
        journal: &TakeJournal,
        path: &Path,
        take_id: TakeId,
        key: &FileKey,
        now_us: i64,
    ) -> io::Result<()> {
        journal.take.open(&*self.shared.storage, path, take_id, key, now_us)
    }

    /// [`Self::begin`] and [`Self::give_file`] in one.
    ///
    /// # Errors
    /// As those of [`Self::give_file`]; then there is no journal.
    pub fn open(&self, path: &Path, take_id: TakeId, key: &FileKey, now_us: i64) -> io::Result<TakeJournal> {
        let journal = self.begin();
        self.give_file(&journal, path, take_id, key, now_us)?;
        Ok(journal)
    }

    /// How recording fares now.
    pub fn health(&self) -> Health {
        let takes = lock(&self.shared.takes);
        let totals = &self.shared.totals;
        Health {
            fault: takes.iter().find_map(|take| take.fault()),
            open_takes: takes.iter().filter(|take| !take.is_done()).count(),
            buffered_bytes: totals.buffered_bytes.load(Ordering::Relaxed),
            overflowed_records: totals.overflowed_records.load(Ordering::Relaxed),
            failed_operations: totals.failed_operations.load(Ordering::Relaxed),
        }
    }

    /// Does `work` for each take once in `every`, for one group of takes after the other.
    fn spawn(&mut self, name: &str, every: Duration, groups: u16, work: fn(&Take)) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            for group in (0..usize::from(groups)).cycle() {
                if shared.wait(every / u32::from(groups)) {
                    break;
                }
                for take in
                    shared.open_takes().iter().filter(|take| take.number % usize::from(groups) == group)
                {
                    work(take);
                }
            }
        })?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        *lock(&self.shared.stopping) = true;
        self.shared.stop.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to hand over; the takes are finished below either way.
            let _ = thread.join();
        }
        for take in self.shared.open_takes() {
            take.refuse_more();
            take.write();
            take.sync();
        }
    }
}

impl Shared {
    /// Sleeps until the next turn; true when the recorder stops.
    fn wait(&self, every: Duration) -> bool {
        let stopping = lock(&self.stopping);
        let (stopping, _) = self
            .stop
            .wait_timeout_while(stopping, every, |stopping| !*stopping)
            .unwrap_or_else(PoisonError::into_inner);
        *stopping
    }

    fn open_takes(&self) -> Vec<Arc<Take>> {
        let mut takes = lock(&self.takes);
        takes.retain(|take| !take.is_done());
        takes.clone()
    }
}

/// Locks, whatever happened to the thread that held it: the data behind every lock here is whole between statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
