//! A consent was taken back: nothing that rests on it stays. What is still allowed is measured again.

use std::sync::Arc;

use anyhow::Result;
use viva_core::{
    interview::{Interview, State},
    report::AiMode,
};
use viva_store::Job;

use super::{Outcome, interview_id};
use crate::{
    app::App,
    clock,
    interviews::{analyse_job, report_job},
};

pub async fn run(app: &Arc<App>, job: &Job) -> Result<Outcome> {
    let id = interview_id(job)?;
    let Some(interview) = app.store.interview(id).await? else { return Ok(Outcome::Done) };
    if matches!(interview.state, State::Withdrawn | State::Erased) {
        return Ok(Outcome::Done);
    }
    app.store.delete_measures(id).await?;
    if !interview.deleted.is_empty() {
        // Nothing is there any more to be measured in the place of it.
        return Ok(Outcome::Done);
    }
    let now = clock::now();
    for question in measured(&interview) {
        app.store.enqueue(analyse_job(&interview, question, now), now).await?;
    }
    if interview.submitted_at.is_some() {
        app.store.enqueue(report_job(&interview, now), now).await?;
    }
    app.jobs_changed.notify_waiters();
    Ok(Outcome::Done)
}

/// The questions whose answers software may measure now.
fn measured(interview: &Interview) -> impl Iterator<Item = &str> {
    let answers = interview.answers.iter().filter(|_| interview.ai_mode != AiMode::HumanOnly);
    answers.filter(|answer| answer.submitted.is_some()).map(|answer| answer.question_id.as_str())
}
