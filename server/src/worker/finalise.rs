//! A stopped take becomes a recording.

use std::sync::Arc;

use anyhow::Result;
use viva_core::{id::TakeId, interview::Event};
use viva_store::Job;

use super::{Outcome, field, interview_id};
use crate::{
    app::App,
    clock,
    interviews::{Cause, SERVER},
    recording,
};

/// The journal is closed right after the stop is stored; until then the job waits.
const JOURNAL_STILL_OPEN_MS: u64 = 50;

pub async fn run(app: &Arc<App>, job: &Job) -> Result<Outcome> {
    let (id, take): (_, TakeId) = (interview_id(job)?, field(job, "take")?);
    let Some(interview) = app.store.interview(id).await? else { return Ok(Outcome::Done) };
    let Some((_, state)) = interview.take(take) else { return Ok(Outcome::Done) };
    if app.live.is_recording(id, take) {
        return Ok(Outcome::Later(clock::now() + JOURNAL_STILL_OPEN_MS));
    }
    let (state, now) = (state.clone(), clock::now());
    let backfills = state.backfills;
    let made = {
        let app = Arc::clone(app);
        let (journal, out) = (app.journal_place(id, take).await?, app.recording_place(id, take).await?);
        tokio::task::spawn_blocking(move || recording::finish(&app.recorder, &journal, &out, &state, now))
            .await??
    };
    if made.is_none() {
        tracing::warn!(interview = %id, take = %take, "a take holds no media");
    }
    let cause = Cause { actor: SERVER, action: "take_finalised" };
    let finalised = Event::TakeFinalised { take_id: take, recording: made, backfills };
    app.apply(id, cause, finalised).await?;
    Ok(Outcome::Done)
}
