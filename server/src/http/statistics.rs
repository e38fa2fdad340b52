//! Statistics of a position, as JSON or as CSV.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    error::Kind,
    id::InterviewId,
    interview::{Interview, Outcome},
    report::Report,
    statistics::{
        Agreement, Case, Funnel, Impact, Member, QuestionStatistics, Spread, Surveys, agreement, funnel,
        impact, questions, spread, surveys,
    },
};

use super::{
    auth::Service,
    error::{JsonBody, Problem},
};
use crate::{app::App, worker};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(of_position)).routes(routes!(impact_ratios))
}

/// The newest interviews that are looked at, of all positions.
const MOST_INTERVIEWS: u32 = 5000;
const LONGEST_GROUP: usize = 100;
const DIMENSION_SCALE: f64 = 10.0;
const SCORE_SCALE: f64 = 100.0;

#[derive(Deserialize)]
struct Wanted {
    format: Option<Format>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Format {
    Json,
    Csv,
}

#[derive(Serialize)]
struct PositionStatistics {
    position: String,
    funnel: Funnel,
    /// 0–100.
    score: Spread,
    /// 0–10.
    dimensions: BTreeMap<String, Spread>,
    questions: Vec<QuestionStatistics>,
    agreement: Agreement,
    survey: Surveys,
    /// Older interviews were left out.
    truncated: bool,
}

/// Funnel, scores, dimensions, questions, and how often people decide otherwise. `format=csv` for a table.
#[utoipa::path(get, path = "/api/v1/statistics/positions/{id}", tag = "results", params(("id" = String, Path, description = "The position's own identifier"), ("format" = Option<String>, Query)), responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn of_position(
    State(app): State<Arc<App>>,
    _: Service,
    id: Result<Path<String>, PathRejection>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let (Path(id), Query(wanted)) = (id?, wanted?);
    let (found, truncated) = interviews(&app, &id).await?;
    let cases: Vec<Case> =
        found.iter().map(|(interview, report)| Case::new(interview, report.as_ref())).collect();
    let mut dimensions = BTreeMap::<String, Vec<f64>>::new();
    for (name, score) in cases.iter().flat_map(|case| &case.dimensions) {
        dimensions.entry(name.clone()).or_default().extend(score);
    }
    let statistics = PositionStatistics {
        position: id,
        funnel: funnel(&cases),
        score: spread(cases.iter().filter_map(|case| case.score), SCORE_SCALE),
        dimensions: dimensions
            .into_iter()
            .map(|(name, scores)| (name, spread(scores, DIMENSION_SCALE)))
            .collect(),
        questions: questions(&cases),
        agreement: agreement(&cases),
        survey: surveys(&cases),
        truncated,
    };
    Ok(match wanted.format {
        Some(Format::Csv) => csv(&position_table(&statistics)),
        _ => Json(json!(statistics)).into_response(),
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImpactRequest {
    /// Interview to group, from voluntary answers that are kept elsewhere; nothing of it is stored.
    #[schema(value_type = Object)]
    groups: BTreeMap<InterviewId, String>,
}

/// Impact ratios of a position by group. The groups come with the request and are forgotten with it.
#[utoipa::path(post, path = "/api/v1/statistics/positions/{id}/impact", tag = "results", params(("id" = String, Path), ("format" = Option<String>, Query)), request_body = ImpactRequest, responses((status = 200, body = Object), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn impact_ratios(
    State(app): State<Arc<App>>,
    _: Service,
    id: Result<Path<String>, PathRejection>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    JsonBody(request): JsonBody<ImpactRequest>,
) -> Result<Response, Problem> {
    let (Path(id), Query(wanted)) = (id?, wanted?);
    if request.groups.values().any(|group| group.trim().is_empty() || group.len() > LONGEST_GROUP) {
        return Err(Problem::new(
            Kind::Invalid,
            "group_invalid",
            format!("groups: names have 1 to {LONGEST_GROUP} bytes"),
        ));
    }
    let (found, _) = interviews(&app, &id).await?;
    let members: Vec<Member> =
        found.iter().filter_map(|(interview, report)| member(interview, report.as_ref(), &request)).collect();
    let rates = impact(&members);
    Ok(match wanted.format {
        Some(Format::Csv) => csv(&impact_table(&rates)),
        _ => Json(json!(rates)).into_response(),
    })
}

fn member(interview: &Interview, report: Option<&Report>, request: &ImpactRequest) -> Option<Member> {
    Some(Member {
        group: request.groups.get(&interview.id)?.trim().to_owned(),
        score: report.and_then(|report| report.overall.score),
        selected: interview.decision.as_ref().and_then(|decision| match decision.outcome {
            Outcome::Advance | Outcome::Hire => Some(true),
            Outcome::Reject => Some(false),
            Outcome::Hold => None,
        }),
    })
}

/// The interviews of a position with their reports, and whether there are more.
async fn interviews(app: &App, position: &str) -> Result<(Vec<(Interview, Option<Report>)>, bool), Problem> {
    let (id, _) = app
        .store
        .position_by_external_id(position)
        .await?
        .ok_or_else(|| Problem::not_found("no such position"))?;
    let all = app.store.interviews(None, MOST_INTERVIEWS).await?;
    let truncated = all.len() >= MOST_INTERVIEWS as usize;
    let mut found = Vec::new();
    for interview in all.into_iter().filter(|interview| interview.position_id == id) {
        let report =
            if interview.submitted_at.is_some() { worker::stored(app, interview.id).await? } else { None };
        found.push((interview, report));
    }
    Ok((found, truncated))
}

type Table = Vec<Vec<String>>;

fn position_table(statistics: &PositionStatistics) -> Table {
    let cell = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut rows = vec![
        ["measure", "name", "count", "mean", "minimum", "median", "maximum", "deviation"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let spreads = [("score", &statistics.position, &statistics.score)]
        .into_iter()
        .chain(statistics.dimensions.iter().map(|(name, spread)| ("dimension", name, spread)))
        .chain([
            ("survey_rating", &statistics.position, &statistics.survey.rating),
            ("survey_fairness", &statistics.position, &statistics.survey.fairness),
        ]);
    for (measure, name, spread) in spreads {
        let count = spread.count.to_string();
        let numbers =
            [spread.mean, spread.minimum, spread.median, spread.maximum, spread.deviation].map(cell);
        rows.push([vec![measure.to_owned(), name.clone(), count], numbers.to_vec()].concat());
    }
    for question in &statistics.questions {
        let name = &question.question_id;
        for (measure, value) in [
            ("question_difficulty", question.difficulty),
            ("question_discrimination", question.discrimination),
        ] {
            rows.push(vec![measure.into(), name.clone(), question.count.to_string(), cell(value)]);
        }
    }
    let funnel = json!(statistics.funnel);
    for (stage, count) in funnel.as_object().into_iter().flatten() {
        rows.push(vec!["funnel".into(), stage.clone(), count.to_string()]);
    }
    let agreement = &statistics.agreement;
    for (name, value) in [
        ("agreement", agreement.agreement),
        ("override_rate", agreement.override_rate),
        ("kappa", agreement.kappa),
    ] {
        rows.push(vec!["decisions".into(), name.into(), String::new(), cell(value)]);
    }
    rows
}

fn impact_table(impact: &Impact) -> Table {
    let cell = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let header = ["measure", "group", "count", "rate", "ratio", "below_four_fifths"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for (measure, rates) in [("selection", &impact.selection), ("scoring", &impact.scoring)] {
        rows.extend(rates.iter().map(|rate| {
            vec![
                measure.to_owned(),
                rate.group.clone(),
                rate.count.to_string(),
                cell(rate.rate),
                cell(rate.ratio),
                rate.below_four_fifths.to_string(),
            ]
        }));
    }
    rows
}

/// RFC 4180, padded to the header's width. A cell that a spreadsheet would take for a formula gets an apostrophe.
fn csv(rows: &Table) -> Response {
    let width = rows.first().map_or(0, Vec::len);
    let mut text = String::new();
    for row in rows {
        for at in 0..width {
            let value = row.get(at).map_or("", String::as_str);
            let is_number = value.parse::<f64>().is_ok();
            let formula = !is_number && value.starts_with(['=', '+', '-', '@', '\t', '\r']);
            let value = if formula { format!("'{value}") } else { value.to_owned() };
            let separator = if at + 1 < width { "," } else { "\r\n" };
            let quoted = value.contains([',', '"', '\r', '\n']);
            let value = if quoted { format!("\"{}\"", value.replace('"', "\"\"")) } else { value };
            // Writing to a string cannot fail.
            let _ = write!(text, "{value}{separator}");
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"statistics.csv\""),
    ];
    (headers, text).into_response()
}
