//! `viva recover`: finishes what a crash left open, while the server is stopped.

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use viva_media::recorder::{Limits, Recorder};
use viva_store::{Interviews as _, SqliteStore, Store};

use crate::{
    clock,
    config::Config,
    keys::Keys,
    recording::{self, Place},
};

pub async fn run(config: Config) -> Result<ExitCode> {
    let store = Arc::new(SqliteStore::open(&config.database()).await?);
    let keys = Keys::open(&config, Arc::clone(&store) as Arc<dyn Store>).await?;
    let recorder = Recorder::start(Limits::default())?;
    let mut failed = 0;
    for id in store.live_interviews().await? {
        let Some(interview) = store.interview(id).await? else { continue };
        for take in interview.answers.iter().flat_map(|a| &a.takes).filter(|take| take.is_unfinished()) {
            let key = keys.of(id).await?;
            let journal = Place::journal(&config, &key, id, take.id);
            let out = Place::recording(&config, &key, id, take.id);
            match recording::finish(&recorder, &journal, &out, take, clock::now()) {
                Ok(Some(made)) => println!("{}: {} ms", out.path.display(), made.duration_ms),
                Ok(None) => println!("{}: no media in it", journal.path.display()),
                Err(error) => {
                    failed += 1;
                    eprintln!("{}: {error}", journal.path.display());
                }
            }
        }
    }
    store.close().await;
    eprintln!("the server stores the results at its next start");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
