//! The language model in the house: what it may be asked, and what of its word counts.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use viva_tests::{LanguageModel, Program, Settings};

use crate::{
    analysis::{answered, rescored},
    position,
};

/// The written position, judged by a language model alone.
fn judged(profile: &str) -> Value {
    let mut position = position::written();
    position["profile"] = json!(profile);
    if profile == "us-nyc" {
        position["notice"] = json!({ "posted_on": "2999-01-01", "bias_audit_on": "2999-01-01",
            "bias_audit_url": "https://example.com/audit" });
    }
    if profile == "us-ca" {
        position["retention_days"] = json!(1460);
    }
    let criterion =
        |id: &str| json!({ "id": id, "dimension": "all", "points": 10.0, "rule": "judge", "asks": id });
    position["questions"][0]["criteria"] = json!(["training", "cost", "travel"].map(criterion));
    position
}

/// Says the truth about training, makes up a quote about cost, and finds nothing of travel.
fn says(asked: &Value) -> Option<Value> {
    Some(match asked["criterion"].as_str()? {
        "training" => {
            json!({ "met": "fully", "quotes": ["we were 8 people, in two cities"], "reason": "Named." })
        }
        "cost" => json!({ "met": "fully", "quotes": ["We saved two million euros"], "reason": "Saved." }),
        _ => json!({ "met": "no", "quotes": [], "reason": "Nothing about travel." }),
    })
}

fn with(model: &LanguageModel) -> Settings {
    Settings { variables: model.variables(), ..Settings::default() }
}

#[tokio::test]
async fn a_language_model_is_quoted_checked_and_named() -> Result<()> {
    let model = LanguageModel::start(says).await?;
    let program = Program::start(with(&model)).await?;
    let id = answered(&program, &judged("strict"), true).await?;
    let report = program.report(&id).await?;
    let scores = &report["answers"][0]["scores"];
    let [training, cost, travel] = [&scores[0], &scores[1], &scores[2]];
    assert_eq!((&training["points"], &training["judged_by"]), (&json!(10.0), &json!("house-7b")), "{scores}");
    assert_eq!(training["evidence"][0]["quote"], "We were 8 people in two cities");
    assert!(cost["not_assessed"].as_str().is_some_and(|why| why.contains("did not say")), "{cost}");
    assert_eq!((&travel["points"], &travel["absence"]), (&json!(0.0), &json!("Nothing about travel.")));
    // What was made up neither helps nor harms.
    assert_eq!(report["overall"]["score"], 50.0);
    assert_eq!(report["human_review"]["required"], true);
    let asked = model.asked();
    assert_eq!(asked.len(), 3);
    ensure!(asked.iter().all(|body| body["temperature"] == 0 && !body.to_string().contains("test-1")));

    // Made again without the endpoint, it is the same report; other questions were never asked.
    assert_eq!(rescored(&program, &id, &[])?["reproduced"], true);
    let mut other = judged("strict");
    other["questions"][0]["criteria"][0]["asks"] = json!("something else");
    std::fs::write(program.folder().join("other.yaml"), other.to_string())?;
    let changed = rescored(&program, &id, &["--position", "other.yaml"])?;
    let after = &changed["difference"]["criteria"][0]["after"];
    assert_eq!(after["not_assessed"], "no language model was asked", "{changed}");
    assert_eq!(model.asked().len(), 3);
    Ok(())
}

#[tokio::test]
async fn no_profile_asks_a_language_model_without_consent() -> Result<()> {
    let model = LanguageModel::start(says).await?;
    let program = Program::start(with(&model)).await?;
    for profile in ["cn", "eu", "uk", "us", "us-il", "us-nyc", "us-ca", "us-co", "strict"] {
        let mut position = judged(profile);
        position["id"] = json!(profile);
        let id = answered(&program, &position, false).await?;
        let report = program.report(&id).await?;
        assert_eq!(report["overall"]["score"], Value::Null, "{profile}");
        let scores = report["answers"][0]["scores"].as_array().map_or(&[][..], Vec::as_slice);
        ensure!(
            scores.len() == 3 && scores.iter().all(|s| s["judged_by"].is_null()),
            "{profile}: {scores:?}"
        );
    }
    // With the consent, but before New York's notice has been up for long enough.
    let id = answered(&program, &judged("us-nyc"), true).await?;
    let report = program.report(&id).await?;
    let why = report["answers"][0]["scores"][0]["not_assessed"].as_str().unwrap_or_default();
    ensure!(why.contains("the notice was posted on 2999-01-01"), "{why}");
    assert_eq!(model.asked(), [] as [Value; 0]);
    Ok(())
}

#[tokio::test]
async fn a_language_model_that_does_not_answer_costs_nobody_a_point() -> Result<()> {
    let model = LanguageModel::start(|_| None).await?;
    let program = Program::start(with(&model)).await?;
    let id = answered(&program, &judged("strict"), true).await?;
    let report = program.report(&id).await?;
    let why = &report["answers"][0]["scores"][0]["not_assessed"];
    assert_eq!(why, "the language model refused the question (status 503)", "{report}");
    assert_eq!((&report["status"], &report["overall"]["score"]), (&json!("partial"), &Value::Null));
    // Three questions, each tried twice.
    assert_eq!(model.asked().len(), 6);
    Ok(())
}
