//! A take that is measured before it is handed in: its answer may lead to a follow-up that nobody should wait for, or it is
//! the last that the candidate could make. Kept apart from what was handed in, and gone as soon as that is.

use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;
use viva_core::{id::InterviewId, profile::FaceTier};
use viva_store::ResultKey;

use crate::{analysis::Analysis, app::App};

/// The kind of result that holds it.
pub const EARLY_ANALYSIS: &str = "early_analysis";

#[derive(Deserialize, Serialize)]
struct Early {
    /// What consent and profile permitted then.
    tier: FaceTier,
    analysis: Analysis,
}

fn key(interview: InterviewId, question: &str) -> ResultKey {
    ResultKey { interview, question: question.to_owned(), kind: EARLY_ANALYSIS }
}

/// Keeps it until [`take`].
pub async fn keep(
    app: &Arc<App>,
    interview: InterviewId,
    question: &str,
    tier: FaceTier,
    analysis: Analysis,
) -> Result<()> {
    app.put_result(&key(interview, question), &json!(Early { tier, analysis })).await
}

/// What was measured of this very recording under the same permission. Nothing of other takes stays.
pub async fn take(
    app: &Arc<App>,
    interview: InterviewId,
    question: &str,
    recording: Option<&str>,
    tier: FaceTier,
) -> Result<Option<Analysis>> {
    let key = key(interview, question);
    let Some(stored) = app.result(&key).await? else { return Ok(None) };
    app.store.delete_result(&key).await?;
    let Early { tier: permitted, analysis } = serde_json::from_value(stored)?;
    let is_same = permitted == tier && recording.is_some() && analysis.recording.as_deref() == recording;
    Ok(is_same.then_some(analysis))
}
