//! An interview from the invitation to the verified report.

use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::{Value, json};
use viva_tests::{Candidate, Clip, Program, Received, Receiver, Settings, build_folder, repository, run};

use crate::position;

const REPORT_WITHIN: Duration = Duration::from_mins(3);

fn valid(report: &Value) -> Result<()> {
    let schema = std::fs::read_to_string(repository().join("server/schemas/report-1.0.json"))?;
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema)?)?;
    let errors: Vec<String> =
        validator.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect();
    anyhow::ensure!(errors.is_empty(), "the report breaks its schema: {errors:#?}");
    Ok(())
}

/// Wrong, missing and invented words in percent of what was said.
const WORD_ERROR_RATE: f64 = 15.0;

/// The demo itself, unattended, with one packet in fifty lost: its exit status is 0 only when the report was delivered and
/// verified. `VIVA_LOSSES=0,0.02` runs it once for each share.
#[test]
fn the_demo_runs_to_its_report() -> Result<()> {
    let losses = std::env::var("VIVA_LOSSES").unwrap_or_else(|_| "0.02".into());
    for loss in losses.split(',') {
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), Into::into);
        let mut demo = std::process::Command::new(target.join("debug/viva"));
        demo.args(["demo", "--once", "--port", "0", "--loss", loss]).current_dir(repository());
        let said = run(&mut demo)?;
        eprintln!("{said}");
        assert!(said.contains("signature verified"), "{said}");
        let spoken = spoken_answers()?;
        let heard: Vec<&str> = said
            .lines()
            .filter_map(|line| line.strip_prefix("answer ")?.split_once(": "))
            .map(|(_, text)| text)
            .collect();
        assert_eq!(heard.len(), spoken.len(), "{said}");
        let (mut errors, mut words) = (0, 0);
        for (spoken, heard) in spoken.iter().zip(heard) {
            let (spoken, heard) = (plain_words(spoken), plain_words(heard));
            (errors, words) = (errors + word_errors(&spoken, &heard), words + spoken.len());
        }
        let rate = 100.0 * errors as f64 / words as f64;
        eprintln!("packets lost {loss}: {errors} of {words} words wrong, WER {rate:.1} %");
        assert!(rate <= WORD_ERROR_RATE, "{said}");
    }
    Ok(())
}

/// What the demo's microphone says, answer by answer.
fn spoken_answers() -> Result<Vec<String>> {
    let schedule: Value =
        serde_json::from_str(&std::fs::read_to_string(build_folder().join("media/answers_en.json"))?)?;
    let answers = schedule["answers"].as_array().context("no answers")?;
    let sentences = |answer: &Value| -> Vec<String> {
        answer["text"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|s| s.as_str().map(str::to_owned))
            .collect()
    };
    Ok(answers.iter().map(|answer| sentences(answer).join(" ")).collect())
}

fn plain_words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Levenshtein's distance in words.
fn word_errors(spoken: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, said) in spoken.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, got) in heard.iter().enumerate() {
            let substituted = diagonal + usize::from(said != got);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[heard.len()]
}

#[tokio::test]
async fn a_browser_answers_and_the_report_is_delivered() -> Result<()> {
    let program = Program::start(Settings { models: true, ..Settings::default() }).await?;
    let receiver = Receiver::start(&[]).await?;
    let (status, endpoint) =
        program.api(Method::POST, "/api/v1/webhook-endpoints", Some(json!({ "url": receiver.url }))).await?;
    assert_eq!(status, 201, "{endpoint}");
    receiver.expect(endpoint["secret"].as_str().context("no secret")?);

    let (token, interview) = program.invite(&position::one_question(30, 1)).await?;
    let clip = Clip {
        video: build_folder().join("media/camera.y4m"),
        audio: build_folder().join("media/answers_en.wav"),
    };
    let link = program.url(&format!("/i/{token}"));
    let done = tokio::task::spawn_blocking(move || -> Result<()> {
        let mut candidate = Candidate::open(&link, &clip, &["--answer-seconds", "24"])?;
        candidate.reach("done")?;
        Ok(())
    });
    done.await??;
    let ready = receiver.wait_for("report.ready", REPORT_WITHIN).await?;
    assert!(ready.verified, "the standard's library refuses the signature");
    assert!(ready.bytes < 20_000, "{} bytes", ready.bytes);
    let data = &ready.body["data"];
    valid(data)?;
    let answer = &data["answers"][0];
    assert_eq!(answer["kind"], "video");
    assert!(answer["duration_ms"].as_u64().context("no duration")? >= 23_000);
    let face = &answer["cues"]["face"];
    assert!(face["in_frame_share"].as_f64().context("no face cue")? > 0.9, "{face}");
    assert!(face["smile"]["share"].as_f64().context("no smile cue")? > 0.5, "{face}");
    assert!(
        answer["cues"]["speech"]["speech_ms"].as_u64().context("no speech cue")? > 5_000,
        "{}",
        answer["cues"]["speech"]
    );

    // The same by the API, with a fresh link to the recording that a browser may seek in.
    let report = program
        .must(Method::GET, &format!("/api/v1/interviews/{interview}/report"), &program.api_key()?, None)
        .await?;
    valid(&report)?;
    let recording = report["answers"][0]["recording_url"].as_str().context("no link")?.to_owned();
    let client = reqwest::Client::new();
    let part = client.get(&recording).header("range", "bytes=0-3").send().await?;
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await?.as_ref(), [0x1a, 0x45, 0xdf, 0xa3], "not a Matroska file");
    let tampered = format!("{}x", recording.trim_end_matches('x'));
    assert_eq!(client.get(tampered).send().await?.status(), 403);

    // Every event that a customer expects, in order, each verified.
    let kinds: Vec<String> =
        receiver.received().iter().map(|r| r.body["type"].as_str().unwrap_or_default().to_owned()).collect();
    for kind in [
        "interview.invited",
        "interview.opened",
        "interview.consented",
        "interview.started",
        "interview.answer_recorded",
        "interview.submitted",
        "transcript.ready",
        "report.ready",
    ] {
        assert!(kinds.iter().any(|k| k == kind), "no {kind} among {kinds:?}");
    }
    assert!(receiver.received().iter().all(|r| r.verified));
    corrected(&program, &receiver, &interview, &token, &report).await
}

/// First a person, then the candidate, say what was really said: the report is made again each time.
async fn corrected(
    program: &Program,
    receiver: &Receiver,
    interview: &str,
    token: &str,
    report: &Value,
) -> Result<()> {
    let segment = &report["answers"][0]["transcript"]["segments"][0];
    let said = "I led a team of eighty people.";
    let body = json!({ "question_id": "q1", "start_ms": segment["start_ms"], "text": said });
    let path = format!("/api/v1/interviews/{interview}/corrections");
    let (status, problem) = program.api(Method::POST, &path, Some(body.clone())).await?;
    assert_eq!((status.as_u16(), &problem["code"]), (403, &json!("person_needed")), "{problem}");
    let mut signed = body.clone();
    signed["by"] = json!("li.na");
    let (status, made) = program.api(Method::POST, &path, Some(signed)).await?;
    assert_eq!((status.as_u16(), &made["was"]), (202, &segment["text"]), "{made}");
    let revised = receiver.wait_for("report.revised", REPORT_WITHIN).await?;
    let data = &revised.body["data"];
    valid(data)?;
    assert_eq!(
        (&data["revision"]["number"], &data["corrections"][0]["by"]),
        (&json!(1), &json!("li.na")),
        "{data}"
    );
    let change = &data["revision"]["difference"]["transcripts"][0];
    assert_eq!((&change["before"], &change["after"]), (&segment["text"], &json!(said)), "{data}");

    // The candidate comes back by the link and does it in the page.
    let own = "I led a team of eight people.";
    let options = json!({
        "link": program.url(&format!("/i/{token}")),
        "report": report["result_url"],
        "question": "q1",
        "text": own,
        "pictures": std::env::var("VIVA_SCREENSHOTS").ok(),
    });
    let seen = tokio::task::spawn_blocking(move || {
        run(std::process::Command::new("node")
            .arg(repository().join("tests/browser/correct.mjs"))
            .arg(options.to_string()))
    });
    let seen: Value = serde_json::from_str(&seen.await??)?;
    assert_eq!(seen["errors"], json!([]), "{seen}");
    assert!(seen["was"].as_str().context("nothing was understood")?.contains(said), "{seen}");
    let latest = program.report(interview).await?;
    assert_eq!(latest["revision"]["number"], 2, "{latest}");
    assert_eq!(latest["corrections"][1]["by"], "candidate", "{latest}");
    assert_eq!(latest["corrections"][1]["was"], said, "{latest}");
    let change = &latest["revision"]["difference"]["transcripts"][0];
    assert_eq!((&change["before"], &change["after"]), (&json!(said), &json!(own)), "{latest}");
    let is_second = |event: &Received| event.body["data"]["revision"]["number"] == 2;
    receiver.wait_until("the second revision", REPORT_WITHIN, is_second).await?;
    assert_eq!(latest["human_review"]["required"], true);
    let result = program.must(Method::GET, "/api/v1/candidate/result", token, None).await?;
    assert_eq!(result["answers"][0]["segments"][0]["text"], "I led a team of eight people.", "{result}");
    assert_eq!(result["shared"], Value::Null, "the position keeps it");
    Ok(())
}

/// No camera: the rubric on a written answer, and a receiver that fails twice first.
#[tokio::test]
async fn a_written_answer_is_scored_with_evidence_and_delivery_is_retried() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let receiver = Receiver::start(&[500]).await?;
    let wanted = json!({ "url": receiver.url, "events": ["report.ready"] });
    let (_, endpoint) = program.api(Method::POST, "/api/v1/webhook-endpoints", Some(wanted)).await?;
    receiver.expect(endpoint["secret"].as_str().context("no secret")?);
    let (token, _) = program.invite(&position::written()).await?;
    let post = |path: &'static str, body: Value| {
        let (program, token) = (&program, &token);
        async move { program.must(Method::POST, &format!("/api/v1/candidate/{path}"), token, Some(body)).await }
    };
    post("interview/opened", json!({})).await?;
    post(
        "consents",
        json!({ "text_version": "2026-11", "decisions": [
        { "purpose": "recording", "granted": true }, { "purpose": "analysis", "granted": true }] }),
    )
    .await?;
    post("checks", json!({ "camera": false, "microphone": false, "uplink": false })).await?;
    post("questions/q1/open", json!({})).await?;
    post("questions/q1/answer", json!({ "text": "I trained my team. We were 8 people in two cities." }))
        .await?;
    post("submit", json!({})).await?;
    let ready = receiver.wait_for("report.ready", Duration::from_secs(30)).await?;
    assert!(ready.verified);
    valid(&ready.body["data"])?;
    let scores = &ready.body["data"]["answers"][0]["scores"];
    assert_eq!(scores[0]["points"], 10.0, "{scores}");
    assert!(scores[0]["evidence"][0]["quote"].as_str().context("no quote")?.contains("team"));
    assert_eq!(scores[1]["points"], 10.0, "{scores}");
    assert_eq!(ready.body["data"]["overall"]["score"], 100.0);
    let (_, log) = program.api(Method::GET, "/api/v1/deliveries", None).await?;
    assert_eq!(log["deliveries"][0]["attempts"], 2, "{log}");
    assert_eq!(log["deliveries"][0]["status"], "delivered");

    // Everything once more, with the id that the receiver knows already.
    let range = json!({ "from": 0 });
    let (status, replayed) = program.api(Method::POST, "/api/v1/deliveries/replay", Some(range)).await?;
    assert_eq!((status.as_u16(), &replayed["replayed"]), (202, &json!(1)), "{replayed}");
    let (status, problem) = program
        .api(Method::POST, "/api/v1/deliveries/replay", Some(json!({ "from": 2, "until": 1 })))
        .await?;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("range_empty")), "{problem}");
    for _ in 0..100 {
        if receiver.received().len() > 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let received = receiver.received();
    let [first, again] = &received[..] else { panic!("{} deliveries were accepted", received.len()) };
    assert!(again.verified);
    assert_eq!((&again.id, &again.body), (&first.id, &first.body));
    Ok(())
}
