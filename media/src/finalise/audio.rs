//! Opus packets, as they are.

use super::packet::{Content, Stream};
use super::placement::Placement;
use super::rows::Rows;
use super::units::{Unit, Window};

/// Packets of one stream may overlap by this much through rounding and clock fits.
const LARGEST_OVERLAP_US: i64 = 10_000;

/// The packets of a stream that lie in the window, in order of time.
pub(super) fn packets(number: usize, stream: &Stream, placement: &Placement, window: Window) -> Rows<Unit> {
    let mut units = Rows::new(stream.packets.scratch());
    let (mut last_ms, mut end_us) = (-1, i64::MIN);
    for (index, packet) in stream.packets.iter().enumerate() {
        let Content::Opus(shape) = packet.content else { continue };
        let Some(time_us) = window.time_us(placement.server_us(index, &packet)) else { continue };
        if time_us.saturating_add(LARGEST_OVERLAP_US) < end_us {
            continue;
        }
        if time_us / 1000 <= last_ms {
            continue;
        }
        last_ms = time_us / 1000;
        let duration_us = i64::from(shape.duration_us);
        end_us = time_us + duration_us;
        let (packets, bytes) = (index..index + 1, packet.bytes);
        units.push(Unit { stream: number, packets, time_us, duration_us, bytes, key: true });
    }
    units
}
