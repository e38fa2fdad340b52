//! A take of any length, as the recorder would have written it: 1.7 Mbit/s of VP8 and 50 packets of Opus a second.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;
use viva_media::journal::{Body, Event, LARGEST_CHUNK, Record, SenderReport, StopReason, Track, file_header};
use viva_media::seal::{Cipher, DataKey, FileKey, LogSealer, MAX_RECORD};

use crate::copy::Copy;

pub const SECOND: i64 = 1_000_000;
const START_US: i64 = 1_795_000_000_000_000;
const FRAMES_A_SECOND: i64 = 30;
const PACKETS_A_SECOND: i64 = 50;
const KEY_EVERY_S: i64 = 5;
const KEY_FRAME: usize = 60_000;
/// With a key frame every five seconds, 1.7 Mbit/s.
const FRAME: usize = 6_728;
const PACKET: usize = 1_150;
const DELAY_US: i64 = 40_000;
const HOLE_US: i64 = 10 * SECOND;
/// The recorder seals what gathers in this time.
const BATCH_US: i64 = 200_000;
const TAKE_ID: [u8; 16] = *b"a take's 16 byte";

pub struct Take {
    pub seconds: i64,
    /// So often some live seconds were lost, and the browser's whole copy came up.
    pub holes_every_s: Option<i64>,
}

/// A frame or a packet of sound.
pub struct Media {
    pub track: Track,
    /// After the take's start.
    pub at_us: i64,
    pub key: bool,
    pub number: i64,
    pub payload: Vec<u8>,
}

pub fn journal_key() -> FileKey {
    DataKey::from_bytes([5; 32], Cipher::default()).file("journal")
}

pub fn recording_key() -> FileKey {
    DataKey::from_bytes([5; 32], Cipher::default()).file("recording")
}

impl Take {
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut journal = Journal::begin(path)?;
        journal.append(0, Body::Event(Event::TakeStarted))?;
        journal.append(0, Body::Event(Event::Connected { epoch: 1 }))?;
        let mut senders = [Sender::new(Track::Video, 90_000), Sender::new(Track::Audio, 48_000)];
        let mut copy = self.holes_every_s.map(|_| Copy::begin());
        for media in self.media() {
            let sender = &mut senders[usize::from(media.track == Track::Audio)];
            sender.send(&media, self.is_lost(media.at_us), &mut journal)?;
            if let Some(copy) = &mut copy {
                copy.take(&media);
            }
        }
        let stop_us = self.seconds * SECOND;
        journal.append(stop_us, Body::Event(Event::TakeStopped(StopReason::Deadline)))?;
        let mut offset = 0;
        // The copy lies in memory only here, where the journal is made.
        for bytes in copy.map(Copy::into_bytes).unwrap_or_default().chunks(LARGEST_CHUNK) {
            let started_us = START_US + 300_000;
            journal.append(stop_us, Body::Chunk { copy: 1, offset, started_us, bytes })?;
            offset += bytes.len() as u64;
        }
        Ok(journal.end()?)
    }

    fn is_lost(&self, at_us: i64) -> bool {
        let every_us = self.holes_every_s.map_or(i64::MAX, |seconds| seconds * SECOND);
        (every_us / 2..every_us / 2 + HOLE_US).contains(&(at_us % every_us))
    }

    /// Both tracks in order of time.
    fn media(&self) -> impl Iterator<Item = Media> {
        (0..self.seconds * FRAMES_A_SECOND * PACKETS_A_SECOND).filter_map(|tick| {
            let at_us = tick * SECOND / (FRAMES_A_SECOND * PACKETS_A_SECOND);
            if tick % PACKETS_A_SECOND == 0 {
                let number = tick / PACKETS_A_SECOND;
                let key = number % (KEY_EVERY_S * FRAMES_A_SECOND) == 0;
                return Some(Media { track: Track::Video, at_us, key, number, payload: frame(number, key) });
            }
            // Shifted, so that no tick has both.
            let number = (tick + 25) / FRAMES_A_SECOND;
            ((tick + 25) % FRAMES_A_SECOND == 0).then(|| Media {
                track: Track::Audio,
                at_us,
                key: true,
                number,
                // CELT, fullband, 20 ms, mono, one frame.
                payload: [vec![0xf8], noise(number as u64 | 1 << 40, 79)].concat(),
            })
        })
    }
}

fn frame(number: i64, key: bool) -> Vec<u8> {
    let mut frame = noise(number as u64, if key { KEY_FRAME } else { FRAME });
    let head: &[u8] = if key { &[0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02] } else { &[0x11] };
    frame[..head.len()].copy_from_slice(head);
    frame
}

/// Knuth's MMIX constants.
fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let words = (0..bytes.div_ceil(4)).flat_map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 32) as u32).to_le_bytes()
    });
    words.take(bytes).collect()
}

/// One track's packets.
struct Sender {
    track: Track,
    rate: i64,
    ssrc: u32,
    sequence: u16,
    next_report_us: i64,
}

impl Sender {
    fn new(track: Track, rate: i64) -> Self {
        Self { track, rate, ssrc: rate as u32, sequence: 1000, next_report_us: SECOND }
    }

    fn send(&mut self, media: &Media, is_lost: bool, journal: &mut Journal) -> io::Result<()> {
        let jitter_us = media.number * 7919 % 97 * 80;
        let arrival_us = media.at_us + DELAY_US + jitter_us;
        let timestamp = (media.at_us * self.rate / SECOND) as u32;
        let parts = media.payload.chunks(PACKET);
        let last = parts.len() - 1;
        for (index, part) in parts.enumerate() {
            let mut packet = vec![0x80, 0x60];
            packet.extend(self.sequence.to_be_bytes());
            packet.extend(timestamp.to_be_bytes());
            packet.extend(self.ssrc.to_be_bytes());
            if self.track == Track::Video {
                packet[1] |= if index == last { 0x80 } else { 0 };
                let picture = media.number as u16 | 0x8000;
                packet.extend([if index == 0 { 0x90 } else { 0x80 }, 0x80]);
                packet.extend(picture.to_be_bytes());
            }
            packet.extend(part);
            self.sequence = self.sequence.wrapping_add(1);
            if !is_lost {
                journal.append(
                    arrival_us + index as i64 * 100,
                    Body::Rtp { track: self.track, packet: &packet },
                )?;
            }
        }
        if media.at_us >= self.next_report_us && !is_lost {
            self.next_report_us += SECOND;
            let seconds = (3_900_000_000 + media.at_us / SECOND) as u64;
            let fraction = ((media.at_us % SECOND) as u64) << 32;
            let ntp = (seconds << 32) | (fraction / SECOND as u64);
            let report = SenderReport { ssrc: self.ssrc, ntp, rtp: timestamp };
            journal.append(arrival_us, Body::SenderReport { track: self.track, report })?;
        }
        Ok(())
    }
}

/// Seals records as the recorder does, batch by batch.
struct Journal {
    out: BufWriter<File>,
    sealer: LogSealer,
    batch: Vec<u8>,
    next_seal_us: i64,
}

impl Journal {
    fn begin(path: &Path) -> io::Result<Self> {
        let (out, sealer) = (BufWriter::new(File::create(path)?), LogSealer::begin(&journal_key(), 0)?);
        Ok(Self { out, sealer, batch: file_header(TAKE_ID).to_vec(), next_seal_us: BATCH_US })
    }

    fn append(&mut self, at_us: i64, body: Body<'_>) -> io::Result<()> {
        let record = Record { arrival_us: START_US + at_us, body };
        if at_us >= self.next_seal_us || self.batch.len() + record.encoded_len() > MAX_RECORD {
            self.seal(false)?;
            self.next_seal_us = at_us + BATCH_US;
        }
        record.encode_into(&mut self.batch).map_err(io::Error::other)
    }

    fn seal(&mut self, is_last: bool) -> io::Result<()> {
        let mut sealed = Vec::new();
        self.sealer.seal(&self.batch, is_last, &mut sealed);
        self.batch.clear();
        self.out.write_all(&sealed)
    }

    fn end(mut self) -> io::Result<()> {
        self.seal(true)?;
        self.out.flush()
    }
}
