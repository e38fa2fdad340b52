//! Prompts: files that the hiring side sends or imports, checked for what they are, and played by the candidate's page.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result, anyhow, ensure};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use viva_tests::{Program, Settings, repository, run, viva};

const POST: Method = Method::POST;
const CAPTIONS: &str = "WEBVTT\n\n00:00.000 --> 00:01.500\nHello? At last.\n";

/// A few seconds of picture and sound, as Chromium makes them.
pub fn clip() -> Result<Vec<u8>> {
    Ok(fs::read(repository().join("media/tests/data/copy.webm"))?)
}

/// Sends a file of a prompt.
pub async fn send(program: &Program, name: &str, bytes: &[u8]) -> Result<(StatusCode, Value)> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = program.url(&format!("/api/v1/prompts?name={name}"));
    let response = client.post(url).bearer_auth(program.api_key()?).body(bytes.to_vec()).send().await?;
    let status = response.status();
    Ok((status, response.json().await?))
}

fn position(media: &Value, captions: &Value) -> Value {
    json!({
        "id": "role-play", "title": "Test", "languages": ["en"],
        "dimensions": [{ "name": "all", "weight": 100.0 }],
        "questions": [{ "id": "q1", "text": "What do you say?", "think_seconds": 60, "answer_seconds": 30,
            "prompt": { "media": media, "captions": { "en": captions } } }]
    })
}

#[tokio::test]
async fn a_prompt_is_checked_kept_and_shown_before_its_question() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    for (name, bytes, words) in [
        ("call.webm", &b"not a film"[..], "cannot be played"),
        ("call.mp4", &clip()?, "is webm inside"),
        ("call.exe", &clip()?, "ends in no known way"),
        ("en.vtt", b"1\n00:00,000 --> 00:01,000\nHello", "begin with WEBVTT"),
    ] {
        let (status, problem) = send(&program, name, bytes).await?;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {problem}");
        ensure!(problem["detail"].as_str().is_some_and(|detail| detail.contains(words)), "{name}: {problem}");
    }
    ensure!(fs::read_dir(program.data().join("prompts"))?.next().is_none(), "a refused file was kept");

    let (_, media) = send(&program, "call.webm", &clip()?).await?;
    let (_, captions) = send(&program, "call.en.vtt", CAPTIONS.as_bytes()).await?;
    assert_eq!((&media["type"], &captions["type"]), (&json!("video/webm"), &json!("text/vtt")));
    // A position may name what is stored, and nothing else on this disk.
    for other in [json!("call.webm"), json!("../viva.sqlite.webm"), json!(format!("{}.webm", "0".repeat(64)))]
    {
        let (status, problem) =
            program.api(POST, "/api/v1/positions", Some(position(&other, &captions["name"]))).await?;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("prompt_unknown")));
    }
    let (token, _) = program.invite(&position(&media["name"], &captions["name"])).await?;
    let decisions = ["recording", "analysis"].map(|purpose| json!({ "purpose": purpose, "granted": true }));
    for (path, body) in [
        ("interview/opened", json!({})),
        ("consents", json!({ "text_version": "2026-11", "decisions": decisions })),
        ("checks", json!({})),
    ] {
        program.must(POST, &format!("/api/v1/candidate/{path}"), &token, Some(body)).await?;
    }
    let before = &program.view(&token).await?["questions"][0];
    assert_eq!((&before["has_prompt"], &before["prompt"]), (&json!(true), &Value::Null));
    let open = "/api/v1/candidate/questions/q1/open";
    let view = program.must(POST, open, &token, Some(json!({}))).await?;
    let question = &view["questions"][0];
    assert_eq!((&question["text"], &question["takes"][0]["think_deadline"]), (&Value::Null, &Value::Null));
    plays(&program, &question["prompt"], &clip()?).await?;

    let over = "/api/v1/candidate/questions/q1/prompt-over";
    let view = program.must(POST, over, &token, Some(json!({}))).await?;
    let question = &view["questions"][0];
    assert_eq!(question["text"], "What do you say?");
    ensure!(question["takes"][0]["think_deadline"].as_i64() > view["server_time"].as_i64(), "{question}");
    Ok(())
}

async fn plays(program: &Program, prompt: &Value, clip: &[u8]) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let link = |name: &str| Ok::<_, anyhow::Error>(program.url(prompt[name].as_str().context("no link")?));
    let whole = client.get(link("media_url")?).send().await?.error_for_status()?;
    assert_eq!(whole.headers()[header::CONTENT_TYPE], "video/webm");
    assert_eq!(whole.headers()[header::CONTENT_SECURITY_POLICY], "default-src 'none'; sandbox");
    assert_eq!(whole.bytes().await?, clip);
    let part = client.get(link("media_url")?).header(header::RANGE, "bytes=100-199").send().await?;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.bytes().await?, clip[100..200]);
    let captions = client.get(link("captions_url")?).send().await?.error_for_status()?;
    assert_eq!(captions.text().await?, CAPTIONS);
    // Nobody plays it without a link of their own.
    let (bare, _) =
        link("media_url")?.split_once('?').map(|(a, b)| (a.to_owned(), b.to_owned())).context("no access")?;
    assert_eq!(client.get(&bare).send().await?.status(), StatusCode::FORBIDDEN);
    let forged = format!("{bare}?access=9999999999999.00");
    assert_eq!(client.get(forged).send().await?.status(), StatusCode::FORBIDDEN);
    Ok(())
}

/// Files go a day after the last position or interview that plays them, by the server or by `viva purge`.
#[tokio::test]
async fn a_file_that_nothing_plays_any_more_goes() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let folder = program.data().join("prompts");
    let mut names = Vec::new();
    for (name, bytes) in [
        ("call.webm", clip()?),
        ("en.vtt", CAPTIONS.into()),
        ("other.vtt", CAPTIONS.replace("Hello", "Anybody").into()),
    ] {
        let (_, stored) = send(&program, name, &bytes).await?;
        names.push(stored["name"].as_str().context("no name")?.to_owned());
    }
    let mut played = position(&json!(names[0]), &json!(names[1]));
    let (_, interview) = program.invite(&played).await?;
    fs::write(folder.join("incoming-7"), "half")?;
    fs::write(folder.join("notes.txt"), "not ours")?;
    let left = || -> Result<Vec<String>> {
        let mut left = Vec::new();
        for entry in fs::read_dir(&folder)? {
            left.push(entry?.file_name().into_string().map_err(|name| anyhow!("{}", name.display()))?);
        }
        left.sort();
        Ok(left)
    };
    let purge = || {
        let mut command = viva(false);
        run(command.env("VIVA_DATA__DIR", program.data()).arg("purge"))
    };
    // What has just come may be named by a position that comes next.
    purge()?;
    assert_eq!(left()?.len(), 5);

    age(&folder)?;
    let said = purge()?;
    ensure!(said.contains(&names[2]) && !said.contains(&names[0]), "{said}");
    let mut expected = vec![names[0].clone(), names[1].clone(), "notes.txt".to_owned()];
    expected.sort();
    assert_eq!(left()?, expected);
    // Who was invited hears it, also when the position has changed.
    played["questions"][0].as_object_mut().context("no question")?.remove("prompt");
    program.api(POST, "/api/v1/positions", Some(played)).await?;
    age(&folder)?;
    purge()?;
    assert_eq!(left()?, expected);

    program.api(Method::DELETE, &format!("/api/v1/interviews/{interview}"), None).await?;
    age(&folder)?;
    purge()?;
    assert_eq!(left()?, ["notes.txt"]);
    Ok(())
}

/// As if nothing had been touched for two days.
fn age(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let file = fs::File::open(entry?.path())?;
        file.set_modified(SystemTime::now() - Duration::from_hours(48))?;
    }
    Ok(())
}

/// Everything about a position's files is told with its line, and the import takes them along.
#[test]
fn an_import_takes_the_files_along() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let yaml = |captions: &str| {
        format!(
            "id: role-play\ntitle: Test\nlanguages: [en]\ndimensions:\n  - {{ name: all, weight: 100 }}\nquestions:\n  - id: q1\n    \
             text: What do you say?\n    answer_seconds: 30\n    prompt:\n      media: call.webm\n      captions:\n        en: {captions}\n"
        )
    };
    let run = |verb: &str| -> Result<(bool, String)> {
        let mut command = viva(false);
        command.args(["position", verb]).arg(folder.path().join("p.yaml")).current_dir(folder.path());
        let output = command.env("VIVA_DATA__DIR", folder.path().join("data")).output()?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    fs::write(folder.path().join("call.webm"), clip()?)?;
    fs::write(folder.path().join("p.yaml"), yaml("call.en.vtt"))?;
    let (good, told) = run("check")?;
    ensure!(
        !good && told.contains("line 13: questions[0].prompt.captions.en: `call.en.vtt` cannot be read"),
        "{told}"
    );
    fs::write(folder.path().join("call.en.vtt"), "WEBVTT\n\n00:02.000 --> 00:01.000\nHello\n")?;
    let (good, told) = run("import")?;
    ensure!(!good && told.contains("line 13") && told.contains("line 3: ends before it begins"), "{told}");
    fs::write(
        folder.path().join("p.yaml"),
        yaml("call.en.vtt").replace("      captions:\n        en: call.en.vtt\n", ""),
    )?;
    let (good, told) = run("check")?;
    ensure!(!good && told.contains("questions[0].prompt.captions: are missing for `en`"), "{told}");
    fs::write(folder.path().join("call.en.vtt"), CAPTIONS)?;
    fs::write(folder.path().join("p.yaml"), yaml("call.en.vtt"))?;
    let (good, told) = run("import")?;
    ensure!(good, "{told}");
    assert_eq!(names(&folder.path().join("data/prompts"))?, 2);
    // The same files again are the same two.
    ensure!(run("import")?.0, "not twice");
    assert_eq!(names(&folder.path().join("data/prompts"))?, 2);
    Ok(())
}

fn names(folder: &Path) -> Result<usize> {
    Ok(fs::read_dir(folder)?.count())
}
