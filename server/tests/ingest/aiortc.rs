//! A publisher that is no browser: aiortc.

use std::time::Duration;

use viva::ingest::{ConnectionState, Track};

use crate::support::{Whip, aiortc, loopback, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_and_hangs_up() {
    let whip = Whip::serve(loopback()).await;
    let report = aiortc(&[&format!("{}/whip", whip.url), "5"]).await;
    assert_eq!(report["deleted"], 200);
    let notes = whip.first_visit().await.notebook.notes();
    let (audio, video) = (notes.of(Track::Audio), notes.of(Track::Video));
    assert!(audio.len() >= 200 && video.len() >= 100, "{} audio, {} video packets", audio.len(), video.len());
    assert!(!notes.key_frames().is_empty());
    assert!(notes.reports.iter().any(|report| report.0 == Track::Audio));
    assert_eq!(notes.states, [ConnectionState::Connected, ConnectionState::Closed]);
    assert_eq!(whip.ingest.live_peers(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h264_alone_is_refused_by_name() {
    let whip = Whip::serve(loopback()).await;
    let report = aiortc(&[&format!("{}/whip", whip.url), "1", "--codec", "H264"]).await;
    assert_eq!(report["status"], 422);
    let refusal = report["refusal"].as_str().unwrap();
    assert!(refusal.contains("H264") && refusal.contains("VP8") && refusal.contains("Opus"), "{refusal}");
    assert!(whip.visits().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_that_vanishes_is_noticed_and_freed() {
    let whip = Whip::serve(loopback()).await;
    aiortc(&[&format!("{}/whip", whip.url), "2", "--vanish"]).await;
    let visit = whip.first_visit().await;
    let states = until("the end", Duration::from_secs(90), || {
        let states = visit.notebook.notes().states;
        (states.last() == Some(&ConnectionState::Closed)).then_some(states)
    })
    .await;
    assert!(states.contains(&ConnectionState::Failed), "{states:?}");
    assert_eq!(whip.ingest.live_peers(), 0);
}
