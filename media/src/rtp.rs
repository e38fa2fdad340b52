//! RTP packets (RFC 3550, section 5.1) as the ingest leaves them: plain, after SRTP has authenticated them.

/// The parts of one RTP packet that a recording needs, borrowed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Set on the last packet of a video frame (RFC 7741, section 4.1).
    pub marker: bool,
    /// Sequence number, wrapping at 2^16.
    pub sequence: u16,
    /// Media time in ticks of the codec's clock, wrapping at 2^32.
    pub timestamp: u32,
    /// The stream the packet belongs to.
    pub ssrc: u32,
    /// The payload without header extensions and padding; empty for a padding-only packet.
    pub payload: &'a [u8],
    /// Where `payload` begins in the packet, in bytes.
    pub payload_offset: usize,
}

const FIXED_HEADER: usize = 12;

impl<'a> Packet<'a> {
    /// Reads a packet; `None` when the bytes are not a well-formed RTP packet of version 2.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<FIXED_HEADER>()?;
        if header[0] >> 6 != 2 {
            return None;
        }
        let mut payload_offset = FIXED_HEADER + 4 * usize::from(header[0] & 0x0f);
        if header[0] & 0x10 != 0 {
            let extension = bytes.get(payload_offset..)?.first_chunk::<4>()?;
            payload_offset += 4 + 4 * usize::from(u16::from_be_bytes([extension[2], extension[3]]));
        }
        let body = bytes.get(payload_offset..)?;
        let padding =
            if header[0] & 0x20 == 0 { 0 } else { usize::from(*body.last().filter(|&&count| count > 0)?) };
        Some(Self {
            marker: header[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([header[2], header[3]]),
            timestamp: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            ssrc: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
            payload: body.get(..body.len().checked_sub(padding)?)?,
            payload_offset,
        })
    }
}

/// The value nearest to `reference` whose low 32 bits are `timestamp`.
pub fn extend_timestamp(reference: i64, timestamp: u32) -> i64 {
    reference.saturating_add(i64::from(timestamp.wrapping_sub(reference as u32) as i32))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const PLAIN: [u8; 14] = [0x80, 0xe0, 0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 7, 0xaa, 0xbb];

    #[test]
    fn reads_the_fixed_header() {
        let packet = Packet::parse(&PLAIN).unwrap();
        assert_eq!((packet.marker, packet.sequence, packet.timestamp, packet.ssrc), (true, 0x1234, 9, 7));
        assert_eq!((packet.payload, packet.payload_offset), (&[0xaa, 0xbb][..], 12));
    }

    #[test]
    fn skips_contributors_extension_and_padding() {
        let mut bytes = vec![0xb1, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([9; 4]);
        bytes.extend([0xbe, 0xde, 0, 1, 1, 2, 3, 4]);
        bytes.extend([0x55, 0x66, 0, 2]);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!((packet.payload, packet.payload_offset), (&[0x55, 0x66][..], 24));
    }

    #[test]
    fn padding_only_is_an_empty_payload() {
        let bytes = [0xa0, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 3];
        assert!(Packet::parse(&bytes).unwrap().payload.is_empty());
    }

    #[test]
    fn refuses_what_is_not_rtp() {
        let padding_past_the_start = [0xa0, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 9];
        let extension_past_the_end = [0x90, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0xff, 0xff];
        for bytes in [&PLAIN[..11], &[0; 20], &padding_past_the_start, &extension_past_the_end] {
            assert_eq!(Packet::parse(bytes), None);
        }
    }

    #[test]
    fn timestamps_extend_across_the_wrap() {
        let before = i64::from(u32::MAX) - 100;
        assert_eq!(extend_timestamp(before, 50), i64::from(u32::MAX) + 51);
        assert_eq!(extend_timestamp(i64::from(u32::MAX) + 51, u32::MAX - 100), before);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_packet_within_them_or_none(bytes in vec(any::<u8>(), 0..64), version_2 in any::<bool>()) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut().filter(|_| version_2) {
                *first = *first & 0x3f | 0x80;
            }
            if let Some(packet) = Packet::parse(&bytes) {
                prop_assert!(bytes[packet.payload_offset..].starts_with(packet.payload));
            }
        }
    }
}
