//! `kill -9` of the server at random moments of takes: the take is there, at most a second is lost, it plays, and the
//! same candidate finishes the same interview.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::{Value, json};
use viva_tests::{Candidate, Program, Settings, ffprobe};

use crate::position;

const KILLS: u32 = 20;
/// What may be missing before the kill.
const LOST_MS: f64 = 1_000.0;

fn take(view: &Value, number: u32) -> &Value {
    view["questions"][0]["takes"]
        .as_array()
        .and_then(|t| t.iter().find(|t| t["number"] == number))
        .unwrap_or(&Value::Null)
}

fn now_ms() -> Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1000.0)
}

#[tokio::test]
async fn twenty_kills_lose_at_most_a_second_each() -> Result<()> {
    let mut program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::one_question(120, KILLS)).await?;
    let page = Candidate::until(&program, &token, "checked", &["--until", "checked"]).await?;
    program.must(Method::POST, "/api/v1/candidate/questions/q1/open", &token, None).await?;

    let seed = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() % 1_000_003)?;
    eprintln!("seed {seed}");
    let mut random = seed;
    let mut losses = Vec::new();
    for number in 1..=KILLS {
        program.wait_for(&token, "connected", |view| view["connected"] == true).await?;
        program.must(Method::POST, "/api/v1/candidate/questions/q1/takes", &token, None).await?;
        let view = program.view(&token).await?;
        let started = take(&view, number)["started_at"].as_f64().context("the take has not started")?;
        let deadline = take(&view, number)["answer_deadline"].clone();

        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        tokio::time::sleep(Duration::from_millis(300 + (random >> 33) % 2_700)).await;
        let killed = now_ms()? - started;
        program.kill()?;
        program.restart().await?;

        // The same take goes on by itself, with the deadline it had.
        let view = program
            .wait_for(&token, "recording again", |view| take(view, number)["state"] == "recording")
            .await?;
        assert_eq!(take(&view, number)["answer_deadline"], deadline, "a restart moved the deadline");
        tokio::time::sleep(Duration::from_millis(700)).await;
        let id = take(&view, number)["id"].as_str().context("no id")?.to_owned();
        program.must(Method::POST, &format!("/api/v1/candidate/takes/{id}/stop"), &token, None).await?;
        let view =
            program.wait_for(&token, "finalised", |view| !take(view, number)["recording"].is_null()).await?;
        let recording = &take(&view, number)["recording"];
        assert_eq!(recording["has_video"], true, "{recording}");
        assert_eq!(recording["has_audio"], true, "{recording}");

        // Plays: every packet decodes. And the sound before the kill is there up to the last second.
        let file = program.recording(&interview, &id);
        let info = ffprobe(&file)?;
        let before: f64 = info["packets"]
            .as_array()
            .context("no packets")?
            .iter()
            .filter(|p| p["codec_type"] == "audio")
            .filter_map(|p| p["pts_time"].as_str()?.parse::<f64>().ok())
            .map(|s| s * 1000.0)
            .filter(|ms| *ms <= killed)
            .fold(0.0, f64::max);
        let lost = killed - before;
        eprintln!("take {number}: killed at {killed:.0} ms, lost {lost:.0} ms");
        assert!(lost <= LOST_MS, "take {number}: killed at {killed:.0} ms, sound up to {before:.0} ms");
        let mut decode = std::process::Command::new("ffmpeg");
        let errors = decode.args(["-v", "error", "-i"]).arg(&file).args(["-f", "null", "-"]).output()?;
        let errors = String::from_utf8_lossy(&errors.stderr).into_owned();
        // The null muxer's own complaint about two frames in one tick of its coarse clock is no decoding error.
        let bad = errors
            .lines()
            .find(|line| !line.is_empty() && !line.contains("non monotonically increasing dts"));
        assert_eq!(bad, None, "{errors}");
        losses.push(lost);
    }
    losses.sort_by(f64::total_cmp);
    eprintln!(
        "{KILLS} kills: median loss {:.0} ms, worst {:.0} ms",
        losses[losses.len() / 2],
        losses[losses.len() - 1]
    );

    let last = program.view(&token).await?;
    let id = take(&last, KILLS)["id"].clone();
    program
        .must(Method::POST, "/api/v1/candidate/questions/q1/answer", &token, Some(json!({ "take_id": id })))
        .await?;
    let view = program.must(Method::POST, "/api/v1/candidate/submit", &token, None).await?;
    assert_eq!(view["state"], "submitted");
    drop(page);
    Ok(())
}
