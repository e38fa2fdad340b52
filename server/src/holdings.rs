//! What this node holds of its interviews, and the keys that open it: all that deleting needs, with or without a server.

use std::path::PathBuf;

use viva_core::id::InterviewId;
use viva_store::Store;

use crate::{app::App, config::Config, keys::Keys};

#[derive(Clone, Copy)]
pub struct Holdings<'a> {
    pub config: &'a Config,
    pub store: &'a dyn Store,
    pub keys: &'a Keys,
}

impl Holdings<'_> {
    /// Where the recordings of an interview lie.
    pub fn interview_dir(&self, interview: InterviewId) -> PathBuf {
        self.config.recordings().join(interview.to_string())
    }
}

impl App {
    pub fn holdings(&self) -> Holdings<'_> {
        Holdings { config: &self.config, store: &*self.store, keys: &self.keys }
    }
}
