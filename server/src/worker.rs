//! Background work: claimed from the job table, leased, heart-beaten, and completed with its results.

mod analyse;
mod basis;
mod early;
mod erase;
mod finalise;
mod flags;
mod follow_up;
mod hand_in;
mod judge;
mod remeasure;
mod report;
mod retain;

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use serde::de::DeserializeOwned;
use tokio_util::task::TaskTracker;
use viva_core::{id::InterviewId, retry, time::Timestamp};
use viva_store::{DELIVER, Job};

pub use analyse::{ANALYSIS, in_background, measure_recording};
pub use basis::Basis;
pub use report::{assemble, basis_key, corrections, corrections_key, filled, load, report_key, stored};

use crate::{app::App, clock, holdings::Holdings, notify, webhook::deliver};

/// Makes a recording of a journal.
pub const FINALISE: &str = "finalise";
/// Removes what is left of an erased interview.
pub const ERASE: &str = "erase";
/// Removes the classes of data whose time is over.
pub const DELETE: &str = "delete";
/// Removes the record of an erased interview.
pub const FORGET: &str = "forget";
/// Measures one answer.
pub const ANALYSE: &str = "analyse";
/// Hands in what was written when the time is over.
pub const HAND_IN: &str = "hand_in";
/// Deletes what was measured under consents that were taken back.
pub const REMEASURE: &str = "remeasure";
/// Writes to a candidate.
pub const MESSAGE: &str = "message";
/// Asks the language model about one answer.
pub const JUDGE: &str = "judge";
/// Makes the report; also the kind of its result.
pub const REPORT: &str = "report";
/// The kind of the result that holds a take's curves.
pub const TIMELINES: &str = "timelines";

/// What is quick runs beside what takes long, so that a webhook never waits for a transcript.
const QUICK: [&str; 9] = [FINALISE, ERASE, DELETE, FORGET, HAND_IN, REMEASURE, REPORT, DELIVER, MESSAGE];
/// What retention causes: runs without a server, too.
pub const DELETIONS: [&str; 3] = [ERASE, DELETE, FORGET];
const LONG: [&str; 1] = [ANALYSE];
/// What waits for a language model, which has a pace of its own.
const ASKING: [&str; 1] = [JUDGE];
/// An endpoint that cannot be reached twice is told in the report.
const JUDGE_ATTEMPTS: u32 = 2;
const MESSAGE_ATTEMPTS: u32 = 36;
const QUICK_WORKERS: usize = 4;

const LEASE_MS: u64 = 60_000;
const HEARTBEAT: Duration = Duration::from_secs(20);
/// New jobs are looked for at least this often, in case another node made one.
const LONGEST_SLEEP: Duration = Duration::from_secs(2);

pub fn max_attempts(kind: &str) -> u32 {
    match kind {
        // The report waits for analyses by being tried again; what was promised must never be given up.
        FINALISE | ERASE | DELETE | FORGET | HAND_IN | REMEASURE | REPORT => 100_000,
        // Over about a day.
        MESSAGE => MESSAGE_ATTEMPTS,
        JUDGE => JUDGE_ATTEMPTS,
        _ => 5,
    }
}

/// What came of a job.
pub enum Outcome {
    Done,
    /// Not a failure: try again then.
    Later(Timestamp),
}

/// Starts the workers; they end when the server stops.
pub fn start(app: &Arc<App>, tracker: &TaskTracker) -> Result<()> {
    let client = deliver::client(&app.config.webhooks.allow)?;
    for _ in 0..QUICK_WORKERS {
        tracker.spawn(work(Arc::clone(app), client.clone(), &QUICK));
    }
    if app.language_model.is_some() {
        tracker.spawn(work(Arc::clone(app), client.clone(), &ASKING));
    }
    if app.config.analysis.here {
        tracker.spawn(work(Arc::clone(app), client, &LONG));
    }
    Ok(())
}

/// Starts the workers of a process beside the server: they measure answers and ask the language model. All else stays with
/// the server: it is short, and it needs what only that process has, open journals and the pages that hear of a change.
pub fn start_analysis(app: &Arc<App>, tracker: &TaskTracker) -> Result<()> {
    let client = deliver::client(&app.config.webhooks.allow)?;
    if app.language_model.is_some() {
        tracker.spawn(work(Arc::clone(app), client.clone(), &ASKING));
    }
    tracker.spawn(work(Arc::clone(app), client, &LONG));
    Ok(())
}

async fn work(app: Arc<App>, client: reqwest::Client, kinds: &'static [&'static str]) {
    while !app.stopping.is_cancelled() {
        // Registered before looking, so that a job made in between still wakes this worker.
        let changed = app.jobs_changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let wait = match app.store.claim(kinds, LEASE_MS, clock::now()).await {
            Ok(Some(job)) => {
                run(&app, &client, &job).await;
                continue;
            }
            Ok(None) => sleep_until_next(&app, kinds).await,
            Err(error) => {
                tracing::error!(%error, "workers cannot read the store; trying again");
                LONGEST_SLEEP
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = &mut changed => {}
            () = app.stopping.cancelled() => {}
        }
    }
}

async fn sleep_until_next(app: &App, kinds: &[&str]) -> Duration {
    let now = clock::now();
    if let Err(error) = app.store.reap(now).await {
        tracing::error!(%error, "leases cannot be checked");
    }
    match app.store.next_job_at(kinds).await {
        Ok(Some(at)) => Duration::from_millis(at.since(now)).clamp(Duration::from_millis(20), LONGEST_SLEEP),
        _ => LONGEST_SLEEP,
    }
}

async fn run(app: &Arc<App>, client: &reqwest::Client, job: &Job) {
    let result = {
        let beating = heartbeat(app, job);
        tokio::select! {
            result = dispatch(app, client, job) => result,
            () = beating => return,
        }
    };
    let now = clock::now();
    let stored = match result {
        Ok(Outcome::Done) => app.store.complete(job, now).await,
        Ok(Outcome::Later(at)) => app.store.fail(job, "waiting", Some(at), now).await,
        Err(error) => {
            tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, error = format!("{error:#}"), "a job failed");
            app.store.fail(job, &format!("{error:#}"), Some(retry::job_backoff(job.attempts, now)), now).await
        }
    };
    match stored {
        Ok(true) => {}
        Ok(false) => tracing::warn!(job = %job.id, "the lease was lost; another worker has the job"),
        Err(error) => tracing::error!(job = %job.id, %error, "the outcome of a job could not be stored"),
    }
}

/// Ends when the lease is lost.
async fn heartbeat(app: &App, job: &Job) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        if matches!(app.store.heartbeat(job, LEASE_MS, clock::now()).await, Ok(false)) {
            tracing::warn!(job = %job.id, "the lease was lost");
            return;
        }
    }
}

async fn dispatch(app: &Arc<App>, client: &reqwest::Client, job: &Job) -> Result<Outcome> {
    match job.kind.as_str() {
        DELIVER => Ok(deliver::run(app, client, job).await?.map_or(Outcome::Done, Outcome::Later)),
        FINALISE => finalise::run(app, job).await,
        ERASE | DELETE | FORGET => delete(app.holdings(), job).await,
        ANALYSE => analyse::run(app, job).await,
        HAND_IN => hand_in::run(app, job).await,
        JUDGE => judge::run(app, job).await,
        MESSAGE => notify::job::run(app, client, job).await,
        REMEASURE => remeasure::run(app, job).await,
        REPORT => report::run(app, job).await,
        other => anyhow::bail!("no worker for jobs of kind `{other}`"),
    }
}

/// Carries out a job of [`DELETIONS`].
pub async fn delete(holdings: Holdings<'_>, job: &Job) -> Result<Outcome> {
    match job.kind.as_str() {
        ERASE => erase::run(holdings, job).await,
        DELETE => retain::run(holdings, job).await,
        _ => retain::forget(holdings, job).await,
    }
}

/// A field of a job's payload.
pub fn field<T: DeserializeOwned>(job: &Job, name: &str) -> Result<T> {
    let value = job.payload.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|error| anyhow::anyhow!("payload: {name}: {error}"))
}

pub fn interview_id(job: &Job) -> Result<InterviewId> {
    field(job, "interview")
}
