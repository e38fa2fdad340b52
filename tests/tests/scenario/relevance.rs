//! Relevance by a model of sentences: in reports with its name and digest, made again without it, and watched when
//! another model takes its place.

use std::{fs, path::Path, time::Duration};

use anyhow::{Result, bail, ensure};
use futures::future::try_join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use viva_tests::{Program, Settings, build_folder, run, viva};

const MODEL: &str = "all-minilm-l6-v2-int8";
const FILE: &str = "all_minilm_l6_v2_int8.onnx";
/// So many before, and so many after: the fewest that are compared.
const SIDE: usize = 20;
const ON_TOPIC: &str = "When a client shouts at me I stay calm, and first I listen to what went wrong.";
const OFF_TOPIC: &str = "My garden has roses and apple trees, and in autumn we make jam of them.";

fn position() -> Value {
    json!({
        "id": "relevant", "title": "Relevant", "profile": "strict", "languages": ["en"],
        "dimensions": [{ "name": "all", "weight": 100 }],
        "questions": [{ "id": "q1", "kind": "text", "text": "How do you deal with an angry customer?",
            "criteria": [{ "id": "on-topic", "dimension": "all", "points": 10, "rule": "relevance", "full_at": 0.5 }] }]
    })
}

/// A server with no model but that of sentences, and the folder of it; none where set-up could not have it, loudly.
async fn server() -> Result<Option<(Program, TempDir)>> {
    let from = build_folder().join("models");
    if !from.join(FILE).exists() {
        eprintln!("SKIPPED: needs the model of sentences that scripts/setup downloads");
        return Ok(None);
    }
    let models = tempfile::tempdir()?;
    for file in [FILE, "installed.toml"] {
        fs::copy(from.join(file), models.path().join(file))?;
    }
    let variables = vec![("VIVA_MODELS__DIR", models.path().display().to_string())];
    let program = Program::start(Settings { variables, ..Settings::default() }).await?;
    Ok(Some((program, models)))
}

/// A whole interview with one written answer; gives its id.
async fn answer(program: &Program, text: &str, agreed: bool) -> Result<String> {
    let (token, id) = program.invite(&position()).await?;
    let decisions = ["recording", "analysis"]
        .map(|purpose| json!({ "purpose": purpose, "granted": agreed || purpose == "recording" }));
    for (path, body) in [
        ("consents", json!({ "text_version": "2026-11", "decisions": decisions })),
        ("checks", json!({})),
        ("questions/q1/open", json!({})),
        ("questions/q1/answer", json!({ "text": text })),
        ("submit", json!({})),
    ] {
        program.must(Method::POST, &format!("/api/v1/candidate/{path}"), &token, Some(body)).await?;
    }
    program.report(&id).await?;
    Ok(id)
}

#[tokio::test]
async fn a_score_names_the_model_of_sentences_and_is_made_again_without_it() -> Result<()> {
    let Some((program, _models)) = server().await? else { return Ok(()) };
    let mut reports = Vec::new();
    for (text, agreed) in [(ON_TOPIC, true), (OFF_TOPIC, true), (ON_TOPIC, false)] {
        let id = answer(&program, text, agreed).await?;
        reports.push((program.report(&id).await?, id));
    }
    let [(on, id), (off, _), (refused, _)] = reports.as_slice() else { unreachable!() };
    let language = |report: &Value| report["answers"][0]["cues"]["language"].clone();
    assert_eq!(language(on)["relevance_method"], format!("word_overlap+{MODEL}"), "{on}");
    assert_eq!((&on["models"][0]["name"], on["models"].as_array().map(Vec::len)), (&json!(MODEL), Some(1)));
    let score = &on["answers"][0]["scores"][0];
    assert_eq!(score["models"], json!([on["models"][0]["sha256"]]), "{score}");
    assert_eq!(language(on)["word_overlap"], 0.0, "{on}");
    assert!(score["points"].as_f64() > Some(0.0), "{on}");
    let other = &off["answers"][0]["scores"][0];
    assert_eq!((&other["points"], &language(off)["relevance"]), (&json!(0.0), &json!(0.0)), "{off}");
    // Who says no is read by nothing.
    assert_eq!(refused["models"], json!([]), "{refused}");
    assert!(language(refused)["not_assessed"].is_string(), "{refused}");

    // The same from what is stored, with no model there.
    let again = run(viva(false).env("VIVA_DATA__DIR", program.data()).args(["rescore", id]))?;
    assert_eq!(serde_json::from_str::<Value>(&again)?["reproduced"], true, "{again}");
    // Measured again without it, the report is another, and what is missing is named.
    let measured =
        viva(false).env("VIVA_DATA__DIR", program.data()).args(["rescore", id, "--measure"]).output()?;
    let again: Value = serde_json::from_slice(&measured.stdout)?;
    assert_eq!((&again["reproduced"], &again["models"]["after"]), (&json!(false), &json!([])), "{again}");
    ensure!(again["models"]["before"][0].as_str().is_some_and(|name| name.starts_with(MODEL)), "{again}");
    Ok(())
}

async fn drift(program: &Program) -> Result<Value> {
    let (_, statistics) = program.api(Method::GET, "/api/v1/statistics/positions/relevant", None).await?;
    Ok(statistics["drift"].clone())
}

/// The model with another tokenizer, which knows no word: a version that takes every answer for a good one.
fn spoil(models: &Path) -> Result<String> {
    let varint = |mut number: usize| {
        let mut bytes = Vec::new();
        while number >= 128 {
            bytes.push((number % 128) as u8 | 128);
            number /= 128;
        }
        bytes.push(number as u8);
        bytes
    };
    let field = |tag: u8, bytes: &[u8]| [&[tag][..], &varint(bytes.len()), bytes].concat();
    let tokenizer = json!({ "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": { "type": "Whitespace" }, "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": { "[UNK]": 100 }, "unk_token": "[UNK]" } });
    // One more `metadata_props` of ONNX's `ModelProto`; the last of a name counts.
    let entry = [field(0x0a, b"viva.tokenizer"), field(0x12, tokenizer.to_string().as_bytes())].concat();
    let mut bytes = fs::read(models.join(FILE))?;
    let (before, size) = (hex::encode(Sha256::digest(&bytes)), bytes.len());
    bytes.extend(field(0x72, &entry));
    let after = hex::encode(Sha256::digest(&bytes));
    fs::write(models.join(FILE), &bytes)?;
    let record = fs::read_to_string(models.join("installed.toml"))?;
    ensure!(record.contains(&before), "the model is recorded");
    let record = record
        .replace(&before, &after)
        .replace(&format!("size = {size}"), &format!("size = {}", bytes.len()));
    fs::write(models.join("installed.toml"), record)?;
    Ok(after)
}

#[tokio::test]
async fn a_model_that_moves_scores_rings_where_people_look() -> Result<()> {
    let Some((mut program, models)) = server().await? else { return Ok(()) };
    // Off topic, so that nothing is earned; in the words of twenty people.
    let twenty =
        |who: &str| (0..SIDE).map(|number| format!("{OFF_TOPIC} It is {who}{number}.")).collect::<Vec<_>>();
    let texts = twenty("before");
    try_join_all(texts.iter().map(|text| answer(&program, text, true))).await?;
    assert_eq!(drift(&program).await?["alarms"], 0);

    program.terminate()?;
    let sha256 = spoil(models.path())?;
    program.restart().await?;
    let texts = twenty("after");
    try_join_all(texts.iter().map(|text| answer(&program, text, true))).await?;
    let found = drift(&program).await?;
    assert_eq!(found["alarms"], 1, "{found}");
    let moved = &found["comparisons"][0];
    assert_eq!(moved["by"], "models", "{found}");
    assert!(moved["after"].as_str().is_some_and(|after| after.contains(&sha256[..8])), "{moved}");
    assert_ne!(moved["before"], moved["after"]);
    let score = &moved["measures"][0];
    assert_eq!((&score["name"], &score["alarm"]), (&json!("score"), &json!(true)), "{score}");
    assert_eq!((&score["before"]["median"], &score["after"]["median"]), (&json!(0.0), &json!(100.0)));

    // Operators are told, too: at the start, and then as reports come.
    program.terminate()?;
    program.restart().await?;
    for _ in 0..50 {
        let metrics = reqwest::get(program.url("/metrics")).await?.text().await?;
        if metrics.contains("viva_drift_alarms 1") {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("/metrics tells of no alarm")
}
