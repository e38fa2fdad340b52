//! Statistics of a position, as JSON or as CSV.

mod tables;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    demographics::{Characteristic, group},
    error::Kind,
    id::{InterviewId, PositionId},
    interview::{Interview, Outcome},
    report::{Report, Titles},
    retention::DataClass,
    statistics::{
        Agreement, Case, ChannelStatistics, Drift, Funnel, Member, QuestionStatistics, Spread, Surveys,
        agreement, channels, drift, funnel, impact, questions, spread, surveys,
    },
};

use super::{
    auth::{PositionReader, Service},
    csv::csv,
    error::{JsonBody, Problem},
};
use crate::{app::App, worker};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(of_position)).routes(routes!(impact_by, impact_ratios))
}

/// The newest interviews that are looked at.
const MOST_INTERVIEWS: u32 = 5000;
const LONGEST_GROUP: usize = 100;
const MOST_CHARACTERISTICS: usize = 8;
const DIMENSION_SCALE: f64 = 10.0;
const SCORE_SCALE: f64 = 100.0;

#[derive(Deserialize)]
struct Wanted {
    format: Option<Format>,
    /// A language tag, for the title.
    locale: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Format {
    Json,
    Csv,
}

#[derive(Serialize)]
pub(super) struct PositionStatistics {
    pub position: String,
    pub title: String,
    #[serde(skip_serializing_if = "Titles::is_empty")]
    pub titles: Titles,
    /// What was asked, by question.
    pub question_texts: BTreeMap<String, String>,
    pub funnel: Funnel,
    /// 0–100.
    pub score: Spread,
    /// 0–10.
    pub dimensions: BTreeMap<String, Spread>,
    pub questions: Vec<QuestionStatistics>,
    pub channels: Vec<ChannelStatistics>,
    pub agreement: Agreement,
    pub survey: Surveys,
    pub drift: Drift,
    /// What candidates are asked about themselves: what impact ratios can be had by.
    pub demographics: Vec<Characteristic>,
    /// Older interviews were left out.
    pub truncated: bool,
}

/// The cases of a position, newest first, and whether there are more.
pub async fn cases(app: &App, position: PositionId) -> anyhow::Result<(Vec<Case>, bool)> {
    let (found, truncated) = interviews(app, position).await?;
    Ok((found.iter().map(|(interview, report)| Case::new(interview, report.as_ref())).collect(), truncated))
}

/// Funnel, scores, dimensions, questions, channels, drift, and how often people decide otherwise. `format=csv` for a table.
#[utoipa::path(get, path = "/api/v1/statistics/positions/{id}", tag = "results", params(("id" = String, Path, description = "Viva's id, or the position's own"), ("format" = Option<String>, Query), ("locale" = Option<String>, Query)), responses((status = 200, body = Object), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn of_position(
    State(app): State<Arc<App>>,
    reader: PositionReader,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted?;
    let PositionReader { id, position } = reader;
    let (cases, truncated) = cases(&app, id).await?;
    let mut dimensions = BTreeMap::<String, Vec<f64>>::new();
    for (name, score) in cases.iter().flat_map(|case| &case.dimensions) {
        dimensions.entry(name.clone()).or_default().extend(score);
    }
    let locale = position.language_for(wanted.locale.as_deref());
    let statistics = PositionStatistics {
        title: position.title.in_language(&locale).to_owned(),
        titles: Titles::of(&position),
        question_texts: position
            .questions
            .iter()
            .map(|question| (question.id.clone(), question.text.in_language(&locale).to_owned()))
            .collect(),
        position: position.id,
        funnel: funnel(&cases),
        score: spread(cases.iter().filter_map(|case| case.score), SCORE_SCALE),
        dimensions: dimensions
            .into_iter()
            .map(|(name, scores)| (name, spread(scores, DIMENSION_SCALE)))
            .collect(),
        questions: questions(&cases),
        channels: channels(&cases),
        agreement: agreement(&cases),
        survey: surveys(&cases),
        drift: drift(&cases),
        demographics: position.demographics,
        truncated,
    };
    Ok(match wanted.format {
        Some(Format::Csv) => csv(&tables::of_position(&statistics)),
        _ => Json(json!(statistics)).into_response(),
    })
}

#[derive(Deserialize)]
struct By {
    /// Characteristics, by commas: groups of several at once.
    by: String,
    format: Option<Format>,
}

/// Impact ratios by what candidates said of themselves. Groups of fewer than ten have no rates.
#[utoipa::path(get, path = "/api/v1/statistics/positions/{id}/impact", tag = "results", params(("id" = String, Path, description = "Viva's id, or the position's own"), ("by" = String, Query, description = "sex, race_ethnicity, age_group, or several by commas"), ("format" = Option<String>, Query)), responses((status = 200, body = Object), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn impact_by(
    State(app): State<Arc<App>>,
    reader: PositionReader,
    wanted: Result<Query<By>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted?;
    let by = characteristics(&wanted.by)?;
    let (found, _) = interviews(&app, reader.id).await?;
    let mut members = Vec::new();
    for (interview, report) in &found {
        let said = group(&app.demographics(interview.id).await?, &by);
        members.extend(said.map(|group| member(interview, report.as_ref(), group)));
    }
    Ok(rates(&members, wanted.format))
}

fn characteristics(text: &str) -> Result<Vec<Characteristic>, Problem> {
    let read = |name: &str| serde_json::from_value(json!(name.trim())).ok();
    let mut by: Vec<Characteristic> = text.split(',').take(MOST_CHARACTERISTICS).filter_map(read).collect();
    by.dedup();
    if by.is_empty() || by.len() != text.split(',').count() {
        let detail = "by: name sex, race_ethnicity or age_group, or several with commas between";
        return Err(Problem::new(Kind::Invalid, "characteristic_unknown", detail));
    }
    Ok(by)
}

fn rates(members: &[Member], format: Option<Format>) -> Response {
    let rates = impact(members);
    match format {
        Some(Format::Csv) => csv(&tables::of_impact(&rates)),
        _ => Json(json!(rates)).into_response(),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImpactRequest {
    /// Interview to group, from voluntary answers that are kept elsewhere; nothing of it is stored.
    #[schema(value_type = Object)]
    groups: BTreeMap<InterviewId, String>,
}

/// Impact ratios by groups that are kept elsewhere: they come with the request and are forgotten with it.
#[utoipa::path(post, path = "/api/v1/statistics/positions/{id}/impact", tag = "results", params(("id" = String, Path, description = "Viva's id, or the position's own"), ("format" = Option<String>, Query)), request_body = ImpactRequest, responses((status = 200, body = Object), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn impact_ratios(
    State(app): State<Arc<App>>,
    _: Service,
    reader: PositionReader,
    wanted: Result<Query<Wanted>, QueryRejection>,
    JsonBody(request): JsonBody<ImpactRequest>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted?;
    if request.groups.values().any(|group| group.trim().is_empty() || group.len() > LONGEST_GROUP) {
        return Err(Problem::new(
            Kind::Invalid,
            "group_invalid",
            format!("groups: names have 1 to {LONGEST_GROUP} bytes"),
        ));
    }
    let (found, _) = interviews(&app, reader.id).await?;
    let of = |interview: &Interview| request.groups.get(&interview.id).map(|group| group.trim().to_owned());
    let members: Vec<Member> = found
        .iter()
        .filter_map(|(interview, report)| Some(member(interview, report.as_ref(), of(interview)?)))
        .collect();
    Ok(rates(&members, wanted.format))
}

fn member(interview: &Interview, report: Option<&Report>, group: String) -> Member {
    Member {
        group,
        score: report.and_then(|report| report.overall.score),
        selected: interview.decision.as_ref().and_then(|decision| match decision.outcome {
            Outcome::Advance | Outcome::Hire => Some(true),
            Outcome::Reject => Some(false),
            Outcome::Hold => None,
        }),
    }
}

/// The interviews of a position with their reports, and whether there are more.
async fn interviews(
    app: &App,
    position: PositionId,
) -> anyhow::Result<(Vec<(Interview, Option<Report>)>, bool)> {
    let all = app.store.interviews_of_position(position, MOST_INTERVIEWS).await?;
    let truncated = all.len() >= MOST_INTERVIEWS as usize;
    let mut found = Vec::new();
    for interview in all {
        let has_report = interview.submitted_at.is_some() && !interview.is_deleted(DataClass::Reports);
        let report = if has_report { worker::stored(app, interview.id).await? } else { None };
        found.push((interview, report));
    }
    Ok((found, truncated))
}
