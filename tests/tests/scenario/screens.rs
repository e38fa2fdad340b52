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

use crate::prompts;

/// Bytes over the wire that a candidate's page may take, before an editor for code.
const LARGEST_BUNDLE: u64 = 60_000;
/// Fewer would mean that the walk has lost some.
const FEWEST_SCREENS: usize = 45;

#[tokio::test]
async fn no_screen_shuts_anybody_out() -> Result<()> {
    let program = Program::start(Settings { models: true, network: true, ..Settings::default() }).await?;
    let mut links = json!({ "bad": program.url("/i/no-such-token") });
    let mut whole = String::new();
    let positions = [position(&played(&program).await?, "every-screen"), position(&spoken(), "read-aloud")];
    for position in positions {
        program.must(Method::POST, "/api/v1/positions", &program.api_key()?, Some(position)).await?;
    }
    let link = "/api/v1/positions/every-screen/link";
    links["position"] = program.must(Method::POST, link, &program.api_key()?, None).await?["url"].take();
    for name in ["whole", "faults", "leaving", "app", "expired"] {
        let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
        let expires_at = (name == "expired").then_some(now + 1_000);
        let body = json!({ "position_external_id": if name == "faults" { "read-aloud" } else { "every-screen" }, "candidate": { "name": "李华" }, "expires_at": expires_at });
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

/// A prompt that is a file with captions, sent as the hiring side does.
async fn played(program: &Program) -> Result<Value> {
    let captions =
        |text: &str| format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{text}\n\n00:01.000 --> 00:02.000\n…\n");
    let media = send(program, "call.webm", &prompts::clip()?).await?;
    let en = send(program, "en.vtt", captions("Hello? At last.").as_bytes()).await?;
    let zh = send(program, "zh.vtt", captions("喂？总算接通了。").as_bytes()).await?;
    Ok(json!({ "media": media, "captions": { "en": en, "zh": zh } }))
}

async fn send(program: &Program, name: &str, bytes: &[u8]) -> Result<Value> {
    let (status, stored) = prompts::send(program, name, bytes).await?;
    ensure!(status.is_success(), "{stored}");
    Ok(stored["name"].clone())
}

fn spoken() -> Value {
    json!({ "speech": {
        "en": "Hello? At last. It is a present for my daughter, and her birthday is tomorrow. What are you going to do about it?",
        "zh": "喂？总算接通了。这是给我女儿的礼物，明天就是她的生日。你们打算怎么办？" } })
}

/// A question of each kind, in both languages, with time enough to look around.
fn position(prompt: &Value, id: &str) -> Value {
    let both = |en: &str, zh: &str| json!({ "en": en, "zh": zh });
    let identity = json!([
        { "id": "full-name", "kind": "full_name", "label": both("Your name", "姓名") },
        { "id": "number", "kind": "mainland_id", "label": both("Identity card number", "身份证号码"),
          "hint": both("Needed for the background check of this position.", "本岗位需要做背景核实。") },
        { "id": "phone", "kind": "phone", "label": both("Phone number", "手机号码"), "required": false },
        { "id": "mail", "kind": "email", "label": both("Mail address", "邮箱"), "required": false },
        { "id": "words", "kind": "text", "label": both("When can you begin?", "什么时候可以入职？"), "required": false }]);
    json!({
        "id": id,
        "identity": if id == "every-screen" { identity } else { json!([]) },
        "title": both("Customer success manager", "客户成功经理"),
        "organisation": both("Lantern Software", "明灯软件"),
        "introduction": both("Three questions, about five minutes.", "三个问题，大约五分钟。"),
        "profile": "cn", "languages": ["en", "zh"], "share_report": true, "demographics": ["sex", "age_group"],
        "face": { "tier": "expression", "impact_assessment": "none: a test" },
        "dimensions": [{ "name": "fit", "title": both("Fit", "匹配"), "weight": 100.0 }],
        "questions": [
            { "id": "introduction", "prompt": prompt, "think_seconds": 300, "answer_seconds": 300, "takes": 2,
              "text": both("Please tell us about yourself. Why do you want to work in customer success?",
                           "请介绍一下你自己。你为什么想做客户成功的工作？"),
              "hint": both("Say what you did, and what came of it.", "请说说你做了什么，结果怎么样。"),
              "criteria": [
                { "id": "team", "rule": "mentions", "any": ["team", "团队"], "dimension": "fit", "points": 10.0 },
                { "id": "pace", "rule": "speech_rate", "dimension": "fit", "points": 10.0 }] },
            { "id": "in-writing", "kind": "text", "answer_language": "en",
              "follow_ups": [{ "when": { "mentions": ["team", "团队"] }, "ask": both("How large was your team?", "你的团队有多大？") }],
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
