//! How a connection stands, judged from what the engine says, the media seen, and the time. Pure.

use std::time::Duration;

use webrtc::peer_connection::RTCPeerConnectionState as Engine;

use super::sink::ConnectionState;

/// Time limits of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// From the answer to ICE and DTLS being done; also from there to the first media packet, after which the
    /// connection counts as failed.
    pub connect_within: Duration,
    /// Silence after which `NoMedia` is told.
    pub no_media_after: Duration,
}

#[derive(Debug)]
pub(super) struct Lifecycle {
    limits: Limits,
    answered_us: i64,
    connected_us: Option<i64>,
}

impl Lifecycle {
    /// `answered_us`: when the answer was made; all times are microseconds of one clock.
    pub fn new(limits: Limits, answered_us: i64) -> Self {
        Self { limits, answered_us, connected_us: None }
    }

    /// The state at `now_us`, given the engine's own and when the newest media packet came.
    pub fn judge(&mut self, engine: Engine, last_media_us: Option<i64>, now_us: i64) -> ConnectionState {
        let passed = |since_us: i64, limit: Duration| now_us - since_us >= limit.as_micros() as i64;
        match engine {
            Engine::Failed => ConnectionState::Failed,
            Engine::Closed => ConnectionState::Closed,
            Engine::Disconnected => ConnectionState::Disconnected,
            Engine::Connected => {
                let connected_us = *self.connected_us.get_or_insert(now_us);
                if last_media_us.is_none() && passed(connected_us, self.limits.connect_within) {
                    ConnectionState::Failed
                } else if passed(last_media_us.unwrap_or(connected_us), self.limits.no_media_after) {
                    ConnectionState::NoMedia
                } else {
                    ConnectionState::Connected
                }
            }
            _ if passed(self.answered_us, self.limits.connect_within) && self.connected_us.is_none() => {
                ConnectionState::Failed
            }
            _ => ConnectionState::Connecting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn lifecycle() -> Lifecycle {
        let limits =
            Limits { connect_within: Duration::from_secs(30), no_media_after: Duration::from_secs(5) };
        Lifecycle::new(limits, 0)
    }

    #[test]
    fn a_peer_that_never_connects_fails() {
        let mut life = lifecycle();
        assert_eq!(life.judge(Engine::New, None, 0), ConnectionState::Connecting);
        assert_eq!(life.judge(Engine::Connecting, None, 29 * SECOND), ConnectionState::Connecting);
        assert_eq!(life.judge(Engine::Connecting, None, 30 * SECOND), ConnectionState::Failed);
    }

    #[test]
    fn a_peer_that_never_sends_is_told_and_then_fails() {
        let mut life = lifecycle();
        assert_eq!(life.judge(Engine::Connected, None, SECOND), ConnectionState::Connected);
        assert_eq!(life.judge(Engine::Connected, None, 6 * SECOND), ConnectionState::NoMedia);
        assert_eq!(life.judge(Engine::Connected, None, 31 * SECOND), ConnectionState::Failed);
    }

    #[test]
    fn a_pause_is_told_but_ends_nothing() {
        let mut life = lifecycle();
        assert_eq!(life.judge(Engine::Connected, Some(SECOND), 2 * SECOND), ConnectionState::Connected);
        assert_eq!(life.judge(Engine::Connected, Some(SECOND), 600 * SECOND), ConnectionState::NoMedia);
        assert_eq!(
            life.judge(Engine::Disconnected, Some(SECOND), 601 * SECOND),
            ConnectionState::Disconnected
        );
        assert_eq!(
            life.judge(Engine::Connected, Some(602 * SECOND), 602 * SECOND),
            ConnectionState::Connected
        );
    }
}
