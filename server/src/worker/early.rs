//! A take that is measured before it is handed in, since its answer may lead to a follow-up that nobody should wait for.
//! Kept apart from what was handed in, and emptied as soon as that is.

use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use viva_core::{id::InterviewId, position::Question, profile::FaceTier};
use viva_store::ResultKey;

use super::Outcome;
use crate::{analysis::Analysis, app::App};

#[derive(Deserialize, Serialize)]
struct Early {
    /// What consent and profile permitted then.
    tier: FaceTier,
    analysis: Analysis,
}

fn key(interview: InterviewId, question: &str) -> ResultKey {
    ResultKey { interview, question: question.to_owned(), kind: "early_analysis" }
}

pub async fn keep(
    app: &Arc<App>,
    interview: InterviewId,
    question: &str,
    tier: FaceTier,
    analysis: Analysis,
) -> Result<Outcome> {
    app.put_result(&key(interview, question), &json!(Early { tier, analysis })).await?;
    Ok(Outcome::Done)
}

/// What was measured of this very recording under the same permission. Nothing of other takes stays.
pub async fn take(
    app: &Arc<App>,
    interview: InterviewId,
    question: &Question,
    recording: Option<&str>,
    tier: FaceTier,
) -> Result<Option<Analysis>> {
    if question.follow_ups.is_empty() {
        return Ok(None);
    }
    let key = key(interview, &question.id);
    let Some(stored) = app.result(&key).await?.filter(|stored| !stored.is_null()) else { return Ok(None) };
    app.put_result(&key, &Value::Null).await?;
    let Early { tier: permitted, analysis } = serde_json::from_value(stored)?;
    let is_same = permitted == tier && recording.is_some() && analysis.recording.as_deref() == recording;
    Ok(is_same.then_some(analysis))
}
