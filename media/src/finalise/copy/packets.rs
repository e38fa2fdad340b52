//! A copy's packets, from whatever pieces of it there are.
//!
//! The beginning of the file says what its tracks hold. Every stretch after a hole is entered at its first Cluster.

use std::io;
use std::sync::Arc;

use super::chunks::{Extent, Pieces};
use super::stretch::{Stretch, locate};
use super::{Copy, pace};
use crate::finalise::packet::{Content, Packet, Stream};
use crate::finalise::rows::{Rows, Scratch};
use crate::finalise::units::Unit;
use crate::finalise::{JournalBytes, LONGEST_TAKE_US};
use crate::journal::Track;
use crate::opus::PacketShape;
use crate::read::{Codec, Error, Limits, Matroska, Source};
use crate::vp8::key_frame_size;

/// Of all copies together: twelve hours of pictures and sound, with room.
pub(super) const MOST_PACKETS: usize = 4_000_000;

/// Reads a copy; `None` when it cannot be used. At most `room` packets are read, and taken off it.
pub(super) fn read(
    pieces: &Pieces,
    journal: &Arc<dyn JournalBytes>,
    room: &mut usize,
    streams: &mut Vec<Stream>,
    scratch: &Scratch,
) -> io::Result<Option<Copy>> {
    let mut stretches = pieces.stretches().into_iter().map(Arc::<[Extent]>::from);
    let Some(head) = stretches.next().filter(|head| head.first().is_some_and(|first| first.offset == 0))
    else {
        return Ok(None);
    };
    let open = |extents: &Arc<[Extent]>| {
        let stretch = Stretch::new(Arc::clone(journal), Arc::clone(extents));
        Source::new(Box::new(stretch), &Limits { max_file_bytes: u64::MAX, ..Limits::default() })
    };
    let Some(mut first) = unless_damaged(open(&head).and_then(Matroska::open))? else { return Ok(None) };
    let track = |codec| first.tracks().find(|track| track.codec == codec).map(|track| track.id);
    let number = streams.len();
    let mut audio = track(Codec::Opus).map(|id| Collected::new(id, Track::Audio, number, scratch));
    let number = number + usize::from(audio.is_some());
    let mut video = track(Codec::Vp8).map(|id| Collected::new(id, Track::Video, number, scratch));
    if audio.is_none() && video.is_none() {
        return Ok(None);
    }
    let mut collected: Vec<&mut Collected> = audio.iter_mut().chain(video.iter_mut()).collect();
    collect(&mut first, &head, &mut collected, room)?;
    for extents in stretches {
        let part = open(&extents).and_then(|source| first.open_later_part(source));
        if let Some(mut part) = unless_damaged(part)? {
            collect(&mut part, &extents, &mut collected, room)?;
        }
    }
    let mut units = |collected: Option<Collected>| {
        let Some(Collected { stream, units, .. }) = collected else { return Rows::new(scratch) };
        streams.push(stream);
        units
    };
    let (audio, video) = (pace::even_out(&units(audio)), units(video));
    Ok(Some(Copy { started_us: pieces.started_us(), audio, video }))
}

/// `None` where the copy, rather than the reading of it, failed.
fn unless_damaged<T>(read: Result<T, Error>) -> io::Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_bad_input() => Ok(None),
        Err(Error::Io(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Gives every packet of a stretch to its track.
fn collect(
    part: &mut Matroska,
    extents: &[Extent],
    tracks: &mut [&mut Collected],
    room: &mut usize,
) -> io::Result<()> {
    let mut flaws = None;
    while let Some(frame) = unless_damaged(part.next_frame())?.flatten() {
        if flaws != Some(part.flaws()) {
            flaws = Some(part.flaws());
            for track in tracks.iter_mut() {
                track.unbroken = false;
            }
        }
        let Some(track) = tracks.iter_mut().find(|track| track.id == frame.track) else { continue };
        let bytes = &frame.packet.data;
        let time_us = frame
            .packet
            .start_ns
            .map(|ns| ns / 1000)
            .or_else(|| track.units.last().map(|unit| unit.end_us()));
        let (Some(content), Some(time_us)) = (content(track.stream.track, bytes), time_us) else {
            track.unbroken = false;
            continue;
        };
        let before = track.stream.packets.len();
        track.take(time_us, content, locate(extents, frame.position, bytes.len() as u64));
        let taken = track.stream.packets.len() - before;
        let Some(left) = room.checked_sub(taken) else { return Ok(()) };
        *room = left;
    }
    Ok(())
}

fn content(track: Track, bytes: &[u8]) -> Option<Content> {
    match track {
        Track::Audio => PacketShape::parse(bytes).map(Content::Opus),
        Track::Video => {
            let key_size = key_frame_size(bytes);
            // RFC 6386, section 9.1: the lowest bit is clear in a key frame, which must then have a size.
            let is_whole = key_size.is_some() || bytes.first().is_some_and(|byte| byte & 1 == 1);
            is_whole.then_some(Content::Vp8 { starts_frame: true, picture: None, key_size })
        }
    }
}

/// A track as far as it was read.
struct Collected {
    /// Its number in the copy.
    id: u64,
    /// Its number among all streams.
    number: usize,
    stream: Stream,
    units: Rows<Unit>,
    /// Everything since the last key frame is there.
    unbroken: bool,
}

impl Collected {
    fn new(id: u64, track: Track, number: usize, scratch: &Scratch) -> Self {
        let stream = Stream { track, epoch: 0, packets: Rows::new(scratch), reports: Vec::new() };
        Self { id, number, stream, units: Rows::new(scratch), unbroken: false }
    }

    fn take(&mut self, time_us: i64, content: Content, extents: impl Iterator<Item = (u64, u64)>) {
        let duration_us = match content {
            Content::Opus(shape) => i64::from(shape.duration_us),
            _ => 0,
        };
        let key = !matches!(content, Content::Vp8 { key_size: None, .. });
        let in_order = self.units.last().is_none_or(|last| last.time_us < time_us);
        self.unbroken = key || self.unbroken;
        if !in_order || !self.unbroken || !(-LONGEST_TAKE_US..LONGEST_TAKE_US).contains(&time_us) {
            self.unbroken = false;
            return;
        }
        let start = self.stream.packets.len();
        let mut whole = 0;
        for (offset, bytes) in extents {
            let sequence = self.stream.packets.len() as i64;
            let (arrival_us, media_us, bytes) = (time_us, time_us, bytes as u32);
            let packet = Packet { arrival_us, sequence, media_us, marker: false, content, offset, bytes };
            self.stream.packets.push(packet);
            whole += bytes;
        }
        let (stream, packets) = (self.number, start..self.stream.packets.len());
        self.units.push(Unit { stream, packets, time_us, duration_us, bytes: whole, key });
    }
}
