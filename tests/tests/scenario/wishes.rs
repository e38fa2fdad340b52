//! What a candidate wishes: other conditions that nobody learns of, consents that hold, and a person to talk to.

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use viva_store::{Jobs as _, SqliteStore};
use viva_tests::{Candidate, Clip, Program, Receiver, Settings, build_folder};

use crate::position;

const POST: Method = Method::POST;

/// Goes through a position of written questions, with `wish` after each step.
pub async fn write(program: &Program, token: &str, granted: bool, wish: Option<&Value>) -> Result<()> {
    let decisions = ["recording", "analysis"]
        .map(|purpose| json!({ "purpose": purpose, "granted": granted || purpose == "recording" }));
    for (path, body) in [
        ("interview/opened", json!({})),
        ("consents", json!({ "text_version": "2026-11", "decisions": decisions })),
        ("checks", json!({})),
        ("questions/q1/open", json!({})),
        ("questions/q1/answer", json!({ "text": "I trained my team. We were 8 people in two cities." })),
        ("submit", json!({})),
    ] {
        program.must(POST, &format!("/api/v1/candidate/{path}"), token, Some(body)).await?;
        if let Some(wish) = wish.filter(|_| path != "submit") {
            program.must(POST, "/api/v1/candidate/accommodations", token, Some(wish.clone())).await?;
        }
    }
    Ok(())
}

/// What a report says beside its own times, ids and links.
fn judged(mut report: Value) -> Value {
    for field in
        ["interview_id", "position", "sequence", "result_url", "delete_after", "delete_after_by_class"]
    {
        report[field].take();
    }
    report
}

#[tokio::test]
async fn nobody_learns_which_conditions_a_candidate_asked_for() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let receiver = Receiver::start(&[]).await?;
    let (_, endpoint) =
        program.api(POST, "/api/v1/webhook-endpoints", Some(json!({ "url": receiver.url }))).await?;
    receiver.expect(endpoint["secret"].as_str().context("no secret")?);
    let wish = json!({ "time_factor": 2.0, "untimed": true, "extra_takes": 5, "audio_only": true, "typed_answers": true });
    let mut reports = Vec::new();
    for wish in [None, Some(&wish)] {
        let (token, interview) = program.invite(&position::written()).await?;
        write(&program, &token, true, wish).await?;
        reports.push(program.report(&interview).await?);
        let mut seen = Vec::new();
        for path in [format!("/api/v1/interviews/{interview}"), "/api/v1/interviews".into()] {
            seen.push(program.api(Method::GET, &path, None).await?.1.to_string());
        }
        seen.extend(receiver.received().iter().map(|event| event.body.to_string()));
        seen.extend(reports.iter().map(Value::to_string));
        for word in ["time_factor", "untimed", "extra_takes", "audio_only", "typed_answers", "sound_only"] {
            ensure!(!seen.iter().any(|text| text.contains(word)), "HR is told of {word}");
        }
    }
    let [plain, accommodated] = reports.try_into().map_err(|_| anyhow::anyhow!("not two reports"))?;
    assert_eq!(judged(accommodated), judged(plain));
    Ok(())
}

#[tokio::test]
async fn refused_analysis_leaves_the_answer_to_people_and_no_job_ever_looks_at_it() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::written()).await?;
    write(&program, &token, false, None).await?;
    let report = program.report(&interview).await?;
    assert_eq!(report["ai_mode"], "human_only");
    assert_eq!(report["human_review"]["required"], true);
    let answer = &report["answers"][0];
    assert_eq!(answer["transcript"]["text"], "I trained my team. We were 8 people in two cities.");
    ensure!(answer["scores"].as_array().context("no scores")?.iter().all(|s| s["not_assessed"].is_string()));
    let store = SqliteStore::open(&program.data().join("viva.sqlite")).await?;
    for state in ["ready", "running", "done", "dead"] {
        let jobs = store.jobs_in_state(state, 100).await?;
        ensure!(!jobs.iter().any(|job| job.kind == "analyse"), "an analysis was {state}");
    }
    Ok(())
}

#[tokio::test]
async fn a_yes_taken_back_after_the_report_takes_the_findings_with_it() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::written()).await?;
    write(&program, &token, true, None).await?;
    let scored = program.report(&interview).await?;
    assert_eq!(scored["overall"]["score"], 100.0);
    let back = json!({ "text_version": "2026-11", "decisions": [
        { "purpose": "recording", "granted": true }, { "purpose": "analysis", "granted": false }] });
    program.must(POST, "/api/v1/candidate/consents", &token, Some(back)).await?;
    let report = loop {
        let (status, report) =
            program.api(Method::GET, &format!("/api/v1/interviews/{interview}/report"), None).await?;
        if status.is_success() && report["ai_mode"] == "human_only" {
            break report;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    ensure!(
        report["overall"]["score"].is_null() || report["overall"]["score"] == 0.0,
        "{}",
        report["overall"]
    );
    ensure!(report["answers"][0]["cues"]["language"]["not_assessed"].is_string());

    // What was agreed to, and that it was taken back, can be kept.
    let copy = program.must(Method::GET, "/api/v1/candidate/consents", &token, None).await?;
    let copy = copy.as_str().context("not a text")?;
    let view = program.view(&token).await?;
    let hash = view["consent_text_sha256"].as_str().context("no hash")?;
    ensure!(copy.contains(hash) && copy.contains("2026-11"), "{copy}");
    let title = "Let software write down and measure what I say";
    let decisions = copy.lines().filter(|line| line.contains(title) && line.contains("SHA-256"));
    let signs: String = decisions.filter_map(|line| line.chars().next()).collect();
    assert_eq!(signs, "+-", "{copy}");

    // A text that is not the one shown is refused.
    let (other, _) = program.invite(&position::written()).await?;
    let stale = json!({ "text_version": "2025-01", "text_sha256": "00", "decisions": [] });
    let (status, problem) = program.call(POST, "/api/v1/candidate/consents", &other, Some(stale)).await?;
    assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("consent_text_changed")));
    Ok(())
}

#[tokio::test]
async fn who_asks_for_a_person_stands_in_a_queue_and_loses_nothing() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::written()).await?;
    let (_, _) = program.invite(&position::written()).await?;
    let wish = json!({ "mode": "human_interview" });
    let view = program.must(POST, "/api/v1/candidate/mode", &token, Some(wish)).await?;
    assert_eq!(view["human_requested"], true);
    let queue = "/api/v1/interviews?queue=human_interview";
    let (_, waiting) = program.api(Method::GET, queue, None).await?;
    let [only] = waiting["interviews"].as_array().context("no list")?.as_slice() else {
        anyhow::bail!("not one in the queue: {waiting}")
    };
    assert_eq!((&only["interview_id"], &only["state"]), (&json!(interview), &json!("invited")));
    ensure!(only["human_requested_at"].is_string() || only["human_requested_at"].is_i64(), "{only}");
    // The recorded interview stays open all the same.
    write(&program, &token, true, None).await?;
    let report = program.report(&interview).await?;
    assert_eq!(report["overall"]["score"], 100.0);
    assert_eq!(report["human_review"]["required"], true);
    Ok(())
}

/// The report names the networks that ran, by a count at each of them.
#[tokio::test]
async fn refused_models_of_the_face_never_run() -> Result<()> {
    let program = Program::start(Settings { models: true, ..Settings::default() }).await?;
    let (token, interview) = program.invite(&position::one_question(6, 1)).await?;
    let clip = Clip {
        video: build_folder().join("media/camera.y4m"),
        audio: build_folder().join("media/answers_en.wav"),
    };
    let link = program.url(&format!("/i/{token}"));
    let walk = move || -> Result<()> {
        Candidate::open(&link, &clip, &["--refuse", "face_cues,expression"])?.reach("done")?;
        Ok(())
    };
    tokio::task::spawn_blocking(walk).await??;
    let report = program.report(&interview).await?;
    let names: Vec<_> =
        report["models"].as_array().context("no models")?.iter().filter_map(|m| m["name"].as_str()).collect();
    eprintln!("ran: {names:?}");
    ensure!(
        names.iter().any(|name| name.contains("face_detector") || name.contains("face-detector")),
        "{names:?}"
    );
    for forbidden in ["blendshape", "landmark", "expression", "head-pose", "gaze"] {
        ensure!(!names.iter().any(|name| name.contains(forbidden)), "{forbidden} ran: {names:?}");
    }
    let face = &report["answers"][0]["cues"]["face"];
    ensure!(face["in_frame_share"].as_f64().context("no face")? > 0.9, "{face}");
    ensure!(face["smile"].is_null() && face["expressions"].is_null(), "{face}");
    Ok(())
}
