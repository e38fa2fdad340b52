//! `viva recover`: finishes what a crash left open, while the server is stopped.

use std::process::ExitCode;

use anyhow::Result;
use viva_core::take::TakeState;
use viva_media::recorder::{Limits, Recorder};
use viva_store::{Interviews as _, SqliteStore};

use crate::{clock, config::Config, recording};

pub async fn run(config: Config) -> Result<ExitCode> {
    let store = SqliteStore::open(&config.database()).await?;
    let recorder = Recorder::start(Limits::default())?;
    let mut failed = 0;
    for id in store.live_interviews().await? {
        let Some(interview) = store.interview(id).await? else { continue };
        let dir = config.data.dir.join("recordings").join(id.to_string());
        for take in interview.answers.iter().flat_map(|a| &a.takes) {
            let over =
                matches!(take.state, TakeState::Recorded | TakeState::Chosen) && take.recording.is_none();
            if !over {
                continue;
            }
            let (journal, out) =
                (dir.join(format!("{}.journal", take.id)), dir.join(format!("{}.webm", take.id)));
            let now = clock::now();
            match recording::finish(&recorder, &journal, &out, take.id, take.stopped_at.unwrap_or(now), now) {
                Ok(Some(made)) => println!("{}: {} ms", out.display(), made.duration_ms),
                Ok(None) => println!("{}: no media in it", journal.display()),
                Err(error) => {
                    failed += 1;
                    eprintln!("{}: {error}", journal.display());
                }
            }
        }
    }
    store.close().await;
    eprintln!("the server stores the results at its next start");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
