//! What a start repairs and a stop secures: takes that were open, recordings that were not finished.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;
use viva_core::{
    id::{InterviewId, TakeId},
    interview::{Event, Interview},
};
use viva_store::NewJob;

use crate::{
    app::App,
    clock,
    interviews::{Cause, SERVER},
    worker,
};

/// At start: no connection has survived, deadlines may have passed, and recordings may be missing.
pub async fn run(app: &Arc<App>) -> Result<()> {
    let interviews = app.store.live_interviews().await?;
    for id in interviews {
        let cause = Cause { actor: SERVER, action: "recovered" };
        // This also lets every deadline that has passed take effect.
        let interview = app.apply(id, cause, Event::Restarted).await?;
        for take in unfinished(&interview) {
            tracing::info!(interview = %id, take = %take, "finishing a recording that was left open");
            enqueue_finalise(app, id, take).await?;
        }
    }
    Ok(())
}

/// At stop: every open journal is written, synced and closed. The takes stay open, and go on after the restart.
pub async fn suspend(app: &Arc<App>) {
    for (id, session) in app.live.all() {
        let _turn = session.journal_turn.lock().await;
        let closing = Arc::clone(&session);
        let close = move || closing.backfill.close().and(closing.media.suspend());
        match tokio::task::spawn_blocking(close).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(interview = %id, %error, "a journal could not be closed"),
            Err(error) => tracing::error!(interview = %id, %error, "closing a journal panicked"),
        }
    }
}

fn unfinished(interview: &Interview) -> Vec<TakeId> {
    let takes = interview.answers.iter().flat_map(|a| &a.takes);
    takes.filter(|take| take.is_unfinished()).map(|take| take.id).collect()
}

async fn enqueue_finalise(app: &App, interview: InterviewId, take: TakeId) -> Result<()> {
    let now = clock::now();
    // The same payload, and so the same key, as the job that sealing the take makes: at most one of them lives.
    let payload = json!({ "take": take, "interview": interview });
    let job = NewJob {
        id: clock::id(),
        kind: worker::FINALISE,
        dedupe_key: Some(format!("{}:{payload}", worker::FINALISE)),
        payload,
        interview_id: Some(interview),
        max_attempts: worker::max_attempts(worker::FINALISE),
        run_at: now,
    };
    Ok(app.store.enqueue(job, now).await?)
}
