//! Follow-ups: asked within three seconds by rules that are the same for everybody, answered, told in the report, and never
//! scored.

use anyhow::{Context as _, Result, ensure};
use axum::{Json, Router, routing::post};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use viva_tests::{Candidate, Clip, Program, Settings, build_folder};

use crate::position;

const POST: Method = Method::POST;
const FURTHER: &str = "q1.follow-up-1";

fn asking() -> Value {
    let mut position = position::written();
    position["questions"][0]["follow_ups"] = json!([
        { "when": { "mentions": ["team"] }, "ask": "How did you lead it?" },
        { "when": { "lacks": ["people"] }, "ask": "How many were you?" }]);
    position
}

/// Up to and with the answer to the first question; gives the view right after it.
async fn answer(program: &Program, token: &str, mode: &str, text: &str) -> Result<Value> {
    let granted =
        |purpose| json!({ "purpose": purpose, "granted": purpose == "recording" || mode != "human_only" });
    let decisions = ["recording", "analysis"].map(granted);
    let mut view = Value::Null;
    for (path, body) in [
        ("interview/opened", json!({})),
        ("mode", json!({ "mode": mode })),
        ("consents", json!({ "text_version": "2026-11", "decisions": decisions })),
        ("checks", json!({})),
        ("questions/q1/open", json!({})),
        ("questions/q1/answer", json!({ "text": text })),
    ] {
        view = program.must(POST, &format!("/api/v1/candidate/{path}"), token, Some(body)).await?;
    }
    Ok(view)
}

#[tokio::test]
async fn an_answer_leads_to_a_further_question_that_is_told_and_not_scored() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&asking()).await?;
    assert_eq!(program.view(&token).await?["follow_ups_at_most"], 2);
    let said = "I trained my team. We were 8 people in two cities.";
    let view = answer(&program, &token, "ai", said).await?;
    let waits_ms =
        view["follow_up_until"].as_i64().context("nobody waits")? - view["server_time"].as_i64().unwrap_or(0);
    ensure!((1..=3000).contains(&waits_ms), "{waits_ms}");
    let view =
        program.wait_for(&token, "the end of the wait", |view| view["follow_up_until"].is_null()).await?;
    let ids: Vec<_> = view["questions"].as_array().context("none")?.iter().map(|q| q["id"].clone()).collect();
    assert_eq!(ids, [json!("q1"), json!(FURTHER)]);
    assert_eq!(view["questions"][1]["follows"], "q1");
    ensure!(
        view["server_time"].as_i64() < view["questions"][0]["opened_at"].as_i64().map(|at| at + 3000),
        "late"
    );
    for (path, body) in [("open", json!({})), ("answer", json!({ "text": "By listening." }))] {
        let path = format!("/api/v1/candidate/questions/{FURTHER}/{path}");
        program.must(POST, &path, &token, Some(body)).await?;
    }
    program.must(POST, "/api/v1/candidate/submit", &token, Some(json!({}))).await?;
    let report = program.report(&interview).await?;
    assert_eq!(report["answers"][1]["follow_up"], json!({ "question_id": "q1", "mentioned": "team" }));
    assert_eq!(report["answers"][1]["scores"], json!([]));
    assert_eq!(report["answers"][1]["transcript"]["text"], "By listening.");
    let (_, statistics) =
        program.api(Method::GET, "/api/v1/statistics/positions/written-position", None).await?;
    let items = statistics["questions"].as_array().context("none")?;
    let items: Vec<_> = items.iter().map(|question| question["question_id"].clone()).collect();
    assert_eq!(items, [json!("q1")]);

    // Who is asked nothing further has the same rubric and, for the same words, the same score.
    let (other, second) = program.invite(&asking()).await?;
    let view = answer(&program, &other, "ai", said).await?;
    ensure!(!view["follow_up_until"].is_null(), "nobody waits");
    // Going on before the question comes means that it is not asked.
    let (status, view) = program.call(POST, "/api/v1/candidate/submit", &other, Some(json!({}))).await?;
    if status.is_success() {
        assert_eq!(view["questions"].as_array().map(Vec::len), Some(1));
        let without = program.report(&second).await?;
        for same in ["rubric_version", "overall", "dimensions"] {
            assert_eq!(without[same], report[same], "{same}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_read_for_who_wants_people_alone() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&asking()).await?;
    let view = answer(&program, &token, "human_only", "I trained my team.").await?;
    assert_eq!((&view["follow_up_until"], &view["follow_ups_at_most"]), (&Value::Null, &json!(0)));
    program.must(POST, "/api/v1/candidate/submit", &token, Some(json!({}))).await?;
    assert_eq!(program.report(&interview).await?["answers"].as_array().map(Vec::len), Some(1));
    Ok(())
}

/// What a language model in the house finds decides only whether a question of the position is asked.
#[tokio::test]
async fn a_language_model_in_the_house_may_decide_whether_to_ask() -> Result<()> {
    let (tell, mut told) = mpsc::unbounded_channel::<Value>();
    let router = Router::new().route(
        "/v1/chat/completions",
        post(move |Json(body): Json<Value>| async move {
            let vague =
                body["messages"][1]["content"].as_str().is_some_and(|asked| asked.contains("somehow"));
            // A test that has ended asks for nothing any more.
            let _ = tell.send(body);
            let content = json!({ "is_true": vague }).to_string();
            Json(json!({ "choices": [{ "message": { "content": content }, "finish_reason": "stop" }] }))
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let variables = [
        ("VIVA_LANGUAGE_MODEL__URL", format!("http://{}/v1", listener.local_addr()?)),
        ("VIVA_LANGUAGE_MODEL__MODEL", "local-7b".to_owned()),
    ];
    tokio::spawn(async move { axum::serve(listener, router).await });
    let program = Program::start(Settings { variables: variables.into(), ..Settings::default() }).await?;
    let mut position = position::written();
    let statement = "The answer names no result.";
    position["questions"][0]["follow_ups"] =
        json!([{ "when": { "judged": statement }, "ask": "What came of it?" }]);
    for (said, asked) in [("We managed it somehow.", 2), ("Sales grew by 20 percent.", 1)] {
        let (token, _) = program.invite(&position).await?;
        answer(&program, &token, "ai", said).await?;
        let view =
            program.wait_for(&token, "the end of the wait", |view| view["follow_up_until"].is_null()).await?;
        assert_eq!(view["questions"].as_array().map(Vec::len), Some(asked), "{said}");
        let prompt = told.recv().await.context("nobody was asked")?;
        let material: Value =
            serde_json::from_str(prompt["messages"][1]["content"].as_str().context("none")?)?;
        assert_eq!(material, json!({ "statement": statement, "answer": said }));
    }
    Ok(())
}

/// A spoken answer in a real browser: measured while it is looked at, for ten seconds, so that the further question comes at
/// once, also on a busy machine.
#[tokio::test]
async fn a_spoken_answer_leads_to_a_further_question_after_its_scene() -> Result<()> {
    let program = Program::start(Settings { models: true, ..Settings::default() }).await?;
    let mut position = position::one_question(60, 2);
    position["languages"] = json!(["en"]);
    position["questions"][0]["prompt"] = json!({ "speech": "Hello? What are you going to do about it?" });
    position["questions"][0]["follow_ups"] =
        json!([{ "when": { "lacks": ["zebra"] }, "ask": "And then?", "answer_seconds": 30 }]);
    position["identity"] = json!([{ "id": "name", "kind": "full_name", "label": "Name" }]);
    let (token, interview) = program.invite(&position).await?;
    let media = build_folder().join("media");
    let clip = Clip { video: media.join("camera.y4m"), audio: media.join("answers_en.wav") };
    let link = program.url(&format!("/i/{token}"));
    let walked = tokio::task::spawn_blocking(move || {
        let mut candidate =
            Candidate::open(&link, &clip, &["--answer-seconds", "6", "--review-seconds", "10"])?;
        for step in ["identified", "prompt_over", "recorded", "done"] {
            candidate.reach(step)?;
        }
        Ok::<_, anyhow::Error>(())
    });
    walked.await??;
    let report = program.report(&interview).await?;
    let answers = report["answers"].as_array().context("no answers")?;
    eprintln!("transcript of the first answer: {}", answers[0]["transcript"]);
    assert_eq!(answers.len(), 2, "no further question came: {report}");
    assert_eq!(answers[1]["follow_up"], json!({ "question_id": "q1", "lacking": ["zebra"] }));
    ensure!(answers[1]["duration_ms"].as_u64().is_some_and(|ms| ms > 3000), "{}", answers[1]);
    Ok(())
}
