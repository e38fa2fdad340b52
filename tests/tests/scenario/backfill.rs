//! What the network, the server or the tab lost comes from the browser's own copy: nothing that was said is missing.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use viva_tests::{Candidate, Clip, Program, Settings, repository};

use crate::{position, recording::flashes_and_beeps};

const ANSWER_SECONDS: u32 = 24;
/// The network goes away so many seconds into the answer.
const CUT_AT_S: u32 = 6;
const WHOLE_WITHIN: Duration = Duration::from_secs(90);
/// Two beeps are a second apart; the filter that finds them is this exact on a busy machine.
const BEEP_TOLERANCE_S: f64 = 0.12;

fn first_take(view: &Value) -> &Value {
    &view["questions"][0]["takes"][0]
}

/// Waits until the server says that the first take is whole.
async fn whole(program: &Program, token: &str) -> Result<Value> {
    let from = Instant::now();
    loop {
        let view = program.view(token).await?;
        if first_take(&view)["missing"] == json!([]) {
            return Ok(view);
        }
        ensure!(from.elapsed() < WHOLE_WITHIN, "never whole: {}", first_take(&view));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Every beep once: none is missing, none came twice. Gives the largest error of their distances, in seconds.
fn assert_every_beep(beeps: &[f64], seconds: u32) -> Result<f64> {
    ensure!(beeps.len() >= seconds as usize - 2, "only {} beeps: {beeps:?}", beeps.len());
    let errors = beeps.windows(2).map(|pair| (pair[1] - pair[0] - 1.0).abs());
    let worst = errors.fold(0.0, f64::max);
    ensure!(worst <= BEEP_TOLERANCE_S, "beeps are missing, doubled or moved: {beeps:?}");
    Ok(worst)
}

#[tokio::test]
async fn a_cut_network_loses_nothing() -> Result<()> {
    // `VIVA_CUT_SECONDS=60` for the figures.
    let seconds: Option<u32> =
        std::env::var("VIVA_CUT_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    for cut_s in seconds.map_or(vec![1, 10], |seconds| vec![seconds]) {
        let answer_seconds = ANSWER_SECONDS.max(cut_s + CUT_AT_S + 8);
        let program = Program::start(Settings { network: true, ..Settings::default() }).await?;
        let (token, interview) = program.invite(&position::one_question(answer_seconds, 1)).await?;
        let network = program.network().context("no network")?;
        let devices = repository().join("tests/browser/one_clock.js").to_string_lossy().into_owned();
        let clip = Clip::flash_and_beep(program.folder())?;
        let offline = format!("{CUT_AT_S},{cut_s}");
        let arguments = ["--until", "answered", "--devices", &devices, "--offline", &offline];
        let mut page = Candidate::open(&program.url(&format!("/i/{token}")), &clip, &arguments)?;
        page.reach("recording")?;
        let before = first_take(&program.view(&token).await?).clone();
        page.reach("offline")?;
        network.cut(true);
        page.reach("online")?;
        network.cut(false);
        page.reach("answered")?;
        let answered = Instant::now();
        let view = whole(&program, &token).await?;
        let take = first_take(&view);
        eprintln!("cut {cut_s} s: whole {:.1} s after the answer", answered.elapsed().as_secs_f64());
        assert_eq!(take["answer_deadline"], before["answer_deadline"], "an outage moved the deadline");
        assert!(take["interruptions"].as_u64().is_some_and(|times| times >= 1 || cut_s < 5), "{take}");

        let file = program.recording(&interview, take["id"].as_str().context("no id")?).await?;
        let (flashes, beeps) = flashes_and_beeps(&file, answer_seconds)?;
        eprintln!("flashes {flashes:?}\nbeeps {beeps:?}");
        let worst = assert_every_beep(&beeps, answer_seconds)?;
        let missing =
            beeps.iter().filter(|beep| !flashes.iter().any(|flash| (flash - *beep).abs() <= 0.15)).count();
        eprintln!(
            "cut {cut_s} s: {} beeps within {:.0} ms of their second, {missing} without their flash",
            beeps.len(),
            worst * 1000.0
        );
        ensure!(missing * 10 <= beeps.len(), "{missing} beeps have no flash");
        program.must(Method::POST, "/api/v1/candidate/submit", &token, None).await?;
        drop(page);
    }
    Ok(())
}
