//! What is noted for people to look at: with its time, open to the candidate's comment, and never counted.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use viva_tests::{Program, Settings};

use crate::position;

const POST: Method = Method::POST;
/// Long enough to be noticed when it appears at once.
const BLOCK: &str = "// I led a team of 8 people.\nfn main() { println!(\"a line of a program that is long enough to be noticed\"); }\n";

/// The written position as a question for code.
fn code(observations: bool) -> Value {
    let mut position = position::written();
    position["observations"] = json!(observations);
    position["questions"][0]["kind"] = json!("code");
    position
}

fn now_ms() -> Result<u64> {
    Ok(u64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis())?)
}

/// Writes code: pasted, and with the page left for four seconds, or typed.
async fn write(program: &Program, token: &str, consents: bool, odd: bool) -> Result<()> {
    let candidate = |path: &str| format!("/api/v1/candidate/{path}");
    let decisions = ["recording", "analysis"]
        .map(|purpose| json!({ "purpose": purpose, "granted": consents || purpose == "recording" }));
    for (path, body) in [
        ("interview/opened", json!({})),
        ("consents", json!({ "text_version": "2026-11", "decisions": decisions })),
        ("checks", json!({})),
        ("questions/q1/open", json!({})),
    ] {
        program.must(POST, &candidate(path), token, Some(body)).await?;
    }
    let edits: Vec<Value> = if odd {
        vec![json!({ "at_ms": 700, "from": 0, "removed": 0, "inserted": BLOCK })]
    } else {
        let lines = BLOCK.char_indices().step_by(10).zip(0..);
        lines
            .map(|((at, _), n)| {
                let piece: String = BLOCK[at..].chars().take(10).collect();
                json!({ "at_ms": 700 + n * 300, "from": at, "removed": 0, "inserted": piece })
            })
            .collect()
    };
    let draft = json!({ "draft": BLOCK, "first": 0, "edits": edits });
    program.must(Method::PUT, &candidate("questions/q1/draft"), token, Some(draft)).await?;
    if odd {
        let from = now_ms()?;
        tokio::time::sleep(Duration::from_secs(4)).await;
        let absence = json!({ "from": from, "until": now_ms()? });
        program.must(POST, &candidate("questions/q1/away"), token, Some(absence)).await?;
    }
    program.must(POST, &candidate("questions/q1/answer"), token, Some(json!({ "text": BLOCK }))).await?;
    program.must(POST, &candidate("submit"), token, Some(json!({}))).await?;
    Ok(())
}

fn kinds(report: &Value) -> Vec<&str> {
    let flags = report["integrity_flags"].as_array().map_or(&[][..], Vec::as_slice);
    flags.iter().filter_map(|flag| flag["kind"].as_str()).collect()
}

#[tokio::test]
async fn what_is_noted_is_for_people_and_changes_no_score() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let interview = async |observations: bool, consents: bool, odd: bool| {
        let (token, id) = program.invite(&code(observations)).await?;
        write(&program, &token, consents, odd).await?;
        Ok::<_, anyhow::Error>((token, id.clone(), program.report(&id).await?))
    };
    let (token, id, noted) = interview(true, true, true).await?;
    let mut found = kinds(&noted);
    found.sort_unstable();
    assert_eq!(found, ["focus_lost", "pasted_code"], "{}", noted["integrity_flags"]);
    let (_, _, typed) = interview(true, true, false).await?;
    assert_eq!(kinds(&typed), [] as [&str; 0]);
    // Nothing is kept where the position does not ask for it, or the candidate does not agree.
    let (_, _, unasked) = interview(false, true, true).await?;
    let (_, _, refused) = interview(true, false, true).await?;
    assert_eq!((kinds(&unasked), kinds(&refused)), (vec![], vec![]));
    for field in ["overall", "dimensions", "strengths", "concerns", "human_review", "status"] {
        assert_eq!(noted[field], typed[field], "{field}");
        assert_eq!(noted[field], unasked[field], "{field}");
    }
    ensure!(noted["overall"]["score"].is_number(), "{}", noted["overall"]);
    assert_eq!(noted["answers"][0]["scores"], typed["answers"][0]["scores"]);

    // The candidate sees it and says something to it; the report is made again with that, and nothing else changes.
    let result = program.must(Method::GET, "/api/v1/candidate/result", &token, None).await?;
    let away =
        result["noticed"].as_array().and_then(|all| all.iter().find(|one| one["kind"] == "focus_lost"));
    let away = away.context("the candidate is not told")?;
    let lasted = away["end_ms"].as_u64().unwrap_or_default() - away["start_ms"].as_u64().unwrap_or_default();
    ensure!((3900..6000).contains(&lasted), "{away}");
    let comment = json!({ "question_id": "q1", "kind": "focus_lost", "start_ms": away["start_ms"],
        "text": "My screen reader asked me something." });
    program.must(POST, "/api/v1/candidate/comments", &token, Some(comment.clone())).await?;
    let revised = loop {
        let report = program.report(&id).await?;
        if report["revision"].is_object() {
            break report;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let flags = revised["integrity_flags"].as_array().context("no flags")?;
    let said: Vec<_> = flags.iter().filter_map(|flag| flag["comment"].as_str()).collect();
    assert_eq!(said, ["My screen reader asked me something."]);
    assert_eq!((&revised["overall"], &revised["revision"]["difference"]), (&noted["overall"], &json!({})));
    let elsewhere = json!({ "question_id": "q1", "kind": "second_face", "start_ms": 0, "text": "Nobody." });
    let (status, problem) = program.call(POST, "/api/v1/candidate/comments", &token, Some(elsewhere)).await?;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("observation_unknown")), "{problem}");
    let absurd = json!({ "from": 0, "until": 1 });
    let path = "/api/v1/candidate/questions/q1/away";
    let (status, problem) = program.call(POST, path, &token, Some(absurd)).await?;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("absence_invalid")), "{problem}");
    Ok(())
}
