//! Packets and reports on clocks without wraps, as the first pass leaves them.

use super::rows::{Fields, Row, Rows};
use crate::journal::Track;
use crate::opus::PacketShape;
use crate::vp8::{Descriptor, PictureId, key_frame_size};

/// The packets of one SSRC on one connection, which share a sequence and a media clock.
pub(super) struct Stream {
    pub track: Track,
    /// Counts the connections of the take; streams of one connection share the sender's wall clock.
    pub epoch: u32,
    /// In order of sequence, without duplicates, once the index is complete.
    pub packets: Rows<Packet>,
    /// In order of arrival.
    pub reports: Vec<Report>,
}

/// One RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub arrival_us: i64,
    /// Sequence number without wraps.
    pub sequence: i64,
    /// Media time in microseconds, without wraps.
    pub media_us: i64,
    pub marker: bool,
    pub content: Content,
    /// Where the codec's bytes lie in the journal.
    pub offset: u64,
    pub bytes: u32,
}

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing: padding that probes the network.
    Padding,
    Opus(PacketShape),
    Vp8 {
        starts_frame: bool,
        picture: Option<PictureId>,
        /// Width and height when this begins a key frame.
        key_size: Option<(u16, u16)>,
    },
}

/// A sender report on clocks without wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub arrival_us: i64,
    pub media_us: i64,
    /// The sender's wall clock in microseconds since 1900.
    pub sender_us: i64,
}

impl Report {
    /// By how much the sender's wall clock is ahead of media time.
    pub(super) fn offset_us(&self) -> i64 {
        self.sender_us.saturating_sub(self.media_us)
    }
}

impl Content {
    /// What the payload holds, and the size of the payload descriptor before the codec's bytes; `None` when damaged.
    pub(super) fn of(track: Track, payload: &[u8]) -> Option<(Self, usize)> {
        if payload.is_empty() {
            return Some((Self::Padding, 0));
        }
        match track {
            Track::Audio => PacketShape::parse(payload).map(|shape| (Self::Opus(shape), 0)),
            Track::Video => {
                let Descriptor { starts_frame, picture, len } = Descriptor::parse(payload)?;
                if payload.len() == len {
                    return Some((Self::Padding, len));
                }
                let key_size = starts_frame.then(|| key_frame_size(&payload[len..])).flatten();
                Some((Self::Vp8 { starts_frame, picture, key_size }, len))
            }
        }
    }
}

impl Row for Packet {
    const BYTES: usize = 37 + Content::BYTES;

    fn put(&self, out: &mut Vec<u8>) {
        for field in [self.arrival_us, self.sequence, self.media_us, self.offset as i64] {
            field.put(out);
        }
        out.extend(self.bytes.to_le_bytes());
        out.push(self.marker.into());
        self.content.put(out);
    }

    fn take(mut fields: Fields<'_>) -> Self {
        Self {
            arrival_us: fields.i64(),
            sequence: fields.i64(),
            media_us: fields.i64(),
            offset: fields.i64() as u64,
            bytes: fields.u32(),
            marker: fields.u8() == 1,
            content: Content::take(fields),
        }
    }
}

const FLAG: u8 = 1;
const HAS_PICTURE: u8 = 2;
const HAS_KEY_SIZE: u8 = 4;

impl Row for Content {
    const BYTES: usize = 10;

    fn put(&self, out: &mut Vec<u8>) {
        let flag = |flag, is_set| if is_set { flag } else { 0 };
        let (kind, flags, numbers) = match *self {
            Self::Padding => (0, 0, [0; 4]),
            Self::Opus(PacketShape { duration_us, stereo }) => {
                (1, flag(FLAG, stereo), [duration_us as u16, (duration_us >> 16) as u16, 0, 0])
            }
            Self::Vp8 { starts_frame, picture, key_size } => {
                let flags = flag(FLAG, starts_frame)
                    | flag(HAS_PICTURE, picture.is_some())
                    | flag(HAS_KEY_SIZE, key_size.is_some());
                let (value, mask) = picture.map_or((0, 0), |picture| (picture.value, picture.mask));
                let (width, height) = key_size.unwrap_or((0, 0));
                (2, flags, [value, mask, width, height])
            }
        };
        out.extend([kind, flags]);
        out.extend(numbers.into_iter().flat_map(u16::to_le_bytes));
    }

    fn take(mut fields: Fields<'_>) -> Self {
        let (kind, flags) = (fields.u8(), fields.u8());
        let [a, b, c, d] = [fields.u16(), fields.u16(), fields.u16(), fields.u16()];
        let is_set = |flag| flags & flag != 0;
        match kind {
            1 => Self::Opus(PacketShape {
                duration_us: u32::from(a) | u32::from(b) << 16,
                stereo: is_set(FLAG),
            }),
            2 => Self::Vp8 {
                starts_frame: is_set(FLAG),
                picture: is_set(HAS_PICTURE).then_some(PictureId { value: a, mask: b }),
                key_size: is_set(HAS_KEY_SIZE).then_some((c, d)),
            },
            _ => Self::Padding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finalise::rows::tests::scratch;

    #[test]
    fn every_kind_of_packet_comes_back() {
        let vp8 = |starts_frame, picture, key_size| Content::Vp8 { starts_frame, picture, key_size };
        let contents = [
            Content::Padding,
            Content::Opus(PacketShape { duration_us: 120_000, stereo: true }),
            Content::Opus(PacketShape { duration_us: 2_500, stereo: false }),
            vp8(false, None, None),
            vp8(true, Some(PictureId { value: 0x7fff, mask: 0x7fff }), Some((16_383, 1))),
            vp8(true, Some(PictureId { value: 5, mask: 0x7f }), None),
            vp8(true, None, Some((640, 360))),
        ];
        let packets = contents.into_iter().cycle().take(5000).enumerate().map(|(number, content)| Packet {
            arrival_us: i64::MIN + number as i64,
            sequence: -(number as i64),
            media_us: i64::MAX,
            marker: number % 3 == 0,
            content,
            offset: u64::MAX - number as u64,
            bytes: u32::MAX,
        });
        let table = Rows::of(&scratch(), packets.clone());
        assert!(table.iter().eq(packets));
    }
}
