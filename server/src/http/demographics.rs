//! What candidates say of themselves, voluntarily: they alone read it back, and statistics read it as a whole.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use viva_core::{
    demographics::{Characteristic, Demographics, check},
    error::Refused,
    id::InterviewId,
    interview::{Interview, State as InterviewState},
};
use viva_store::ResultKey;

use super::{
    auth::Candidate,
    error::{JsonBody, Problem},
};
use crate::{app::App, clock, results};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(show, put))
}

impl App {
    /// What a candidate said of themselves; empty where they said nothing.
    pub async fn demographics(&self, interview: InterviewId) -> anyhow::Result<Demographics> {
        let Some(stored) = self.store.demographics(interview).await? else { return Ok(Demographics::new()) };
        let opened = results::unsealed(&stored, &self.keys.of(interview).await?, &place(interview))?;
        Ok(serde_json::from_value(opened)?)
    }
}

/// Names the place that the document is sealed for; it lies in a table of its own.
fn place(interview: InterviewId) -> ResultKey {
    ResultKey { interview, question: String::new(), kind: "demographics" }
}

#[derive(Serialize)]
struct Asked {
    characteristics: Vec<AskedCharacteristic>,
    given: Demographics,
}

#[derive(Serialize)]
struct AskedCharacteristic {
    characteristic: Characteristic,
    options: &'static [&'static str],
}

/// What the candidate may say about themselves, and what they said.
#[utoipa::path(get, path = "/api/v1/candidate/demographics", tag = "candidate", responses((status = 200, body = Object), (status = 401, body = Problem)))]
async fn show(State(app): State<Arc<App>>, Candidate(interview): Candidate) -> Result<Json<Value>, Problem> {
    let given = app.demographics(interview.id).await?;
    Ok(Json(json!(Asked { characteristics: asked(&interview), given })))
}

fn asked(interview: &Interview) -> Vec<AskedCharacteristic> {
    let asked = interview.position.demographics.iter();
    asked
        .map(|characteristic| AskedCharacteristic {
            characteristic: *characteristic,
            options: characteristic.options(),
        })
        .collect()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Given {
    /// Characteristic to one of its options; what is left out is not said.
    #[schema(value_type = Object)]
    given: BTreeMap<Characteristic, String>,
}

/// Says it, changes it, or takes it back (`{}`). It reaches no report and nobody who decides.
#[utoipa::path(put, path = "/api/v1/candidate/demographics", tag = "candidate", request_body = Given, responses((status = 200, body = Object), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn put(
    State(app): State<Arc<App>>,
    Candidate(interview): Candidate,
    JsonBody(Given { given }): JsonBody<Given>,
) -> Result<Json<Value>, Problem> {
    if matches!(interview.state, InterviewState::Withdrawn | InterviewState::Erased) {
        return Err(Refused::conflict("interview_withdrawn", "this interview was withdrawn").into());
    }
    check(&interview.position, &given)?;
    if given.is_empty() {
        app.store.delete_demographics(interview.id).await?;
    } else {
        let key = app.keys.of(interview.id).await?;
        let sealed = results::sealed(&json!(given), &key, &place(interview.id))?;
        app.store.put_demographics(interview.id, &sealed, clock::now()).await?;
    }
    Ok(Json(json!(Asked { characteristics: asked(&interview), given })))
}
