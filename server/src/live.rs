//! Interviews with something running in this process: a publisher, an open journal, or a page that listens.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use tokio::sync::broadcast;
use viva_core::id::{InterviewId, TakeId};

use crate::{backfill::Backfill, ingest::Publisher, recording::InterviewMedia};

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
}

/// All live interviews.
#[derive(Default)]
pub struct Live(Mutex<HashMap<InterviewId, Arc<Session>>>);

impl Live {
    /// The live side of an interview, made when there is none yet.
    pub fn session(&self, id: InterviewId) -> Arc<Session> {
        Arc::clone(lock(&self.0).entry(id).or_insert_with(|| Arc::new(Session::new())))
    }

    pub fn find(&self, id: InterviewId) -> Option<Arc<Session>> {
        lock(&self.0).get(&id).cloned()
    }

    /// Forgets an interview that is over.
    pub fn remove(&self, id: InterviewId) -> Option<Arc<Session>> {
        lock(&self.0).remove(&id)
    }

    pub fn all(&self) -> Vec<(InterviewId, Arc<Session>)> {
        lock(&self.0).iter().map(|(id, session)| (*id, Arc::clone(session))).collect()
    }

    /// Whether this process has still to complete the journal of `take`.
    pub fn is_recording(&self, id: InterviewId, take: TakeId) -> bool {
        self.find(id).is_some_and(|session| session.media.is_writing(take))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
