//! WHIP clients that are no browser, and clients that leave something out.

use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::{Value, json};
use viva_tests::{Program, Settings, ffprobe, python, repository};

use crate::bad_input::consented;

/// aiortc in a process of its own, which ends with this.
struct Publisher(Child);

impl Publisher {
    fn start(program: &Program, token: &str, arguments: &[&str]) -> Result<Self> {
        let child = Command::new(python())
            .arg(repository().join("tests/peers/aiortc_publish.py"))
            .args([&program.url("/whip"), "60", "--token", token])
            .args(arguments)
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start python; run scripts/setup")?;
        Ok(Self(child))
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        // Already ended is fine.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Records a take of `seconds`, and gives it as the candidate sees it once it is finished.
async fn take(program: &Program, token: &str, seconds: u64) -> Result<Value> {
    program.must(Method::POST, "/api/v1/candidate/checks", token, Some(json!({ "camera": true }))).await?;
    program.must(Method::POST, "/api/v1/candidate/questions/q1/open", token, None).await?;
    let view = program.must(Method::POST, "/api/v1/candidate/questions/q1/takes", token, None).await?;
    let id = view["questions"][0]["takes"][0]["id"].as_str().context("no take")?.to_owned();
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
    program.must(Method::POST, &format!("/api/v1/candidate/takes/{id}/stop"), token, None).await?;
    let finished = |view: &Value| {
        let take = &view["questions"][0]["takes"][0];
        !take["recording"].is_null() || take["state"] == "faulted"
    };
    let view = program.wait_for(token, "a finished take", finished).await?;
    Ok(view["questions"][0]["takes"][0].clone())
}

#[tokio::test]
async fn a_client_without_sender_reports_is_recorded() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let token = consented(&program).await?;
    let publisher = Publisher::start(&program, &token, &["--no-reports"])?;
    program.wait_for(&token, "connected", |view| view["connected"] == true).await?;
    let take = take(&program, &token, 4).await?;
    drop(publisher);
    assert_eq!(
        (&take["recording"]["has_video"], &take["recording"]["has_audio"]),
        (&json!(true), &json!(true))
    );
    let view = program.view(&token).await?;
    let interview = view["interview_id"].as_str().context("no id")?;
    let info = ffprobe(&program.recording(interview, take["id"].as_str().context("no id")?).await?)?;
    let duration: f64 = info["format"]["duration"].as_str().context("no duration")?.parse()?;
    assert!((3.8..5.0).contains(&duration), "{duration}");
    let sound =
        info["packets"].as_array().context("no packets")?.iter().filter(|p| p["codec_type"] == "audio");
    assert!(sound.count() > 150, "4 s are 200 packets of 20 ms");
    Ok(())
}

#[tokio::test]
async fn a_client_that_sends_nothing_costs_no_take() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let token = consented(&program).await?;
    let _publisher = Publisher::start(&program, &token, &["--silent"])?;
    program.wait_for(&token, "connected", |view| view["connected"] == true).await?;
    let take = take(&program, &token, 2).await?;
    assert_eq!(take["state"], "faulted", "{take}");
    // The one take that the question allows is still there.
    program.must(Method::POST, "/api/v1/candidate/questions/q1/takes", &token, None).await?;
    Ok(())
}
