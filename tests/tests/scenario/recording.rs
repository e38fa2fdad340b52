//! A take of 20 s by Chromium, measured.

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::Value;
use viva_media::{audio, frames, read::Limits};
use viva_tests::{Candidate, Clip, Program, Settings, ffprobe};

use crate::position;

const ANSWER_SECONDS: u32 = 20;
const LIP_SYNC_MS: f64 = 40.0;

#[tokio::test]
async fn a_take_is_as_long_as_its_timer_sharp_from_the_start_and_in_sync() -> Result<()> {
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

    let offsets = offsets(&file)?;
    let worst = offsets.iter().fold(0.0_f64, |worst, offset| worst.max(offset.abs()));
    let mut sorted = offsets.clone();
    sorted.sort_by(f64::total_cmp);
    eprintln!(
        "lip sync over {} events: median {} ms, worst {worst} ms",
        offsets.len(),
        sorted[sorted.len() / 2]
    );
    assert!(offsets.len() >= usize::try_from(ANSWER_SECONDS)? - 3, "only {} events", offsets.len());
    // Chromium's fake camera and microphone start apart by a constant that is no fault of the recording; what a
    // recording can break is the spread around it.
    let median = sorted[sorted.len() / 2];
    let spread = offsets.iter().fold(0.0_f64, |worst, offset| worst.max((offset - median).abs()));
    assert!(spread <= LIP_SYNC_MS, "offsets {offsets:?}");

    let (status, _) = program.call(Method::POST, "/api/v1/candidate/submit", &token, None).await?;
    assert!(status.is_success());
    Ok(())
}

/// Milliseconds from each flash to its beep.
fn offsets(file: &std::path::Path) -> Result<Vec<f64>> {
    let pcm = audio::decode(file, &Limits::default())?;
    let beeps = onsets(
        &pcm.samples
            .chunks(80)
            .map(|c| c.iter().map(|s| s * s).sum::<f32>() / c.len() as f32)
            .collect::<Vec<_>>(),
        5.0,
    );
    let mut times = Vec::new();
    let mut lumas = Vec::new();
    for frame in frames::sample(file, 100.0, &Limits { max_frame_width: 320, ..Limits::default() })? {
        let frame = frame?;
        times.push(frame.at_ms as f64);
        lumas.push(frame.rgb.iter().map(|b| f32::from(*b)).sum::<f32>() / frame.rgb.len() as f32);
    }
    let flashes: Vec<f64> = onsets(&lumas, 1.0)
        .into_iter()
        .map(|index| times.get(index as usize).copied().unwrap_or_default())
        .collect();
    let nearest = |flash: f64| {
        beeps
            .iter()
            .map(|beep| beep - flash)
            .min_by(|a, b| a.abs().total_cmp(&b.abs()))
            .filter(|d| d.abs() < 500.0)
    };
    Ok(flashes.into_iter().filter_map(nearest).collect())
}

/// Where values first rise above the middle between their least and their greatest, in `step` per value.
fn onsets(values: &[f32], step: f64) -> Vec<f64> {
    let (least, greatest) = values.iter().fold((f32::MAX, f32::MIN), |(l, g), v| (l.min(*v), g.max(*v)));
    let middle = f32::midpoint(least, greatest);
    let rises = values.windows(2).enumerate().filter(|(_, w)| w[0] <= middle && w[1] > middle);
    rises.map(|(index, _)| (index + 1) as f64 * step).collect()
}
