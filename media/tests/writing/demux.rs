//! A strict little WebM reader: it checks what it passes and fails loudly.

use viva_media::finalise::Finalised;
use viva_media::journal::Track;

#[derive(Debug, Default)]
pub struct File {
    pub duration_ms: f64,
    pub picture: Option<(u64, u64)>,
    pub channels: Option<u64>,
    pub codec_private: Vec<u8>,
    pub blocks: Vec<Block>,
    /// (time, whether the cue points at a cluster whose first block is a key block of that time)
    pub cues: Vec<(u64, bool)>,
    pub clusters: Vec<Cluster>,
}

#[derive(Clone, Debug)]
pub struct Block {
    pub track: Track,
    pub time_ms: i64,
    pub key: bool,
    pub payload: Vec<u8>,
}

#[derive(Debug)]
pub struct Cluster {
    position: u64,
    pub time_ms: u64,
    pub blocks: usize,
    first: Option<(i64, bool)>,
}

impl Block {
    /// The capture time that the simulated sender wrote into the payload, in microseconds.
    pub fn truth_us(&self) -> i64 {
        let at = match (self.track, self.key) {
            (Track::Audio, _) | (Track::Video, false) => 1,
            (Track::Video, true) => 10,
        };
        i64::from_be_bytes(self.payload[at..at + 8].try_into().unwrap())
    }
}

impl File {
    pub fn parse(bytes: &[u8]) -> Self {
        let top = children(bytes);
        let [(0x1a45_dfa3, _, header), (0x1853_8067, _, segment)] = top[..] else { panic!("top level") };
        assert!(children(header).iter().any(|&(id, _, body)| id == 0x4282 && body == b"webm"));
        let mut file = Self::default();
        let parts = children(segment);
        let mut cues = Vec::new();
        for &(id, position, body) in &parts {
            match id {
                0x114d_9b74 => check_seek_head(body, &parts),
                0x1549_a966 => file.duration_ms = float(only(body, 0x4489)),
                0x1654_ae6b => children(body).into_iter().for_each(|(_, _, entry)| file.take_track(entry)),
                0x1c53_bb6b => cues = children(body),
                0x1f43_b675 => file.take_cluster(position, body),
                other => panic!("unexpected element {other:x}"),
            }
        }
        for (_, _, point) in cues {
            let time = uint(only(point, 0xb3));
            let target = uint(only(only(point, 0xb7), 0xf1));
            let cluster = file.clusters.iter().find(|cluster| cluster.position == target);
            let good = cluster.and_then(|cluster| cluster.first) == Some((time as i64, true));
            file.cues.push((time, good));
        }
        file
    }

    pub fn of(&self, track: Track) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| block.track == track)
    }

    /// Block time minus true capture time, least and most, in milliseconds.
    pub fn errors_ms(&self, track: Track) -> (f64, f64) {
        let errors = self.of(track).map(|block| block.time_ms as f64 - block.truth_us() as f64 / 1000.0);
        errors.fold((f64::MAX, f64::MIN), |(least, most), error| (least.min(error), most.max(error)))
    }

    fn take_track(&mut self, entry: &[u8]) {
        match uint(only(entry, 0x83)) {
            1 => {
                assert_eq!(only(entry, 0x86), b"V_VP8");
                let video = only(entry, 0xe0);
                self.picture = Some((uint(only(video, 0xb0)), uint(only(video, 0xba))));
            }
            2 => {
                assert_eq!(only(entry, 0x86), b"A_OPUS");
                self.channels = Some(uint(only(only(entry, 0xe1), 0x9f)));
                self.codec_private = only(entry, 0x63a2).to_vec();
            }
            other => panic!("track type {other}"),
        }
    }

    fn take_cluster(&mut self, position: u64, body: &[u8]) {
        let time_ms = uint(only(body, 0xe7));
        let mut cluster = Cluster { position, time_ms, blocks: 0, first: None };
        for (_, _, block) in children(body).into_iter().filter(|&(id, _, _)| id == 0xa3) {
            let track = if block[0] == 0x81 { Track::Video } else { Track::Audio };
            let relative = i16::from_be_bytes([block[1], block[2]]);
            let block = Block {
                track,
                time_ms: time_ms as i64 + i64::from(relative),
                key: block[3] & 0x80 != 0,
                payload: block[4..].to_vec(),
            };
            cluster.first.get_or_insert((block.time_ms, block.key));
            cluster.blocks += 1;
            self.blocks.push(block);
        }
        self.clusters.push(cluster);
    }
}

fn check_seek_head(body: &[u8], parts: &[(u32, u64, &[u8])]) {
    for (_, _, seek) in children(body) {
        let id = only(seek, 0x53ab).iter().fold(0, |id, &byte| id << 8 | u32::from(byte));
        let position = uint(only(seek, 0x53ac));
        assert!(parts.iter().any(|&(part, at, _)| (part, at) == (id, position)), "seek entry {id:x}");
    }
}

/// (id, position of the element in its parent's body, body); every byte must be accounted for.
fn children(bytes: &[u8]) -> Vec<(u32, u64, &[u8])> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at as u64;
        let id_len = bytes[at].leading_zeros() as usize + 1;
        let id = bytes[at..at + id_len].iter().fold(0, |id, &byte| id << 8 | u32::from(byte));
        at += id_len;
        let size_len = bytes[at].leading_zeros() as usize + 1;
        let coded = bytes[at..at + size_len].iter().fold(0_u64, |size, &byte| size << 8 | u64::from(byte));
        let size = coded & ((1 << (7 * size_len)) - 1);
        assert_ne!(size, (1 << (7 * size_len)) - 1, "unknown size");
        at += size_len;
        found.push((id, start, &bytes[at..at + size as usize]));
        at += size as usize;
    }
    found
}

fn only(bytes: &[u8], wanted: u32) -> &[u8] {
    let found: Vec<_> = children(bytes).into_iter().filter(|&(id, _, _)| id == wanted).collect();
    assert_eq!(found.len(), 1, "element {wanted:x}");
    found[0].2
}

fn uint(body: &[u8]) -> u64 {
    body.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

fn float(body: &[u8]) -> f64 {
    f64::from_be_bytes(body.try_into().unwrap())
}

/// The promises that hold for every file.
pub fn assert_good(finalised: &Finalised, file: &File) {
    assert_eq!(file.duration_ms as u64, finalised.duration_ms);
    assert!(file.blocks.is_sorted_by_key(|block| block.time_ms));
    assert!(file.blocks.iter().all(|block| (0..=finalised.duration_ms as i64).contains(&block.time_ms)));
    assert!(file.of(Track::Video).next().is_none_or(|block| block.key));
    assert!(file.cues.iter().all(|&(_, good)| good));
    let frames = finalised.video.as_ref().map_or(0, |video| video.frames);
    let packets = finalised.audio.as_ref().map_or(0, |audio| audio.packets);
    assert_eq!(
        (file.of(Track::Video).count(), file.of(Track::Audio).count()),
        (frames as usize, packets as usize)
    );
    assert!(frames + packets > 0);
}
