//! What is known about one publisher while it lives, shared by its tap, its supervisor and its handle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

use tokio::sync::watch;

use super::port::PeerPort;
use super::sink::{ConnectionState, MediaSink, Track};

/// Names a publisher within one `Ingest`; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublisherId(pub(super) u64);

impl std::fmt::Display for PublisherId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What carries a publisher's media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp,
}

/// A track so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackStats {
    /// RTP packets received.
    pub packets: u64,
    /// Their size in bytes, headers included.
    pub bytes: u64,
    /// Packets that were missing first and then came, retransmitted or reordered.
    pub repaired: u64,
    /// Packets given up for good.
    pub lost: u64,
    /// Arrival of the newest packet, microseconds since the Unix epoch.
    pub last_arrival_us: Option<i64>,
}

/// A publisher so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublisherStats {
    pub audio: TrackStats,
    pub video: TrackStats,
    /// When the connection first came up, microseconds since the Unix epoch.
    pub connected_at_us: Option<i64>,
    /// What the newest media packet came over.
    pub transport: Option<Transport>,
    /// Key frames asked for, by schedule, after loss, or on request.
    pub key_frame_requests: u64,
}

#[derive(Debug, Default)]
struct TrackCounters {
    packets: AtomicU64,
    bytes: AtomicU64,
    repaired: AtomicU64,
    lost: AtomicU64,
    last_arrival_us: AtomicI64,
}

impl TrackCounters {
    fn stats(&self) -> TrackStats {
        TrackStats {
            packets: self.packets.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            repaired: self.repaired.load(Relaxed),
            lost: self.lost.load(Relaxed),
            last_arrival_us: known(self.last_arrival_us.load(Relaxed)),
        }
    }
}

/// Zero stands for "not yet": the epoch itself is no arrival time.
fn known(us: i64) -> Option<i64> {
    (us != 0).then_some(us)
}

pub(super) struct Session {
    pub id: PublisherId,
    pub sink: Arc<dyn MediaSink>,
    state: watch::Sender<ConnectionState>,
    audio: TrackCounters,
    video: TrackCounters,
    connected_at_us: AtomicI64,
    port: Arc<PeerPort>,
    key_frame_wanted: AtomicBool,
    key_frame_requests: AtomicU64,
}

impl Session {
    pub fn new(id: PublisherId, sink: Arc<dyn MediaSink>, port: Arc<PeerPort>) -> Self {
        Self {
            id,
            sink,
            state: watch::Sender::new(ConnectionState::Connecting),
            audio: TrackCounters::default(),
            video: TrackCounters::default(),
            connected_at_us: AtomicI64::new(0),
            port,
            key_frame_wanted: AtomicBool::new(false),
            key_frame_requests: AtomicU64::new(0),
        }
    }

    /// Moves to `state` and tells the sink, unless it is there already. Only the supervisor calls this, so the
    /// sink hears of the states in order.
    pub fn enter(&self, state: ConnectionState, now_us: i64) {
        if self.state.send_replace(state) == state {
            return;
        }
        if state == ConnectionState::Connected {
            let _ = self.connected_at_us.compare_exchange(0, now_us, Relaxed, Relaxed);
        }
        tracing::debug!(publisher = self.id.0, ?state, "connection state");
        self.sink.connection(state);
    }

    pub fn state(&self) -> watch::Receiver<ConnectionState> {
        self.state.subscribe()
    }

    /// Counts a packet of `bytes` bytes.
    pub fn count(&self, track: Track, bytes: usize, arrival_us: i64) {
        let counters = self.counters(track);
        counters.packets.fetch_add(1, Relaxed);
        counters.bytes.fetch_add(bytes as u64, Relaxed);
        counters.last_arrival_us.store(arrival_us, Relaxed);
    }

    pub fn count_loss(&self, track: Track, repaired: u64, lost: u64) {
        let counters = self.counters(track);
        counters.repaired.store(repaired, Relaxed);
        counters.lost.store(lost, Relaxed);
    }

    pub fn want_key_frame(&self) {
        self.key_frame_wanted.store(true, Relaxed);
    }

    pub fn key_frame_wanted(&self) -> bool {
        self.key_frame_wanted.load(Relaxed)
    }

    /// Notes that a key frame was asked for, which settles every wish for one.
    pub fn key_frame_requested(&self) {
        self.key_frame_wanted.store(false, Relaxed);
        self.key_frame_requests.fetch_add(1, Relaxed);
    }

    /// Arrival of the newest packet of any track, microseconds since the Unix epoch.
    pub fn last_media_us(&self) -> Option<i64> {
        let last = |track| self.counters(track).last_arrival_us.load(Relaxed);
        known(last(Track::Audio).max(last(Track::Video)))
    }

    pub fn stats(&self) -> PublisherStats {
        PublisherStats {
            audio: self.audio.stats(),
            video: self.video.stats(),
            connected_at_us: known(self.connected_at_us.load(Relaxed)),
            transport: self.last_media_us().map(|_| self.port.transport()),
            key_frame_requests: self.key_frame_requests.load(Relaxed),
        }
    }

    fn counters(&self, track: Track) -> &TrackCounters {
        match track {
            Track::Audio => &self.audio,
            Track::Video => &self.video,
        }
    }
}
