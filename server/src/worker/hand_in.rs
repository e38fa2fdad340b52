//! What was written of an answer is handed in when its time is over and the page has not done it: the candidate may have
//! lost the connection.

use std::sync::Arc;

use anyhow::Result;
use viva_core::{
    interview::{Event, SubmittedAnswer},
    position::QuestionKind,
};
use viva_store::Job;

use super::{Outcome, field, interview_id};
use crate::{
    app::App,
    interviews::{Cause, SERVER},
};

pub async fn run(app: &Arc<App>, job: &Job) -> Result<Outcome> {
    let (id, question_id): (_, String) = (interview_id(job)?, field(job, "question")?);
    let Some(interview) = app.store.interview(id).await? else { return Ok(Outcome::Done) };
    let Some(question) = interview.position.question(&question_id) else { return Ok(Outcome::Done) };
    if !interview.state.is_open() {
        return Ok(Outcome::Done);
    }
    let writing = app.writing(id, &question_id).await?;
    let answer = match question.kind {
        QuestionKind::Choice => SubmittedAnswer::Choice(writing.choice),
        _ => SubmittedAnswer::Text(writing.draft),
    };
    let cause = Cause { actor: SERVER, action: "time_up" };
    app.apply(id, cause, Event::TimeUp { question_id, answer }).await?;
    Ok(Outcome::Done)
}
