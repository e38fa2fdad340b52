//! What a candidate takes along: everything about them and nothing else, and then the proof that it is gone.

use std::io::{Cursor, Read as _};

use anyhow::{Context as _, Result, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use viva_tests::{Candidate, Program, Settings};
use zip::ZipArchive;

use crate::{backfill::first_take, position, wishes::write};

const POST: Method = Method::POST;
const DATA: &str = "/api/v1/candidate/data";

type Archive = ZipArchive<Cursor<Vec<u8>>>;

async fn download(program: &Program, path: &str, token: Option<&str>) -> Result<(StatusCode, Vec<u8>)> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut request = client.get(program.url(path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await?;
    Ok((response.status(), response.bytes().await?.to_vec()))
}

async fn archive(program: &Program, token: &str) -> Result<Archive> {
    let (status, bytes) = download(program, DATA, Some(token)).await?;
    ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&bytes));
    Ok(ZipArchive::new(Cursor::new(bytes))?)
}

fn entry(archive: &mut Archive, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    archive.by_name(name)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[tokio::test]
async fn everything_about_a_candidate_goes_into_one_archive_and_then_for_good() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::one_question(6, 1)).await?;
    let candidate = Candidate::until(&program, &token, "done", &[]).await?;
    drop(candidate);
    let view = program.view(&token).await?;
    let (take, stored) = (first_take(&view), &view["questions"][0]["stored"]);
    assert_eq!(stored["sha256"], take["recording"]["sha256"]);
    assert_eq!((&stored["bytes"], &stored["missing_ms"]), (&take["recording"]["bytes"], &json!(0)));

    let mut whole = archive(&program, &token).await?;
    let recording = entry(&mut whole, "recordings/q1-take-1.webm")?;
    assert_eq!(json!(hex::encode(Sha256::digest(&recording))), stored["sha256"]);
    let consents = String::from_utf8(entry(&mut whole, "consents.txt")?)?;
    let sha256 = view["consent_text_sha256"].as_str().context("no hash")?;
    ensure!(consents.contains(sha256) && consents.contains("What you agree to"), "{consents}");
    let record: Value = serde_json::from_slice(&entry(&mut whole, "interview.json")?)?;
    assert_eq!(record["id"], json!(interview));
    assert_eq!(record["candidate"]["ref"], "test-1");
    ensure!(!record.to_string().contains("criteria"), "the rubric is the employer's");
    ensure!(whole.by_name("report.json").is_err(), "the position shares no report");

    // The page's own link needs no token, and is good for nobody else's data.
    let link = view["data_url"].as_str().context("no link")?;
    let (status, bytes) = download(&program, link, None).await?;
    ensure!(status.is_success() && bytes.starts_with(b"PK"), "{status}");
    let (_, other) = program.invite(&position::one_question(6, 1)).await?;
    let (status, _) = download(&program, &link.replace(&interview, &other), None).await?;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(download(&program, DATA, None).await?.0, StatusCode::UNAUTHORIZED);

    let certificate = "/api/v1/candidate/deletion-certificate";
    assert_eq!(program.call(Method::GET, certificate, &token, None).await?.0, StatusCode::NOT_FOUND);
    program.must(POST, "/api/v1/candidate/erasure", &token, Some(json!({}))).await?;
    let proof = loop {
        let (status, proof) = program.call(Method::GET, certificate, &token, None).await?;
        if status != StatusCode::SERVICE_UNAVAILABLE {
            break proof;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!((&proof["requested_by"], &proof["data_key"]), (&json!("candidate"), &json!("destroyed")));
    ensure!(proof["files"].to_string().contains(".webm"), "{proof}");
    assert_eq!(download(&program, DATA, Some(&token)).await?.0, StatusCode::GONE);
    assert_eq!(download(&program, link, None).await?.0, StatusCode::GONE);
    Ok(())
}

#[tokio::test]
async fn a_report_goes_along_where_the_position_shares_it() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let mut position = position::written();
    position["share_report"] = json!(true);
    let (token, interview) = program.invite(&position).await?;
    let result = "/api/v1/candidate/result";
    assert_eq!(program.call(Method::GET, result, &token, None).await?.0, StatusCode::NOT_FOUND);
    write(&program, &token, true, None).await?;
    let report = program.report(&interview).await?;
    let own = program.must(Method::GET, result, &token, None).await?;
    assert_eq!(own["shared"]["score"], report["overall"]["score"], "{own}");
    assert_eq!(own["shared"]["to_improve"], report["concerns"], "{own}");
    ensure!(!own.to_string().contains("queue"), "what the hiring team is advised is its own: {own}");
    let mut whole = archive(&program, &token).await?;
    let shared: Value = serde_json::from_slice(&entry(&mut whole, "report.json")?)?;
    assert_eq!(shared["overall"], report["overall"]);
    let view = program.view(&token).await?;
    let text = "I trained my team. We were 8 people in two cities.";
    assert_eq!(view["questions"][0]["stored"]["sha256"], json!(hex::encode(Sha256::digest(text))));
    Ok(())
}

#[tokio::test]
async fn what_candidates_say_of_the_interview_is_counted_and_shown_only_of_many() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let position = position::written();
    let statistics = format!("/api/v1/statistics/positions/{}", position["id"].as_str().context("no id")?);
    for stars in 1..=5 {
        let (token, _) = program.invite(&position).await?;
        let survey = json!({ "rating": stars, "fairness": 5 });
        let view = program.must(POST, "/api/v1/candidate/survey", &token, Some(survey)).await?;
        assert_eq!(view["survey_done"], true);
        let (_, found) = program.api(Method::GET, &statistics, None).await?;
        assert_eq!(found["survey"]["answered"], stars);
        assert_eq!(found["survey"]["rating"]["mean"], if stars == 5 { json!(3.0) } else { Value::Null });
    }
    let (token, _) = program.invite(&position).await?;
    for wrong in [json!({}), json!({ "rating": 6 }), json!({ "rating": 0 }), json!({ "comment": "x" })] {
        let (status, _) = program.call(POST, "/api/v1/candidate/survey", &token, Some(wrong)).await?;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    Ok(())
}
