//! What is left of an erased interview goes: its key first, so that every copy of its files is unreadable from then on.

use std::{fs, io, path::Path};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use viva_store::Job;

use super::{Outcome, field, interview_id};
use crate::{clock, holdings::Holdings};

pub async fn run(holdings: Holdings<'_>, job: &Job) -> Result<Outcome> {
    let (id, by): (_, String) = (interview_id(job)?, field(job, "by")?);
    let folder = holdings.interview_dir(id);
    let files = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || files(&folder)).await??
    };
    let now = clock::now();
    holdings.keys.destroy(id).await?;
    let certificate = json!({
        "interview_id": id,
        "requested_by": by,
        "erased_at": now.to_string(),
        "data_key": "destroyed",
        "files": files,
        "statement": "The key that sealed every recording, transcript and report of this interview, and what \
                      the candidate said about themselves, was destroyed, and the \
                      files named here were removed. No copy of them can be read, in backups either, once the backups of \
                      the database made before this time are gone or the master key was rotated after it.",
    });
    // Before the files go, since it names them; this job is tried again until they have gone.
    holdings.store.put_deletion_certificate(id, &certificate, now).await?;
    holdings.store.delete_demographics(id).await?;
    holdings.store.delete_results(id).await?;
    tokio::task::spawn_blocking(move || remove(&folder)).await??;
    Ok(Outcome::Done)
}

/// Names and sizes; empty where there is no folder.
fn files(folder: &Path) -> Result<Vec<Value>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.with_context(|| format!("{} cannot be read", folder.display()))?,
    };
    entries
        .map(|entry| {
            let entry = entry?;
            Ok(json!({ "name": entry.file_name().to_string_lossy(), "bytes": entry.metadata()?.len() }))
        })
        .collect()
}

pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::File::open(folder.parent().unwrap_or(Path::new(".")))?.sync_all(),
    }
}
