//! The time of a class of data is over: it goes, wherever it stands, and the rest stays readable.

use anyhow::Result;
use serde_json::json;
use viva_core::{
    cue::{Assessed, Timelines},
    id::InterviewId,
    interview::Interview,
    report::{DELETED, Report},
    retention::DataClass,
};
use viva_store::{Job, ResultKey, WRITING, WrappedKey};

use super::{
    ANALYSIS, Outcome, TIMELINES, basis_key, corrections_key, early::EARLY_ANALYSIS, erase, interview_id,
    judge::JUDGEMENTS, report_key,
};
use crate::{
    analysis::Analysis,
    clock,
    holdings::Holdings,
    http::{AWAY, COMMENTS},
};

const LOOK_AGAIN_MS: u64 = 1000;

/// Deletes every class whose time is over. Doing it again changes nothing.
pub async fn run(holdings: Holdings<'_>, job: &Job) -> Result<Outcome> {
    let Some(interview) = holdings.store.interview(interview_id(job)?).await? else {
        return Ok(Outcome::Done);
    };
    for class in &interview.deleted {
        delete(holdings, &interview, *class).await?;
    }
    Ok(Outcome::Done)
}

async fn delete(holdings: Holdings<'_>, interview: &Interview, class: DataClass) -> Result<()> {
    let id = interview.id;
    match class {
        DataClass::Recordings => {
            let folder = holdings.interview_dir(id);
            tokio::task::spawn_blocking(move || erase::remove(&folder)).await??;
        }
        DataClass::Transcripts => {
            for question in questions(interview) {
                for kind in [ANALYSIS, EARLY_ANALYSIS, JUDGEMENTS, WRITING] {
                    holdings.store.delete_result(&of_question(id, question, kind)).await?;
                }
            }
            holdings.store.delete_result(&corrections_key(id)).await?;
            holdings.store.delete_result(&of_question(id, "", COMMENTS)).await?;
        }
        DataClass::Cues => {
            for question in questions(interview) {
                for kind in [AWAY, EARLY_ANALYSIS, TIMELINES] {
                    holdings.store.delete_result(&of_question(id, question, kind)).await?;
                }
                without_cues(holdings, &of_question(id, question, ANALYSIS)).await?;
            }
        }
        DataClass::Reports => holdings.store.delete_result(&report_key(id)).await?,
        DataClass::Demographics => holdings.store.delete_demographics(id).await?,
        DataClass::Biometrics | DataClass::DecisionRecord => {}
    }
    if matches!(class, DataClass::Transcripts | DataClass::Cues | DataClass::Reports) {
        // It holds all three; without it the report cannot be made again, and stays as it is.
        holdings.store.delete_result(&basis_key(id)).await?;
    }
    in_report(holdings, id, class).await
}

/// Deletes the last of an erased interview, once it is erased completely.
pub async fn forget(holdings: Holdings<'_>, job: &Job) -> Result<Outcome> {
    let id = interview_id(job)?;
    if let Some(WrappedKey::Present(_)) = holdings.store.data_key(id).await? {
        return Ok(Outcome::Later(clock::now() + LOOK_AGAIN_MS));
    }
    holdings.store.forget_interview(id, clock::now()).await?;
    Ok(Outcome::Done)
}

fn questions(interview: &Interview) -> impl Iterator<Item = &str> {
    interview.answers.iter().map(|answer| answer.question_id.as_str())
}

fn of_question(interview: InterviewId, question: &str, kind: &'static str) -> ResultKey {
    ResultKey { interview, question: question.to_owned(), kind }
}

async fn without_cues(holdings: Holdings<'_>, key: &ResultKey) -> Result<()> {
    let Some(found) = holdings.result(key).await? else { return Ok(()) };
    let mut analysis: Analysis = serde_json::from_value(found)?;
    analysis.cues.speech = Assessed::not(DELETED);
    analysis.cues.face = Assessed::not(DELETED);
    analysis.timelines = Timelines::default();
    holdings.put_result(key, &json!(analysis)).await
}

async fn in_report(holdings: Holdings<'_>, id: InterviewId, class: DataClass) -> Result<()> {
    let key = report_key(id);
    let Some(found) = holdings.result(&key).await? else { return Ok(()) };
    let mut report: Report = serde_json::from_value(found)?;
    report.delete(class);
    holdings.put_result(&key, &json!(report)).await
}
