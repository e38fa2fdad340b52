//! `kill -9` of the server at random moments of takes: the take is there, at most a second of what reached the server is
//! lost, it plays, and the same candidate finishes the same interview.

use std::{
    collections::HashSet,
    fs,
    io::Read,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::{Value, json};
use viva_media::journal::{Body, JournalReader, Track};
use viva_tests::{Candidate, Moments, Network, PacketId, Passed, Program, Settings, ffprobe};

use crate::position;

const KILLS: u32 = 20;
/// How long before the kill a packet must have reached the server to be safe.
const SAFE_AFTER: Duration = Duration::from_secs(1);

fn take(view: &Value, number: u32) -> &Value {
    view["questions"][0]["takes"]
        .as_array()
        .and_then(|t| t.iter().find(|t| t["number"] == number))
        .unwrap_or(&Value::Null)
}

/// Bytes of an RTP header with its extensions, at most.
const HEADERS: usize = 40;
/// What arrives sooner after a take's start may have been captured before it, and is rightly not in the recording.
const LATE_US: i64 = 500_000;
/// Bytes of sound that are not alike by chance; a second of silence has no such packet.
const SOUND: usize = 20;

/// What a journal holds.
#[derive(Default)]
struct Kept {
    packets: HashSet<PacketId>,
    /// The end of the newest packet of sound, when one was large enough to be told from others.
    newest_sound: Option<[u8; SOUND]>,
}

fn kept(mut reader: JournalReader<impl Read>) -> Result<Kept> {
    let mut kept = Kept::default();
    let mut begin_us = None;
    while let Some(entry) = reader.next_record()? {
        let since_us = entry.record.arrival_us - *begin_us.get_or_insert(entry.record.arrival_us);
        let Body::Rtp { track, packet } = entry.record.body else { continue };
        kept.packets.extend(PacketId::of(packet));
        if track == Track::Audio && packet.len() >= HEADERS + SOUND && since_us > LATE_US {
            kept.newest_sound = packet.last_chunk().copied();
        }
    }
    Ok(kept)
}

/// How long before `killed` the first packet reached the server that is not kept, after the last one that is.
fn lost(network: &Network, kept: &Kept, killed: Instant) -> Result<Duration> {
    let passed: Vec<_> = network.passed().into_iter().take_while(|packet| packet.at <= killed).collect();
    let is_kept = |passed: &Passed| kept.packets.contains(&passed.packet);
    let last = passed.iter().rposition(is_kept).context("nothing of the take was kept")?;
    Ok(passed.get(last + 1).map_or(Duration::ZERO, |first| killed - first.at))
}

#[tokio::test]
async fn twenty_kills_lose_at_most_a_second_each() -> Result<()> {
    let mut program = Program::start(Settings { network: true, ..Settings::default() }).await?;
    let (token, interview) = program.invite(&position::one_question(120, KILLS)).await?;
    let page = Candidate::until(&program, &token, "checked", &["--until", "checked", "--no-copy"]).await?;
    program.must(Method::POST, "/api/v1/candidate/questions/q1/open", &token, None).await?;

    let mut moments = Moments::default();
    let (mut losses, mut heard) = (Vec::new(), 0);
    for number in 1..=KILLS {
        program.wait_for(&token, "connected", |view| view["connected"] == true).await?;
        program.must(Method::POST, "/api/v1/candidate/questions/q1/takes", &token, None).await?;
        let view = program.view(&token).await?;
        let id = take(&view, number)["id"].as_str().context("no id")?.to_owned();
        let deadline = take(&view, number)["answer_deadline"].clone();

        moments.wait(300..3_000).await;
        let killed = Instant::now();
        program.kill()?;
        let kept = kept(program.journal(&interview, &id).await?)?;
        let lost = lost(program.network().context("no network")?, &kept, killed)?;
        eprintln!("take {number}: lost {} ms", lost.as_millis());
        assert!(lost <= SAFE_AFTER, "take {number}: lost {lost:?}");
        losses.push(lost);
        program.restart().await?;

        // The same take goes on by itself, with the deadline it had.
        let view = program
            .wait_for(&token, "recording again", |view| take(view, number)["state"] == "recording")
            .await?;
        assert_eq!(take(&view, number)["answer_deadline"], deadline, "a restart moved the deadline");
        tokio::time::sleep(Duration::from_millis(700)).await;
        program.must(Method::POST, &format!("/api/v1/candidate/takes/{id}/stop"), &token, None).await?;
        let view =
            program.wait_for(&token, "finalised", |view| !take(view, number)["recording"].is_null()).await?;
        let recording = &take(&view, number)["recording"];
        assert_eq!(recording["has_video"], true, "{recording}");
        assert_eq!(recording["has_audio"], true, "{recording}");

        // Everything kept is in the recording, and it plays: every packet decodes.
        let file = program.recording(&interview, &id).await?;
        let bytes = fs::read(&file)?;
        if let Some(sound) = &kept.newest_sound {
            let found = bytes.windows(SOUND).any(|window| window == sound);
            assert!(found, "take {number}: its last sound is missing");
            heard += 1;
        }
        ffprobe(&file)?;
        let mut decode = std::process::Command::new("ffmpeg");
        let errors = decode.args(["-v", "error", "-i"]).arg(&file).args(["-f", "null", "-"]).output()?;
        let errors = String::from_utf8_lossy(&errors.stderr).into_owned();
        // The null muxer's own complaint about two frames in one tick of its coarse clock is no decoding error.
        let bad = errors
            .lines()
            .find(|line| !line.is_empty() && !line.contains("non monotonically increasing dts"));
        assert_eq!(bad, None, "{errors}");
    }
    assert!(heard > 0, "no take was killed after a sound");
    losses.sort();
    eprintln!(
        "{KILLS} kills: median loss {} ms, worst {} ms",
        losses[losses.len() / 2].as_millis(),
        losses[losses.len() - 1].as_millis()
    );

    let last = program.view(&token).await?;
    let id = take(&last, KILLS)["id"].clone();
    program
        .must(Method::POST, "/api/v1/candidate/questions/q1/answer", &token, Some(json!({ "take_id": id })))
        .await?;
    let view = program.must(Method::POST, "/api/v1/candidate/submit", &token, None).await?;
    assert_eq!(view["state"], "submitted");
    drop(page);
    Ok(())
}
