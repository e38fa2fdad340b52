//! What Chromium's own recorder wrote, and what Chromium sent live of the same picture and sound. See
//! `tests/browser/record_copy.mjs` for how both were made.

use viva_media::journal::Track;

use super::sender::{Item, Plan, START_US, Sent, rtp, vp8_descriptor};

pub const COPY: &[u8] = include_bytes!("../data/copy.webm");
const LIVE: &[u8] = include_bytes!("../data/live.bin");

/// Sound in one packet of a live stream.
pub const LIVE_PACKET_US: i64 = 20_000;
/// From capture to arrival, at least.
pub const DELAY_US: i64 = 30_000;

/// A frame, or 20 ms of sound, at its time in the copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub track: Track,
    pub time_us: i64,
    pub bytes: Vec<u8>,
}

/// A block of the copy as it lies in the file.
pub struct Block {
    pub track: Track,
    pub time_us: i64,
    pub offset: usize,
    pub end: usize,
    pub payload: &'static [u8],
}

/// Walks what Chromium writes: Segment and Clusters of unknown size, `SimpleBlock`s.
pub fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut at, mut cluster_ms) = (0, 0);
    while at < COPY.len() {
        let offset = at;
        let id_len = COPY[at].leading_zeros() as usize + 1;
        let id = COPY[at..at + id_len].iter().fold(0_u32, |id, &byte| id << 8 | u32::from(byte));
        at += id_len;
        let size_len = COPY[at].leading_zeros() as usize + 1;
        let coded = COPY[at..at + size_len].iter().fold(0_u64, |size, &byte| size << 8 | u64::from(byte));
        let size = (coded & ((1 << (7 * size_len)) - 1)) as usize;
        at += size_len;
        match id {
            0x1853_8067 | 0x1f43_b675 => continue,
            0xe7 => cluster_ms = COPY[at..at + size].iter().fold(0, |ms, &byte| ms << 8 | i64::from(byte)),
            0xa3 => {
                let track = if COPY[at] == 0x81 { Track::Video } else { Track::Audio };
                let relative_ms = i64::from(i16::from_be_bytes([COPY[at + 1], COPY[at + 2]]));
                let time_us = (cluster_ms + relative_ms) * 1000;
                let (end, payload) = (at + size, &COPY[at + 4..at + size]);
                blocks.push(Block { track, time_us, offset, end, payload });
            }
            _ => {}
        }
        at += size;
    }
    blocks
}

/// The copy's frames, and its sound in packets of 20 ms as WebRTC sends it. Sound is placed by counting it.
pub fn pieces() -> Vec<Piece> {
    let blocks = blocks();
    let sound: Vec<_> = blocks.iter().filter(|block| block.track == Track::Audio).collect();
    let early_us: i64 =
        (0..).zip(&sound).map(|(number, block)| block.time_us - number * 3 * LIVE_PACKET_US).sum();
    let first_us = early_us / sound.len() as i64;
    let packets = sound.iter().flat_map(|block| single_frames(block.payload));
    let mut pieces: Vec<_> = (0..)
        .zip(packets)
        .map(|(number, bytes)| Piece {
            track: Track::Audio,
            time_us: first_us + number * LIVE_PACKET_US,
            bytes,
        })
        .collect();
    let frames = blocks.iter().filter(|block| block.track == Track::Video);
    pieces.extend(frames.map(|block| Piece {
        track: Track::Video,
        time_us: block.time_us,
        bytes: block.payload.to_vec(),
    }));
    pieces
}

/// An Opus packet's frames, each as a packet of its own (RFC 6716, section 3.2).
pub fn single_frames(packet: &[u8]) -> Vec<Vec<u8>> {
    let single = |frame: &[u8]| [&[packet[0] & !3][..], frame].concat();
    match packet[0] & 3 {
        0 => return vec![packet.to_vec()],
        code => assert_eq!(code, 3, "a packet of any number of frames"),
    }
    let (count, is_variable, is_padded) =
        (usize::from(packet[1] & 0x3f), packet[1] & 0x80 != 0, packet[1] & 0x40 != 0);
    let (mut at, mut padding) = (2, 0);
    let mut is_padding = is_padded;
    while is_padding {
        let byte = usize::from(packet[at]);
        at += 1;
        is_padding = byte == 255;
        padding += byte.min(254);
    }
    let mut sizes = Vec::new();
    while is_variable && sizes.len() + 1 < count {
        let mut size = usize::from(packet[at]);
        at += 1;
        if size >= 252 {
            size += 4 * usize::from(packet[at]);
            at += 1;
        }
        sizes.push(size);
    }
    let body = &packet[at..packet.len() - padding];
    if !is_variable {
        return body.chunks(body.len() / count).map(single).collect();
    }
    sizes.push(body.len() - sizes.iter().sum::<usize>());
    let mut rest = body;
    let mut frames = Vec::new();
    for size in sizes {
        let (frame, after) = rest.split_at(size);
        frames.push(single(frame));
        rest = after;
    }
    frames
}

/// `pieces` as Chromium would send them live, and the sender reports that go with them. The copy's time zero is `zero_us`
/// after the take's.
pub fn send(pieces: &[Piece], zero_us: i64) -> Vec<Sent> {
    let mut sent = Vec::new();
    for track in [Track::Video, Track::Audio] {
        let own = pieces.iter().filter(|piece| piece.track == track);
        sent.extend(send_track(track, own.map(|piece| (zero_us + piece.time_us, &piece.bytes[..])), 0));
    }
    sent
}

/// What Chromium really sent live; `from_us` is when its recorder was started, after the take's start.
pub fn really_sent(from_us: i64) -> Vec<Sent> {
    let mut packets = Vec::new();
    let mut rest = LIVE;
    while let Some((head, after)) = rest.split_first_chunk::<17>() {
        let track = if head[0] == 1 { Track::Video } else { Track::Audio };
        let ticks = i64::from(u32::from_le_bytes(head[1..5].try_into().unwrap()));
        let at_us = i64::from_le_bytes(head[5..13].try_into().unwrap());
        let (bytes, after) = after.split_at(u32::from_le_bytes(head[13..17].try_into().unwrap()) as usize);
        packets.push((track, ticks, at_us, bytes));
        rest = after;
    }
    let mut sent = Vec::new();
    for track in [Track::Video, Track::Audio] {
        let rate = if track == Track::Video { 90_000 } else { 48_000 };
        let own: Vec<_> = packets.iter().filter(|packet| packet.0 == track).collect();
        // The sender knows when it captured; here, the packets that it held up least tell.
        let mut ahead: Vec<i64> =
            own.iter().map(|(_, ticks, at_us, _)| at_us - ticks * 1_000_000 / rate).collect();
        ahead.sort_unstable();
        let zero_us = if track == Track::Video { ahead[0] } else { ahead[ahead.len() / 2] };
        let captured =
            own.iter().map(|(_, ticks, _, bytes)| (from_us + zero_us + ticks * 1_000_000 / rate, *bytes));
        sent.extend(send_track(track, captured, 1));
    }
    sent
}

fn send_track<'a>(track: Track, media: impl Iterator<Item = (i64, &'a [u8])>, epoch: u32) -> Vec<Sent> {
    let plan = Plan { ssrc: 50 + epoch, ..clock_of(track) };
    let mut sent = Vec::new();
    let mut sequence = 3000;
    for (number, (at_us, bytes)) in media.enumerate() {
        let chunks: Vec<_> = bytes.chunks(if track == Track::Video { 100 } else { usize::MAX }).collect();
        for (position, chunk) in chunks.iter().enumerate() {
            let payload = match track {
                Track::Video => [&vp8_descriptor(position == 0, Some(number as u16))[..], chunk].concat(),
                Track::Audio => chunk.to_vec(),
            };
            let marker = track == Track::Video && position + 1 == chunks.len();
            let packet = rtp(marker, sequence as u16, plan.timestamp(at_us), plan.ssrc, &payload);
            let jitter_us = at_us * 7919 / 1000 % 9000;
            let arrival_us = START_US + at_us + DELAY_US + jitter_us.abs() + position as i64 * 500;
            sent.push(Sent { arrival_us, item: Item::Rtp { track, sequence, packet } });
            sequence += 1;
        }
        if number % 40 == 20 {
            sent.push(plan.true_report(at_us));
        }
    }
    sent
}

fn clock_of(track: Track) -> Plan {
    match track {
        Track::Video => Plan::video(0, 0),
        Track::Audio => Plan::audio(0, 0),
    }
}
