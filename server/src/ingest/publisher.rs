//! The handle to one publisher, and the task that keeps its connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use webrtc::peer_connection::{PeerConnection, PeerConnectionEventHandler, RTCPeerConnectionState};

use super::clock::ArrivalClock;
use super::lifecycle::{Lifecycle, Limits};
use super::session::{PublisherId, PublisherStats, Session};
use super::sink::ConnectionState;

/// How often silence and time limits are looked at.
const CHECK_EVERY: Duration = Duration::from_millis(500);
/// How long the engine may take to let go of a closed connection.
const FREED_WITHIN: Duration = Duration::from_secs(5);

/// One live publisher. Dropping it closes the connection in the background.
pub struct Publisher {
    session: Arc<Session>,
    stop: CancellationToken,
    closed: CancellationToken,
}

impl Publisher {
    pub fn id(&self) -> PublisherId {
        self.session.id
    }

    /// Asks the sender for a key frame (PLI, RFC 4585 §6.3.1) with the next packet that arrives. Requests
    /// closer than 300 ms to each other become one.
    pub fn request_key_frame(&self) {
        self.session.want_key_frame();
    }

    pub fn state(&self) -> ConnectionState {
        *self.session.state().borrow()
    }

    /// Follows the state. A reader that is slow sees the newest one only; the sink sees each.
    pub fn watch(&self) -> watch::Receiver<ConnectionState> {
        self.session.state()
    }

    pub fn stats(&self) -> PublisherStats {
        self.session.stats()
    }

    /// Ends the connection. When this returns, the sink has had its last call and the connection's memory,
    /// addresses and tasks are freed.
    pub async fn close(&self) {
        self.stop.cancel();
        self.closed.cancelled().await;
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("id", &self.id()).field("state", &self.state()).finish()
    }
}

/// Passes the engine's own state on.
pub(super) struct EngineEvents(pub watch::Sender<RTCPeerConnectionState>);

#[async_trait]
impl PeerConnectionEventHandler for EngineEvents {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.0.send_replace(state);
    }
}

/// Owns a connection from the answer to its end: judges its state, tells the sink, closes it when it failed or
/// nobody wants it any more.
pub(super) struct Supervisor {
    pub connection: Arc<dyn PeerConnection>,
    pub session: Arc<Session>,
    pub clock: ArrivalClock,
    pub limits: Limits,
    pub engine: watch::Receiver<RTCPeerConnectionState>,
    /// The engine's task has ended.
    pub engine_stopped: CancellationToken,
    /// The engine's memory is freed.
    pub engine_freed: CancellationToken,
    /// Asks for the end.
    pub stop: CancellationToken,
}

impl Supervisor {
    /// The handle, and the task to spawn.
    pub fn start(self) -> (Publisher, impl Future<Output = ()>) {
        let closed = CancellationToken::new();
        let publisher =
            Publisher { session: Arc::clone(&self.session), stop: self.stop.clone(), closed: closed.clone() };
        let task = async move {
            let _closed = closed.drop_guard();
            self.run().await;
        };
        (publisher, task)
    }

    async fn run(mut self) {
        let last = self.keep().await;
        if last == ConnectionState::Failed {
            self.session.enter(last, self.now_us());
        }
        if let Err(error) = self.connection.close().await {
            tracing::debug!(publisher = %self.session.id, %error, "closing");
        }
        let now_us = self.now_us();
        drop(self.connection);
        if tokio::time::timeout(FREED_WITHIN, self.engine_freed.cancelled()).await.is_err() {
            tracing::error!(publisher = %self.session.id, "connection not freed");
        }
        self.session.enter(ConnectionState::Closed, now_us);
    }

    /// Follows the connection until it is over, and says how it ended.
    async fn keep(&mut self) -> ConnectionState {
        let mut life = Lifecycle::new(self.limits, self.now_us());
        let mut check = tokio::time::interval(CHECK_EVERY);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return ConnectionState::Closed,
                () = self.engine_stopped.cancelled() => return ConnectionState::Failed,
                Ok(()) = self.engine.changed() => {}
                _ = check.tick() => {}
            }
            let now_us = self.now_us();
            let engine = *self.engine.borrow_and_update();
            let state = life.judge(engine, self.session.last_media_us(), now_us);
            if matches!(state, ConnectionState::Failed | ConnectionState::Closed) {
                return state;
            }
            self.session.enter(state, now_us);
        }
    }

    fn now_us(&self) -> i64 {
        self.clock.unix_us(Instant::now())
    }
}
