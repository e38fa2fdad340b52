//! What the first bytes of an Opus packet tell (RFC 6716, section 3.1).

/// Samples per second of every Opus timestamp in RTP (RFC 7587, section 4.1).
pub const CLOCK_RATE: u32 = 48_000;

const LONGEST_PACKET_US: u32 = 120_000;

/// Duration and channels of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketShape {
    /// Sound the packet holds, in microseconds (2,500 to 120,000).
    pub duration_us: u32,
    /// Two channels are coded rather than one.
    pub stereo: bool,
}

impl PacketShape {
    /// Reads the table-of-contents byte and frame count; `None` when the packet cannot be valid.
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let toc = *packet.first()?;
        let frame_us = match toc >> 3 {
            configuration @ 0..12 => [10_000, 20_000, 40_000, 60_000][usize::from(configuration & 3)],
            configuration @ 12..16 => [10_000, 20_000][usize::from(configuration & 1)],
            configuration => [2_500, 5_000, 10_000, 20_000][usize::from(configuration & 3)],
        };
        let frames = match toc & 3 {
            0 => 1,
            1 | 2 => 2,
            _ => u32::from(packet.get(1)? & 0x3f),
        };
        let duration_us = frame_us * frames;
        let stereo = toc & 4 != 0;
        (1..=LONGEST_PACKET_US).contains(&duration_us).then_some(Self { duration_us, stereo })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_follow_the_table() {
        let duration = |packet: &[u8]| PacketShape::parse(packet).map(|shape| shape.duration_us);
        assert_eq!(duration(&[0x78]), Some(20_000), "hybrid fullband, one frame");
        assert_eq!(duration(&[0x18]), Some(60_000), "silk narrowband, 60 ms");
        assert_eq!(duration(&[0x80]), Some(2_500), "celt, 2.5 ms");
        assert_eq!(duration(&[0xf9]), Some(40_000), "celt 20 ms, two frames");
        assert_eq!(duration(&[0xfb, 3]), Some(60_000), "celt 20 ms, three frames");
    }

    #[test]
    fn stereo_is_a_bit() {
        assert!(PacketShape::parse(&[0xfc]).unwrap().stereo);
        assert!(!PacketShape::parse(&[0xf8]).unwrap().stereo);
    }

    #[test]
    fn impossible_packets_are_refused() {
        for packet in [&[][..], &[0xfb], &[0xfb, 0], &[0xfb, 7], &[0x1b, 3]] {
            assert_eq!(PacketShape::parse(packet), None, "{packet:?}");
        }
    }

    proptest! {
        #[test]
        fn any_packet_lasts_as_long_as_one_can_or_is_refused(bytes in vec(any::<u8>(), 0..4)) {
            if let Some(shape) = PacketShape::parse(&bytes) {
                prop_assert!((2_500..=120_000).contains(&shape.duration_us));
            }
        }
    }
}
