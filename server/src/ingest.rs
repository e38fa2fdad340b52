//! Receives WebRTC publishers: one UDP port (and one TCP port) for all of them, answers to their offers, and
//! every RTP packet and sender report with its arrival time into a [`MediaSink`].
//!
//! It knows nothing of interviews, of HTTP, or of storage. The caller brings an offer and a sink, and gets an
//! answer and a [`Publisher`]. A publisher ends by [`Publisher::close`], by being dropped, or by itself when its
//! connection fails; the sink's `connection(Closed)` is its last word in any case.
//!
//! ```text
//! UDP socket ─ mux ─ (by ufrag, by learnt address) ─▶ inbox ─▶ engine of one peer: ICE-lite, DTLS, SRTP
//! TCP port ── tcp ─ (by ufrag of the first frame) ─▶ stream ─▶   └─ NACK, TWCC, reports ─ tap ─▶ MediaSink
//! ```
//!
//! The engine (webrtc 0.21) is reached only from here: `engine` sets it up, `runtime` gives it sockets, `tap`
//! takes packets out, `publisher` keeps and ends it.

mod address;
mod clock;
mod datagram;
mod engine;
mod impairment;
mod inbox;
mod key_frames;
mod lifecycle;
mod mux;
mod port;
mod publisher;
mod round_trip;
mod routes;
mod runtime;
mod sdp;
mod sequence;
mod session;
mod sink;
mod tap;
mod tcp;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use webrtc::peer_connection::RTCPeerConnectionState;

pub use impairment::Impairment;
pub use mux::SocketStats;
pub use publisher::Publisher;
pub use sdp::OfferError;
pub use session::{PublisherId, PublisherStats, TrackStats, Transport};
pub use sink::{ConnectionState, MediaSink, Track};

use clock::ArrivalClock;
use engine::{Connect, Credentials, Families};
use lifecycle::Limits;
use mux::UdpMux;
use port::PeerPort;
use publisher::{EngineEvents, Supervisor};
use runtime::{LiveCount, PeerRuntime};
use sdp::{AnswerOptions, CandidateAddress, Offer};
use session::Session;
use tap::Tap;

/// How to receive.
#[derive(Clone, Debug)]
pub struct IngestConfig {
    /// The one UDP socket. `[::]` takes IPv4 too; port 0 lets the system choose.
    pub udp: SocketAddr,
    /// The one TCP listener for ICE over TCP, where UDP is blocked. `None`: UDP only.
    pub tcp: Option<SocketAddr>,
    /// Addresses to put in answers, in order of preference. Empty: those of this machine, without loopback
    /// unless bound there or nothing else exists.
    pub advertised: Vec<IpAddr>,
    /// Chromium's first video bitrate, kbit/s.
    pub start_bitrate_kbps: u32,
    /// Chromium's highest video bitrate, kbit/s.
    pub max_bitrate_kbps: u32,
    /// Publishers at a time.
    pub max_publishers: usize,
    /// From the answer to a connection, and from there to the first packet; later is a failure.
    pub connect_within: Duration,
    /// Silence after which [`ConnectionState::NoMedia`] is told.
    pub no_media_after: Duration,
    /// How long a peer that has gone quiet may take to come back; later is a failure.
    pub back_within: Duration,
    /// Damage done to incoming media, for tests.
    pub impairment: Option<Impairment>,
}

impl IngestConfig {
    /// The defaults, on `udp`.
    pub fn new(udp: SocketAddr) -> Self {
        Self {
            udp,
            tcp: None,
            advertised: Vec::new(),
            start_bitrate_kbps: 1_500,
            max_bitrate_kbps: 2_500,
            max_publishers: 1_000,
            connect_within: Duration::from_secs(30),
            no_media_after: Duration::from_secs(5),
            back_within: Duration::from_secs(25),
            impairment: None,
        }
    }
}

/// Receives publishers on one UDP and one TCP port. Dropping it ends them all.
pub struct Ingest {
    shared: Arc<Shared>,
    sockets: CancellationToken,
    _on_drop: [DropGuard; 2],
}

/// What answering an offer needs.
struct Shared {
    config: IngestConfig,
    mux: Arc<UdpMux>,
    candidates: Vec<CandidateAddress>,
    families: Families,
    clock: ArrivalClock,
    next_id: AtomicU64,
    live: LiveCount,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Ingest {
    /// Binds the sockets and starts to serve them on the current tokio runtime.
    ///
    /// # Errors
    /// The system's, when an address cannot be bound.
    pub async fn bind(config: IngestConfig) -> io::Result<Self> {
        let mux = Arc::new(UdpMux::bind(config.udp)?);
        let listener = match config.tcp {
            Some(address) => Some(TcpListener::bind(address).await?),
            None => None,
        };
        let mut candidates = candidates(&config.advertised, mux.local_address(), Transport::Udp)?;
        if let Some(listener) = &listener {
            candidates.extend(self::candidates(&config.advertised, listener.local_addr()?, Transport::Tcp)?);
        }
        let (stop, sockets) = (CancellationToken::new(), CancellationToken::new());
        tokio::spawn(sockets.clone().run_until_cancelled_owned(Arc::clone(&mux).run(config.impairment)));
        if let Some(listener) = listener {
            tokio::spawn(sockets.clone().run_until_cancelled_owned(tcp::run(listener, Arc::clone(&mux))));
        }
        let guards = [stop.clone().drop_guard(), sockets.clone().drop_guard()];
        let shared = Shared {
            families: Families {
                v4: candidates.iter().any(|candidate| candidate.address.is_ipv4()),
                v6: candidates.iter().any(|candidate| candidate.address.is_ipv6()),
            },
            config,
            mux,
            candidates,
            clock: ArrivalClock::new(Instant::now(), SystemTime::now()),
            next_id: AtomicU64::new(1),
            live: LiveCount::default(),
            tasks: TaskTracker::new(),
            stop,
        };
        Ok(Self { shared: Arc::new(shared), sockets, _on_drop: guards })
    }

    /// Answers an offer (RFC 9725 §4.2: all candidates are in the answer, no trickle). What the publisher sends
    /// goes to `sink` from then on; packets may come before its state is told as connected. Cancelling this
    /// call frees everything.
    ///
    /// # Errors
    /// See [`OfferError`]; all but `Full` and `Engine` are the sender's fault.
    pub async fn accept(
        &self,
        offer: &str,
        sink: Arc<dyn MediaSink>,
    ) -> Result<(Publisher, String), OfferError> {
        let offer = Offer::parse(offer)?;
        let shared = Arc::clone(&self.shared);
        // A task of its own: if the caller goes away in the middle, a half-made connection is still finished
        // and then, its handle dropped, closed. The engine would run on for ever otherwise.
        let task = self.shared.tasks.spawn(async move { shared.answer(&offer, sink).await });
        task.await.unwrap_or(Err(OfferError::Engine))
    }

    /// Where the UDP socket is bound.
    pub fn udp_address(&self) -> SocketAddr {
        self.shared.mux.local_address()
    }

    /// Peer connections in memory. After [`Publisher::close`] its own is not among them.
    pub fn live_peers(&self) -> usize {
        self.shared.live.get()
    }

    pub fn socket_stats(&self) -> SocketStats {
        self.shared.mux.stats()
    }

    /// Ends all publishers, waits until their sinks have had their last call, and closes the sockets.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        self.sockets.cancel();
    }
}

impl Shared {
    async fn answer(
        &self,
        offer: &Offer,
        sink: Arc<dyn MediaSink>,
    ) -> Result<(Publisher, String), OfferError> {
        if self.stop.is_cancelled() || self.live.get() >= self.config.max_publishers {
            return Err(OfferError::Full);
        }
        let engine_error = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "cannot answer an offer");
            OfferError::Engine
        };
        let credentials = Credentials::random().map_err(|error| engine_error(&error))?;
        let port = Arc::new(PeerPort::new(credentials.ufrag.clone()));
        self.mux.routes().add(&credentials.ufrag, Arc::clone(&port));

        let id = PublisherId(self.next_id.fetch_add(1, Relaxed));
        let session = Arc::new(Session::new(id, sink, Arc::clone(&port)));
        let (engine_state, engine) = watch::channel(RTCPeerConnectionState::New);
        let (engine_stopped, engine_freed) = (CancellationToken::new(), CancellationToken::new());
        let runtime = PeerRuntime::new(
            Arc::clone(&self.mux),
            port,
            self.live.clone(),
            engine_stopped.clone(),
            engine_freed.clone(),
        );
        let connecting = engine::connect(Connect {
            offer,
            credentials,
            tap: Tap::new(Arc::clone(&session), self.clock, offer),
            runtime: Arc::new(runtime),
            events: Arc::new(EngineEvents(engine_state)),
            families: self.families,
            tcp: self.config.tcp.is_some(),
        });
        let (connection, engine_answer) = connecting.await.map_err(|error| engine_error(&error))?;

        let limits = Limits {
            connect_within: self.config.connect_within,
            no_media_after: self.config.no_media_after,
            back_within: self.config.back_within,
        };
        let (clock, stop) = (self.clock, self.stop.child_token());
        let supervisor =
            Supervisor { connection, session, clock, limits, engine, engine_stopped, engine_freed, stop };
        let (publisher, task) = supervisor.start();
        self.tasks.spawn(task);

        let options = AnswerOptions {
            candidates: &self.candidates,
            start_bitrate_kbps: self.config.start_bitrate_kbps,
            max_bitrate_kbps: self.config.max_bitrate_kbps,
        };
        // On an error the publisher is dropped, which closes what was opened.
        let answer = sdp::answer(&engine_answer, offer, &options).map_err(|error| engine_error(&error))?;
        Ok((publisher, answer))
    }
}

/// The candidates of one socket.
fn candidates(
    advertised: &[IpAddr],
    bound: SocketAddr,
    transport: Transport,
) -> io::Result<Vec<CandidateAddress>> {
    let ips = if advertised.is_empty() { address::reachable(bound.ip())? } else { advertised.to_vec() };
    let addresses = ips.into_iter().map(|ip| SocketAddr::new(ip, bound.port()));
    Ok(addresses.map(|address| CandidateAddress { address, transport }).collect())
}
