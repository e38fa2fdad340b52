//! The files of prompts that nothing plays any more go, and what is left of ones that never came whole.

use std::{
    fs, io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::Result;
use viva_store::Store;

use super::Prompts;
use crate::app::App;

/// A file is sent before the position that names it. One that is in use is looked at again after so long.
const KEPT: Duration = Duration::from_hours(24);
const PAUSE: Duration = Duration::from_hours(1);
/// Each look may read every interview.
const MOST_AT_ONCE: usize = 20;

/// Runs until the server stops.
pub async fn watch(app: Arc<App>) {
    while !app.stopping.is_cancelled() {
        match app.prompts().sweep(&*app.store, false).await {
            Ok(removed) if !removed.is_empty() => {
                tracing::info!(
                    files = removed.len(),
                    "files of prompts that nothing plays any more were removed"
                );
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "unused files of prompts could not be removed");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

impl Prompts {
    /// Removes what no position and no interview plays; the names of what went, or would go in a dry run.
    pub async fn sweep(&self, store: &dyn Store, is_dry_run: bool) -> Result<Vec<String>> {
        let before = SystemTime::now() - KEPT;
        let mut gone = Vec::new();
        for name in self.untouched_since(before)?.into_iter().take(MOST_AT_ONCE) {
            if self.find(&name).is_some() && store.is_played(&name).await? {
                if !is_dry_run {
                    self.touch(&name)?;
                }
                continue;
            }
            // It may have been sent or named again meanwhile.
            if is_dry_run || self.remove_untouched(&name, before)? {
                gone.push(name);
            }
        }
        Ok(gone)
    }

    /// Files of ours alone: anything else in the folder is somebody else's.
    fn untouched_since(&self, before: SystemTime) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            let is_ours = self.find(&name).is_some() || is_unfinished(&name);
            if is_ours && modified(&self.folder.join(&name))?.is_some_and(|at| at < before) {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn remove_untouched(&self, name: &str, before: SystemTime) -> io::Result<bool> {
        let path = self.folder.join(name);
        if modified(&path)?.is_none_or(|at| at >= before) {
            return Ok(false);
        }
        fs::remove_file(path)?;
        Ok(true)
    }

    /// Whether it is stored here; it then stays for now, also when nothing plays it yet.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.find(name).is_some() && self.touch(name).is_ok()
    }

    fn touch(&self, name: &str) -> io::Result<()> {
        fs::File::open(self.folder.join(name))?.set_modified(SystemTime::now())
    }
}

/// On its way in, or left by a server that stopped in the middle.
fn is_unfinished(name: &str) -> bool {
    name.starts_with("incoming-") || name.contains(".part-")
}

/// Absent when it is gone, or no file.
fn modified(path: &PathBuf) -> io::Result<Option<SystemTime>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata.modified().map(Some),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
