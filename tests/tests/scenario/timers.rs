//! The server's clock owns the timers: a take ends at its deadline when the browser is gone.

use anyhow::{Context as _, Result};
use reqwest::Method;
use viva_tests::{Candidate, Program, Settings};

use crate::position;

const ANSWER_SECONDS: u32 = 6;

#[tokio::test]
async fn a_take_ends_at_its_deadline_without_the_browser() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, _) = program.invite(&position::one_question(ANSWER_SECONDS, 1)).await?;
    let page = Candidate::until(&program, &token, "checked", &["--until", "checked"]).await?;
    program.must(Method::POST, "/api/v1/candidate/questions/q1/open", &token, None).await?;
    program.wait_for(&token, "connected", |view| view["connected"] == true).await?;
    program.must(Method::POST, "/api/v1/candidate/questions/q1/takes", &token, None).await?;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    tokio::task::spawn_blocking(move || drop(page)).await?;
    let view = program
        .wait_for(&token, "finalised", |view| !view["questions"][0]["takes"][0]["recording"].is_null())
        .await?;
    let take = &view["questions"][0]["takes"][0];
    assert_eq!(take["stop_reason"], "deadline");
    let lasted = take["stopped_at"].as_i64().context("not stopped")?
        - take["started_at"].as_i64().context("not started")?;
    assert_eq!(lasted, i64::from(ANSWER_SECONDS) * 1000);
    assert_eq!(take["recording"]["duration_ms"], ANSWER_SECONDS * 1000);
    Ok(())
}
