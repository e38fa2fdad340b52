//! A page that is reloaded, a browser that dies and a lid that is closed in the middle of an answer: what was said until
//! then is kept, and the answer goes on.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use viva_tests::{Candidate, Clip, Program, Settings, ffprobe, repository};

use crate::{backfill::first_take, position};

const ANSWER_SECONDS: u32 = 22;
/// An Opus packet, and its way through encoder and pacer.
const LOST_AT_MOST_MS: i64 = 100;
/// Starting a browser, and the device check that it goes through again.
const AWAY_AT_MOST_MS: i64 = 15_000;
/// Packets this far apart have nothing lost between them.
const NEXT_PACKET_MS: i64 = 250;

/// Where nothing was recorded, in milliseconds from the start of the take.
fn holes(recording: &Value, take_ms: i64) -> Result<Vec<(i64, i64)>> {
    let packets = recording["packets"].as_array().context("no packets")?;
    let mut times = Vec::new();
    for packet in packets.iter().filter(|packet| packet["codec_type"] == "audio") {
        let seconds: f64 = packet["pts_time"].as_str().context("no time")?.parse()?;
        times.push((seconds * 1000.0) as i64);
    }
    ensure!(!times.is_empty(), "no sound");
    times.sort_unstable();
    times.insert(0, 0);
    times.push(take_ms);
    let apart = times.windows(2).map(|pair| (pair[0], pair[1]));
    Ok(apart.filter(|(from, to)| to - from > NEXT_PACKET_MS).collect())
}

/// Goes through an answer with the trouble in its middle; `back` is the step that the page takes when it is over.
async fn goes_on(trouble: [&str; 2], gone: &str, back: &str) -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::one_question(ANSWER_SECONDS, 1)).await?;
    let devices = repository().join("tests/browser/one_clock.js").to_string_lossy().into_owned();
    let clip = Clip::flash_and_beep(program.folder())?;
    let arguments = [&["--until", "answered", "--devices", &devices][..], &trouble].concat();
    let mut page = Candidate::open(&program.url(&format!("/i/{token}")), &clip, &arguments)?;
    page.reach("recording")?;
    let before = first_take(&program.view(&token).await?).clone();
    let gone_at = page.reach(gone)?["at_unix_ms"].as_i64().context("no time")?;
    page.reach(back)?;
    page.reach("answered")?;

    let view = program.view(&token).await?;
    let take = first_take(&view);
    assert_eq!(take["answer_deadline"], before["answer_deadline"], "the deadline moved");
    assert_eq!(take["id"], before["id"], "another take");
    let file = program.recording(&interview, take["id"].as_str().context("no id")?).await?;
    let gone_ms = gone_at - take["started_at"].as_i64().context("no start")?;
    let holes = holes(&ffprobe(&file)?, i64::from(ANSWER_SECONDS) * 1000)?;
    eprintln!("{gone} at {gone_ms} ms; nothing recorded in {holes:?}; missing {}", take["missing"]);
    ensure!(holes.len() <= 1, "nothing recorded in {holes:?}");
    for (from, to) in holes {
        ensure!(gone_ms - from <= LOST_AT_MOST_MS, "what was said was lost from {from} ms to {gone_ms} ms");
        ensure!(to - from <= AWAY_AT_MOST_MS, "away until {to} ms");
    }
    Ok(())
}

#[tokio::test]
async fn a_reloaded_page_goes_on_and_loses_nothing() -> Result<()> {
    goes_on(["--reload", "6"], "reloaded", "recording").await
}

#[tokio::test]
async fn a_browser_that_dies_loses_nothing_that_was_said() -> Result<()> {
    goes_on(["--crash", "6"], "crashed", "recording").await
}

#[tokio::test]
async fn a_lid_that_is_closed_loses_nothing_that_was_said() -> Result<()> {
    goes_on(["--suspend", "6,6"], "suspended", "resumed").await
}
