//! Interviews with something running in this process: a publisher, an open journal, or a page that listens.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::broadcast;
use viva_core::id::{InterviewId, TakeId};

use crate::{ahead::Ahead, app::App, backfill::Backfill, ingest::Publisher, recording::InterviewMedia};

/// Whoever is not heard of for this long to twice as long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(1);

/// Something a page should hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The interview changed: send the view again.
    Changed,
    /// A newer page took over; the number is that page's.
    PageOpened(u64),
}

/// One interview's live side.
pub struct Session {
    pub media: Arc<InterviewMedia>,
    /// Pieces of the browser's own recording.
    pub backfill: Backfill,
    /// What was understood of the running take so far.
    pub ahead: Ahead,
    publisher: Mutex<Option<(u32, Arc<Publisher>)>>,
    epochs: AtomicU32,
    pages: AtomicU64,
    notices: broadcast::Sender<Notice>,
    /// One take is opened or closed at a time.
    pub journal_turn: tokio::sync::Mutex<()>,
}

impl Session {
    fn new() -> Self {
        Self {
            media: Arc::default(),
            backfill: Backfill::default(),
            ahead: Ahead::default(),
            publisher: Mutex::default(),
            epochs: AtomicU32::new(0),
            pages: AtomicU64::new(0),
            notices: broadcast::channel(64).0,
            journal_turn: tokio::sync::Mutex::default(),
        }
    }

    /// The number of the next connection.
    pub fn next_epoch(&self) -> u32 {
        self.epochs.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Makes `publisher` the current one and hands back the one before, to be closed.
    pub fn replace_publisher(&self, epoch: u32, publisher: Arc<Publisher>) -> Option<Arc<Publisher>> {
        lock(&self.publisher).replace((epoch, publisher)).map(|(_, old)| old)
    }

    pub fn publisher(&self) -> Option<Arc<Publisher>> {
        lock(&self.publisher).as_ref().map(|(_, publisher)| Arc::clone(publisher))
    }

    /// Whether `epoch` is the connection that counts now.
    pub fn is_current(&self, epoch: u32) -> bool {
        lock(&self.publisher).as_ref().is_some_and(|(current, _)| *current == epoch)
    }

    /// Takes the publisher out, if it is of `epoch` (or whichever, for `None`).
    pub fn take_publisher(&self, epoch: Option<u32>) -> Option<Arc<Publisher>> {
        let mut publisher = lock(&self.publisher);
        let fits = publisher.as_ref().is_some_and(|(current, _)| epoch.is_none_or(|e| e == *current));
        if fits { publisher.take().map(|(_, old)| old) } else { None }
    }

    pub fn listen(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Announces a page; every earlier one learns that it was replaced.
    pub fn open_page(&self) -> u64 {
        let page = self.pages.fetch_add(1, Ordering::SeqCst) + 1;
        self.notify(Notice::PageOpened(page));
        page
    }

    pub fn notify(&self, notice: Notice) {
        // Nobody listening is fine.
        let _ = self.notices.send(notice);
    }

    /// Whether it can begin anew without anything being lost.
    fn is_idle(&self) -> bool {
        lock(&self.publisher).is_none() && !self.media.is_writing_any()
    }
}

/// All live interviews.
#[derive(Default)]
pub struct Live(Mutex<HashMap<InterviewId, Entry>>);

struct Entry {
    session: Arc<Session>,
    /// Since [`Live::forget_unused`] last looked.
    is_used: bool,
}

impl Live {
    /// The live side of an interview, made when there is none yet.
    pub fn session(&self, id: InterviewId) -> Arc<Session> {
        let mut entries = lock(&self.0);
        let entry =
            entries.entry(id).or_insert_with(|| Entry { session: Arc::new(Session::new()), is_used: true });
        entry.is_used = true;
        Arc::clone(&entry.session)
    }

    pub fn find(&self, id: InterviewId) -> Option<Arc<Session>> {
        let mut entries = lock(&self.0);
        let entry = entries.get_mut(&id)?;
        entry.is_used = true;
        Some(Arc::clone(&entry.session))
    }

    /// Forgets those that nobody holds, nobody asked for since the last call, and nothing runs in. Returns them: what they
    /// have open is to be closed.
    fn forget_unused(&self) -> Vec<Arc<Session>> {
        let is_over = |_: &InterviewId, entry: &mut Entry| {
            let was_used = std::mem::take(&mut entry.is_used);
            let is_held = Arc::strong_count(&entry.session) > 1;
            !was_used && !is_held && entry.session.is_idle()
        };
        lock(&self.0).extract_if(is_over).map(|(_, entry)| entry.session).collect()
    }

    pub fn all(&self) -> Vec<(InterviewId, Arc<Session>)> {
        lock(&self.0).iter().map(|(id, entry)| (*id, Arc::clone(&entry.session))).collect()
    }

    /// Whether this process has still to complete the journal of `take`.
    pub fn is_recording(&self, id: InterviewId, take: TakeId) -> bool {
        self.find(id).is_some_and(|session| session.media.is_writing(take))
    }
}

/// Forgets interviews whose candidates are gone, until the server stops.
pub async fn sweep(app: Arc<App>) {
    while !app.stopping.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(FORGOTTEN_AFTER) => {}
            () = app.stopping.cancelled() => break,
        }
        let forgotten = app.live.forget_unused();
        let close = move || forgotten.iter().try_for_each(|session| session.backfill.close());
        if let Ok(Err(error)) = tokio::task::spawn_blocking(close).await {
            tracing::error!(%error, "pieces of a copy could not be closed");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_not_heard_of_is_forgotten_unless_somebody_holds_it() {
        let (live, [gone, held, heard_of]) =
            (Live::default(), [1, 2, 3].map(|n| InterviewId(uuid::Uuid::from_u128(n))));
        drop((live.session(gone), live.session(heard_of)));
        let page = live.session(held);
        assert_eq!(live.forget_unused().len(), 0, "all of them were just used");
        assert!(live.find(heard_of).is_some());
        assert_eq!(live.forget_unused().len(), 1);
        let mut left: Vec<_> = live.all().into_iter().map(|(id, _)| id).collect();
        left.sort();
        assert_eq!(left, [held, heard_of]);
        drop(page);
        assert_eq!(live.forget_unused().len(), 2);
        assert!(live.find(gone).is_none());
    }
}
