//! `viva purge`: deletes what is kept no longer, as the server's timers do, also while it is stopped.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use viva_core::{
    interview::{Effect, Event, Interview, next},
    time::Timestamp,
};
use viva_store::{Interviews as _, Jobs as _, SqliteStore, Store};

use crate::{
    clock,
    config::Config,
    holdings::Holdings,
    interviews::{Cause, SERVER, change},
    keys::Keys,
    prompts::Prompts,
    worker::{self, DELETIONS, Outcome},
};

#[derive(Args)]
pub struct Arguments {
    /// Say what is due, and delete nothing
    #[arg(long)]
    dry_run: bool,
}

const MOST_INTERVIEWS: u32 = 1_000_000;
const LEASE_MS: u64 = 60_000;

pub async fn run(config: Config, arguments: Arguments) -> Result<ExitCode> {
    let store = Arc::new(SqliteStore::open(&config.database()).await?);
    let keys = Keys::open(&config, Arc::clone(&store) as Arc<dyn Store>).await?;
    let now = clock::now();
    for id in store.due_interviews(now, MOST_INTERVIEWS).await? {
        let Some(mut interview) = store.interview(id).await? else { continue };
        // Deadlines of running interviews are the server's.
        while !interview.state.is_open() {
            let (after, effects) = next(&interview, Event::Tick, now)?;
            let Some(what) = effects.iter().find_map(deletes) else { break };
            println!("{}", json!({ "interview_id": id, "deletes": what }));
            interview = if arguments.dry_run { after } else { delete(&store, &interview, now).await? };
        }
    }
    for file in Prompts::new(config.prompts()).sweep(&*store, arguments.dry_run).await? {
        println!("{}", json!({ "prompt": file, "deletes": "a file that nothing plays" }));
    }
    let mut left = 0;
    if !arguments.dry_run {
        let holdings = Holdings { config: &config, store: &*store, keys: &keys };
        left = carry_out(holdings, &store).await?;
    }
    store.close().await;
    Ok(if left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What an effect deletes, in words.
fn deletes(effect: &Effect) -> Option<&'static str> {
    match effect {
        Effect::Delete(class) => Some(class.name()),
        Effect::Erase => Some("everything but the record of the decision"),
        Effect::Forget => Some("the record of the decision"),
        _ => None,
    }
}

/// Stores the next deletion of an interview, with its audit row, event and job.
async fn delete(store: &SqliteStore, interview: &Interview, now: Timestamp) -> Result<Interview> {
    let cause = Cause { actor: SERVER, action: "deadline" };
    let mut decide = |stored: &Interview| {
        let (after, effects) = next(stored, Event::Tick, now)?;
        Ok(change(after, &effects, cause, now))
    };
    store.change_interview(interview.id, &mut decide).await.context("a deletion could not be stored")
}

/// Runs every deletion that waits; returns how many failed.
async fn carry_out(holdings: Holdings<'_>, store: &SqliteStore) -> Result<usize> {
    let mut failed = 0;
    while let Some(job) = store.claim(&DELETIONS, LEASE_MS, clock::now()).await? {
        match worker::delete(holdings, &job).await {
            Ok(Outcome::Done) => drop(store.complete(&job, clock::now()).await?),
            Ok(Outcome::Later(at)) => drop(store.fail(&job, "waiting", Some(at), clock::now()).await?),
            Err(error) => {
                failed += 1;
                eprintln!("viva: {error:#}");
                // The server, or the next purge, tries again; this one goes on with the others.
                let later = Timestamp(clock::now().0) + LEASE_MS;
                store.fail(&job, &format!("{error:#}"), Some(later), clock::now()).await?;
            }
        }
    }
    Ok(failed)
}
