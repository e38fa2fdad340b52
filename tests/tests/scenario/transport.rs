//! Networks that let no media through: the interview goes on over TCP, or over HTTP alone, and nothing is missing.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use viva_tests::{Candidate, Clip, Program, Settings, repository};

use crate::{
    backfill::{assert_every_beep, first_take, whole, without_flash},
    position,
    recording::flashes_and_beeps,
};

const ANSWER_SECONDS: u32 = 16;
/// The copy is a second or two behind what is said.
const LAG_MS: u64 = 4_000;

/// What the network does to media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    /// No UDP from the beginning; TCP passes.
    TcpOnly,
    /// No media at all from the beginning.
    HttpOnly,
    /// No media at all from the middle of the answer on.
    MediaStops,
}

/// The whole interview in such a network, in a browser so started; the report's fields.
async fn interview(blocked: Network, browser: &[&str]) -> Result<BTreeSet<String>> {
    let settings = Settings { network: true, tcp: blocked == Network::TcpOnly, ..Settings::default() };
    let program = Program::start(settings).await?;
    let network = program.network().context("no network")?;
    let (token, interview) = program.invite(&position::one_question(ANSWER_SECONDS, 1)).await?;
    if blocked != Network::MediaStops {
        network.cut(true);
    }
    let devices = repository().join("tests/browser/one_clock.js").to_string_lossy().into_owned();
    let clip = Clip::flash_and_beep(program.folder())?;
    let arguments = [&["--until", "done", "--devices", &devices], browser].concat();
    let mut page = Candidate::open(&program.url(&format!("/i/{token}")), &clip, &arguments)?;
    page.reach("recording")?;
    let before = first_take(&program.view(&token).await?).clone();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    if blocked == Network::MediaStops {
        network.cut(true);
    }
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    let running = program.view(&token).await?;
    let (take, now) = (first_take(&running), running["server_time"].as_u64().context("no time")?);
    let way = if blocked == Network::TcpOnly { "media" } else { "chunks" };
    assert_eq!(running["transport"], way, "{running}");
    assert_eq!(take["state"], "recording", "{take}");
    let saved = take["saved_up_to_ms"].as_u64().context("nothing saved")?;
    let said = now - take["started_at"].as_u64().context("not started")?;
    ensure!(saved <= said && said - saved < LAG_MS, "{blocked:?}: saved {saved} of {said} ms");
    page.reach("answered")?;
    page.reach("done")?;
    let view = whole(&program, &token).await?;
    let take = first_take(&view);
    assert_eq!(take["answer_deadline"], before["answer_deadline"], "the deadline moved");

    let file = program.recording(&interview, take["id"].as_str().context("no id")?).await?;
    let (flashes, beeps) = flashes_and_beeps(&file, ANSWER_SECONDS)?;
    let worst = assert_every_beep(&beeps, ANSWER_SECONDS)?;
    let missing = without_flash(&flashes, &beeps);
    eprintln!(
        "{blocked:?}: saved up to {saved} of {said} ms; {} beeps within {:.0} ms, {missing} without a flash",
        beeps.len(),
        worst * 1000.0
    );
    ensure!(missing * 8 <= beeps.len(), "{missing} beeps have no flash: {flashes:?} {beeps:?}");
    let report = program.report(&interview).await?;
    assert_eq!(report["answers"][0]["duration_ms"].as_u64().map(|ms| ms / 1000), Some(ANSWER_SECONDS.into()));
    if blocked == Network::MediaStops {
        let flag = &report["integrity_flags"][0];
        assert_eq!(flag["kind"], "connection_lost", "{report}");
        let at_ms = flag["at_ms"].as_u64().context("no time")?;
        ensure!((4_000..12_000).contains(&at_ms), "{flag}");
    }
    let mut fields = BTreeSet::new();
    collect_fields(&report, "", &mut fields);
    Ok(fields)
}

fn collect_fields(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| {
            let path = format!("{path}/{name}");
            into.insert(path.clone());
            collect_fields(field, &path, into);
        }),
        Value::Array(items) => items.iter().for_each(|item| collect_fields(item, path, into)),
        _ => {}
    }
}

#[tokio::test]
async fn a_network_that_blocks_media_changes_nothing_but_the_way() -> Result<()> {
    let over_tcp = interview(Network::TcpOnly, &[]).await?;
    let in_pieces = interview(Network::HttpOnly, &[]).await?;
    assert_eq!(over_tcp, in_pieces);
    Ok(())
}

#[tokio::test]
async fn an_answer_goes_on_in_pieces_when_media_stops_for_good() -> Result<()> {
    interview(Network::MediaStops, &[]).await.map(drop)
}

/// As on an iPhone before iOS 18.4.
#[tokio::test]
async fn a_browser_that_records_only_mp4_needs_no_media_connection_either() -> Result<()> {
    interview(Network::HttpOnly, &["--no-webm"]).await.map(drop)
}
