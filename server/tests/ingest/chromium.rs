//! What Chromium publishes.

use std::time::Duration;

use serde_json::json;
use viva::ingest::{ConnectionState, Impairment, IngestConfig, Track, Transport};

use crate::support::{Notes, Whip, chromium, loopback, until};

const LONG: Duration = Duration::from_mins(1);

/// Waits for a key frame that came after the first `seen` packets.
async fn key_frame_after(whip: &Whip, seen: usize) {
    let visit = whip.first_visit().await;
    until("a key frame", LONG, || {
        let notes = visit.notebook.notes();
        notes.packets[seen.min(notes.packets.len())..].iter().any(|p| p.key_frame.is_some()).then_some(())
    })
    .await;
}

fn assert_whole(notes: &Notes, seconds: usize) {
    let (audio, video) = (notes.of(Track::Audio), notes.of(Track::Video));
    assert!(audio.len() >= seconds * 45, "{} Opus packets in {seconds} s", audio.len());
    assert!(video.len() >= seconds * 15, "{} VP8 packets in {seconds} s", video.len());
    assert!(notes.packets.is_sorted_by_key(|packet| packet.arrival_us), "arrival times go back");
    for track in [Track::Audio, Track::Video] {
        let (expected, came) = notes.completeness(track);
        assert_eq!(expected, came, "{track:?} is not whole on a clean network");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_over_udp_sharply_from_the_start() {
    let whip = Whip::serve(loopback()).await;
    let publishing = tokio::spawn(chromium(json!({ "url": whip.url, "seconds": 12, "hint": true })));
    let visit = whip.first_visit().await;
    until("media", LONG, || (visit.notebook.notes().packets.len() > 500).then_some(())).await;

    let before = visit.notebook.notes().packets.len();
    visit.publisher.request_key_frame();
    key_frame_after(&whip, before).await;
    let asked = visit.publisher.stats().key_frame_requests;
    assert!(asked >= 1);

    let cpu_before = cpu_seconds();
    let clock = std::time::Instant::now();
    let report = publishing.await.unwrap();
    let cpu = (cpu_seconds() - cpu_before) / clock.elapsed().as_secs_f64();
    println!(
        "connected in {} ms, {:.2} % of a core for one stream",
        report["runs"][0]["connectMs"],
        cpu * 100.0
    );

    let run = &report["runs"][0];
    assert!(
        ["AEAD_AES_128_GCM", "SRTP_AES128_CM_HMAC_SHA1_80"].contains(&run["srtp"].as_str().unwrap()),
        "{run}"
    );
    let notes = visit.notebook.notes();
    assert_whole(&notes, 12);
    let reported = |track| notes.reports.iter().filter(|report| report.0 == track && report.2 != 0).count();
    assert!(reported(Track::Audio) >= 2 && reported(Track::Video) >= 5, "{:?}", notes.reports);

    let first = notes.packets[0].arrival_us;
    let frames = notes.key_frames();
    assert!(
        frames.iter().any(|frame| {
            let (width, height) = frame.key_frame.unwrap();
            frame.arrival_us - first < 1_000_000 && width >= 640 && height >= 360
        }),
        "{frames:?}"
    );
    assert!(frames.len() >= 3, "one at the start, one on request, one 4.5 s after that: {frames:?}");

    let stats = visit.publisher.stats();
    assert_eq!((stats.transport, stats.audio.lost, stats.video.lost), (Some(Transport::Udp), 0, 0));
    assert!(stats.connected_at_us.is_some());
    assert_eq!(notes.states, [ConnectionState::Connected, ConnectionState::Closed]);
    assert_eq!(whip.ingest.live_peers(), 0, "DELETE frees the connection");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_percent_loss_is_repaired_without_a_storm() {
    let impairment = Impairment { loss: 0.05, seed: 1, ..Impairment::default() };
    let whip = Whip::serve(IngestConfig { impairment: Some(impairment), ..loopback() }).await;
    let report = chromium(json!({ "url": whip.url, "seconds": 15, "hint": true, "audioNack": true })).await;
    let visit = whip.first_visit().await;
    let notes = visit.notebook.notes();
    let lost = whip.ingest.socket_stats().impaired;
    assert!(lost > 50, "{lost} lost: nothing was tested");
    for track in [Track::Audio, Track::Video] {
        let (expected, came) = notes.completeness(track);
        println!("{track:?}: {came} of {expected}");
        assert!(came * 100 >= expected * 99, "{track:?}: {came} of {expected}");
    }
    let run = &report["runs"][0];
    let resent = run["retransmitted"].as_u64().unwrap();
    println!("{lost} lost, {resent} retransmitted, {:?}", visit.publisher.stats());
    assert!(resent as f64 <= 1.5 * lost as f64, "{resent} retransmissions for {lost} losses");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reordered_and_doubled_packets_come_once() {
    let impairment = Impairment { reorder: 0.05, duplicate: 0.05, seed: 2, ..Impairment::default() };
    let whip = Whip::serve(IngestConfig { impairment: Some(impairment), ..loopback() }).await;
    chromium(json!({ "url": whip.url, "seconds": 5 })).await;
    let notes = whip.first_visit().await.notebook.notes();
    for track in [Track::Audio, Track::Video] {
        let (expected, came) = notes.completeness(track);
        assert_eq!(notes.of(track).len(), came, "{track:?} has duplicates");
        assert!(came + 4 >= expected, "{track:?}: {came} of {expected}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_connections_in_a_row_leave_nothing() {
    let whip = Whip::serve(loopback()).await;
    let report = chromium(json!({ "url": whip.url, "seconds": 0.3, "rounds": 20 })).await;
    assert_eq!(report["runs"].as_array().map(Vec::len), Some(20));
    let mut times: Vec<u64> =
        report["runs"].as_array().unwrap().iter().filter_map(|r| r["connectMs"].as_u64()).collect();
    times.sort_unstable();
    println!("connected in {times:?} ms");
    for visit in whip.visits() {
        let states = visit.notebook.notes().states;
        assert_eq!(states.last(), Some(&ConnectionState::Closed));
        assert!(states.contains(&ConnectionState::Connected));
    }
    let sockets = whip.ingest.socket_stats();
    assert_eq!((whip.ingest.live_peers(), sockets.peers, sockets.addresses), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_over_tcp_where_udp_is_blocked() {
    let config = IngestConfig { tcp: Some("127.0.0.1:0".parse().unwrap()), ..loopback() };
    let whip = Whip::serve(config).await;
    let report = chromium(json!({ "url": whip.url, "seconds": 4, "only": "tcp" })).await;
    println!("TCP: connected in {} ms", report["runs"][0]["connectMs"]);
    let visit = whip.first_visit().await;
    assert_eq!(visit.publisher.stats().transport, Some(Transport::Tcp));
    assert_whole(&visit.notebook.notes(), 4);
    assert_eq!(whip.ingest.live_peers(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_over_ipv6() {
    let whip = Whip::serve(IngestConfig::new("[::1]:0".parse().unwrap())).await;
    chromium(json!({ "url": whip.url, "seconds": 2 })).await;
    assert_whole(&whip.first_visit().await.notebook.notes(), 2);
}

/// The default of a server: one socket for both families, IPv4 arriving as mapped addresses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_over_ipv4_to_a_socket_of_both_families() {
    let config = IngestConfig::new("[::]:0".parse().unwrap());
    let whip = Whip::serve(IngestConfig { advertised: vec!["127.0.0.1".parse().unwrap()], ..config }).await;
    chromium(json!({ "url": whip.url, "seconds": 2 })).await;
    assert_whole(&whip.first_visit().await.notebook.notes(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_ends_a_live_publisher() {
    let whip = Whip::serve(loopback()).await;
    let publishing = tokio::spawn(chromium(json!({ "url": whip.url, "seconds": 3, "expectEnd": true })));
    let visit = whip.first_visit().await;
    until("media", LONG, || (visit.notebook.notes().packets.len() > 50).then_some(())).await;
    whip.ingest.shutdown().await;
    assert_eq!(visit.notebook.notes().states.last(), Some(&ConnectionState::Closed));
    assert_eq!(whip.ingest.live_peers(), 0);
    publishing.await.unwrap();
}

/// User and system time of this process, seconds.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}
