//! An answer is measured while it is recorded, and that changes nothing but how long its report takes.

use anyhow::{Context as _, Result, ensure};
use viva_tests::{Candidate, Clip, Program, Settings, build_folder, viva};

use crate::position;

const AHEAD: [&str; 2] = ["viva_windows_ahead", "viva_pictures_ahead"];

/// The value of a metric.
async fn metric(program: &Program, name: &str) -> Result<u64> {
    let text = reqwest::get(program.url("/metrics")).await?.text().await?;
    let line = text.lines().find(|line| line.split(' ').next() == Some(name));
    Ok(line
        .and_then(|line| line.split(' ').nth(1))
        .with_context(|| format!("no {name} in {text}"))?
        .parse()?)
}

fn speaking() -> Clip {
    let media = build_folder().join("media");
    Clip { video: media.join("camera.y4m"), audio: media.join("answers_en.wav") }
}

/// A spoken answer in a real browser over WebRTC. Its only take, so that it will be measured as soon as it is over.
#[tokio::test]
async fn the_last_take_is_measured_while_it_is_recorded_and_measures_the_same() -> Result<()> {
    let program = Program::start(Settings { models: true, ..Settings::default() }).await?;
    let mut position = position::one_question(90, 1);
    position["languages"] = serde_json::json!(["en"]);
    let (token, interview) = program.invite(&position).await?;
    let (clip, link) = (speaking(), program.url(&format!("/i/{token}")));
    let walk = move || Candidate::open(&link, &clip, &["--answer-seconds", "40"])?.reach("done");
    tokio::task::spawn_blocking(walk).await??;
    let report = program.report(&interview).await?;
    let said = report["answers"][0]["transcript"]["text"].as_str().context("no transcript")?;
    ensure!(said.split(' ').count() > 20, "{said}");
    for what in ["windows", "pictures"] {
        let mut counts = Vec::new();
        for when in ["ahead", "recalled", "afterwards"] {
            counts.push(metric(&program, &format!("viva_{what}_{when}")).await?);
        }
        eprintln!("{what} while it was recorded, of those recalled, afterwards: {counts:?}");
        ensure!(counts[0] > 0, "no {what} were measured while it was recorded");
        ensure!(counts[1] > 0, "no {what} were recalled");
    }
    let output = viva(true)
        .args(["rescore", &interview, "--measure"])
        .current_dir(program.folder())
        .env("VIVA_DATA__DIR", program.data())
        .output()?;
    let again: serde_json::Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    assert_eq!(again["reproduced"], true, "{again}");
    Ok(())
}

/// Who wants people alone to review is not listened to or looked at.
#[tokio::test]
async fn nobody_is_measured_who_did_not_agree() -> Result<()> {
    let program = Program::start(Settings { models: true, ..Settings::default() }).await?;
    let (token, interview) = program.invite(&position::one_question(90, 1)).await?;
    let (clip, link) = (speaking(), program.url(&format!("/i/{token}")));
    let arguments = ["--answer-seconds", "30", "--refuse", "analysis"];
    let walk = move || Candidate::open(&link, &clip, &arguments)?.reach("done");
    tokio::task::spawn_blocking(walk).await??;
    let report = program.report(&interview).await?;
    ensure!(report["answers"][0]["duration_ms"].as_u64().is_some_and(|ms| ms > 20_000), "{report}");
    for name in AHEAD {
        assert_eq!(metric(&program, name).await?, 0);
    }
    Ok(())
}
