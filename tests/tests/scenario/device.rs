//! A candidate who goes on with another device in the middle of an answer.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use viva_tests::{Candidate, Clip, Program, Settings, repository};

use crate::{
    backfill::{first_take, whole},
    position,
    recording::flashes_and_beeps,
};

const ANSWER_SECONDS: u32 = 24;
/// So long the second browser may take to start and connect.
const CHANGE_S: f64 = 8.0;

#[tokio::test]
async fn another_device_goes_on_where_the_first_one_was() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::one_question(ANSWER_SECONDS, 1)).await?;
    let devices = repository().join("tests/browser/one_clock.js").to_string_lossy().into_owned();
    let clip = Clip::flash_and_beep(program.folder())?;
    let link = program.url(&format!("/i/{token}"));
    let mut first = Candidate::open(&link, &clip, &["--devices", &devices])?;
    first.reach("recording")?;
    let before = first_take(&program.view(&token).await?).clone();
    tokio::time::sleep(Duration::from_secs(6)).await;

    let mut second = Candidate::open(&link, &clip, &["--until", "done", "--devices", &devices])?;
    let told = first.reach("replaced")?;
    assert_eq!(told["title"], "Opened elsewhere");
    drop(first);
    second.reach("recording")?;
    second.reach("done")?;
    let view = whole(&program, &token).await?;
    let take = first_take(&view);
    assert_eq!(take["answer_deadline"], before["answer_deadline"], "the deadline moved");
    assert_eq!(take["id"], before["id"], "another take");

    let file = program.recording(&interview, take["id"].as_str().context("no id")?).await?;
    let (_, beeps) = flashes_and_beeps(&file, ANSWER_SECONDS)?;
    eprintln!("{beeps:?}");
    let [start, end] = [beeps.first(), beeps.last()].map(|beep| beep.copied().unwrap_or(-1.0));
    ensure!(start < 2.0 && end > f64::from(ANSWER_SECONDS) - 2.0, "not from beginning to end: {beeps:?}");
    // Only the change itself is silent, wherever the second one's seconds begin.
    let pauses = beeps.windows(2).map(|pair| pair[1] - pair[0]);
    ensure!(pauses.filter(|pause| *pause > 1.2).count() <= 1, "more than one silence: {beeps:?}");
    let longest = beeps.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    ensure!(longest < CHANGE_S, "silent for {longest} s");
    let report = program.report(&interview).await?;
    eprintln!("silent for {longest:.1} s; {}", report["integrity_flags"]);
    Ok(())
}
