//! What may be analysed, who decides, and how a report is made again.

use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::{Value, json};
use viva_tests::{Program, Receiver, Settings, viva};

use crate::{position, wishes::write};

/// A written interview from the link to submitting; returns its id.
pub async fn answered(program: &Program, position: &Value, analysis: bool) -> Result<String> {
    let (token, id) = program.invite(position).await?;
    write(program, &token, analysis, None).await?;
    Ok(id)
}

/// What `viva rescore` says of an interview.
pub fn rescored(program: &Program, id: &str, more: &[&str]) -> Result<Value> {
    let output = viva(false)
        .args(["rescore", id])
        .args(more)
        .current_dir(program.folder())
        .env("VIVA_DATA__DIR", program.data())
        .output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[tokio::test]
async fn without_consent_no_model_runs_and_people_review() -> Result<()> {
    let program = Program::start(Settings { models: true, ..Settings::default() }).await?;
    let id = answered(&program, &position::written(), false).await?;
    let report = program.report(&id).await?;
    assert_eq!((&report["status"], &report["models"]), (&json!("partial"), &json!([])), "{report}");
    assert_eq!(report["overall"]["score"], Value::Null);
    assert_eq!(report["overall"]["queue"], "needs_a_person");
    assert_eq!(report["human_review"]["required"], true);
    let answer = &report["answers"][0];
    for stage in ["speech", "face", "language"] {
        let reason = &answer["cues"][stage]["not_assessed"];
        assert_eq!(reason, "the candidate chose review by people alone", "{answer}");
    }
    // People read what was written.
    assert!(answer["transcript"]["text"].as_str().is_some_and(|text| !text.is_empty()), "{answer}");
    Ok(())
}

#[tokio::test]
async fn scoring_waits_for_the_notice_that_new_york_asks_for() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let mut position = position::written();
    position["profile"] = json!("us-nyc");
    let (status, problem) = program.api(Method::POST, "/api/v1/positions", Some(position.clone())).await?;
    assert_eq!(status.as_u16(), 422, "{problem}");
    assert!(problem["detail"].as_str().context("no detail")?.contains("10 business days"), "{problem}");
    position["notice"] = json!({ "posted_on": "2999-01-01", "bias_audit_on": "2999-01-01",
        "bias_audit_url": "https://example.com/audit" });
    let id = answered(&program, &position, true).await?;
    let report = program.report(&id).await?;
    assert_eq!(report["overall"]["score"], Value::Null, "{report}");
    let reason = report["answers"][0]["scores"][0]["not_assessed"].as_str().context("no reason")?;
    assert!(reason.contains("the notice was posted on 2999-01-01"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_decision_needs_a_person_and_a_reason() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let id = answered(&program, &position::written(), true).await?;
    let path = format!("/api/v1/interviews/{id}/decision");
    for (body, code) in [
        (json!({ "outcome": "reject" }), "person_needed"),
        (json!({ "outcome": "reject", "by": " ", "reason": "r" }), "person_needed"),
        (json!({ "outcome": "reject", "by": "System", "reason": "r" }), "person_needed"),
        // The name of the API key is no person's.
        (json!({ "outcome": "hire", "by": "first", "reason": "r" }), "person_needed"),
        (json!({ "outcome": "hire", "by": "li.na" }), "reason_needed"),
        (json!({ "outcome": "hire", "by": "li.na", "reason": "  " }), "reason_needed"),
    ] {
        let (status, problem) = program.api(Method::POST, &path, Some(body)).await?;
        assert_eq!((status.as_u16(), &problem["code"]), (403, &json!(code)), "{problem}");
    }
    let body = json!({ "outcome": "advance", "by": "li.na", "reason": "leads people already" });
    let (status, summary) = program.api(Method::POST, &path, Some(body)).await?;
    assert_eq!(status.as_u16(), 200, "{summary}");
    assert_eq!(summary["decision"]["reason"], "leads people already");
    assert_eq!(program.report(&id).await?["human_review"]["by"], "li.na");

    let path = "/api/v1/statistics/positions/written-position";
    let (_, statistics) = program.api(Method::GET, path, None).await?;
    assert_eq!(statistics["funnel"]["submitted"], 1, "{statistics}");
    assert_eq!(
        (&statistics["score"]["mean"], &statistics["questions"][0]["difficulty"]),
        (&json!(100.0), &json!(1.0))
    );
    let (_, csv) = program.api(Method::GET, &format!("{path}?format=csv"), None).await?;
    let csv = csv.as_str().context("no text")?;
    assert!(csv.contains("score,written-position,1,100,100,100,100,\r\n"), "{csv}");
    let groups = json!({ "groups": { id: "=1+1" } });
    let (_, impact) = program.api(Method::POST, &format!("{path}/impact"), Some(groups.clone())).await?;
    // One person is too few to say anything of.
    assert_eq!(
        (&impact["selection"][0]["count"], &impact["selection"][0]["rate"]),
        (&json!(1), &Value::Null)
    );
    let (_, csv) = program.api(Method::POST, &format!("{path}/impact?format=csv"), Some(groups)).await?;
    assert!(csv.as_str().context("no text")?.contains("selection,'=1+1,1,,,false\r\n"), "{csv}");
    assert_eq!(program.api(Method::GET, "/api/v1/statistics/positions/none", None).await?.0.as_u16(), 404);
    Ok(())
}

#[tokio::test]
async fn a_stored_report_is_made_again_to_the_last_bit() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let receiver = Receiver::start(&[]).await?;
    let wanted = json!({ "url": receiver.url, "events": ["report.ready"] });
    let (_, endpoint) = program.api(Method::POST, "/api/v1/webhook-endpoints", Some(wanted)).await?;
    receiver.expect(endpoint["secret"].as_str().context("no secret")?);
    let id = answered(&program, &position::written(), true).await?;
    receiver.wait_for("report.ready", Duration::from_secs(30)).await?;

    let again = rescored(&program, &id, &[])?;
    assert_eq!((&again["reproduced"], &again["difference"]), (&json!(true), &json!({})), "{again}");

    let mut other = position::written();
    other["questions"][0]["criteria"][1]["value"] = json!(50.0);
    std::fs::write(program.folder().join("other.yaml"), other.to_string())?;
    let changed = rescored(&program, &id, &["--position", "other.yaml"])?;
    let criterion = &changed["difference"]["criteria"][0];
    assert_eq!(
        (&criterion["criterion"], &criterion["before"]["points"]),
        (&json!("people"), &json!(10.0)),
        "{changed}"
    );
    assert_eq!(criterion["after"]["points"], 0.0, "{changed}");
    assert_eq!(changed["difference"]["score"], json!({ "before": 100.0, "after": 50.0 }));
    // And it was only asked.
    assert_eq!(program.report(&id).await?["overall"]["score"], 100.0);

    // A written answer is the candidate's own words: nobody corrects those.
    let body = json!({ "question_id": "q1", "start_ms": 0, "text": "I led 80 people.", "by": "li.na" });
    let path = format!("/api/v1/interviews/{id}/corrections");
    let (status, problem) = program.api(Method::POST, &path, Some(body)).await?;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("segment_unknown")), "{problem}");
    Ok(())
}
