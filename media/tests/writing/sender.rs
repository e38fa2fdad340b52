//! A simulated sender, network and server: what a journal would hold, with the truth written into every payload.

use std::io::Read as _;
use std::path::PathBuf;

use viva_media::finalise::{FinaliseError, Finalised, finalise};
use viva_media::journal::{
    Body, Event, HEADER_LEN, RECORD_HEADER_LEN, Record, SenderReport, StopReason, Track, file_header,
};
use viva_media::seal::{Cipher, DataKey, FileKey, LogSealer, MAX_RECORD, SealedFile};

use super::demux::File;

/// When the simulated take starts, in microseconds since the Unix epoch.
pub const START_US: i64 = 1_795_000_000_000_000;
/// The sender's wall clock at that moment, in microseconds since 1900: some days off the server's.
const SENDER_START_US: i64 = 4_003_500_000_123_456;

pub const TAKE_ID: [u8; 16] = *b"a take's 16 byte";

/// One track as its sender makes it. Times are in microseconds after the take's start.
#[derive(Clone, Debug)]
pub struct Plan {
    pub track: Track,
    pub ssrc: u32,
    pub from_us: i64,
    pub to_us: i64,
    pub first_sequence: u16,
    pub first_timestamp: u32,
    /// By how much the capture clock runs faster than the sender's wall clock.
    pub capture_ppm: f64,
    /// By how much the sender's wall clock runs faster than the server's.
    pub wall_ppm: f64,
    /// Least time from capture to arrival.
    pub delay_us: i64,
    /// Up to this much is added to each packet's delay.
    pub jitter_us: i64,
    /// First report and the time between two.
    pub reports: Option<(i64, i64)>,
    /// Nothing is captured for a while, but media time goes on without a gap.
    pub stalls: Vec<Stall>,
    /// VP8 frames: a key frame every so many, in so many packets.
    pub key_every: usize,
    pub packets_per_frame: usize,
    pub size: (u16, u16),
    pub picture_ids: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Stall {
    pub at_us: i64,
    pub for_us: i64,
    /// Reports after the stall show the lost time.
    pub reported: bool,
}

impl Plan {
    pub fn audio(from_us: i64, to_us: i64) -> Self {
        Self {
            track: Track::Audio,
            ssrc: 0xa0d1,
            from_us,
            to_us,
            first_sequence: 1000,
            first_timestamp: 77_777,
            capture_ppm: 0.0,
            wall_ppm: 0.0,
            delay_us: 30_000,
            jitter_us: 8_000,
            reports: Some((2_500_000, 5_000_000)),
            stalls: Vec::new(),
            key_every: 1,
            packets_per_frame: 1,
            size: (0, 0),
            picture_ids: false,
        }
    }

    pub fn video(from_us: i64, to_us: i64) -> Self {
        Self {
            track: Track::Video,
            ssrc: 0x71d0,
            first_sequence: 500,
            first_timestamp: 123_456_789,
            delay_us: 45_000,
            reports: Some((600_000, 900_000)),
            key_every: 120,
            packets_per_frame: 3,
            size: (1280, 720),
            picture_ids: true,
            ..Self::audio(from_us, to_us)
        }
    }

    fn interval_us(&self) -> i64 {
        match self.track {
            Track::Audio => 20_000,
            Track::Video => 33_333,
        }
    }

    /// Media ticks at a true time.
    pub fn timestamp(&self, at_us: i64) -> u32 {
        let rate = match self.track {
            Track::Audio => 48_000.0,
            Track::Video => 90_000.0,
        };
        let captured_us = (at_us - self.from_us - self.stalled_us(at_us, |_| true)) as f64;
        let speed = (1.0 + self.wall_ppm * 1e-6) * (1.0 + self.capture_ppm * 1e-6);
        self.first_timestamp.wrapping_add((captured_us * speed * rate / 1e6).round() as i64 as u32)
    }

    /// How much was not captured before `at_us`, of the stalls that are `counted`.
    fn stalled_us(&self, at_us: i64, counted: impl Fn(&Stall) -> bool) -> i64 {
        let over = self.stalls.iter().filter(|stall| at_us >= stall.at_us + stall.for_us && counted(stall));
        over.map(|stall| stall.for_us).sum()
    }

    /// Everything that the sender sends and when it arrives, packets first. Equal plans give equal results.
    pub fn send(&self) -> Vec<Sent> {
        let mut random = Random::new(self.ssrc.into());
        let mut sent = Vec::new();
        let (mut at_us, mut frame, mut sequence) = (self.from_us, 0_usize, i64::from(self.first_sequence));
        while at_us < self.to_us {
            let stalls = |stall: &&Stall| (stall.at_us..stall.at_us + stall.for_us).contains(&at_us);
            if let Some(stall) = self.stalls.iter().find(stalls) {
                at_us = stall.at_us + stall.for_us;
                continue;
            }
            let packets = self.payloads(at_us, frame);
            let count = packets.len();
            let jitter_us = random.below(self.jitter_us + 1);
            for (position, payload) in packets.into_iter().enumerate() {
                let marker = self.track == Track::Video && position + 1 == count;
                let packet = rtp(marker, sequence as u16, self.timestamp(at_us), self.ssrc, &payload);
                // Packets of a frame follow each other as on a 10 Mbit/s line.
                let arrival_us = START_US + at_us + self.delay_us + jitter_us + position as i64 * 1000;
                let item = Item::Rtp { track: self.track, sequence, packet };
                sent.push(Sent { arrival_us, item });
                sequence += 1;
            }
            at_us += self.interval_us();
            frame += 1;
        }
        sent.extend(self.send_reports());
        sent
    }

    fn send_reports(&self) -> Vec<Sent> {
        let mut sent = Vec::new();
        let Some((first_us, every_us)) = self.reports else { return sent };
        let mut at_us = self.from_us + first_us;
        while at_us < self.to_us {
            let wall_us = SENDER_START_US + (at_us as f64 * (1.0 + self.wall_ppm * 1e-6)).round() as i64;
            let unreported_us = self.stalled_us(at_us, |stall| !stall.reported);
            sent.push(self.report(at_us, wall_us - unreported_us));
            at_us += every_us;
        }
        sent
    }

    /// A report sent at `at_us` that claims the given wall clock (microseconds since 1900).
    pub fn report(&self, at_us: i64, wall_us: i64) -> Sent {
        let report = SenderReport { ssrc: self.ssrc, ntp: us_to_ntp(wall_us), rtp: self.timestamp(at_us) };
        let item = Item::Report { track: self.track, report };
        Sent { arrival_us: START_US + at_us + self.delay_us.min(20_000), item }
    }

    /// A report sent at `at_us` that is right.
    pub fn true_report(&self, at_us: i64) -> Sent {
        self.wrong_report(at_us, 0)
    }

    /// A report that is wrong by `error_us`.
    pub fn wrong_report(&self, at_us: i64, error_us: i64) -> Sent {
        self.report(at_us, SENDER_START_US + at_us + error_us)
    }

    fn payloads(&self, at_us: i64, frame: usize) -> Vec<Vec<u8>> {
        if self.track == Track::Audio {
            // CELT, fullband, 20 ms, mono, one frame.
            return vec![[&[0xf8][..], &at_us.to_be_bytes()].concat()];
        }
        let key = frame.is_multiple_of(self.key_every);
        let mut coded = if key { vec![0x10, 0, 0, 0x9d, 0x01, 0x2a] } else { vec![0x11] };
        if key {
            coded.extend(self.size.0.to_le_bytes());
            coded.extend(self.size.1.to_le_bytes());
        }
        coded.extend(at_us.to_be_bytes());
        let picture = self.picture_ids.then_some(frame as u16 & 0x7fff);
        (0..self.packets_per_frame)
            .map(|position| {
                let mut payload = vp8_descriptor(position == 0, picture);
                if position == 0 {
                    payload.extend(&coded);
                } else {
                    payload.extend([position as u8; 40]);
                }
                payload
            })
            .collect()
    }
}

/// The payload descriptor of RFC 7741 with a 15-bit picture id, or without one.
pub fn vp8_descriptor(first: bool, picture: Option<u16>) -> Vec<u8> {
    let start = if first { 0x10 } else { 0 };
    match picture {
        None => vec![start],
        Some(picture) => vec![0x80 | start, 0x80, 0x80 | (picture >> 8) as u8, picture as u8],
    }
}

pub fn rtp(marker: bool, sequence: u16, timestamp: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, if marker { 0xe0 } else { 0x60 }];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}

fn us_to_ntp(us: i64) -> u64 {
    let (seconds, rest) = (us as u64 / 1_000_000, us as u64 % 1_000_000);
    (seconds << 32) | ((rest << 32) / 1_000_000)
}

/// A linear congruential generator (Knuth's MMIX): the same numbers on every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to below `bound`.
    pub fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64 % bound
    }
}

/// One thing that arrives at the server.
#[derive(Clone, Debug)]
pub struct Sent {
    pub arrival_us: i64,
    pub item: Item,
}

#[derive(Clone, Debug)]
pub enum Item {
    Rtp {
        track: Track,
        /// Without wraps.
        sequence: i64,
        packet: Vec<u8>,
    },
    Report {
        track: Track,
        report: SenderReport,
    },
    Event(Event),
    Chunk {
        copy: u32,
        offset: u64,
        started_us: i64,
        bytes: Vec<u8>,
    },
}

impl Sent {
    pub fn event(at_us: i64, event: Event) -> Self {
        Self { arrival_us: START_US + at_us, item: Item::Event(event) }
    }

    /// The unwrapped sequence number, for a media packet.
    pub fn sequence(&self) -> Option<i64> {
        match self.item {
            Item::Rtp { sequence, .. } => Some(sequence),
            _ => None,
        }
    }

    pub fn record(&self) -> Record<'_> {
        let body = match &self.item {
            Item::Rtp { track, packet, .. } => Body::Rtp { track: *track, packet },
            Item::Report { track, report } => Body::SenderReport { track: *track, report: *report },
            Item::Event(event) => Body::Event(*event),
            Item::Chunk { copy, offset, started_us, bytes } => {
                Body::Chunk { copy: *copy, offset: *offset, started_us: *started_us, bytes }
            }
        };
        Record { arrival_us: self.arrival_us, body }
    }
}

/// The records of a take in order of arrival: started, connected, media, stopped.
pub fn take(stop_us: i64, media: impl IntoIterator<Item = Sent>) -> Vec<Sent> {
    let mut records = vec![Sent::event(0, Event::TakeStarted), Sent::event(0, Event::Connected { epoch: 1 })];
    records.extend(media);
    records.push(Sent::event(stop_us, Event::TakeStopped(StopReason::Deadline)));
    records.sort_by_key(|sent| sent.arrival_us);
    records
}

pub fn journal_bytes(records: &[Sent]) -> Vec<u8> {
    let mut bytes = file_header(TAKE_ID).to_vec();
    for sent in records {
        sent.record().encode_into(&mut bytes).unwrap();
    }
    bytes
}

/// What the tests' journals are sealed with.
pub fn journal_key() -> FileKey {
    DataKey::from_bytes([5; 32], Cipher::default()).file("journal")
}

pub fn recording_key() -> FileKey {
    DataKey::from_bytes([5; 32], Cipher::default()).file("recording")
}

/// Seals a journal as the recorder does, record by record; what is no record is sealed as it is.
pub fn sealed(journal: &[u8]) -> Vec<u8> {
    let mut sealer = LogSealer::begin(&journal_key(), 0).unwrap();
    let (mut rest, mut out) = (journal, Vec::new());
    let mut length = HEADER_LEN;
    while !rest.is_empty() {
        let (record, after) = rest.split_at(length.min(rest.len()).min(MAX_RECORD));
        sealer.seal(record, false, &mut out);
        rest = after;
        length = rest.first_chunk().map_or(rest.len(), |bytes| {
            RECORD_HEADER_LEN.saturating_add(u32::from_le_bytes(*bytes) as usize)
        });
    }
    out
}

/// A folder of one test's own.
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The sealed recording.
    pub fn out(&self) -> PathBuf {
        self.path("take.webm")
    }

    pub fn finalise(&self, journal: &[u8]) -> Result<Finalised, FinaliseError> {
        self.finalise_sealed(&sealed(journal))
    }

    pub fn finalise_sealed(&self, journal: &[u8]) -> Result<Finalised, FinaliseError> {
        let path = self.path("take.journal");
        std::fs::write(&path, journal).unwrap();
        finalise(&path, &journal_key(), &self.out(), &recording_key())
    }

    /// The recording without its seal.
    pub fn bytes(&self) -> Vec<u8> {
        let file = std::fs::File::open(self.out()).unwrap();
        let size = file.metadata().unwrap().len();
        let mut bytes = Vec::new();
        SealedFile::open(file, size, &recording_key()).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    pub fn file(&self) -> File {
        File::parse(&self.bytes())
    }

    /// The recording without its seal, as a file for other programs.
    pub fn plain(&self) -> PathBuf {
        let path = self.path("plain.webm");
        std::fs::write(&path, self.bytes()).unwrap();
        path
    }
}

/// Finalises the records and reads the result back.
pub fn record(records: &[Sent]) -> (Finalised, File) {
    let desk = Desk::new();
    let finalised = desk.finalise(&journal_bytes(records)).unwrap();
    let file = desk.file();
    (finalised, file)
}
