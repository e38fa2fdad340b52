//! A WHIP server on loopback, a sink that keeps notes, and the programs that publish.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{delete, get, post};
use viva::ingest::{ConnectionState, Ingest, IngestConfig, MediaSink, Publisher, Track};

/// An RTP packet as far as these tests care.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    pub track: Track,
    pub arrival_us: i64,
    pub sequence: u16,
    /// Width and height, at the first packet of a VP8 key frame.
    pub key_frame: Option<(u16, u16)>,
}

#[derive(Clone, Debug, Default)]
pub struct Notes {
    pub packets: Vec<Packet>,
    /// Track, SSRC, NTP time, RTP time.
    pub reports: Vec<(Track, u32, u64, u32)>,
    pub states: Vec<ConnectionState>,
}

impl Notes {
    pub fn of(&self, track: Track) -> Vec<Packet> {
        self.packets.iter().copied().filter(|packet| packet.track == track).collect()
    }

    pub fn key_frames(&self) -> Vec<Packet> {
        self.packets.iter().copied().filter(|packet| packet.key_frame.is_some()).collect()
    }

    /// Sequence numbers expected from first to last, and how many of them came.
    pub fn completeness(&self, track: Track) -> (usize, usize) {
        let mut extended = BTreeSet::new();
        let mut last: Option<i64> = None;
        for packet in self.of(track) {
            let number = match last {
                None => i64::from(packet.sequence),
                Some(last) => last + i64::from(packet.sequence.wrapping_sub(last as u16) as i16),
            };
            last = Some(last.map_or(number, |last| last.max(number)));
            extended.insert(number);
        }
        let expected = match (extended.first(), extended.last()) {
            (Some(first), Some(last)) => (last - first + 1) as usize,
            _ => 0,
        };
        (expected, extended.len())
    }
}

/// Keeps notes of everything it is told.
#[derive(Debug, Default)]
pub struct Notebook(Mutex<Notes>);

impl Notebook {
    pub fn notes(&self) -> Notes {
        self.0.lock().unwrap().clone()
    }
}

impl MediaSink for Notebook {
    fn rtp(&self, track: Track, arrival_us: i64, packet: &[u8]) {
        let payload = rtp_payload(packet).expect("the sink gets valid RTP");
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let key_frame = if track == Track::Video { vp8_key_frame(payload) } else { None };
        let note = Packet { track, arrival_us, sequence, key_frame };
        self.0.lock().unwrap().packets.push(note);
    }

    fn sender_report(&self, track: Track, _: i64, ssrc: u32, ntp: u64, rtp_time: u32) {
        self.0.lock().unwrap().reports.push((track, ssrc, ntp, rtp_time));
    }

    fn connection(&self, state: ConnectionState) {
        self.0.lock().unwrap().states.push(state);
    }
}

/// The payload of a plain RTP packet (RFC 3550 §5.1).
fn rtp_payload(packet: &[u8]) -> Option<&[u8]> {
    let [first, ..] = *packet else { return None };
    assert_eq!(first >> 6, 2, "RTP version");
    assert_eq!(first & 0x20, 0, "padding is gone");
    let mut at = 12 + 4 * usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        let words = packet.get(at + 2..at + 4)?;
        at += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    packet.get(at..)
}

/// Width and height, if this payload begins a VP8 key frame (RFC 7741 §4.2, RFC 6386 §9.1).
fn vp8_key_frame(payload: &[u8]) -> Option<(u16, u16)> {
    let first = *payload.first()?;
    if first & 0x17 != 0x10 {
        return None;
    }
    let mut at = 1;
    if first & 0x80 != 0 {
        let extension = *payload.get(1)?;
        at += 1;
        if extension & 0x80 != 0 {
            at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
        }
        at += usize::from(extension & 0x40 != 0) + usize::from(extension & 0x30 != 0);
    }
    let frame = payload.get(at..at + 10)?;
    let dimension = |at: usize| u16::from_le_bytes([frame[at], frame[at + 1]]) & 0x3fff;
    (frame[0] & 1 == 0 && frame[3..6] == [0x9d, 0x01, 0x2a]).then(|| (dimension(6), dimension(8)))
}

/// A publisher that came by WHIP, with what it sent.
#[derive(Clone)]
pub struct Visit {
    pub publisher: Arc<Publisher>,
    pub notebook: Arc<Notebook>,
}

/// The smallest WHIP server.
pub struct Whip {
    pub ingest: Ingest,
    pub url: String,
    visits: Mutex<Vec<Visit>>,
    open: Mutex<HashMap<u64, Visit>>,
}

impl Whip {
    /// Serves an ingest of `config` on loopback.
    pub async fn serve(config: IngestConfig) -> Arc<Self> {
        // RUST_LOG=webrtc=debug,rtc=debug shows what the engine thinks.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .try_init();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let whip = Arc::new(Self {
            ingest: Ingest::bind(config).await.unwrap(),
            url: format!("http://{}", listener.local_addr().unwrap()),
            visits: Mutex::default(),
            open: Mutex::default(),
        });
        let router = Router::new()
            .route("/", get(|| async { Html("<!doctype html><title>publisher</title>") }))
            .route("/whip", post(offer))
            .route("/whip/{id}", delete(hang_up))
            .with_state(Arc::clone(&whip));
        tokio::spawn(async move { axum::serve(listener, router).await });
        whip
    }

    pub fn visits(&self) -> Vec<Visit> {
        self.visits.lock().unwrap().clone()
    }

    /// The only visitor, once it is there.
    pub async fn first_visit(&self) -> Visit {
        until("a publisher", Duration::from_mins(1), || self.visits().first().cloned()).await
    }
}

async fn offer(State(whip): State<Arc<Whip>>, offer: String) -> Response {
    let notebook = Arc::new(Notebook::default());
    match whip.ingest.accept(&offer, Arc::clone(&notebook) as Arc<dyn MediaSink>).await {
        Ok((publisher, answer)) => {
            let id = publisher.id().to_string();
            let visit = Visit { publisher: Arc::new(publisher), notebook };
            whip.visits.lock().unwrap().push(visit.clone());
            whip.open.lock().unwrap().insert(id.parse().unwrap(), visit);
            let headers = [
                (header::CONTENT_TYPE, "application/sdp".to_owned()),
                (header::LOCATION, format!("/whip/{id}")),
            ];
            (StatusCode::CREATED, headers, answer).into_response()
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response(),
    }
}

async fn hang_up(State(whip): State<Arc<Whip>>, UrlPath(id): UrlPath<u64>) -> StatusCode {
    let visit = whip.open.lock().unwrap().remove(&id);
    match visit {
        Some(visit) => {
            visit.publisher.close().await;
            StatusCode::OK
        }
        None => StatusCode::NOT_FOUND,
    }
}

pub fn loopback() -> IngestConfig {
    IngestConfig::new(SocketAddr::from(([127, 0, 0, 1], 0)))
}

/// Polls until `find` finds something. The limit only ends a test that would hang.
pub async fn until<T>(what: &str, limit: Duration, mut find: impl FnMut() -> Option<T>) -> T {
    let search = async {
        loop {
            if let Some(found) = find() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(limit, search).await.unwrap_or_else(|_| panic!("waited too long for {what}"))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs tests/browser/whip_publish.mjs in Chromium, and yields what it reports.
pub async fn chromium(options: serde_json::Value) -> serde_json::Value {
    let browser = repository().join("tests/browser");
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    assert!(Path::new(&chromium).exists(), "no Chromium at {chromium}: run scripts/setup, or set CHROMIUM");
    let playwright = browser.join("node_modules/playwright-core");
    assert!(playwright.exists(), "no {}: run scripts/setup", playwright.display());
    let mut command = tokio::process::Command::new("node");
    command.arg(browser.join("whip_publish.mjs")).arg(options.to_string()).env("CHROMIUM", chromium);
    report(command, "node").await
}

/// Runs tests/peers/aiortc_publish.py, and yields what it reports.
pub async fn aiortc(arguments: &[&str]) -> serde_json::Value {
    let python = repository().join("build/venv/bin/python");
    assert!(python.exists(), "no {}: run scripts/setup", python.display());
    let mut command = tokio::process::Command::new(python);
    command.arg(repository().join("tests/peers/aiortc_publish.py")).args(arguments);
    report(command, "python").await
}

async fn report(mut command: tokio::process::Command, program: &str) -> serde_json::Value {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn();
    let child = child.unwrap_or_else(|error| panic!("cannot start {program} ({error}): run scripts/setup"));
    let output = child.wait_with_output().await.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} failed: {stderr}");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{program} reported no JSON ({error}): {stderr}"))
}
