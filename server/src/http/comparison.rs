//! One question of a position across its candidates: what each said, and what it came to, by the same criteria in the same
//! order. Nothing of anybody's conditions is in it.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    error::Kind,
    id::InterviewId,
    interview::Interview,
    position::{Question, QuestionKind},
    report::{Answer, CandidateRef, PositionRef, Report, Titles},
    rubric::{Criterion, Queue},
    time::Timestamp,
};

use super::{auth::PositionReader, error::Problem};
use crate::{app::App, clock, worker};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(comparison))
}

/// The newest interviews to choose from.
const MOST_CANDIDATES: u32 = 200;
/// Answers side by side: more tell less.
const MOST_SHOWN: usize = 6;
/// Answers that are shown when nobody has chosen.
const FIRST_SHOWN: usize = 3;

#[derive(Deserialize)]
struct Wanted {
    /// The first question where it is absent.
    question: Option<String>,
    /// Interviews, by commas.
    interviews: Option<String>,
    /// A language tag, for the questions.
    locale: Option<String>,
}

#[derive(Serialize)]
struct Comparison {
    position: PositionRef,
    questions: Vec<QuestionRef>,
    /// The one that is compared.
    question_id: String,
    /// The criteria of the position of now, in its order.
    criteria: Vec<String>,
    /// What they are called.
    titles: Titles,
    /// Everybody who can be compared, the newest first.
    candidates: Vec<Compared>,
    /// Older interviews were left out.
    truncated: bool,
}

#[derive(Serialize)]
struct QuestionRef {
    id: String,
    text: String,
    kind: QuestionKind,
}

#[derive(Serialize)]
struct Compared {
    interview_id: InterviewId,
    candidate: CandidateRef,
    submitted_at: Option<Timestamp>,
    /// 0–100, of the whole interview.
    score: Option<f64>,
    queue: Queue,
    /// Points for this question, and the most that could be assessed of it.
    points: f64,
    max_points: f64,
    /// The report rests on another rubric than the position has now: points may not compare.
    other_rubric: bool,
    report_url: String,
    /// Only of those that were chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
}

/// Candidates of one position by one question; the chosen ones with their answers, scores and signed media links.
#[utoipa::path(get, path = "/api/v1/positions/{id}/comparison", tag = "results", params(("id" = String, Path, description = "Viva's id, or the position's own"), ("question" = Option<String>, Query), ("interviews" = Option<String>, Query, description = "At most 6, by commas; the three newest where it is absent"), ("locale" = Option<String>, Query)), responses((status = 200, body = Object), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn comparison(
    State(app): State<Arc<App>>,
    reader: PositionReader,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Comparison>, Problem> {
    let Query(wanted) = wanted?;
    let PositionReader { id, position } = reader;
    let locale = position.language_for(wanted.locale.as_deref());
    let question = match &wanted.question {
        None => position.questions.first(),
        Some(id) => position.question(id),
    };
    let question = question.ok_or_else(|| Problem::not_found("no such question in this position"))?;
    let chosen = chosen(wanted.interviews.as_deref())?;
    let interviews = app.store.interviews_of_position(id, MOST_CANDIDATES).await?;
    let truncated = interviews.len() >= MOST_CANDIDATES as usize;
    let mut candidates = Vec::new();
    for interview in interviews.iter().filter(|interview| interview.submitted_at.is_some()) {
        let Some(report) = worker::load(&app, interview.id).await? else { continue };
        candidates.push(compared(&app, interview, report, question));
    }
    if let Some(missing) =
        chosen.iter().flatten().find(|id| candidates.iter().all(|c| c.interview_id != **id))
    {
        return Err(Problem::not_found(&format!("interviews: {missing} has no report in this position")));
    }
    for (index, candidate) in candidates.iter_mut().enumerate() {
        let is_shown = match &chosen {
            Some(chosen) => chosen.contains(&candidate.interview_id),
            None => index < FIRST_SHOWN,
        };
        candidate.answer = candidate.answer.take().filter(|_| is_shown);
    }
    Ok(Json(Comparison {
        position: PositionRef {
            id,
            external_id: position.id.clone(),
            title: position.title.in_language(&locale).to_owned(),
        },
        questions: position
            .questions
            .iter()
            .map(|question| QuestionRef {
                id: question.id.clone(),
                text: question.text.in_language(&locale).to_owned(),
                kind: question.kind,
            })
            .collect(),
        question_id: question.id.clone(),
        titles: Titles::of(&position),
        criteria: question.criteria.iter().map(|criterion| criterion.id.clone()).collect(),
        candidates,
        truncated,
    }))
}

fn chosen(interviews: Option<&str>) -> Result<Option<Vec<InterviewId>>, Problem> {
    let Some(text) = interviews.filter(|text| !text.is_empty()) else { return Ok(None) };
    let invalid = |detail: String| Problem::new(Kind::Invalid, "interviews_invalid", detail);
    let ids: Result<Vec<InterviewId>, _> = text.split(',').take(MOST_SHOWN + 1).map(str::parse).collect();
    let ids = ids.map_err(|error| invalid(format!("interviews: {error}; send ids with commas between")))?;
    if ids.len() > MOST_SHOWN {
        return Err(invalid(format!("interviews: at most {MOST_SHOWN} at a time")));
    }
    Ok(Some(ids))
}

fn compared(app: &App, interview: &Interview, report: Report, question: &Question) -> Compared {
    let mut answer = report.answers.into_iter().find(|answer| answer.question_id == question.id);
    if let Some(answer) = &mut answer {
        // In the order of now; what the position has no more comes last.
        let place = |id: &str| {
            let found = question.criteria.iter().position(|criterion| criterion.id == id);
            found.unwrap_or(usize::MAX)
        };
        answer.scores.sort_by_key(|score| place(&score.criterion));
    }
    let assessed = || {
        let scores = answer.iter().flat_map(|answer| &answer.scores);
        scores.filter(|score| score.not_assessed.is_none())
    };
    Compared {
        interview_id: interview.id,
        candidate: report.candidate,
        submitted_at: interview.submitted_at,
        score: report.overall.score,
        queue: report.overall.queue,
        points: assessed().map(|score| score.points).sum(),
        max_points: assessed().map(|score| score.max_points).sum(),
        other_rubric: criteria(interview.position.question(&question.id)) != criteria(Some(question)),
        report_url: app.report_link(interview.id, clock::now()),
        answer,
    }
}

/// What is scored, whatever it is called.
fn criteria(question: Option<&Question>) -> Option<Vec<Criterion>> {
    question.map(|question| question.criteria.iter().map(Criterion::untitled).collect())
}
