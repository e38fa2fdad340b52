//! `viva rescore`: makes a stored report again from what it was made of, and compares. With another rubric it says
//! what that would change, and stores nothing.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use viva_core::{
    id::InterviewId,
    report::{Difference, Report},
};
use viva_store::{Results as _, SqliteStore, Store};

use super::position;
use crate::{config::Config, keys::Keys, results, worker};

#[derive(Args)]
pub struct Arguments {
    /// The interview's id
    interview: InterviewId,
    /// Say what the rubric of this position file would change
    #[arg(long, value_name = "FILE")]
    position: Option<PathBuf>,
}

pub async fn run(config: Config, arguments: Arguments) -> Result<ExitCode> {
    let changed = arguments.position.as_deref().map(position::read).transpose()?;
    let store = Arc::new(SqliteStore::open(&config.database()).await?);
    let keys = Keys::open(&config, Arc::clone(&store) as Arc<dyn Store>).await?;
    let id = arguments.interview;
    let key = keys.of(id).await?;
    let mut documents = Vec::new();
    for result in [worker::report_key(id), worker::basis_key(id)] {
        let stored =
            store.result(&result).await?.context("this interview has no report that can be made again")?;
        documents.push(results::unsealed(&stored, &key, &result)?);
    }
    store.close().await;
    let [report, basis] = <[_; 2]>::try_from(documents).ok().context("two documents")?;
    let (report, mut basis): (Report, worker::Basis) =
        (serde_json::from_value(report)?, serde_json::from_value(basis)?);
    let mut again = worker::assemble(&basis);
    again.revision.clone_from(&report.revision);
    let is_same = serde_json::to_vec(&report)? == serde_json::to_vec(&again)?;
    let Some(position) = changed else {
        println!(
            "{}",
            json!({ "interview_id": id, "reproduced": is_same, "rubric_version": report.rubric_version,
            "difference": Difference::between(&report, &again) })
        );
        return Ok(if is_same { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    };
    basis.interview.position.dimensions = position.dimensions;
    basis.interview.position.thresholds = position.thresholds;
    let asked = std::mem::replace(&mut basis.interview.position.questions, position.questions);
    // What was asked because of an answer stands in no position file.
    let is_further = |id: &str| basis.interview.follow_ups.iter().any(|further| further.question_id == id);
    let further: Vec<_> = asked.into_iter().filter(|question| is_further(&question.id)).collect();
    basis.interview.position.questions.extend(further);
    let other = worker::assemble(&basis);
    println!(
        "{}",
        json!({ "interview_id": id, "reproduced": is_same,
        "rubric_version": { "before": report.rubric_version, "after": other.rubric_version },
        "difference": Difference::between(&report, &other) })
    );
    Ok(ExitCode::SUCCESS)
}
