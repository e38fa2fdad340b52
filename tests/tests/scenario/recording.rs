//! A take of 20 s by Chromium, measured. Lip sync is not: Chromium's camera file drifts against its microphone file when
//! the machine is busy, so a source with one clock for both is needed first.

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::Value;
use viva_media::{frames, read::Limits};
use viva_tests::{Candidate, Clip, Program, Settings, ffprobe};

use crate::position;

const ANSWER_SECONDS: u32 = 20;

#[tokio::test]
async fn a_take_is_as_long_as_its_timer_and_sharp_from_the_start() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::one_question(ANSWER_SECONDS, 1)).await?;
    let folder = program.folder().to_owned();
    let link = program.url(&format!("/i/{token}"));
    let answered = tokio::task::spawn_blocking(move || -> Result<Value> {
        let clip = Clip::flash_and_beep(&folder)?;
        Candidate::open(&link, &clip, &[])?.reach("answered")
    });
    answered.await??;
    let view = program.view(&token).await?;
    let take = &view["questions"][0]["takes"][0];
    let file = program.recording(&interview, take["id"].as_str().context("no take")?);

    let info = ffprobe(&file)?;
    let seconds: f64 = info["format"]["duration"].as_str().context("no duration")?.parse()?;
    eprintln!("duration {seconds} s");
    assert!((seconds - f64::from(ANSWER_SECONDS)).abs() <= 0.1, "duration {seconds} s");

    let video: Vec<&Value> = info["packets"]
        .as_array()
        .context("no packets")?
        .iter()
        .filter(|p| p["codec_type"] == "video")
        .collect();
    let first = video.first().context("no video packets")?;
    assert!(
        first["flags"].as_str().unwrap_or_default().starts_with('K'),
        "the first frame is no key frame: {first}"
    );
    let starts_at: f64 = first["pts_time"].as_str().context("no time")?.parse()?;
    eprintln!("first frame at {starts_at} s");
    assert!(starts_at < 1.0, "the first frame comes at {starts_at} s");
    let stream = info["streams"]
        .as_array()
        .context("no streams")?
        .iter()
        .find(|s| s["codec_type"] == "video")
        .context("no video")?;
    eprintln!("size {}x{}", stream["width"], stream["height"]);
    let limits = Limits { max_frame_width: 4096, ..Limits::default() };
    let frame = frames::sample(&file, 10.0, &limits)?.next().context("no frame")??;
    assert!(
        frame.width >= 640 && frame.height >= 360,
        "the first frame has {}x{}",
        frame.width,
        frame.height
    );

    let (status, _) = program.call(Method::POST, "/api/v1/candidate/submit", &token, None).await?;
    assert!(status.is_success());
    Ok(())
}
