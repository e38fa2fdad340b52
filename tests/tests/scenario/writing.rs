//! Answers that are written: kept as they are typed, handed in by the clock, and shown with how they came about.

use anyhow::{Result, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use viva_tests::{Program, Settings};

use crate::{position, wishes::write};

const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const DRAFT: &str = "/api/v1/candidate/questions/q1/draft";

async fn open(program: &Program, position: &Value) -> Result<(String, String)> {
    let (token, interview) = program.invite(position).await?;
    let decisions = ["recording", "analysis"].map(|purpose| json!({ "purpose": purpose, "granted": true }));
    for (path, body) in [
        ("interview/opened", json!({})),
        ("consents", json!({ "text_version": "2026-11", "decisions": decisions })),
        ("checks", json!({})),
        ("questions/q1/open", json!({})),
    ] {
        program.must(POST, &format!("/api/v1/candidate/{path}"), &token, Some(body)).await?;
    }
    Ok((token, interview))
}

fn of_kind(kind: &str) -> Value {
    let mut position = position::written();
    position["questions"][0]["kind"] = json!(kind);
    position
}

#[tokio::test]
async fn code_is_kept_as_it_is_typed_and_shown_with_its_edits() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = open(&program, &of_kind("code")).await?;
    let typed = |at_ms: u64, from: usize, removed: usize, inserted: &str| json!({ "at_ms": at_ms, "from": from, "removed": removed, "inserted": inserted });
    let first = json!({ "draft": "print(1)", "first": 0, "edits": [typed(10, 0, 0, "print(1)")] });
    let second = json!({ "draft": "print(2)", "first": 1, "edits": [typed(900, 6, 1, "2")] });
    for body in [&first, &first, &second] {
        program.must(PUT, DRAFT, &token, Some(body.clone())).await?;
    }
    let gap = json!({ "draft": "x", "first": 7, "edits": [] });
    assert_eq!(program.call(PUT, DRAFT, &token, Some(gap)).await?.0, StatusCode::CONFLICT);
    // Another device goes on with it, and HR sees nothing of it before it is handed in.
    let kept = program.must(Method::GET, DRAFT, &token, None).await?;
    assert_eq!(kept, json!({ "draft": "print(2)", "choice": [], "edits": 2 }));
    let replay = format!("/api/v1/interviews/{interview}/questions/q1/writing");
    assert_eq!(program.api(Method::GET, &replay, None).await?.0, StatusCode::NOT_FOUND);
    // What is written lies sealed on the disk.
    ensure!(!program.lies_open("print(2)"), "the draft lies in the clear");

    let answer = json!({ "text": "print(2)" });
    program.must(POST, "/api/v1/candidate/questions/q1/answer", &token, Some(answer)).await?;
    program.must(POST, "/api/v1/candidate/submit", &token, Some(json!({}))).await?;
    program.report(&interview).await?;
    let (_, shown) = program.api(Method::GET, &replay, None).await?;
    assert_eq!((&shown["whole"], &shown["edits"][1]), (&json!(true), &typed(900, 6, 1, "2")));
    let late = json!({ "draft": "print(3)" });
    assert_eq!(program.call(PUT, DRAFT, &token, Some(late)).await?.0, StatusCode::CONFLICT);
    Ok(())
}

#[tokio::test]
async fn nobody_sees_how_a_text_was_written() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = open(&program, &position::written()).await?;
    let body = json!({ "draft": "We", "first": 0, "edits": [{ "at_ms": 1, "from": 0, "removed": 0, "inserted": "We" }] });
    program.must(PUT, DRAFT, &token, Some(body)).await?;
    assert_eq!(program.must(Method::GET, DRAFT, &token, None).await?["edits"], 0);
    let answer = json!({ "text": "We" });
    program.must(POST, "/api/v1/candidate/questions/q1/answer", &token, Some(answer)).await?;
    let replay = format!("/api/v1/interviews/{interview}/questions/q1/writing");
    assert_eq!(program.api(Method::GET, &replay, None).await?.0, StatusCode::NOT_FOUND);
    // Before a question is open there is nothing to write.
    let (other, _) = program.invite(&position::written()).await?;
    let early = program.call(PUT, DRAFT, &other, Some(json!({ "draft": "x" }))).await?;
    assert_eq!(early.1["code"], "question_not_open");
    Ok(())
}

/// The page has gone: the server's clock hands in what it had kept.
#[tokio::test]
async fn the_clock_hands_in_what_was_written() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let mut position = position::written();
    position["questions"][0]["answer_seconds"] = json!(5);
    let (token, interview) = open(&program, &position).await?;
    let draft = "I trained my team. We were 8 people in two cities.";
    program.must(PUT, DRAFT, &token, Some(json!({ "draft": draft }))).await?;
    let view =
        program.wait_for(&token, "handed in", |view| view["questions"][0]["status"] == "answered").await?;
    let question = &view["questions"][0];
    ensure!(view["server_time"].as_i64() >= question["deadline"].as_i64(), "before its deadline");
    assert_eq!(question["stored"]["bytes"], draft.len());
    program.must(POST, "/api/v1/candidate/submit", &token, Some(json!({}))).await?;
    assert_eq!(program.report(&interview).await?["answers"][0]["transcript"]["text"], draft);
    Ok(())
}

/// Consents that are taken back delete what was measured, not what is being written.
#[tokio::test]
async fn a_draft_outlives_a_consent_that_is_taken_back() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, _) = open(&program, &position::written()).await?;
    program.must(PUT, DRAFT, &token, Some(json!({ "draft": "half an ans" }))).await?;
    let back = json!({ "text_version": "2026-11", "decisions": [
        { "purpose": "recording", "granted": true }, { "purpose": "analysis", "granted": false }] });
    program.must(POST, "/api/v1/candidate/consents", &token, Some(back)).await?;
    // A second interview, whose report comes after the first one's deletion was done.
    let (other, report) = program.invite(&position::written()).await?;
    write(&program, &other, true, None).await?;
    program.report(&report).await?;
    assert_eq!(program.must(Method::GET, DRAFT, &token, None).await?["draft"], "half an ans");
    Ok(())
}
