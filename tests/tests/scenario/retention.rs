//! Each class of data goes at its time, by the server or by `viva purge`, with a line in the audit and an event.

use std::{process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use viva_core::time::Timestamp;
use viva_store::{Change, Interviews as _, SqliteStore};
use viva_tests::{Program, Receiver, Settings, python, run, viva};

const SECONDS: u64 = 3;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn position() -> Value {
    json!({
        "id": "kept", "title": "Kept", "profile": "strict", "languages": ["en"], "retention_days": 100,
        "retention": { "recordings": 10, "transcripts": 20, "cues": 30 },
        "dimensions": [{ "name": "all", "weight": 100 }],
        "questions": [
            { "id": "spoken", "text": "Say something.", "answer_seconds": 60, "takes": 1,
              "criteria": [{ "id": "speech", "dimension": "all", "points": 10, "rule": "duration", "speech_seconds_at_least": 1 }] },
            { "id": "written", "kind": "text", "text": "What did you do for the team?",
              "criteria": [{ "id": "team", "dimension": "all", "points": 10, "rule": "mentions", "any": ["team"] }] }
        ]
    })
}

/// An interview with a recording that came in pieces, and a written answer; gives its id and the take's.
async fn interview(program: &Program) -> Result<(String, String)> {
    let (token, id) = program.invite(&position()).await?;
    let act = |path: String, body: Value| {
        let (program, token) = (&program, &token);
        async move { program.must(Method::POST, &format!("/api/v1/candidate/{path}"), token, Some(body)).await }
    };
    let granted = ["recording", "analysis"].map(|purpose| json!({ "purpose": purpose, "granted": true }));
    act("consents".into(), json!({ "text_version": "2026-11", "decisions": granted })).await?;
    act("checks".into(), json!({})).await?;
    act("transport".into(), json!({ "transport": "chunks" })).await?;
    act("questions/spoken/open".into(), json!({})).await?;
    let view = act("questions/spoken/takes".into(), json!({})).await?;
    let take = &view["questions"][0]["takes"][0];
    let (take, started) = (take["id"].as_str().context("no take")?.to_owned(), &take["started_at"]);
    let clip = program.folder().join("clip.webm");
    run(Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=320x240:rate=15",
            "-f",
            "lavfi",
            "-i",
            "sine=330",
        ])
        .args(["-t", &SECONDS.to_string(), "-c:v", "libvpx", "-c:a", "libopus"])
        .arg(&clip))?;
    tokio::time::sleep(Duration::from_secs(SECONDS)).await;
    act(format!("takes/{take}/stop"), json!({})).await?;
    let headers = [
        ("content-type", "video/webm".to_owned()),
        ("viva-copy", "0".to_owned()),
        ("viva-copy-started", started.to_string()),
        ("upload-offset", "0".to_owned()),
        ("upload-complete", "?1".to_owned()),
    ];
    let (status, problem) = program.put_chunk(&token, &take, &headers, std::fs::read(&clip)?).await?;
    ensure!(status.is_success(), "{problem}");
    program
        .wait_for(&token, "the recording", |view| !view["questions"][0]["takes"][0]["recording"].is_null())
        .await?;
    act("questions/spoken/answer".into(), json!({ "take_id": take })).await?;
    act("questions/written/open".into(), json!({})).await?;
    act("questions/written/answer".into(), json!({ "text": "I helped my team every day." })).await?;
    act("submit".into(), json!({})).await?;
    program.report(&id).await?;
    Ok((id, take))
}

/// Makes the interview older, as if it had ended so many days ago.
async fn age(program: &Program, interview: &str, days: u64) -> Result<()> {
    let store = SqliteStore::open(&program.data().join("viva.sqlite")).await?;
    let now = Timestamp(jiff_now());
    let mut older = |stored: &viva_core::interview::Interview| {
        let mut interview = stored.clone();
        interview.submitted_at = Some(now.before(days * DAY_MS));
        Ok(Change {
            interview,
            at: now,
            actor: "test".into(),
            action: "aged",
            events: Vec::new(),
            jobs: Vec::new(),
        })
    };
    store.change_interview(interview.parse()?, &mut older).await?;
    store.close().await;
    Ok(())
}

fn jiff_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Who deleted what, by the audit: of an interview, or of none that is left.
fn audited(program: &Program, interview: Option<&str>) -> Result<Vec<[String; 2]>> {
    let query =
        "select actor, action from audit where interview_id is ? and action like '%deleted' order by id";
    Ok(serde_json::from_value(rows(program, query, interview)?)?)
}

/// What the database holds of an interview, or of none.
fn rows(program: &Program, query: &str, interview: Option<&str>) -> Result<Value> {
    const READ: &str = "import json, sqlite3, sys; \
        print(json.dumps(sqlite3.connect(sys.argv[1]).execute(sys.argv[2], sys.argv[3:] or [None]).fetchall()))";
    let database = program.data().join("viva.sqlite");
    let said = run(Command::new(python()).args(["-c", READ]).arg(database).arg(query).args(interview))?;
    Ok(serde_json::from_str(&said)?)
}

fn purge(program: &Program, arguments: &[&str]) -> Result<Vec<Value>> {
    let mut command = viva(false);
    command.env("VIVA_DATA__DIR", program.data()).arg("purge").args(arguments);
    run(&mut command)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

#[tokio::test]
async fn each_class_goes_at_its_time_and_the_record_last() -> Result<()> {
    let mut program = Program::start(Settings::default()).await?;
    let receiver = Receiver::start(&[]).await?;
    let wanted = json!({ "url": receiver.url, "events": ["data.deleted"] });
    let (_, endpoint) = program.api(Method::POST, "/api/v1/webhook-endpoints", Some(wanted)).await?;
    receiver.expect(endpoint["secret"].as_str().context("no secret")?);
    let (id, take) = interview(&program).await?;
    let report = format!("/api/v1/interviews/{id}/report");
    let media = format!("/api/v1/interviews/{id}/takes/{take}/media");
    let (_, before) = program.api(Method::GET, &report, None).await?;
    assert!(
        before["delete_after_by_class"]["recordings"].as_str() < before["delete_after"].as_str(),
        "{before}"
    );
    assert_eq!(program.api(Method::GET, &media, None).await?.0, 200);

    // Nothing is due yet; after ten days the recording is, and saying so deletes nothing.
    assert_eq!(purge(&program, &["--dry-run"])?, [] as [Value; 0]);
    program.terminate()?;
    age(&program, &id, 11).await?;
    let due = json!({ "interview_id": id, "deletes": "recordings" });
    assert_eq!(purge(&program, &["--dry-run"])?, std::slice::from_ref(&due));
    assert!(program.sealed(&id, &take).exists());
    assert_eq!(purge(&program, &[])?, [due]);
    assert!(
        !program.sealed(&id, &take).exists()
            && !program.sealed(&id, &take).with_extension("journal").exists()
    );
    program.restart().await?;
    let (status, gone) = program.api(Method::GET, &media, None).await?;
    assert_eq!((status.as_u16(), &gone["code"]), (410, &json!("recording_deleted")), "{gone}");
    let (_, now) = program.api(Method::GET, &report, None).await?;
    assert_eq!(now["answers"][0]["recording_url"], Value::Null);
    assert_eq!(now["overall"], before["overall"]);
    assert!(now.to_string().contains("helped my team"), "{now}");
    let told = receiver.wait_for("data.deleted", Duration::from_secs(20)).await?;
    assert_eq!(told.body["data"]["classes"], json!(["recordings"]), "{}", told.body);

    let by_server = |actions: &[&str]| {
        actions.iter().map(|action| ["server".to_owned(), (*action).to_owned()]).collect::<Vec<_>>()
    };
    assert_eq!(audited(&program, Some(&id))?, by_server(&["recordings_deleted"]));

    // The running server does the same: words first, then what was measured; the scores stay.
    age(&program, &id, 40).await?;
    let mut left = Value::Null;
    for _ in 0..150 {
        left = program.api(Method::GET, &report, None).await?.1;
        if left["answers"][0]["cues"]["face"]["not_assessed"]
            .as_str()
            .is_some_and(|why| why.starts_with("deleted"))
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!left.to_string().contains("helped my team"), "{left}");
    assert_eq!(left["overall"], before["overall"]);
    assert_eq!(left["answers"][1]["scores"][0]["points"], before["answers"][1]["scores"][0]["points"]);
    assert_eq!(left["answers"][1]["scores"][0]["evidence"], json!([]));
    let (_, shown) = program.api(Method::GET, &format!("/api/v1/interviews/{id}"), None).await?;
    assert_eq!(shown["deleted"], json!(["recordings", "transcripts", "cues"]), "{shown}");
    let each = by_server(&["recordings_deleted", "transcripts_deleted", "cues_deleted"]);
    assert_eq!(audited(&program, Some(&id))?, each);
    // Two at once would each write back what the other took out of the report.
    let keys = "select count(distinct dedupe_key) from jobs where kind = 'delete' and interview_id = ?";
    assert_eq!(rows(&program, keys, Some(&id))?, json!([[1]]));

    // Then the whole, and after the record's own time even that.
    program.terminate()?;
    age(&program, &id, 400).await?;
    let said: Vec<_> = purge(&program, &[])?.iter().map(|line| line["deletes"].clone()).collect();
    assert_eq!(
        said,
        [json!("everything but the record of the decision"), json!("the record of the decision")]
    );
    assert_eq!(purge(&program, &[])?, [] as [Value; 0]);
    // That a record was deleted stays, and nothing of whose it was.
    assert_eq!(audited(&program, Some(&id))?, [] as [[String; 2]; 0]);
    assert_eq!(audited(&program, None)?, by_server(&["record_deleted"]));
    program.restart().await?;
    assert_eq!(program.api(Method::GET, &format!("/api/v1/interviews/{id}"), None).await?.0, 404);
    assert_eq!(program.api(Method::GET, &report, None).await?.0, 404);
    Ok(())
}
