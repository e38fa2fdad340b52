//! Makes the report when every answer has been measured, and sends it.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use viva_core::{
    correction::Correction,
    cue::{Cues, ModelCard},
    id::InterviewId,
    interview::{AnswerState, Event, Interview, State, SubmittedAnswer},
    position::Question,
    profile::analysis_permitted,
    report::{
        AiMode, Answer, CandidateRef, Difference, Finding, FollowUpTo, HumanReview, NotAssessed, PositionRef,
        Report, Revision, SCHEMA_VERSION, Status, Titles,
    },
    retention::DataClass,
    rubric::{Criterion, CriterionScore, Queue, total},
    take::TakeState,
};
use viva_store::{Job, NewEvent, ResultKey};

use super::{ANALYSIS, Outcome, REPORT, analyse, basis::Basis, flags, interview_id, judge};
use crate::{
    analysis::Analysis,
    app::App,
    clock,
    interviews::{CANDIDATE, Cause, SERVER, event},
};

const READY: &str = "report.ready";
const REVISED: &str = "report.revised";
const LOOK_AGAIN_MS: u64 = 500;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Above this share of its points a criterion is a strength, below the other a concern.
const STRENGTH: f64 = 0.75;
const CONCERN: f64 = 0.35;

pub async fn run(app: &Arc<App>, job: &Job) -> Result<Outcome> {
    let id = interview_id(job)?;
    let Some(interview) = app.store.interview(id).await? else { return Ok(Outcome::Done) };
    let is_submitted = matches!(interview.state, State::Submitted | State::Analysed | State::Decided);
    // What is deleted by now cannot be reported again; the report stays as it is.
    let lacks = [DataClass::Transcripts, DataClass::Cues, DataClass::Reports];
    if !is_submitted || lacks.iter().any(|class| interview.is_deleted(*class)) {
        return Ok(Outcome::Done);
    }
    let permitted = analysis_permitted(&interview, clock::now());
    let mut analyses = BTreeMap::new();
    for answer in &interview.answers {
        if answer.takes.iter().any(|take| take.state == TakeState::Chosen && take.backfilling) {
            return Ok(Outcome::Later(clock::now() + LOOK_AGAIN_MS));
        }
        let key = ResultKey { interview: id, question: answer.question_id.clone(), kind: ANALYSIS };
        let recording = interview.chosen_recording(&answer.question_id).map(|recording| &recording.sha256);
        let found: Option<Analysis> = app.result(&key).await?.map(serde_json::from_value).transpose()?;
        let analysis = match (found.filter(|found| found.recording.as_ref() == recording), &permitted) {
            (_, Err(withheld)) => {
                let question = interview.position.question(&answer.question_id);
                let Some((question, given)) = question.zip(answer.submitted.as_ref()) else { continue };
                analyse::unmeasured(&interview, question, given, withheld)
            }
            (Some(found), Ok(_)) => found,
            (None, Ok(_)) => return Ok(Outcome::Later(clock::now() + LOOK_AGAIN_MS)),
        };
        analyses.insert(answer.question_id.clone(), analysis);
    }
    let mut basis = Basis::gather(app, interview, analyses).await?;
    if permitted.is_ok() {
        match judge::gathered(app, &basis).await? {
            Some(judgements) => basis.judgements = judgements,
            None => return Ok(Outcome::Later(clock::now() + LOOK_AGAIN_MS)),
        }
        basis = compared(app, basis).await?;
    }
    let cause = Cause { actor: SERVER, action: "analysed" };
    basis.interview = app.apply(id, cause, Event::Analysed).await?;
    let now = clock::now();
    let mut report = assemble(&basis);
    report.revision = stored(app, id).await?.and_then(|before| revision(before, &report));
    app.put_result(&basis_key(id), &json!(basis)).await?;
    app.put_result(&report_key(id), &json!(report)).await?;
    let kind = if report.revision.is_some() { REVISED } else { READY };
    app.store.publish(event(&basis.interview, kind, now), None, now).await?;
    app.jobs_changed.notify_waiters();
    app.reported.notify_one();
    Ok(Outcome::Done)
}

/// With every answer compared with its question, on a thread that may take its time.
async fn compared(app: &Arc<App>, mut basis: Basis) -> Result<Basis> {
    let app = Arc::clone(app);
    let comparing = tokio::task::spawn_blocking(move || {
        basis.compare(&app.analyser);
        basis
    });
    Ok(comparing.await?)
}

/// How `report` came after `before`. A job that is done again after a crash makes no revision of itself.
fn revision(before: Report, report: &Report) -> Option<Revision> {
    if before.sequence >= report.sequence {
        return before.revision;
    }
    let number = before.revision.as_ref().map_or(1, |revision| revision.number + 1);
    Some(Revision { number, difference: Difference::between(&before, report) })
}

fn of_interview(interview: InterviewId, kind: &'static str) -> ResultKey {
    ResultKey { interview, question: String::new(), kind }
}

/// Where the report of an interview is kept.
pub fn report_key(interview: InterviewId) -> ResultKey {
    of_interview(interview, REPORT)
}

/// Where is kept what it was made of.
pub fn basis_key(interview: InterviewId) -> ResultKey {
    of_interview(interview, "basis")
}

/// Where the corrections of its transcripts are kept.
pub fn corrections_key(interview: InterviewId) -> ResultKey {
    of_interview(interview, "corrections")
}

/// The corrections of an interview, oldest first.
pub async fn corrections(app: &App, interview: InterviewId) -> Result<Vec<Correction>> {
    let stored = app.result(&corrections_key(interview)).await?;
    Ok(stored.map(serde_json::from_value).transpose()?.unwrap_or_default())
}

/// The stored report as it was made.
pub async fn stored(app: &App, interview: InterviewId) -> Result<Option<Report>> {
    Ok(app.result(&report_key(interview)).await?.map(serde_json::from_value).transpose()?)
}

/// The stored report, with media links that are good from now on.
pub async fn load(app: &App, interview: InterviewId) -> Result<Option<Report>> {
    let Some(mut report) = stored(app, interview).await? else { return Ok(None) };
    let now = clock::now();
    let state = app.store.interview(interview).await?;
    let is_deleted = state.as_ref().is_none_or(|it| it.is_deleted(DataClass::Recordings));
    report.titles = state.map(|it| Titles::of(&it.position)).unwrap_or_default();
    for answer in report.answers.iter_mut().filter(|_| !is_deleted) {
        answer.recording_url = answer.take_id.map(|take| app.media_link(interview, take, now));
    }
    Ok(Some(report))
}

/// What an event says when it is delivered. The report itself is sealed until then, and its links are fresh.
pub async fn filled(app: &App, mut event: NewEvent) -> Result<NewEvent> {
    if let (READY | REVISED, Some(id)) = (event.kind.as_str(), event.interview_id)
        && let Some(report) = load(app, id).await?
    {
        event.data = json!(report);
        event.data["report_url"] = json!(format!("{}/api/v1/interviews/{id}/report", app.public_url));
    }
    Ok(event)
}

/// The report of an interview from what was measured: the same for the same basis, to the last bit.
pub fn assemble(basis: &Basis) -> Report {
    let interview = &basis.interview;
    let position = &interview.position;
    let mut answers = Vec::new();
    let mut all_scores = Vec::new();
    let mut models: Vec<ModelCard> = Vec::new();
    let (mut incomplete, mut observed) = (Vec::new(), Vec::new());
    for state in &interview.answers {
        let Some(question) = position.question(&state.question_id) else { continue };
        let Some(analysis) = basis.analysis(question) else { continue };
        let scores = basis.scores(question, state.submitted.as_ref(), &analysis);
        all_scores.extend(scores.iter().cloned());
        models.extend(analysis.models.iter().cloned());
        incomplete.extend(flags::incomplete(&question.id, &analysis));
        observed.extend(flags::observed(basis, state, &analysis));
        answers.push(answer(interview, state, question, &analysis, scores));
    }
    models.sort();
    models.dedup();
    let (dimensions, overall) = total(position, &all_scores);
    let not_assessed = gaps(&answers);
    let deletions = position.deletions(interview.over_at());
    let mut integrity_flags: Vec<_> = flags::technical(interview).chain(incomplete).chain(observed).collect();
    if basis.demonstration {
        integrity_flags.push(flags::demonstration());
    }
    Report {
        schema_version: SCHEMA_VERSION.into(),
        interview_id: interview.id,
        external_id: interview.external_id.clone(),
        position: PositionRef {
            id: interview.position_id,
            external_id: position.id.clone(),
            title: position.title.in_language(&interview.locale).to_owned(),
        },
        candidate: CandidateRef {
            reference: interview.candidate.reference.clone(),
            name: interview.candidate.name.clone(),
        },
        locale: interview.locale.clone(),
        profile: position.profile,
        ai_mode: interview.ai_mode,
        status: if not_assessed.is_empty() { Status::Complete } else { Status::Partial },
        sequence: interview.sequence,
        human_review: HumanReview {
            required: overall.queue == Queue::NeedsAPerson
                // What a language model says, a person checks.
                || all_scores.iter().any(|score| score.judged_by.is_some())
                || interview.ai_mode != AiMode::Ai
                || interview.human_requested
                // Nobody has compared what the candidate says with the recording yet.
                || basis.corrections.iter().any(|correction| correction.by == CANDIDATE)
                || position.profile.rules().review.always,
            by: interview.decision.as_ref().map(|d| d.by.clone()),
            at: interview.decision.as_ref().map(|d| d.at.to_string()),
        },
        overall,
        dimensions,
        strengths: findings(&answers, |share| share >= STRENGTH),
        concerns: findings(&answers, |share| share <= CONCERN),
        answers,
        not_assessed,
        models,
        rubric_version: rubric_version(interview),
        integrity_flags,
        corrections: basis.corrections.clone(),
        revision: None,
        result_url: basis.result_url.clone(),
        delete_after: (interview.over_at() + u64::from(position.retention_days) * DAY_MS).to_string(),
        delete_after_by_class: deletions.into_iter().map(|(class, at)| (class, at.to_string())).collect(),
        titles: Titles::default(),
    }
}

fn answer(
    interview: &Interview,
    state: &AnswerState,
    question: &Question,
    analysis: &Analysis,
    scores: Vec<CriterionScore>,
) -> Answer {
    let take = match &state.submitted {
        Some(SubmittedAnswer::Take(id)) => state.takes.iter().find(|take| take.id == *id),
        _ => None,
    };
    Answer {
        question_id: question.id.clone(),
        question: question.text.in_language(&interview.locale).to_owned(),
        kind: question.kind,
        follow_up: interview
            .follow_ups
            .iter()
            .find(|further| further.question_id == question.id)
            .map(|further| FollowUpTo { question_id: further.after.clone(), reason: further.reason.clone() }),
        take: take.map(|take| take.number),
        take_id: take.map(|take| take.id),
        duration_ms: take.and_then(|take| take.recording.as_ref()).map(|recording| recording.duration_ms),
        recording_url: None,
        transcript: analysis.transcript.clone(),
        scores,
        cues: analysis.cues.clone(),
    }
}

/// Everything that was wanted and could not be judged, once.
fn gaps(answers: &[Answer]) -> Vec<NotAssessed> {
    let mut found = Vec::new();
    for answer in answers {
        let Cues { speech, face, language } = &answer.cues;
        let stages = [
            ("transcript", answer.transcript.reason()),
            ("speech", speech.reason()),
            ("face", face.reason()),
            ("language", language.reason()),
        ];
        let wanted =
            |what: &str| answer.kind == viva_core::position::QuestionKind::Video || what == "language";
        for (what, reason) in stages {
            if let Some(reason) = reason.filter(|_| wanted(what)) {
                found.push(gap(answer, what, reason));
            }
        }
        for score in &answer.scores {
            if let Some(reason) = &score.not_assessed {
                found.push(gap(answer, &score.criterion, reason));
            }
        }
    }
    found
}

fn gap(answer: &Answer, what: &str, reason: &str) -> NotAssessed {
    NotAssessed { question_id: answer.question_id.clone(), what: what.to_owned(), reason: reason.to_owned() }
}

fn findings(answers: &[Answer], wanted: impl Fn(f64) -> bool) -> Vec<Finding> {
    let judged = answers.iter().flat_map(|answer| answer.scores.iter().map(move |score| (answer, score)));
    judged
        .filter(|(_, score)| score.not_assessed.is_none() && score.max_points > 0.0)
        .filter(|(_, score)| wanted(score.points / score.max_points))
        .map(|(answer, score)| Finding {
            question_id: answer.question_id.clone(),
            criterion: score.criterion.clone(),
            dimension: score.dimension.clone(),
            points: score.points,
            max_points: score.max_points,
            quote: score.evidence.first().map(|e| e.quote.clone()).or_else(|| score.absence.clone()),
        })
        .collect()
}

fn rubric_version(interview: &Interview) -> String {
    // Follow-ups have no criteria, and not everybody is asked them: the rubric is the same for all.
    let is_asked_of_all = |id: &str| !interview.follow_ups.iter().any(|further| further.question_id == id);
    let questions = interview.position.questions.iter().filter(|question| is_asked_of_all(&question.id));
    let untitled = |q: &Question| q.criteria.iter().map(Criterion::untitled).collect::<Vec<_>>();
    let rubric: Vec<_> = questions.map(|q| (&q.id, untitled(q))).collect();
    hex::encode(Sha256::digest(json!([rubric, interview.position.dimensions]).to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use viva_core::cue::Assessed;

    use super::*;

    #[test]
    fn a_stage_that_did_not_run_is_named_once_per_answer() {
        let reason = || Assessed::not("no sound track");
        let cues = Cues {
            speech: Assessed::not("no sound track"),
            face: Assessed::not("no picture"),
            language: Assessed::not("no sound track"),
        };
        let answer = Answer {
            question_id: "q".into(),
            question: String::new(),
            kind: viva_core::position::QuestionKind::Video,
            follow_up: None,
            take: None,
            take_id: None,
            duration_ms: None,
            recording_url: None,
            transcript: reason(),
            scores: Vec::new(),
            cues,
        };
        let whats: Vec<_> = gaps(&[answer]).into_iter().map(|g| g.what).collect();
        assert_eq!(whats, ["transcript", "speech", "face", "language"]);
    }
}
