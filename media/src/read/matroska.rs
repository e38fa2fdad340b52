//! Matroska and WebM (RFC 9559), read forward only.
//!
//! Sizes of the Segment and of Clusters are not relied on: a file that was cut, or written live with unknown sizes,
//! reads up to its last whole block. After damage, reading goes on at the next Cluster.

mod ebml;
mod lacing;
mod tracks;

use std::collections::VecDeque;
use std::io;

use self::ebml::{Elements, Header, float, read_header, uint, vint};
use self::tracks::MatroskaTrack;
use super::source::Source;
use super::{Error, Packet};

const EBML: u32 = 0x1A45_DFA3;
const DOC_TYPE: u32 = 0x4282;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TIMESTAMP_SCALE: u32 = 0x2A_D7B1;
const DURATION: u32 = 0x4489;
const TRACKS: u32 = 0x1654_AE6B;
const CLUSTER: u32 = 0x1F43_B675;
const CLUSTER_TIMESTAMP: u32 = 0xE7;
const SIMPLE_BLOCK: u32 = 0xA3;
const BLOCK_GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const DISCARD_PADDING: u32 = 0x75A2;

/// Largest element that is read whole. A key frame of the largest picture stays far below it.
const MAX_ELEMENT_BYTES: u64 = 64 << 20;
/// Largest unknown element that is believed and skipped; beyond it, the bytes count as damage.
const MAX_UNKNOWN_BYTES: u64 = 64 << 10;
/// Times that reading goes on at a later Cluster, before the rest of the file is given up.
const MAX_RESUMES: u32 = 256;
/// Elements without packets, of any size: SeekHead, Cues, Tags, Chapters, Attachments, Void, CRC-32.
const SKIPPED: [u32; 9] =
    [0x114D_9B74, 0x1C53_BB6B, 0x1254_C367, 0x1043_A770, 0x1941_A469, 0xEC, 0xBF, INFO, TRACKS];

pub(crate) struct Matroska {
    source: Source,
    container: &'static str,
    tracks: Vec<MatroskaTrack>,
    /// Nanoseconds per tick of cluster and block times.
    scale_ns: u64,
    duration_ticks: Option<f64>,
    cluster_ticks: Option<u64>,
    selected: Option<u64>,
    queue: VecDeque<Frame>,
    resumes: u32,
    flaws: u32,
}

/// A packet, whose it is, and where its bytes lie.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) track: u64,
    /// In bytes from the start of the source.
    pub(crate) position: u64,
    pub(crate) packet: Packet,
}

impl Matroska {
    pub(crate) fn open(mut source: Source) -> Result<Self, Error> {
        let header = read_header(&mut source)?;
        let size = header.size.filter(|size| header.id == EBML && *size <= 4096).ok_or(Error::NotMedia)?;
        let body = source.read_vec(size)?;
        let doc_type = Elements(&body).find(|(id, _)| *id == DOC_TYPE).map(|(_, body)| body);
        let container = match doc_type {
            Some(b"webm") => "webm",
            Some(b"matroska") => "matroska",
            _ => return Err(Error::NotMedia),
        };
        let mut matroska = Self {
            source,
            container,
            tracks: Vec::new(),
            scale_ns: 1_000_000,
            duration_ticks: None,
            cluster_ticks: None,
            selected: None,
            queue: VecDeque::new(),
            resumes: 0,
            flaws: 0,
        };
        matroska.read_head()?;
        Ok(matroska)
    }

    /// Reads a later part of the same recording, from the first Cluster in it.
    pub(crate) fn open_later_part(&self, source: Source) -> Result<Self, Error> {
        let mut part = Self {
            source,
            container: self.container,
            tracks: self.tracks.clone(),
            scale_ns: self.scale_ns,
            duration_ticks: None,
            cluster_ticks: None,
            selected: self.selected,
            queue: VecDeque::new(),
            resumes: 0,
            flaws: 0,
        };
        if !part.find_cluster(0)? {
            part.source.seek_to(u64::MAX)?;
        }
        Ok(part)
    }

    pub(super) fn container(&self) -> &'static str {
        self.container
    }

    pub(crate) fn tracks(&self) -> impl Iterator<Item = &super::Track> {
        self.tracks.iter().map(|entry| &entry.track)
    }

    /// The duration its header states, in milliseconds.
    pub(super) fn stated_duration_ms(&self) -> Option<u64> {
        let ms = self.duration_ticks? * self.scale_ns as f64 / 1e6;
        (ms.is_finite() && ms > 0.0).then_some(ms as u64)
    }

    pub(super) fn select(&mut self, track: u64) {
        self.selected = Some(track);
    }

    pub(super) fn truncated(&self) -> bool {
        self.flaws > 0
    }

    /// How often so far something could not be read.
    pub(crate) fn flaws(&self) -> u32 {
        self.flaws
    }

    /// The next packet of the selected track (of any track where none is selected).
    pub(super) fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        Ok(self.next_frame()?.map(|frame| frame.packet))
    }

    /// As [`Self::next_packet`], with its place in the source.
    pub(crate) fn next_frame(&mut self) -> Result<Option<Frame>, Error> {
        loop {
            if let Some(frame) = self.queue.pop_front() {
                return Ok(Some(frame));
            }
            if self.source.left() == 0 {
                return Ok(None);
            }
            let start = self.source.position();
            match self.read_element() {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    let error = Error::from(error);
                    if !error.is_bad_input() {
                        return Err(error);
                    }
                    self.flaws += 1;
                    self.resumes += 1;
                    if self.resumes > MAX_RESUMES || !self.find_cluster(start + 1)? {
                        self.source.seek_to(u64::MAX)?;
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Reads up to the first cluster.
    fn read_head(&mut self) -> Result<(), Error> {
        const NO_TRACKS: Error = Error::Damaged("Matroska without a readable track list");
        loop {
            let start = self.source.position();
            let header = match read_header(&mut self.source) {
                Ok(header) => header,
                Err(_) if !self.tracks.is_empty() => break,
                Err(error) => return Err(error.into()),
            };
            match header.id {
                SEGMENT => {
                    let cut = header.size.is_some_and(|size| size > self.source.left());
                    self.flaws += u32::from(cut);
                }
                CLUSTER if self.tracks.is_empty() => return Err(NO_TRACKS),
                CLUSTER => {
                    self.source.seek_to(start)?;
                    break;
                }
                INFO => {
                    let body = self.read_whole(header)?;
                    self.read_info(&body);
                }
                TRACKS => {
                    let body = self.read_whole(header)?;
                    self.tracks = tracks::parse(&body)?;
                }
                _ => {
                    let size = header.size.ok_or(NO_TRACKS)?;
                    self.source.skip(size)?;
                }
            }
        }
        Ok(())
    }

    fn read_info(&mut self, body: &[u8]) {
        for (id, body) in Elements(body) {
            match id {
                TIMESTAMP_SCALE => self.scale_ns = uint(body).clamp(1, 1_000_000_000),
                DURATION => self.duration_ticks = Some(float(body)),
                _ => {}
            }
        }
    }

    /// Reads one element of a segment or cluster; false at the end of the recording.
    fn read_element(&mut self) -> io::Result<bool> {
        let header = read_header(&mut self.source)?;
        match header.id {
            // A further recording appended to this one has a clock of its own.
            EBML => return Ok(false),
            SEGMENT => {}
            CLUSTER => self.cluster_ticks = None,
            CLUSTER_TIMESTAMP => self.cluster_ticks = Some(uint(&self.read_whole(header)?)),
            SIMPLE_BLOCK => {
                let body = self.read_whole(header)?;
                let position = self.source.position() - body.len() as u64;
                self.read_block(&body, position, 0);
            }
            BLOCK_GROUP => {
                let body = self.read_whole(header)?;
                let padding =
                    Elements(&body).find(|(id, _)| *id == DISCARD_PADDING).map_or(0, |(_, body)| {
                        // A signed integer; a negative one would lengthen the packet, which nobody writes.
                        if body.first().is_some_and(|byte| byte & 0x80 != 0) { 0 } else { uint(body) }
                    });
                if let Some((_, block)) = Elements(&body).find(|(id, _)| *id == BLOCK) {
                    let position = self.source.position() - body.len() as u64 + offset_in(&body, block);
                    self.read_block(block, position, padding);
                }
            }
            id => {
                let size = header.size.ok_or(io::ErrorKind::InvalidData)?;
                if size > self.source.left() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                if size > MAX_UNKNOWN_BYTES && !SKIPPED.contains(&id) {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                self.source.skip(size)?;
            }
        }
        Ok(true)
    }

    fn read_whole(&mut self, header: Header) -> io::Result<Vec<u8>> {
        match header.size {
            Some(size) if size <= MAX_ELEMENT_BYTES => self.source.read_vec(size),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Queues the frames of a block. A block that makes no sense is dropped: the next one may.
    fn read_block(&mut self, block: &[u8], position: u64, padding_ns: u64) {
        if self.queue_frames(block, position, padding_ns).is_none() {
            self.flaws = self.flaws.saturating_add(1);
        }
    }

    fn queue_frames(&mut self, block: &[u8], position: u64, padding_ns: u64) -> Option<()> {
        let (number, _, rest) = vint(block)?;
        if self.selected.is_some_and(|selected| selected != number) {
            return Some(());
        }
        let track = self.tracks.iter().find(|entry| entry.track.id == number)?;
        let (&[high, low, flags], payload) = rest.split_first_chunk()?;
        let ticks = i128::from(self.cluster_ticks?) + i128::from(i16::from_be_bytes([high, low]));
        let start_ns = ticks * i128::from(self.scale_ns) - i128::from(track.delay_ns);
        let start_ns = i64::try_from(start_ns).ok()?;
        let frames = lacing::split(flags, payload)?;
        let last = frames.len() - 1;
        for (index, frame) in frames.into_iter().enumerate() {
            let start_ns = match (index, track.default_duration_ns) {
                (0, _) => Some(start_ns),
                (_, Some(each)) => Some(start_ns.saturating_add_unsigned(each.saturating_mul(index as u64))),
                (_, None) => None,
            };
            let padding_ns = if index == last { padding_ns } else { 0 };
            let position = position + offset_in(block, frame);
            let packet = Packet { start_ns, padding_ns, data: frame.to_vec() };
            self.queue.push_back(Frame { track: number, position, packet });
        }
        Some(())
    }

    /// Moves to the first Cluster at or after `from`; false where there is none.
    fn find_cluster(&mut self, from: u64) -> io::Result<bool> {
        const STEP: u64 = 64 << 10;
        let mark = CLUSTER.to_be_bytes();
        let mut from = from;
        loop {
            self.source.seek_to(from)?;
            let window = self.source.read_vec(self.source.left().min(STEP))?;
            if let Some(at) = window.windows(mark.len()).position(|bytes| bytes == mark) {
                self.source.seek_to(from + at as u64)?;
                self.cluster_ticks = None;
                return Ok(true);
            }
            if (window.len() as u64) < STEP {
                return Ok(false);
            }
            // The mark may lie across two windows.
            from += STEP - (mark.len() as u64 - 1);
        }
    }
}

/// Where `part`, a slice of `whole`, begins in it.
fn offset_in(whole: &[u8], part: &[u8]) -> u64 {
    part.as_ptr().addr().saturating_sub(whole.as_ptr().addr()) as u64
}
