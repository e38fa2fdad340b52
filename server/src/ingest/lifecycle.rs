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
    /// How long a peer that has gone quiet is waited for.
    pub back_within: Duration,
}

/// Media this young shows that the peer is there. Even in silence Opus sends every 400 ms.
const FLOWING: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Lifecycle {
    limits: Limits,
    answered_us: i64,
    connected_us: Option<i64>,
    disconnected_us: Option<i64>,
}

impl Lifecycle {
    /// `answered_us`: when the answer was made; all times are microseconds of one clock.
    pub fn new(limits: Limits, answered_us: i64) -> Self {
        Self { limits, answered_us, connected_us: None, disconnected_us: None }
    }

    /// The state at `now_us`, given the engine's own and when the newest media packet came.
    pub fn judge(&mut self, engine: Engine, last_media_us: Option<i64>, now_us: i64) -> ConnectionState {
        let passed = |since_us: i64, limit: Duration| now_us - since_us >= limit.as_micros() as i64;
        // The engine calls a peer disconnected after 5 s without STUN. While media flows none is due (RFC 8445 §11): Pion
        // sends none then, and aiortc one every 4 to 6 s.
        let flowing = last_media_us.is_some_and(|last_us| !passed(last_us, FLOWING));
        if engine != Engine::Disconnected || flowing {
            self.disconnected_us = None;
        }
        match engine {
            Engine::Failed => ConnectionState::Failed,
            Engine::Closed => ConnectionState::Closed,
            Engine::Disconnected if !flowing => {
                let disconnected_us = *self.disconnected_us.get_or_insert(now_us);
                if passed(disconnected_us, self.limits.back_within) {
                    ConnectionState::Failed
                } else {
                    ConnectionState::Disconnected
                }
            }
            Engine::Connected | Engine::Disconnected => {
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
        let limits = Limits {
            connect_within: Duration::from_secs(30),
            no_media_after: Duration::from_secs(5),
            back_within: Duration::from_secs(25),
        };
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

    #[test]
    fn a_peer_without_stun_is_there_while_media_flows() {
        let mut life = lifecycle();
        assert_eq!(life.judge(Engine::Connected, None, 0), ConnectionState::Connected);
        for second in 1..100 {
            let state = life.judge(Engine::Disconnected, Some(second * SECOND), second * SECOND + SECOND / 2);
            assert_eq!(state, ConnectionState::Connected);
        }
        let last = Some(99 * SECOND);
        assert_eq!(life.judge(Engine::Disconnected, last, 100 * SECOND), ConnectionState::Disconnected);
        assert_eq!(life.judge(Engine::Disconnected, last, 124 * SECOND), ConnectionState::Disconnected);
        assert_eq!(life.judge(Engine::Disconnected, last, 125 * SECOND), ConnectionState::Failed);
    }

    #[test]
    fn a_peer_that_came_back_is_waited_for_anew() {
        let mut life = lifecycle();
        assert_eq!(life.judge(Engine::Disconnected, None, 0), ConnectionState::Disconnected);
        assert_eq!(
            life.judge(Engine::Disconnected, Some(20 * SECOND), 20 * SECOND),
            ConnectionState::Connected
        );
        assert_eq!(
            life.judge(Engine::Disconnected, Some(20 * SECOND), 30 * SECOND),
            ConnectionState::Disconnected
        );
    }
}
