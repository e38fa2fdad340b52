//! What goes wrong at the candidate's side while they answer: everywhere a word of what happened, and a way on.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use viva_tests::{Conditions, Program, Settings, ffprobe, repository, run};

use crate::{position, runs::holes};

/// So long the walk to the recording may take before the link ends: it comes first.
const LATE_MS: u64 = 30_000;
/// Less than what moves the end of a link for who waits for the server.
const SOON_MS: u64 = 10 * 60_000;
/// Enough for the sound, and for hardly any of a picture that is all noise.
const NARROW_KBPS: u32 = 250;
/// More room than any disk has.
const NO_ROOM_MB: u64 = 1 << 40;

/// What no encoder makes small.
fn noisy_camera(folder: &Path) -> Result<PathBuf> {
    let file = folder.join("noise.y4m");
    run(Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i"])
        .arg("color=gray:s=640x360:r=20:d=1,noise=alls=100:allf=t")
        .args(["-pix_fmt", "yuv420p"])
        .arg(&file))?;
    Ok(file)
}

#[tokio::test]
async fn whatever_fails_a_candidate_is_told_and_gets_to_the_end() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let full = Program::start(Settings { least_free_mb: Some(NO_ROOM_MB), ..Settings::default() }).await?;
    let one_place = vec![("VIVA_INGEST__MAX_PUBLISHERS", "1".to_owned())];
    let busy = Program::start(Settings { variables: one_place, ..Settings::default() }).await?;
    let conditions = Conditions { kbps: Some(NARROW_KBPS), ..Conditions::default() };
    let narrow = Program::start(Settings { network: true, conditions, ..Settings::default() }).await?;
    // In both languages, for the pictures.
    let mut position = position::one_question(120, 2);
    position["languages"] = json!(["en", "zh"]);
    position["questions"][0]["text"] = json!({ "en": "Say something.", "zh": "请说几句话。" });
    position["questions"][0]["think_seconds"] = json!(60);
    let (mut links, mut interviews) = (json!({}), json!({}));
    for (name, program) in [
        ("late", &program),
        ("refused", &program),
        ("deviceless", &program),
        ("withdrawn", &program),
        ("first", &busy),
        ("second", &busy),
        ("next", &busy),
        ("last", &busy),
        ("slow", &narrow),
        ("devices", &program),
        ("storage", &program),
        ("gone", &program),
        ("room", &full),
    ] {
        let key = program.api_key()?;
        program.must(Method::POST, "/api/v1/positions", &key, Some(position.clone())).await?;
        let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
        let ends_after = match name {
            "late" => Some(LATE_MS),
            "last" => Some(SOON_MS),
            _ => None,
        };
        let body =
            json!({ "position_external_id": position["id"], "expires_at": ends_after.map(|ms| now + ms) });
        let invited = program.must(Method::POST, "/api/v1/interviews", &key, Some(body)).await?;
        links[name] = invited["link"].clone();
        interviews[name] = invited["interview_id"].clone();
    }
    let of = |name: &str| interviews[name].as_str().map(str::to_owned).context("no id");
    let noise = noisy_camera(narrow.folder())?;
    let mut browser = Command::new("node")
        .arg(repository().join("tests/browser/failures.mjs"))
        .arg(
            json!({ "links": links, "noise": noise, "pictures": std::env::var("VIVA_SCREENSHOTS").ok() })
                .to_string(),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start node; run scripts/setup")?;
    let lines = BufReader::new(browser.stdout.take().context("node has no output")?).lines();
    let mut errors = Value::Null;
    for line in lines {
        let said: Value = serde_json::from_str(&line?)?;
        eprintln!("browser: {said}");
        match said["step"].as_str() {
            Some("gone") => {
                program.api(Method::DELETE, &format!("/api/v1/interviews/{}", of("gone")?), None).await?;
                writeln!(browser.stdin.as_ref().context("node has no input")?)?;
            }
            Some("withdrawn") => {
                let token = links["withdrawn"].as_str().and_then(|link| link.rsplit('/').next());
                let token = token.context("no token")?;
                program.must(Method::POST, "/api/v1/candidate/withdraw", token, Some(json!({}))).await?;
                writeln!(browser.stdin.as_ref().context("node has no input")?)?;
            }
            Some("passed") => {}
            Some("done") => errors = said["errors"].clone(),
            _ => bail!("a candidate is stuck: {said}"),
        }
    }
    browser.wait()?;
    assert_eq!(errors, json!([]));
    let token = links["slow"].as_str().and_then(|link| link.rsplit('/').next()).context("no token")?;
    heard_completely(&narrow, token, &of("slow")?).await?;
    // What happened is kept for people to know, and nothing of the answers is missing but the lost camera.
    let report = program.report(&of("devices")?).await?;
    ensure!(report["integrity_flags"].to_string().contains("camera_lost"), "{}", report["integrity_flags"]);
    for whole in ["storage", "late"] {
        let report = program.report(&of(whole)?).await?;
        assert_eq!(report["integrity_flags"], json!([]), "{whole}");
    }
    Ok(())
}

/// No word is missing of who went on by voice alone.
async fn heard_completely(program: &Program, token: &str, interview: &str) -> Result<()> {
    let view = program.view(token).await?;
    let take = &view["questions"][0]["takes"][0];
    let file = program.recording(interview, take["id"].as_str().context("no take")?).await?;
    let started = take["started_at"].as_i64().context("not started")?;
    let lasts = take["stopped_at"].as_i64().context("not stopped")? - started;
    assert_eq!(holes(&ffprobe(&file)?, "audio", lasts)?, []);
    assert_eq!(program.report(interview).await?["integrity_flags"], json!([]));
    Ok(())
}
