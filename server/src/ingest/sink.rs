//! Where received media goes.

/// Which of the two tracks of a publisher a packet belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Track {
    /// Opus, 48 kHz RTP clock (RFC 7587).
    Audio,
    /// VP8, 90 kHz RTP clock (RFC 7741).
    Video,
}

/// How a publisher's connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Answered; ICE and DTLS are not done yet.
    Connecting,
    /// ICE and DTLS are done, and media is flowing or about to.
    Connected,
    /// Connected, but no media packet has come for a while (`IngestConfig::no_media_after`).
    NoMedia,
    /// The peer has gone quiet; it may come back by itself.
    Disconnected,
    /// The connection never came up, or did not come back. `Closed` follows.
    Failed,
    /// Everything is freed. Nothing follows.
    Closed,
}

/// Receives what a publisher sends, at the moment it is decrypted.
///
/// All methods run on the task that also drives ICE and DTLS of that publisher, so they must return within
/// microseconds: append to a buffer, never wait for a disk or a lock held long.
///
/// Arrival times are microseconds since the Unix epoch, from a monotonic clock anchored once to the wall
/// clock: they never jump back, also when the machine's clock is set.
pub trait MediaSink: Send + Sync + 'static {
    /// One RTP packet (RFC 3550), decrypted and whole: header, extensions, payload; padding removed, so a
    /// packet that was only padding comes with an empty payload. Packets come in order of arrival, retransmitted
    /// ones late, never twice.
    fn rtp(&self, track: Track, arrival_us: i64, packet: &[u8]);

    /// One RTCP sender report (RFC 3550 §6.4.1): at the sender's `ntp` time (32.32 fixed point), the track's
    /// RTP clock stood at `rtp_time`.
    fn sender_report(&self, track: Track, arrival_us: i64, ssrc: u32, ntp: u64, rtp_time: u32);

    /// The connection changed to `state`. Never called twice in a row with the same state; `Closed` is the
    /// last call.
    fn connection(&self, state: ConnectionState);
}
