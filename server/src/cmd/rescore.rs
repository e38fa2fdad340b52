//! `viva rescore`: makes a stored report again from what it was made of, or from its recordings, and compares. With
//! another rubric it says what that would change. Nothing is stored.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use viva_core::{
    cue::{ModelCard, Timelines},
    id::InterviewId,
    interview::SubmittedAnswer,
    profile::analysis_permitted,
    report::{Change, Difference, Report},
};
use viva_media::seal::DataKey;
use viva_store::{Results as _, SqliteStore, Store};

use super::position;
use crate::{
    analysis::Analyser,
    clock,
    config::Config,
    keys::Keys,
    recording::Place,
    results,
    worker::{self, Basis},
};

#[derive(Args)]
pub struct Arguments {
    /// The interview's id
    interview: InterviewId,
    /// Say what the rubric of this position file would change
    #[arg(long, value_name = "FILE")]
    position: Option<PathBuf>,
    /// Measure the recordings again with the models of now, in the place of what was measured then
    #[arg(long)]
    measure: bool,
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
    let (report, mut basis): (Report, Basis) =
        (serde_json::from_value(report)?, serde_json::from_value(basis)?);
    if arguments.measure {
        measure(&config, &key, &mut basis)?;
    }
    let mut again = worker::assemble(&basis);
    again.revision.clone_from(&report.revision);
    let is_same = serde_json::to_vec(&report)? == serde_json::to_vec(&again)?;
    let Some(position) = changed else {
        println!(
            "{}",
            json!({ "interview_id": id, "reproduced": is_same, "rubric_version": report.rubric_version,
            "difference": Difference::between(&report, &again), "models": other_models(&report, &again) })
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

/// The models that took part in one of the reports alone: why the same scores may come of other reports.
fn other_models(before: &Report, after: &Report) -> Change<Vec<String>> {
    let without = |these: &Report, those: &Report| {
        let other = these.models.iter().filter(|model| !those.models.contains(model));
        other.map(ModelCard::label).collect()
    };
    Change { before: without(before, after), after: without(after, before) }
}

/// Puts new measurements of every recording that was measured into `basis`.
fn measure(config: &Config, key: &DataKey, basis: &mut Basis) -> Result<()> {
    let analyser = Analyser::load(config)?;
    let interview = &basis.interview;
    let Ok(tier) = analysis_permitted(interview, clock::now()) else { return Ok(()) };
    for answer in &interview.answers {
        let Some(SubmittedAnswer::Take(take)) = &answer.submitted else { continue };
        let question = interview.position.question(&answer.question_id).context("no such question")?;
        let place = Place::recording(config, key, interview.id, *take);
        let mut found = worker::measure_recording(&analyser, interview, question, &place, tier, None)?;
        // Kept apart from the analysis, as the worker does.
        found.timelines = Timelines::default();
        found.recording = interview.chosen_recording(&answer.question_id).map(|made| made.sha256.clone());
        basis.analyses.insert(answer.question_id.clone(), found);
    }
    basis.compare(&analyser);
    Ok(())
}
