//! EBML elements (RFC 8794): an id, a size, a body.

/// An element with its id and size, ready to be written.
pub(super) struct Element(Vec<u8>);

/// Element ids, marker bits included.
pub(super) mod id {
    pub(crate) const EBML: u32 = 0x1a45_dfa3;
    pub(crate) const EBML_VERSION: u32 = 0x4286;
    pub(crate) const EBML_READ_VERSION: u32 = 0x42f7;
    pub(crate) const EBML_MAX_ID_LENGTH: u32 = 0x42f2;
    pub(crate) const EBML_MAX_SIZE_LENGTH: u32 = 0x42f3;
    pub(crate) const DOC_TYPE: u32 = 0x4282;
    pub(crate) const DOC_TYPE_VERSION: u32 = 0x4287;
    pub(crate) const DOC_TYPE_READ_VERSION: u32 = 0x4285;
    pub(crate) const SEGMENT: u32 = 0x1853_8067;
    pub(crate) const SEEK_HEAD: u32 = 0x114d_9b74;
    pub(crate) const SEEK: u32 = 0x4dbb;
    pub(crate) const SEEK_ID: u32 = 0x53ab;
    pub(crate) const SEEK_POSITION: u32 = 0x53ac;
    pub(crate) const INFO: u32 = 0x1549_a966;
    pub(crate) const TIMESTAMP_SCALE: u32 = 0x002a_d7b1;
    pub(crate) const DURATION: u32 = 0x4489;
    pub(crate) const DATE_UTC: u32 = 0x4461;
    pub(crate) const MUXING_APP: u32 = 0x4d80;
    pub(crate) const WRITING_APP: u32 = 0x5741;
    pub(crate) const TRACKS: u32 = 0x1654_ae6b;
    pub(crate) const TRACK_ENTRY: u32 = 0xae;
    pub(crate) const TRACK_NUMBER: u32 = 0xd7;
    pub(crate) const TRACK_UID: u32 = 0x73c5;
    pub(crate) const TRACK_TYPE: u32 = 0x83;
    pub(crate) const FLAG_LACING: u32 = 0x9c;
    pub(crate) const LANGUAGE: u32 = 0x0022_b59c;
    pub(crate) const CODEC_ID: u32 = 0x86;
    pub(crate) const CODEC_PRIVATE: u32 = 0x63a2;
    pub(crate) const CODEC_DELAY: u32 = 0x56aa;
    pub(crate) const SEEK_PRE_ROLL: u32 = 0x56bb;
    pub(crate) const VIDEO: u32 = 0xe0;
    pub(crate) const PIXEL_WIDTH: u32 = 0xb0;
    pub(crate) const PIXEL_HEIGHT: u32 = 0xba;
    pub(crate) const AUDIO: u32 = 0xe1;
    pub(crate) const SAMPLING_FREQUENCY: u32 = 0xb5;
    pub(crate) const CHANNELS: u32 = 0x9f;
    pub(crate) const CUES: u32 = 0x1c53_bb6b;
    pub(crate) const CUE_POINT: u32 = 0xbb;
    pub(crate) const CUE_TIME: u32 = 0xb3;
    pub(crate) const CUE_TRACK_POSITIONS: u32 = 0xb7;
    pub(crate) const CUE_TRACK: u32 = 0xf7;
    pub(crate) const CUE_CLUSTER_POSITION: u32 = 0xf1;
    pub(crate) const CLUSTER: u32 = 0x1f43_b675;
    pub(crate) const TIMESTAMP: u32 = 0xe7;
    pub(crate) const SIMPLE_BLOCK: u32 = 0xa3;
}

impl Element {
    pub(super) fn binary(id: u32, body: &[u8]) -> Self {
        let mut bytes = header(id, body.len() as u64);
        bytes.extend_from_slice(body);
        Self(bytes)
    }

    pub(super) fn master(id: u32, children: &[Self]) -> Self {
        let body: Vec<u8> = children.iter().flat_map(|child| child.0.iter().copied()).collect();
        Self::binary(id, &body)
    }

    pub(super) fn text(id: u32, value: &str) -> Self {
        Self::binary(id, value.as_bytes())
    }

    /// Always eight bytes wide, so that the size of an element does not depend on the values in it.
    pub(super) fn uint(id: u32, value: u64) -> Self {
        Self::binary(id, &value.to_be_bytes())
    }

    pub(super) fn float(id: u32, value: f64) -> Self {
        Self::binary(id, &value.to_be_bytes())
    }

    /// Nanoseconds since 2001-01-01.
    pub(super) fn date(id: u32, nanoseconds: i64) -> Self {
        Self::binary(id, &nanoseconds.to_be_bytes())
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// An element's id and size, without its body.
pub(super) fn header(id: u32, body_len: u64) -> Vec<u8> {
    let mut bytes = id_bytes(id);
    let width = size_width(body_len);
    let marked = body_len | 1 << (7 * width);
    bytes.extend_from_slice(&marked.to_be_bytes()[8 - width..]);
    bytes
}

/// Size of what [`header`] gives, in bytes.
pub(super) fn header_len(id: u32, body_len: u64) -> u64 {
    (id_bytes(id).len() + size_width(body_len)) as u64
}

fn id_bytes(id: u32) -> Vec<u8> {
    id.to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect()
}

/// Bytes that a size needs; a size of all ones is reserved for "unknown".
fn size_width(size: u64) -> usize {
    (1..8).find(|width| size < (1 << (7 * width)) - 1).unwrap_or(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_as_few_bytes_as_they_need_and_never_mean_unknown() {
        assert_eq!(header(id::SIMPLE_BLOCK, 5), [0xa3, 0x85]);
        assert_eq!(header(id::SIMPLE_BLOCK, 126), [0xa3, 0xfe]);
        assert_eq!(header(id::SIMPLE_BLOCK, 127), [0xa3, 0x40, 0x7f]);
        assert_eq!(header(id::SEGMENT, 1 << 40), [0x18, 0x53, 0x80, 0x67, 0x05, 0, 0, 0, 0, 0]);
        for len in [0, 126, 127, 16_382, 16_383, 1 << 30] {
            assert_eq!(header(id::CLUSTER, len).len() as u64, header_len(id::CLUSTER, len));
        }
    }

    #[test]
    fn masters_hold_their_children() {
        let element = Element::master(id::SEEK, &[Element::text(id::DOC_TYPE, "webm")]);
        assert_eq!(element.into_bytes(), b"\x4d\xbb\x87\x42\x82\x84webm");
    }
}
