//! How fast the first page is on a slow phone.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use viva_tests::{Program, Settings, repository, run};

use crate::position;

/// Until the first page can be used, median of the runs.
const INTERACTIVE_MS: u64 = 2_000;
const RUNS: u32 = 3;

#[tokio::test]
async fn the_first_page_can_be_used_within_two_seconds_on_a_slow_phone() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, _) = program.invite(&position::one_question(60, 1)).await?;
    let options = json!({ "link": program.link(&token), "runs": RUNS });
    let measured = tokio::task::spawn_blocking(move || {
        run(Command::new("node").arg(repository().join("tests/browser/budget.mjs")).arg(options.to_string()))
    });
    let measured: Value = serde_json::from_str(&measured.await??)?;
    eprintln!("on a slow phone, {RUNS} runs: {measured}");
    let interactive = measured["median"]["interactive"].as_u64().context("not measured")?;
    ensure!(interactive > 0 && interactive <= INTERACTIVE_MS, "usable after {interactive} ms: {measured}");
    Ok(())
}
