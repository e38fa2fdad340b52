//! A polite stop in the middle of a take.

use anyhow::{Context as _, Result};
use reqwest::Method;
use viva_tests::{Candidate, Program, Settings};

use crate::position;

#[tokio::test]
async fn sigterm_seals_the_open_take_and_it_goes_on_after_the_start() -> Result<()> {
    let mut program = Program::start(Settings::default()).await?;
    let (token, interview) = program.invite(&position::one_question(60, 1)).await?;
    let page = Candidate::until(&program, &token, "checked", &["--until", "checked"]).await?;
    program.must(Method::POST, "/api/v1/candidate/questions/q1/open", &token, None).await?;
    program.wait_for(&token, "connected", |view| view["connected"] == true).await?;
    let view = program.must(Method::POST, "/api/v1/candidate/questions/q1/takes", &token, None).await?;
    let take = view["questions"][0]["takes"][0]["id"].as_str().context("no take")?.to_owned();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(program.terminate()?, 0, "a polite stop ends well");
    let mut reader = program.journal(&interview, &take).await?;
    let mut records = 0;
    while reader.next_record()?.is_some() {
        records += 1;
    }
    assert!(reader.into_source().is_ended(), "the journal was not closed");
    assert!(records > 50, "only {records} records");
    program.restart().await?;
    program
        .wait_for(&token, "recording again", |view| view["questions"][0]["takes"][0]["state"] == "recording")
        .await?;
    drop(page);
    Ok(())
}
