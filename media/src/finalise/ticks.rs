//! Media clocks to microseconds.

use crate::journal::Track;
use crate::opus;

/// Ticks per second of a track's RTP clock (RFC 7741, section 4.1; RFC 7587, section 4.1).
pub(super) fn clock_rate(track: Track) -> u32 {
    match track {
        Track::Video => 90_000,
        Track::Audio => opus::CLOCK_RATE,
    }
}

pub(super) fn ticks_to_us(ticks: i64, rate: u32) -> i64 {
    let us = i128::from(ticks) * 1_000_000 / i128::from(rate);
    us.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}
