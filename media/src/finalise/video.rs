//! VP8 packets to complete, decodable frames (RFC 7741, section 4).

use super::packet::{Content, Packet, Stream};
use super::placement::Placement;
use super::rows::Rows;
use super::units::{Unit, Window};
use crate::vp8::PictureId;

/// Larger frames do not come from a camera.
const LARGEST_FRAME_BYTES: u32 = 16 << 20;
/// Where two pieces of the clock overlap, frames are moved up to this far rather than dropped, since dropping one would
/// cost all until the next key frame.
const LARGEST_MOVE_US: i64 = 500_000;
/// Block times are in milliseconds.
const RESOLUTION_US: i64 = 1000;

/// The frames of a stream that can be shown: complete, within the window, and with everything that they refer to.
pub(super) fn frames(number: usize, stream: &Stream, placement: &Placement, window: Window) -> Rows<Unit> {
    let mut chain = Chain { unbroken: false, last_picture: None, last_time_us: None };
    let mut units = Rows::new(stream.packets.scratch());
    for found in assemble(stream.packets.iter()) {
        let time_us = window.time_us(placement.server_us(found.packets.start, &found.first));
        if let Some(time_us) = chain.accept(&found, time_us) {
            let Found { packets, bytes, key, .. } = found;
            units.push(Unit { stream: number, packets, time_us, duration_us: 0, bytes, key });
        }
    }
    units
}

/// A complete frame.
struct Found {
    first: Packet,
    packets: std::ops::Range<usize>,
    bytes: u32,
    key: bool,
    picture: Option<PictureId>,
    /// Packets are missing, or belong to no complete frame, between the frame before and this one.
    after_hole: bool,
}

/// Finds complete frames: contiguous packets from a frame's start to its marker.
fn assemble(packets: impl Iterator<Item = Packet>) -> impl Iterator<Item = Found> {
    let mut open: Option<Found> = None;
    let mut hole = false;
    let mut last_sequence: Option<i64> = None;
    packets.enumerate().filter_map(move |(index, packet)| {
        if last_sequence.replace(packet.sequence).is_some_and(|last| packet.sequence != last + 1) {
            open = None;
            hole = true;
        }
        let Content::Vp8 { starts_frame, picture, key_size } = packet.content else { return None };
        let continues = |frame: &Found| {
            !starts_frame
                && frame.first.media_us == packet.media_us
                && frame.bytes.saturating_add(packet.bytes) <= LARGEST_FRAME_BYTES
        };
        if let Some(frame) = open.as_mut().filter(|frame| continues(frame)) {
            frame.packets.end = index + 1;
            frame.bytes += packet.bytes;
        } else {
            // A frame without its marker is not complete.
            hole |= open.is_some() || !starts_frame;
            let (packets, bytes, key) = (index..index + 1, packet.bytes, key_size.is_some());
            open = starts_frame.then_some(Found {
                first: packet,
                packets,
                bytes,
                key,
                picture,
                after_hole: hole,
            });
        }
        let complete = if packet.marker { open.take() } else { None };
        hole &= complete.is_none();
        complete
    })
}

/// Which frames a decoder can use.
struct Chain {
    unbroken: bool,
    last_picture: Option<PictureId>,
    last_time_us: Option<i64>,
}

impl Chain {
    /// The frame's time in the recording, or `None` when it cannot be shown.
    fn accept(&mut self, frame: &Found, time_us: Option<i64>) -> Option<i64> {
        // Only padding was lost when the frames' own numbers go on.
        let follows =
            frame.picture.zip(self.last_picture).is_some_and(|(picture, last)| picture.follows(last));
        self.last_picture = frame.picture;
        self.unbroken = frame.key || self.unbroken && (follows || !frame.after_hole);
        let time_us = time_us.and_then(|time_us| self.after_last(time_us));
        self.unbroken &= time_us.is_some();
        let time_us = time_us.filter(|_| self.unbroken)?;
        self.last_time_us = Some(time_us);
        Some(time_us)
    }

    fn after_last(&self, time_us: i64) -> Option<i64> {
        let Some(last_us) = self.last_time_us else { return Some(time_us) };
        let earliest_us = last_us + RESOLUTION_US;
        (earliest_us - time_us <= LARGEST_MOVE_US).then_some(time_us.max(earliest_us))
    }
}
