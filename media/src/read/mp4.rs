//! MP4 (ISO/IEC 14496-12), plain and fragmented.

mod boxes;
mod entry;
mod fragment;
mod movie;
mod table;

use std::collections::VecDeque;
use std::io;

use self::boxes::FourCc;
use self::movie::{Movie, Mp4Track};
use self::table::Sample;
use super::packet::ticks_to_ns;
use super::source::Source;
use super::{Error, Packet, Track};

/// Largest index (`moov`, `moof`) that is read: a two-hour recording needs some 7 MB.
const MAX_INDEX_BYTES: u64 = 64 << 20;
/// More samples than this in one track are not believed: two hours of 2.5 ms audio are 2.9 million.
const MAX_SAMPLES: u64 = 4_000_000;

pub(crate) struct Mp4 {
    source: Source,
    movie: Movie,
    first_fragment: Option<u64>,
    selected: usize,
    /// Samples of the fragment being read.
    queue: VecDeque<Sample>,
    next_box: u64,
    decode_time: i64,
    samples: u64,
    truncated: bool,
}

/// The header of a box in the file.
struct BoxHeader {
    kind: FourCc,
    start: u64,
    body: u64,
    end: u64,
}

impl Mp4 {
    pub(super) fn open(mut source: Source) -> Result<Self, Error> {
        const NO_INDEX: Error =
            Error::Damaged("MP4 without its index: it was cut off before it was finished");
        let mut movie = None;
        let mut first_fragment = None;
        let mut truncated = false;
        while let Some(header) = read_box_header(&mut source)? {
            match &header.kind {
                b"moov" if movie.is_none() => {
                    let size = header.end - header.body;
                    if size > MAX_INDEX_BYTES || header.end > source.length() {
                        return Err(NO_INDEX);
                    }
                    movie = Some(movie::parse(&source.read_vec(size)?)?);
                }
                b"moof" => {
                    first_fragment = first_fragment.or(Some(header.start));
                    if movie.is_some() {
                        break;
                    }
                }
                _ => {}
            }
            truncated |= header.end > source.length();
            source.seek_to(header.end)?;
        }
        let movie = movie.ok_or(NO_INDEX)?;
        let next_box = first_fragment.unwrap_or(u64::MAX);
        Ok(Self {
            source,
            movie,
            first_fragment,
            selected: 0,
            queue: VecDeque::new(),
            next_box,
            decode_time: 0,
            samples: 0,
            truncated,
        })
    }

    pub(super) fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.movie.tracks.iter().map(|entry| &entry.track)
    }

    pub(super) fn stated_duration_ms(&self) -> Option<u64> {
        self.movie.duration_ms
    }

    /// Walks all samples of all tracks, without their data.
    pub(super) fn measured_duration_ms(&mut self) -> Result<u64, Error> {
        let mut longest = 0;
        for index in 0..self.movie.tracks.len() {
            self.select_index(index);
            while let Some(sample) = self.next_sample()? {
                let (start_ns, duration_ns) = self.times(&sample);
                longest = longest.max(start_ns.saturating_add(duration_ns));
            }
        }
        Ok((longest / 1_000_000) as u64)
    }

    pub(super) fn select(&mut self, track: u64) {
        if let Some(index) = self.movie.tracks.iter().position(|entry| entry.track.id == track) {
            self.select_index(index);
        }
    }

    fn select_index(&mut self, index: usize) {
        self.selected = index;
        if let Some(table) = &mut self.movie.tracks[index].table {
            table.rewind();
        }
        self.queue.clear();
        self.next_box = self.first_fragment.unwrap_or(u64::MAX);
        self.decode_time = 0;
        self.samples = 0;
    }

    pub(super) fn truncated(&self) -> bool {
        self.truncated
    }

    /// The next packet of the selected track.
    pub(super) fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        while let Some(sample) = self.next_sample()? {
            if sample.offset.saturating_add(u64::from(sample.size)) > self.source.length() {
                // Tracks are interleaved, so what lies beyond the end is nearly always the rest.
                self.truncated = true;
                continue;
            }
            self.source.seek_to(sample.offset)?;
            let data = self.source.read_vec(u64::from(sample.size))?;
            let (start_ns, duration_ns) = self.times(&sample);
            let padding_ns = match self.entry().edit.end_ns {
                Some(end_ns) if self.entry().track.is_audio() => {
                    start_ns.saturating_add(duration_ns).saturating_sub(end_ns).max(0) as u64
                }
                _ => 0,
            };
            return Ok(Some(Packet { start_ns: Some(start_ns), padding_ns, data }));
        }
        Ok(None)
    }

    fn entry(&self) -> &Mp4Track {
        &self.movie.tracks[self.selected]
    }

    /// Start and duration of a sample on the movie's timeline, in nanoseconds.
    fn times(&self, sample: &Sample) -> (i64, i64) {
        let Mp4Track { edit, timescale, .. } = self.entry();
        let ticks = sample.start.saturating_sub(edit.media_start);
        let start_ns = ticks_to_ns(ticks, *timescale).saturating_add(edit.delay_ns);
        (start_ns, ticks_to_ns(i64::from(sample.duration), *timescale))
    }

    fn next_sample(&mut self) -> Result<Option<Sample>, Error> {
        if self.samples == MAX_SAMPLES {
            return Err(Error::Damaged("MP4 with more samples than any recording has"));
        }
        self.samples += 1;
        if let Some(sample) =
            self.movie.tracks[self.selected].table.as_mut().and_then(table::SampleTable::next_sample)
        {
            self.decode_time = sample.start.saturating_add(i64::from(sample.duration));
            return Ok(Some(sample));
        }
        loop {
            if let Some(sample) = self.queue.pop_front() {
                return Ok(Some(sample));
            }
            if !self.movie.fragmented || !self.read_fragment()? {
                return Ok(None);
            }
        }
    }

    /// Reads the next box from the first fragment on; false at the end of the file.
    fn read_fragment(&mut self) -> Result<bool, Error> {
        self.source.seek_to(self.next_box)?;
        let Some(header) = read_box_header(&mut self.source)? else { return Ok(false) };
        if &header.kind == b"moof" {
            let size = header.end - header.body;
            if header.end > self.source.length() || size > MAX_INDEX_BYTES {
                self.truncated = true;
                return Ok(false);
            }
            let moof = self.source.read_vec(size)?;
            let entry = &self.movie.tracks[self.selected];
            let (track, defaults) = (entry.track.id, entry.defaults);
            self.queue.extend(fragment::samples(&moof, header.start, track, defaults, &mut self.decode_time));
        }
        self.truncated |= header.end > self.source.length();
        self.next_box = header.end;
        Ok(true)
    }
}

/// Reads a box header at the current position; `None` at the end of the file, or where no box can be.
fn read_box_header(source: &mut Source) -> Result<Option<BoxHeader>, Error> {
    let start = source.position();
    if source.left() < 8 {
        return Ok(None);
    }
    let size = u64::from(u32::from_be_bytes(source.read_array()?));
    let kind = source.read_array()?;
    let end = match size {
        0 => source.length(),
        1 => match source.read_array() {
            Ok(size) => start.saturating_add(u64::from_be_bytes(size)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error.into()),
        },
        size => start + size,
    };
    let body = source.position();
    Ok((end >= body).then_some(BoxHeader { kind, start, body, end }))
}
