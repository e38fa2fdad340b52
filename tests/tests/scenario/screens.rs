//! Every screen, in each language, theme and size: no barrier that axe-core knows of, and nothing beyond the edge of a
//! narrow phone. `make screenshots` keeps the pictures.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use viva_tests::{Program, Settings, build_folder, repository};

/// Bytes over the wire that a candidate's page may take, before an editor for code.
const LARGEST_BUNDLE: u64 = 60_000;
/// Fewer would mean that the walk has lost some.
const FEWEST_SCREENS: usize = 35;

#[tokio::test]
async fn no_screen_shuts_anybody_out() -> Result<()> {
    let program = Program::start(Settings { models: true, network: true, ..Settings::default() }).await?;
    let mut links = json!({ "bad": program.url("/i/no-such-token") });
    let mut whole = String::new();
    program.must(Method::POST, "/api/v1/positions", &program.api_key()?, Some(position())).await?;
    for name in ["whole", "faults", "leaving", "expired"] {
        let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
        let expires_at = (name == "expired").then_some(now + 1_000);
        let body = json!({ "position_external_id": "every-screen", "candidate": { "name": "李华" }, "expires_at": expires_at });
        let invited =
            program.must(Method::POST, "/api/v1/interviews", &program.api_key()?, Some(body)).await?;
        links[name] = invited["link"].clone();
        if name == "whole" {
            invited["interview_id"].as_str().context("no id")?.clone_into(&mut whole);
        }
    }
    let mut browser = open(&links)?;
    let lines = BufReader::new(browser.stdout.take().context("node has no output")?).lines();
    let mut found = Value::Null;
    // Dropping the lines early would leave node writing into a closed pipe.
    for line in lines {
        let said: Value = serde_json::from_str(&line?)?;
        match said["step"].as_str() {
            Some("submitted") => {
                let report = report_of(&program, &whole).await?;
                let link = report["result_url"].as_str().context("no link")?;
                writeln!(browser.stdin.as_ref().context("node has no input")?, "{link}")?;
            }
            Some(cut @ ("cut" | "mend")) => program.network().context("no network")?.cut(cut == "cut"),
            Some("looked") => eprintln!("looked at {}", said["screen"]),
            Some("done") => found = said,
            _ => bail!("the walk ended early: {said}"),
        }
    }
    browser.wait()?;
    let screens = found["screens"].as_array().context("no result")?.len();
    let bundle = found["bundle"].as_u64().context("no size")?;
    eprintln!("{screens} screens, {} runs of axe-core, {bundle} bytes of page", found["looks"]);
    ensure!((1..=LARGEST_BUNDLE).contains(&bundle), "the page takes {bundle} bytes");
    for list in ["violations", "overflows", "errors"] {
        ensure!(found[list] == json!([]), "{list}: {:#}", found[list]);
    }
    ensure!(screens >= FEWEST_SCREENS, "only {screens} screens: {}", found["screens"]);
    Ok(())
}

/// On a busy machine the analysis takes longer than other tests wait for a report.
async fn report_of(program: &Program, interview: &str) -> Result<Value> {
    const PATIENCE: usize = 4;
    for _ in 1..PATIENCE {
        if let Ok(report) = program.report(interview).await {
            return Ok(report);
        }
    }
    program.report(interview).await
}

fn open(links: &Value) -> Result<Child> {
    let media = build_folder().join("media");
    let options = json!({
        "links": links,
        "video": media.join("camera.y4m"),
        "audio": media.join("answers_en.wav"),
        "pictures": std::env::var("VIVA_SCREENSHOTS").ok(),
    });
    Command::new("node")
        .arg(repository().join("tests/browser/screens.mjs"))
        .arg(options.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start node; run scripts/setup")
}

/// A question of each kind, in both languages, with time enough to look around.
fn position() -> Value {
    let both = |en: &str, zh: &str| json!({ "en": en, "zh": zh });
    json!({
        "id": "every-screen",
        "title": both("Customer success manager", "客户成功经理"),
        "organisation": both("Lantern Software", "明灯软件"),
        "introduction": both("Three questions, about five minutes.", "三个问题，大约五分钟。"),
        "profile": "cn", "languages": ["en", "zh"], "share_report": true,
        "face": { "tier": "expression", "impact_assessment": "none: a test" },
        "dimensions": [{ "name": "fit", "title": both("Fit", "匹配"), "weight": 100.0 }],
        "questions": [
            { "id": "introduction", "think_seconds": 300, "answer_seconds": 300, "takes": 2,
              "text": both("Please tell us about yourself. Why do you want to work in customer success?",
                           "请介绍一下你自己。你为什么想做客户成功的工作？"),
              "hint": both("Say what you did, and what came of it.", "请说说你做了什么，结果怎么样。"),
              "criteria": [
                { "id": "team", "rule": "mentions", "any": ["team", "团队"], "dimension": "fit", "points": 10.0 },
                { "id": "pace", "rule": "speech_rate", "dimension": "fit", "points": 10.0 }] },
            { "id": "in-writing", "kind": "text",
              "text": both("How do you find out what customers need?", "你怎样了解客户的需要？"),
              "criteria": [{ "id": "people", "rule": "number_at_least", "value": 5.0, "unit": "people", "dimension": "fit", "points": 10.0 }] },
            { "id": "program", "kind": "code", "answer_seconds": 600,
              "text": both("Write a function that adds two numbers.", "请写一个把两个数相加的函数。") },
            { "id": "languages", "kind": "choice",
              "text": both("Which languages do you speak at work?", "你在工作中使用哪些语言？"),
              "options": [{ "id": "en", "text": both("English", "英语") }, { "id": "zh", "text": both("Chinese", "中文") }] },
        ]
    })
}
