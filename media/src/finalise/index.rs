//! The first pass over a journal: a small entry for every packet, sorted into streams, and the take's bounds.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::copy::{Chunks, Extent};
use super::packet::{Content, Packet, Report, Stream};
use super::rows::{Rows, Scratch};
use super::steps;
use super::ticks::{clock_rate, ticks_to_us};
use crate::journal::{Body, CHUNK_HEADER_LEN, Entry, Event, JournalReader, SenderReport, Track};
use crate::rtp::{self, extend_timestamp};

/// Everything that finalising needs besides the payloads themselves.
#[derive(Default)]
pub(super) struct Index {
    pub streams: Vec<Stream>,
    pub chunks: Chunks,
    pub started_us: Option<i64>,
    pub stopped_us: Option<i64>,
    first_media_us: Option<i64>,
    last_media_us: Option<i64>,
}

/// More packets than eight hours of interview make; a table of them takes about 400 MB of the scratch file.
const MAX_PACKETS: usize = 8_000_000;
/// A take has one or two streams for each connection.
const MAX_STREAMS: usize = 256;
const MAX_REPORTS: usize = 1_000_000;

impl Index {
    /// Reads the journal through. What exceeds the limits is left out.
    pub(super) fn read(reader: &mut JournalReader<impl Read>, scratch: &Scratch) -> io::Result<Self> {
        let mut scan = Scan::new(scratch);
        while let Some(entry) = reader.next_record()? {
            scan.take(&entry);
        }
        Ok(scan.finish())
    }

    /// The take's time zero, or the first sign of media when its start was not recorded.
    pub(super) fn start_us(&self) -> Option<i64> {
        self.started_us.or(self.first_media_us)
    }

    /// The take's end, or the last sign of media when it was cut off.
    pub(super) fn end_us(&self) -> Option<i64> {
        self.stopped_us.or(self.last_media_us)
    }
}

struct Scan {
    scratch: Scratch,
    index: Index,
    /// The streams of each SSRC, oldest first.
    known: BTreeMap<Source, Vec<usize>>,
    heads: Vec<Head>,
    /// Of each stream, the packets by sequence that another may still come before.
    recent: Vec<BTreeMap<i64, Packet>>,
    /// Reports that came before the first packet of their stream.
    early_reports: Vec<(Source, i64, SenderReport)>,
    epoch: u32,
    packets: usize,
    reports: usize,
}

type Source = (Track, u32);

/// The newest point of a stream, from which wrapped counters are extended.
#[derive(Clone, Copy)]
struct Head {
    sequence: i64,
    timestamp: i64,
    arrival_us: i64,
    epoch: u32,
}

impl Scan {
    fn new(scratch: &Scratch) -> Self {
        Self {
            scratch: scratch.clone(),
            index: Index::default(),
            known: BTreeMap::new(),
            heads: Vec::new(),
            recent: Vec::new(),
            early_reports: Vec::new(),
            epoch: 0,
            packets: 0,
            reports: 0,
        }
    }

    fn take(&mut self, entry: &Entry<'_>) {
        let arrival_us = entry.record.arrival_us;
        match entry.record.body {
            Body::Rtp { track, packet } => self.take_packet(track, packet, arrival_us, entry.payload_offset),
            Body::SenderReport { track, report } if self.reports < MAX_REPORTS => {
                self.reports += 1;
                self.take_report((track, report.ssrc), arrival_us, report);
            }
            Body::Event(Event::TakeStarted) => {
                self.index.started_us.get_or_insert(arrival_us);
            }
            Body::Event(Event::TakeStopped(_)) => self.index.stopped_us = Some(arrival_us),
            Body::Event(Event::Connected { .. }) => self.epoch += 1,
            Body::Chunk { copy, offset, started_us, bytes } => {
                let journal_offset = entry.payload_offset + CHUNK_HEADER_LEN as u64;
                let extent = Extent { offset, journal_offset, bytes: bytes.len() as u64 };
                self.index.chunks.take(copy, started_us, extent);
            }
            _ => {}
        }
    }

    fn take_packet(&mut self, track: Track, bytes: &[u8], arrival_us: i64, payload_offset: u64) {
        let Some(packet) = rtp::Packet::parse(bytes) else { return };
        let Some((content, skipped)) = Content::of(track, packet.payload) else { return };
        if self.packets == MAX_PACKETS {
            return;
        }
        let source = (track, packet.ssrc);
        let continued = self.known.get(&source).into_iter().flatten().rev().find_map(|&stream| {
            let at = self.heads[stream].extend(track, &packet, arrival_us, self.epoch)?;
            Some((stream, at))
        });
        let (stream, at) = match continued {
            Some(found) => found,
            None if self.heads.len() == MAX_STREAMS => return,
            None => self.begin_stream(source, &packet, arrival_us),
        };
        let head = &mut self.heads[stream];
        if at.sequence >= head.sequence {
            *head = at;
        }
        let settled = head.sequence - i64::from(NEAR);
        self.packets += 1;
        self.index.first_media_us.get_or_insert(arrival_us);
        self.index.last_media_us = self.index.last_media_us.max(Some(arrival_us));
        let packet = Packet {
            arrival_us,
            sequence: at.sequence,
            media_us: ticks_to_us(at.timestamp, clock_rate(track)),
            marker: packet.marker,
            content,
            offset: payload_offset + (packet.payload_offset + skipped) as u64,
            bytes: (packet.payload.len() - skipped) as u32,
        };
        let recent = &mut self.recent[stream];
        let first = recent.entry(packet.sequence).or_insert(packet);
        if packet.arrival_us < first.arrival_us {
            *first = packet;
        }
        while let Some(packet) = recent.first_entry().filter(|packet| *packet.key() < settled) {
            self.index.streams[stream].packets.push(packet.remove());
        }
    }

    fn begin_stream(&mut self, source: Source, packet: &rtp::Packet<'_>, arrival_us: i64) -> (usize, Head) {
        let stream = self.heads.len();
        let head = Head {
            sequence: packet.sequence.into(),
            timestamp: packet.timestamp.into(),
            arrival_us,
            epoch: self.epoch,
        };
        self.heads.push(head);
        self.recent.push(BTreeMap::new());
        self.known.entry(source).or_default().push(stream);
        let (track, epoch) = (source.0, self.epoch);
        let packets = Rows::new(&self.scratch);
        self.index.streams.push(Stream { track, epoch, packets, reports: Vec::new() });
        (stream, head)
    }

    /// Gives a report to the stream whose media time is nearest to its own.
    fn take_report(&mut self, source: Source, arrival_us: i64, report: SenderReport) {
        let streams = self.known.get(&source).into_iter().flatten().copied();
        let distance = |stream: &usize| {
            let timestamp = self.heads[*stream].timestamp;
            extend_timestamp(timestamp, report.rtp).abs_diff(timestamp)
        };
        let Some(stream) = streams.min_by_key(distance) else {
            self.early_reports.push((source, arrival_us, report));
            return;
        };
        let ticks = extend_timestamp(self.heads[stream].timestamp, report.rtp);
        let media_us = ticks_to_us(ticks, clock_rate(source.0));
        let sender_us = ntp_to_us(report.ntp);
        self.index.streams[stream].reports.push(Report { arrival_us, media_us, sender_us });
    }

    fn finish(mut self) -> Index {
        // Reports for which no stream has come by now are dropped with `early_reports`.
        for (source, arrival_us, report) in std::mem::take(&mut self.early_reports) {
            self.take_report(source, arrival_us, report);
        }
        for (stream, recent) in self.index.streams.iter_mut().zip(self.recent) {
            stream.packets.extend(recent.into_values());
            steps::remove_odd(&mut stream.packets);
            stream.reports.sort_by_key(|report| report.arrival_us);
        }
        self.index
    }
}

/// Packets this near to the newest one in sequence belong to it: sent again, overtaken, or after a loss. None comes from
/// farther back.
const NEAR: u16 = 3000;
/// The same right after a new connection began, on which an old SSRC is rarely the old stream.
const NEAR_ON_NEW_CONNECTION: u16 = 1000;
/// A larger jump in sequence belongs to the stream only if its media time went on with the server's.
const LARGEST_DRIFT_US: u64 = 10_000_000;
/// After this long without packets, none of those before is still on its way.
const SILENCE_US: i64 = 5_000_000;

impl Head {
    /// The packet's place in the stream, or `None` when it belongs to another one.
    fn extend(self, track: Track, packet: &rtp::Packet<'_>, arrival_us: i64, epoch: u32) -> Option<Self> {
        let timestamp = extend_timestamp(self.timestamp, packet.timestamp);
        let elapsed_us = arrival_us.saturating_sub(self.arrival_us);
        let media_us = ticks_to_us(timestamp.saturating_sub(self.timestamp), clock_rate(track));
        let in_time = media_us.abs_diff(elapsed_us) <= LARGEST_DRIFT_US;
        let forward = packet.sequence.wrapping_sub(self.sequence as u16);
        let step = forward as i16;
        let near = if epoch == self.epoch {
            step.unsigned_abs() <= NEAR
        } else {
            step.unsigned_abs() <= NEAR_ON_NEW_CONNECTION && in_time
        };
        let advance = if near {
            i64::from(step)
        } else if in_time && epoch == self.epoch && (step > 0 || elapsed_us > SILENCE_US) {
            // After a long silence the counter may have passed more than half of its range.
            i64::from(forward)
        } else {
            return None;
        };
        Some(Self { sequence: self.sequence + advance, timestamp, arrival_us, epoch })
    }
}

fn ntp_to_us(ntp: u64) -> i64 {
    let seconds = (ntp >> 32) * 1_000_000;
    let fraction = ((ntp & 0xffff_ffff) * 1_000_000) >> 32;
    (seconds + fraction) as i64
}
