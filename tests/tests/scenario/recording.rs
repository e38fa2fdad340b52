//! Takes of 20 s by Chromium, measured: length, first frame, lip sync.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::Value;
use viva_media::{frames, read::Limits};
use viva_tests::{Candidate, Program, Settings, ffprobe, repository};

use crate::position;

const ANSWER_SECONDS: u32 = 20;
/// How far a picture may be from its sound. Viewers notice 45 ms of early sound (ITU-R BT.1359).
const LIP_SYNC_MS: f64 = 40.0;

#[tokio::test]
async fn a_take_is_as_long_as_its_timer_and_sharp_from_the_start() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::one_question(ANSWER_SECONDS, 1)).await?;
    let page = Candidate::until(&program, &token, "answered", &["--until", "answered", "--no-copy"]).await?;
    let view = program.view(&token).await?;
    let take = &view["questions"][0]["takes"][0];
    let file = program.recording(&interview, take["id"].as_str().context("no take")?).await?;

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
    drop(page);
    Ok(())
}

#[tokio::test]
async fn every_flash_comes_with_its_beep() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::one_question(ANSWER_SECONDS, 1)).await?;
    let devices = repository().join("tests/browser/one_clock.js");
    let arguments = ["--until", "answered", "--no-copy", "--devices", &devices.to_string_lossy()];
    let page = Candidate::until(&program, &token, "answered", &arguments).await?;
    let view = program.view(&token).await?;
    let take = &view["questions"][0]["takes"][0];
    let file = program.recording(&interview, take["id"].as_str().context("no take")?).await?;

    let (flashes, beeps) = flashes_and_beeps(&file, ANSWER_SECONDS)?;
    eprintln!("flashes {flashes:?}\nbeeps {beeps:?}");
    let mut apart: Vec<f64> = beeps
        .iter()
        .filter_map(|beep| {
            flashes.iter().map(|flash| (flash - beep) * 1000.0).min_by(|a, b| a.abs().total_cmp(&b.abs()))
        })
        .collect();
    apart.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    // Where the machine is taken away from the browser, its sound loses whole seconds, and a flash may never be painted.
    ensure!(apart.len() * 2 >= ANSWER_SECONDS as usize, "only {} beeps: {beeps:?}", apart.len());
    let (median, most) = (apart[apart.len() / 2], apart[apart.len() * 2 / 3]);
    eprintln!("picture after sound: median {median:.0} ms, 2 of 3 within {most:.0} ms, of {}", apart.len());
    ensure!(median.abs() <= LIP_SYNC_MS, "median {median:.0} ms");
    ensure!(most.abs() <= 2.0 * LIP_SYNC_MS, "one in three is {most:.0} ms or more apart");
    drop(page);
    Ok(())
}

/// When the picture turns white and when a beep begins, in seconds.
pub fn flashes_and_beeps(file: &std::path::Path, seconds: u32) -> Result<(Vec<f64>, Vec<f64>)> {
    let printed = ffmpeg_says(file, &["-vf", "signalstats,metadata=print:key=lavfi.signalstats.YAVG"])?;
    let flashes = onsets(&brightness(&printed));
    let printed = ffmpeg_says(file, &["-af", "silencedetect=noise=-30dB:d=0.3"])?;
    // The filter ends its last silence with the file.
    let end = f64::from(seconds) - 0.1;
    let silences = printed.lines().filter_map(|line| number_after(line, "silence_end: "));
    Ok((flashes, silences.filter(|at| *at < end).collect()))
}

fn ffmpeg_says(file: &std::path::Path, filter: &[&str]) -> Result<String> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-i"]).arg(file).args(filter).args(["-f", "null", "-"]);
    let output = command.output().context("cannot start ffmpeg; run scripts/setup")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{said}");
    Ok(said)
}

fn number_after(line: &str, name: &str) -> Option<f64> {
    line.split_once(name)?.1.split_whitespace().next()?.parse().ok()
}

/// Time in seconds and mean luma of each picture.
fn brightness(printed: &str) -> Vec<(f64, f64)> {
    let mut time = None;
    let mut pictures = Vec::new();
    for line in printed.lines() {
        time = number_after(line, "pts_time:").or(time);
        if let (Some(time), Some(luma)) = (time, number_after(line, "YAVG=")) {
            pictures.push((time, luma));
        }
    }
    pictures
}

/// When the picture turns from grey to white.
fn onsets(pictures: &[(f64, f64)]) -> Vec<f64> {
    const BRIGHT: f64 = 180.0;
    pictures
        .windows(2)
        .filter(|pair| pair[0].1 < BRIGHT && pair[1].1 >= BRIGHT)
        .map(|pair| pair[1].0)
        .collect()
}
