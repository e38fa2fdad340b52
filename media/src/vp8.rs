//! VP8 in RTP: the payload descriptor (RFC 7741, section 4.2) and the key frame header (RFC 6386, section 9.1).

/// A frame's running number, 7 or 15 bits wide as the sender chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureId {
    pub(crate) value: u16,
    /// The bits that are counted in.
    pub(crate) mask: u16,
}

impl PictureId {
    /// Whether `self` is the frame right after `previous`, so that no frame is missing between the two.
    pub fn follows(self, previous: Self) -> bool {
        self.value == previous.value.wrapping_add(1) & self.mask
    }
}

/// What the descriptor says of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The packet is the first of a frame.
    pub starts_frame: bool,
    /// The frame's running number, when the sender gives one.
    pub picture: Option<PictureId>,
    /// Size of the descriptor in bytes; the VP8 data follows.
    pub len: usize,
}

impl Descriptor {
    /// Reads the descriptor at the start of an RTP payload; `None` when it is cut short.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let mut len = 1;
        let mut picture = None;
        if first & 0x80 != 0 {
            let extensions = *payload.get(1)?;
            len += 1;
            if extensions & 0x80 != 0 {
                let high = *payload.get(len)?;
                if high & 0x80 == 0 {
                    picture = Some(PictureId { value: u16::from(high), mask: 0x7f });
                    len += 1;
                } else {
                    let low = *payload.get(len + 1)?;
                    picture = Some(PictureId { value: u16::from_be_bytes([high & 0x7f, low]), mask: 0x7fff });
                    len += 2;
                }
            }
            len += usize::from(extensions & 0x40 != 0) + usize::from(extensions & 0x30 != 0);
        }
        let starts_frame = first & 0x17 == 0x10;
        (payload.len() >= len).then_some(Self { starts_frame, picture, len })
    }
}

/// Width and height in pixels when `frame` (or its first packet) is a key frame, else `None`.
pub fn key_frame_size(frame: &[u8]) -> Option<(u16, u16)> {
    let header = frame.first_chunk::<10>()?;
    if header[0] & 1 != 0 || header[3..6] != [0x9d, 0x01, 0x2a] {
        return None;
    }
    let dimension = |low, high| u16::from_le_bytes([low, high]) & 0x3fff;
    let size = (dimension(header[6], header[7]), dimension(header[8], header[9]));
    (size.0 > 0 && size.1 > 0).then_some(size)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_every_shape_of_descriptor() {
        let plain = Descriptor::parse(&[0x10, 1]).unwrap();
        assert_eq!((plain.starts_frame, plain.picture, plain.len), (true, None, 1));
        let short = Descriptor::parse(&[0x90, 0x80, 0x05, 1]).unwrap();
        assert_eq!((short.picture, short.len), (Some(PictureId { value: 5, mask: 0x7f }), 3));
        let long = Descriptor::parse(&[0x80, 0xf0, 0x81, 0x02, 7, 0x20, 1]).unwrap();
        assert_eq!((long.starts_frame, long.len), (false, 6));
        assert_eq!(long.picture, Some(PictureId { value: 0x0102, mask: 0x7fff }));
        assert!(!Descriptor::parse(&[0x11, 1]).unwrap().starts_frame, "a later partition is no frame start");
    }

    #[test]
    fn a_cut_descriptor_is_refused() {
        for bytes in [&[][..], &[0x80], &[0x80, 0x80], &[0x80, 0x80, 0x80], &[0x80, 0x70]] {
            assert_eq!(Descriptor::parse(bytes), None);
        }
    }

    #[test]
    fn picture_numbers_wrap_at_their_width() {
        let seven = |value| PictureId { value, mask: 0x7f };
        let fifteen = |value| PictureId { value, mask: 0x7fff };
        assert!(seven(0).follows(seven(0x7f)));
        assert!(fifteen(0).follows(fifteen(0x7fff)));
        assert!(fifteen(0x80).follows(fifteen(0x7f)));
        assert!(!fifteen(3).follows(fifteen(1)));
    }

    #[test]
    fn only_key_frames_have_a_size() {
        let key = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x41];
        assert_eq!(key_frame_size(&key), Some((640, 360)));
        assert_eq!(key_frame_size(&[0x11, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x41]), None);
        assert_eq!(key_frame_size(&key[..9]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_descriptor_within_them_or_none(bytes in vec(any::<u8>(), 0..24)) {
            if let Some(descriptor) = Descriptor::parse(&bytes) {
                prop_assert!((1..=6).contains(&descriptor.len) && descriptor.len <= bytes.len());
                if let Some((width, height)) = key_frame_size(&bytes[descriptor.len..]) {
                    prop_assert!((1..=0x3fff).contains(&width) && (1..=0x3fff).contains(&height));
                }
            }
        }
    }
}
