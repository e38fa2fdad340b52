//! Offers and datagrams from people with bad intentions, or bad software.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::net::UdpSocket;
use viva::ingest::{ConnectionState, Ingest, IngestConfig, MediaSink, OfferError, Track};

use crate::support::{Notebook, Whip, chromium, loopback, until};

/// As Chromium 156 makes it, with NACK for audio added.
const OFFER: &str = include_str!("chromium_offer.sdp");

async fn accept(ingest: &Ingest, offer: &str) -> Result<(), OfferError> {
    ingest.accept(offer, Arc::new(Notebook::default()) as Arc<dyn MediaSink>).await.map(|_| ())
}

#[tokio::test]
async fn malformed_offers_are_refused_and_leave_nothing() {
    let ingest = Ingest::bind(loopback()).await.unwrap();
    let cases = [
        ("empty", String::new()),
        ("not SDP", "{\"type\":\"offer\"}".to_owned()),
        ("cut", OFFER[..OFFER.len() / 3].to_owned()),
        ("no media", OFFER.split("m=audio").next().unwrap().to_owned()),
        ("no ICE", OFFER.replace("a=ice-ufrag", "a=x")),
        ("no fingerprint", OFFER.replace("a=fingerprint", "a=x")),
        ("receive only", OFFER.replace("a=sendonly", "a=recvonly")),
        ("not bundled", OFFER.replace("a=group:BUNDLE", "a=x")),
        ("no VP8", OFFER.replace("VP8/90000", "H264/90000")),
        ("control characters", OFFER.replace("a=mid:0", "a=mid:\u{1b}[0m")),
        ("huge", OFFER.repeat(20)),
    ];
    for (what, offer) in cases {
        assert!(accept(&ingest, &offer).await.is_err(), "{what} was accepted");
    }
    assert_eq!((ingest.live_peers(), ingest.socket_stats().peers), (0, 0));
}

#[tokio::test]
async fn the_answer_is_what_a_publisher_needs() {
    let ingest =
        Ingest::bind(IngestConfig { tcp: Some("127.0.0.1:0".parse().unwrap()), ..loopback() }).await.unwrap();
    let sink = Arc::new(Notebook::default());
    let (publisher, answer) = ingest.accept(OFFER, Arc::clone(&sink) as Arc<dyn MediaSink>).await.unwrap();
    let port = ingest.udp_address().port();
    for line in [
        "a=ice-lite",
        "a=setup:passive",
        "a=recvonly",
        "a=rtcp-fb:111 nack",
        "a=fmtp:96 x-google-start-bitrate=1500;x-google-max-bitrate=2500",
        "a=end-of-candidates",
        &format!("a=candidate:1 1 udp 2130706431 127.0.0.1 {port} typ host"),
    ] {
        assert!(answer.contains(&format!("{line}\r\n")), "no {line} in {answer}");
    }
    assert!(answer.contains("tcptype passive"), "{answer}");
    for gone in ["rtx", "H264", "VP9", "red/", "video-orientation", "rtp-stream-id", "simulcast", "sendrecv"]
    {
        assert!(!answer.contains(gone), "{gone} in {answer}");
    }
    publisher.close().await;
    assert_eq!(sink.notes().states, [ConnectionState::Closed]);
    assert_eq!((ingest.live_peers(), ingest.socket_stats().peers), (0, 0));
}

#[tokio::test]
async fn one_publisher_too_many_is_refused() {
    let ingest = Ingest::bind(IngestConfig { max_publishers: 1, ..loopback() }).await.unwrap();
    let sink: Arc<dyn MediaSink> = Arc::new(Notebook::default());
    let (first, _) = ingest.accept(OFFER, Arc::clone(&sink)).await.unwrap();
    assert_eq!(accept(&ingest, OFFER).await, Err(OfferError::Full));
    first.close().await;
    assert_eq!(accept(&ingest, OFFER).await, Ok(()));
}

#[tokio::test]
async fn an_offer_nobody_follows_up_fails_and_is_freed() {
    let ingest =
        Ingest::bind(IngestConfig { connect_within: Duration::from_secs(1), ..loopback() }).await.unwrap();
    let sink = Arc::new(Notebook::default());
    let (publisher, _) = ingest.accept(OFFER, Arc::clone(&sink) as Arc<dyn MediaSink>).await.unwrap();
    let mut state = publisher.watch();
    state.wait_for(|state| *state == ConnectionState::Closed).await.unwrap();
    assert_eq!(sink.notes().states, [ConnectionState::Failed, ConnectionState::Closed]);
    until("the memory to be freed", Duration::from_secs(10), || (ingest.live_peers() == 0).then_some(()))
        .await;
}

#[tokio::test]
async fn a_dropped_publisher_is_freed() {
    let ingest = Ingest::bind(loopback()).await.unwrap();
    accept(&ingest, OFFER).await.unwrap();
    until("the memory to be freed", Duration::from_secs(10), || (ingest.live_peers() == 0).then_some(()))
        .await;
}

#[tokio::test]
async fn a_caller_that_goes_away_while_answered_leaves_nothing() {
    let ingest = Ingest::bind(loopback()).await.unwrap();
    for polls in 0..8 {
        let mut answering = Box::pin(accept(&ingest, OFFER));
        for _ in 0..polls {
            tokio::select! { biased; _ = &mut answering => break, () = tokio::task::yield_now() => {} }
        }
    }
    until("the memory to be freed", Duration::from_secs(10), || {
        (ingest.live_peers() == 0 && ingest.socket_stats().peers == 0).then_some(())
    })
    .await;
}

/// A STUN binding request for `local_ufrag`, without a valid integrity.
fn forged_check(local_ufrag: &str) -> Vec<u8> {
    let username = format!("{local_ufrag}:forged");
    let mut body = vec![0x00, 0x06, 0, username.len() as u8];
    body.extend(username.as_bytes());
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend([0x00, 0x08, 0, 20]);
    body.extend([0xab; 20]);
    let mut packet = vec![0, 1, 0, body.len() as u8, 0x21, 0x12, 0xa4, 0x42];
    packet.extend([9; 12]);
    packet.extend(body);
    packet
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_does_not_disturb_a_running_publisher() {
    let whip = Whip::serve(loopback()).await;
    let publishing = tokio::spawn(chromium(json!({ "url": whip.url, "seconds": 6, "reportUfrag": true })));
    let visit = whip.first_visit().await;
    until("media", Duration::from_mins(1), || (visit.notebook.notes().packets.len() > 100).then_some(()))
        .await;
    let addresses = whip.ingest.socket_stats().addresses;

    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let target = whip.ingest.udp_address();
    let mut sent = 0_u64;
    let mut random = 1_u8;
    for round in 0..400 {
        for length in [0, 1, 11, 12, 19, 20, 60, 200, 1_200, 1_600, 9_000] {
            let mut noise: Vec<u8> = (0..length)
                .map(|_| {
                    random = random.wrapping_mul(141).wrapping_add(71);
                    random
                })
                .collect();
            if let Some(first) = noise.first_mut() {
                *first = [0x00, 0x16, 0x80, 0x40, 0xff][round % 5];
            }
            stranger.send_to(&noise, target).await.unwrap();
            sent += 1;
        }
        stranger.send_to(&forged_check("unknownufrag"), target).await.unwrap();
        sent += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let report = publishing.await.unwrap();
    let stats = whip.ingest.socket_stats();
    assert!(stats.refused >= sent * 9 / 10, "{} of {sent} refused", stats.refused);
    assert!(addresses <= 4, "nothing is learnt from strangers");
    let notes = visit.notebook.notes();
    for track in [Track::Audio, Track::Video] {
        let (expected, came) = notes.completeness(track);
        assert_eq!(expected, came, "{track:?} suffered; {}", report["runs"][0]);
    }
    assert_eq!(notes.states, [ConnectionState::Connected, ConnectionState::Closed]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_checks_for_a_known_ufrag_claim_nothing() {
    let ingest = Ingest::bind(loopback()).await.unwrap();
    let sink: Arc<dyn MediaSink> = Arc::new(Notebook::default());
    let (publisher, answer) = ingest.accept(OFFER, sink).await.unwrap();
    let ufrag = answer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for _ in 0..200 {
        stranger.send_to(&forged_check(ufrag), ingest.udp_address()).await.unwrap();
    }
    until("the datagrams", Duration::from_secs(10), || (ingest.socket_stats().received >= 200).then_some(()))
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(ingest.socket_stats().addresses, 0, "an address was learnt from a forged check");
    assert_eq!(publisher.state(), ConnectionState::Connecting);
    publisher.close().await;
}
