//! What the network, the server or the tab lost comes from the browser's own copy: nothing that was said is missing.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use viva_tests::{Candidate, Clip, Moments, Program, Settings, repository};

use crate::{position, recording::flashes_and_beeps};

const ANSWER_SECONDS: u32 = 24;
/// When it comes, in seconds of the answer.
const TROUBLE_AT_S: u32 = 6;
/// One picture of the slowest camera, and the lip sync of the spliced part.
const FLASH_TOLERANCE_S: f64 = 0.15;
const WHOLE_WITHIN: Duration = Duration::from_secs(90);
/// Two beeps are a second apart; the filter that finds them is this exact on a busy machine.
const BEEP_TOLERANCE_S: f64 = 0.12;

pub fn first_take(view: &Value) -> &Value {
    &view["questions"][0]["takes"][0]
}

/// Waits until the server says that the first take is whole.
pub async fn whole(program: &Program, token: &str) -> Result<Value> {
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
pub fn assert_every_beep(beeps: &[f64], seconds: u32) -> Result<f64> {
    ensure!(beeps.len() >= seconds as usize - 2, "only {} beeps: {beeps:?}", beeps.len());
    let errors = beeps.windows(2).map(|pair| (pair[1] - pair[0] - 1.0).abs());
    let worst = errors.fold(0.0, f64::max);
    ensure!(worst <= BEEP_TOLERANCE_S, "beeps are missing, doubled or moved: {beeps:?}");
    Ok(worst)
}

/// How many beeps have no flash beside them.
pub fn without_flash(flashes: &[f64], beeps: &[f64]) -> usize {
    let is_alone = |beep: &&f64| flashes.iter().all(|flash| (flash - **beep).abs() > FLASH_TOLERANCE_S);
    beeps.iter().filter(is_alone).count()
}

/// What goes wrong in the middle of the answer.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// Neither media nor requests pass, for so many seconds.
    Cut(u32),
    /// `kill -9`, and the server comes back after this time. The browser lets the page keep nothing on its disk.
    Killed(Duration),
    /// The candidate comes from another address.
    Moved,
}

/// Goes through an answer with the trouble in its middle, and listens whether anything is missing.
async fn nothing_is_lost(trouble: Trouble) -> Result<()> {
    let cut_s = if let Trouble::Cut(seconds) = trouble { seconds } else { 0 };
    let answer_seconds = ANSWER_SECONDS.max(cut_s + TROUBLE_AT_S + 8);
    let mut program = Program::start(Settings { network: true, ..Settings::default() }).await?;
    let (token, interview) = program.invite(&position::one_question(answer_seconds, 1)).await?;
    let devices = repository().join("tests/browser/one_clock.js").to_string_lossy().into_owned();
    let clip = Clip::flash_and_beep(program.folder())?;
    let offline = format!("{TROUBLE_AT_S},{cut_s}");
    let mut arguments = vec!["--until", "answered", "--devices", &devices];
    if cut_s > 0 {
        arguments.extend(["--offline", &offline]);
    }
    if matches!(trouble, Trouble::Killed(_)) {
        arguments.push("--no-disk");
    }
    let mut page = Candidate::open(&program.url(&format!("/i/{token}")), &clip, &arguments)?;
    page.reach("recording")?;
    let before = first_take(&program.view(&token).await?).clone();
    match trouble {
        Trouble::Cut(_) => {
            page.reach("offline")?;
            program.network().context("no network")?.cut(true);
            page.reach("online")?;
            program.network().context("no network")?.cut(false);
        }
        Trouble::Killed(down) => {
            tokio::time::sleep(Duration::from_secs(TROUBLE_AT_S.into())).await;
            program.kill()?;
            tokio::time::sleep(down).await;
            program.restart().await?;
        }
        Trouble::Moved => {
            tokio::time::sleep(Duration::from_secs(TROUBLE_AT_S.into())).await;
            program.network().context("no network")?.change_address();
        }
    }
    page.reach("answered")?;
    let answered = Instant::now();
    let view = whole(&program, &token).await?;
    let take = first_take(&view);
    eprintln!("{trouble:?}: whole {:.1} s after the answer", answered.elapsed().as_secs_f64());
    assert_eq!(take["answer_deadline"], before["answer_deadline"], "the deadline moved");

    let file = program.recording(&interview, take["id"].as_str().context("no id")?).await?;
    let (flashes, beeps) = flashes_and_beeps(&file, answer_seconds)?;
    eprintln!("flashes {flashes:?}\nbeeps {beeps:?}");
    let worst = assert_every_beep(&beeps, answer_seconds)?;
    let missing = without_flash(&flashes, &beeps);
    eprintln!(
        "{trouble:?}: {} beeps, each within {:.0} ms of its second, {missing} without a flash",
        beeps.len(),
        worst * 1000.0
    );
    // A busy machine may fail to paint one.
    ensure!(missing * 10 <= beeps.len(), "{missing} beeps have no flash: {flashes:?}");
    program.must(Method::POST, "/api/v1/candidate/submit", &token, None).await?;
    Ok(())
}

#[tokio::test]
async fn a_cut_network_loses_nothing() -> Result<()> {
    // `VIVA_CUT_SECONDS=1` and 60 for the figures.
    let asked: Option<u32> = std::env::var("VIVA_CUT_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    nothing_is_lost(Trouble::Cut(asked.unwrap_or(10))).await
}

#[tokio::test]
async fn a_killed_server_loses_nothing() -> Result<()> {
    nothing_is_lost(Trouble::Killed(Duration::from_secs(3))).await
}

#[tokio::test]
async fn another_address_loses_nothing() -> Result<()> {
    nothing_is_lost(Trouble::Moved).await
}

/// Two takes at once, the server killed again and again at moments that nobody chose.
#[tokio::test]
async fn many_kills_lose_nothing() -> Result<()> {
    // `VIVA_KILLS=100` for the figures.
    let asked: Option<u32> = std::env::var("VIVA_KILLS").ok().and_then(|kills| kills.parse().ok());
    let kills = asked.unwrap_or(3);
    // A busy machine needs three seconds for a restart.
    let answer_seconds = kills * 6 + 15;
    let mut program = Program::start(Settings::default()).await?;
    let devices = repository().join("tests/browser/one_clock.js").to_string_lossy().into_owned();
    let clip = Clip::flash_and_beep(program.folder())?;
    let mut candidates = Vec::new();
    for _ in 0..2 {
        let (token, interview) = program.invite(&position::one_question(answer_seconds, 1)).await?;
        let link = program.url(&format!("/i/{token}"));
        let mut page = Candidate::open(&link, &clip, &["--until", "answered", "--devices", &devices])?;
        page.reach("recording")?;
        let deadline = first_take(&program.view(&token).await?)["answer_deadline"].clone();
        candidates.push((token, interview, page, deadline));
    }
    let mut moments = Moments::default();
    for _ in 0..kills {
        moments.wait(1_500..5_000).await;
        program.kill()?;
        program.restart().await?;
    }
    let mut troubles = Vec::new();
    for (token, interview, mut page, deadline) in candidates {
        page.reach("answered")?;
        troubles.extend(whole(&program, &token).await.err());
        let view = program.view(&token).await?;
        let take = first_take(&view);
        assert_eq!(take["answer_deadline"], deadline, "the deadline moved");
        let file = program.recording(&interview, take["id"].as_str().context("no id")?).await?;
        let (flashes, beeps) = flashes_and_beeps(&file, answer_seconds)?;
        eprintln!(
            "{kills} kills: {} beeps and {} flashes in {answer_seconds} s; missing {}",
            beeps.len(),
            flashes.len(),
            take["missing"]
        );
        match assert_every_beep(&beeps, answer_seconds) {
            Ok(worst) => eprintln!("each beep within {:.0} ms of its second", worst * 1000.0),
            Err(error) => troubles.push(error),
        }
    }
    ensure!(troubles.is_empty(), "{troubles:?}");
    Ok(())
}

#[tokio::test]
async fn pieces_are_checked_repeats_are_harmless_and_nonsense_changes_nothing() -> Result<()> {
    let program = Program::start(Settings::default()).await?;
    let (token, _) = program.invite(&position::one_question(5, 1)).await?;
    let page = Candidate::until(&program, &token, "answered", &["--until", "answered", "--no-copy"]).await?;
    let view = program.view(&token).await?;
    let take = first_take(&view)["id"].as_str().context("no take")?.to_owned();
    let (started, sha256) =
        (first_take(&view)["started_at"].clone(), first_take(&view)["recording"]["sha256"].clone());
    let headers = |changed: &'static str, value: &str| {
        let good = [
            ("content-type", "video/webm;codecs=vp8,opus".to_owned()),
            ("viva-copy", "7".to_owned()),
            ("upload-offset", "0".to_owned()),
            ("viva-copy-started", started.to_string()),
            ("upload-complete", "?0".to_owned()),
        ];
        good.map(|(name, good)| (name, if name == changed { value.to_owned() } else { good }))
    };
    let piece: Vec<u8> = (0..200_000_u32).map(|at| (at * 7 % 251) as u8).collect();
    let other = vec![1; 200_000];
    let cases = [
        ("", "", piece.clone(), 204, ""),
        ("", "", piece.clone(), 204, ""),
        ("", "", other.clone(), 409, "chunk_conflict"),
        ("viva-copy", "8", other, 204, ""),
        ("content-type", "video/quicktime", piece.clone(), 415, "chunk_container"),
        ("viva-copy", "-1", piece.clone(), 422, "chunk_header"),
        ("upload-offset", "much", piece.clone(), 422, "chunk_header"),
        ("upload-offset", "99999999999", piece.clone(), 413, "chunks_too_large"),
        ("viva-copy-started", "1000", piece.clone(), 422, "chunk_header"),
        ("", "", vec![0; 2 << 20], 413, ""),
        ("upload-complete", "?1", piece.clone(), 204, ""),
    ];
    for (changed, value, bytes, status, code) in cases {
        let (answered, problem) = program.put_chunk(&token, &take, &headers(changed, value), bytes).await?;
        assert_eq!(answered, status, "{changed}: {value}: {problem}");
        assert!(code.is_empty() || problem["code"] == code, "{changed}: {value}: {problem}");
    }
    let unknown = "01990000-0000-7000-8000-000000000000";
    assert_eq!(program.put_chunk(&token, unknown, &headers("", ""), piece.clone()).await?.0, 404);
    assert_eq!(program.put_chunk("nobody", &take, &headers("", ""), piece.clone()).await?.0, 401);

    // Noise is no copy: the recording that is made again is the same.
    let made = |view: &Value| !first_take(view)["missing"].is_null();
    let view = program.wait_for(&token, "made again", made).await?;
    assert_eq!(first_take(&view)["recording"]["sha256"], sha256);
    program.must(Method::POST, "/api/v1/candidate/submit", &token, None).await?;
    assert_eq!(program.put_chunk(&token, &take, &headers("", ""), piece).await?.0, 410);
    drop(page);
    Ok(())
}
