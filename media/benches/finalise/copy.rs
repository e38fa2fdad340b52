//! The browser's own recording of the same media, as its recorder writes it: sizes of Segment and Clusters unknown.

use viva_media::journal::Track;

use crate::take::{Media, SECOND};

const CLUSTER_US: i64 = SECOND;
const UNKNOWN_SIZE: u8 = 0xff;

pub struct Copy {
    bytes: Vec<u8>,
    cluster_us: Option<i64>,
}

impl Copy {
    pub fn begin() -> Self {
        let track = |number: u8, kind: u8, codec: &[u8]| {
            let fields = [element(&[0xd7], &[number]), element(&[0x83], &[kind]), element(&[0x86], codec)];
            element(&[0xae], &fields.concat())
        };
        let tracks = [track(1, 1, b"V_VP8"), track(2, 2, b"A_OPUS")].concat();
        let mut bytes = element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"webm"));
        bytes.extend([0x18, 0x53, 0x80, 0x67, UNKNOWN_SIZE]);
        bytes.extend(element(&[0x16, 0x54, 0xae, 0x6b], &tracks));
        Self { bytes, cluster_us: None }
    }

    pub fn take(&mut self, media: &Media) {
        let cluster_us = match self.cluster_us.filter(|at_us| media.at_us < at_us + CLUSTER_US) {
            Some(at_us) => at_us,
            None => self.begin_cluster(media.at_us),
        };
        let relative_ms = ((media.at_us - cluster_us) / 1000) as i16;
        let [high, low] = relative_ms.to_be_bytes();
        let number = if media.track == Track::Video { 0x81 } else { 0x82 };
        let flags = if media.key { 0x80 } else { 0 };
        self.bytes.extend(element(&[0xa3], &[&[number, high, low, flags], &media.payload[..]].concat()));
    }

    fn begin_cluster(&mut self, at_us: i64) -> i64 {
        let at_ms = at_us / 1000;
        self.bytes.extend([0x1f, 0x43, 0xb6, 0x75, UNKNOWN_SIZE]);
        self.bytes.extend(element(&[0xe7], &at_ms.to_be_bytes()));
        self.cluster_us = Some(at_ms * 1000);
        at_ms * 1000
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let size = (1_u64 << 56 | body.len() as u64).to_be_bytes();
    [id, &size, body].concat()
}
