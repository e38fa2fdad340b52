//! What goes wrong with one take's file: operations that failed, and those that do not return.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{Totals, lock};

/// A failure that the recorder is still trying to make good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What failed.
    pub operation: Operation,
    /// How; `TimedOut` when it has not returned for longer than [`Limits::patience`](super::Limits::patience).
    pub kind: io::ErrorKind,
    /// The operating system's error number, where it gave one.
    pub os_code: Option<i32>,
}

/// What the recorder asks of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Opening the file.
    Open,
    /// Writing bytes.
    Write,
    /// Making them durable.
    Sync,
}

/// Watches what is asked of a take's file. Each operation is under way once at a time.
#[derive(Debug)]
pub(super) struct Faults {
    latest: Mutex<[Latest; 3]>,
    totals: Arc<Totals>,
    patience: Duration,
}

/// How the latest operation of its kind fared.
#[derive(Clone, Copy, Debug, Default)]
struct Latest {
    failed: Option<Fault>,
    under_way_since: Option<Instant>,
}

impl Faults {
    pub(super) fn new(totals: &Arc<Totals>, patience: Duration) -> Self {
        Self { latest: Mutex::default(), totals: Arc::clone(totals), patience }
    }

    /// Does `work`, and keeps in mind how it fares.
    pub(super) fn watch(
        &self,
        operation: Operation,
        work: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        lock(&self.latest)[operation as usize].under_way_since = Some(Instant::now());
        let result = work();
        let failed = result.as_ref().err().map(|error| Fault {
            operation,
            kind: error.kind(),
            os_code: error.raw_os_error(),
        });
        if failed.is_some() {
            self.totals.failed_operations.fetch_add(1, Ordering::Relaxed);
        }
        lock(&self.latest)[operation as usize] = Latest { failed, under_way_since: None };
        result
    }

    /// What has not been made good yet.
    pub(super) fn current(&self) -> Option<Fault> {
        let latest = lock(&self.latest);
        [Operation::Open, Operation::Write, Operation::Sync].into_iter().find_map(|operation| {
            let Latest { failed, under_way_since } = latest[operation as usize];
            let hangs = under_way_since.is_some_and(|since| since.elapsed() > self.patience);
            let timed_out = Fault { operation, kind: io::ErrorKind::TimedOut, os_code: None };
            failed.or_else(|| hangs.then_some(timed_out))
        })
    }
}
