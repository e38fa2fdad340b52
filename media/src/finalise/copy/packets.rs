//! A copy's packets, from whatever pieces of it there are. The beginning of the file says what its tracks hold.

use std::io;
use std::sync::Arc;

use super::chunks::{Extent, Pieces};
use super::encoded::Encoded;
use super::mp4::{self, Desk};
use super::stretch::Stretch;
use super::{Copy, pace, webm};
use crate::finalise::packet::{Content, Packet, Stream};
use crate::finalise::rows::{Rows, Scratch};
use crate::finalise::units::Unit;
use crate::finalise::{JournalBytes, LONGEST_TAKE_US};
use crate::journal::Track;
use crate::opus::PacketShape;
use crate::read::Error;
use crate::vp8::key_frame_size;

/// Of all copies together: twelve hours of pictures and sound, with room.
pub(super) const MOST_PACKETS: usize = 4_000_000;

/// The tracks of a copy as far as they were read.
pub(super) struct Tracks {
    pub audio: Option<Collected>,
    pub video: Option<Collected>,
}

impl Tracks {
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Collected> {
        self.audio.iter_mut().chain(self.video.iter_mut())
    }
}

/// Whether a copy has the beginning of an MP4 file.
pub(super) fn is_mp4(pieces: &Pieces, journal: &Arc<dyn JournalBytes>) -> io::Result<bool> {
    match pieces.stretches().into_iter().next() {
        Some(head) => mp4::is_mp4(Stretch::new(Arc::clone(journal), Arc::from(head))),
        None => Ok(false),
    }
}

/// Reads a copy; `None` when it cannot be used. At most `room` packets are read, and taken off it.
pub(super) fn read(
    pieces: &Pieces,
    journal: &Arc<dyn JournalBytes>,
    encoded: &Encoded,
    room: &mut usize,
    streams: &mut Vec<Stream>,
    scratch: &Scratch,
) -> io::Result<Option<Copy>> {
    let stretches: Vec<_> = pieces.stretches().into_iter().map(Arc::<[Extent]>::from).collect();
    let Some(head) = stretches.first().filter(|head| head.first().is_some_and(|first| first.offset == 0))
    else {
        return Ok(None);
    };
    let number = streams.len();
    let tracks = if mp4::is_mp4(Stretch::new(Arc::clone(journal), Arc::clone(head)))? {
        mp4::read(&stretches, &Desk { journal, encoded, scratch, number }, room)?
    } else {
        webm::read(&stretches, journal, number, room, scratch)?
    };
    let Some(Tracks { audio, video }) =
        tracks.filter(|tracks| tracks.audio.is_some() || tracks.video.is_some())
    else {
        return Ok(None);
    };
    let mut units = |collected: Option<Collected>| {
        let Some(Collected { stream, units, .. }) = collected else { return Rows::new(scratch) };
        streams.push(stream);
        units
    };
    let (audio, video) = (pace::even_out(&units(audio)), units(video));
    Ok(Some(Copy { started_us: pieces.started_us(), audio, video }))
}

/// `None` where the copy, rather than the reading of it, failed.
pub(super) fn unless_damaged<T>(read: Result<T, Error>) -> io::Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_bad_input() => Ok(None),
        Err(Error::Io(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// What a packet of the interview's codecs holds; `None` when it is damaged.
pub(super) fn content(track: Track, bytes: &[u8]) -> Option<Content> {
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
pub(super) struct Collected {
    /// Its number in the copy.
    pub id: u64,
    /// Its number among all streams.
    number: usize,
    stream: Stream,
    units: Rows<Unit>,
    /// Everything since the last key frame is there.
    unbroken: bool,
}

impl Collected {
    pub(super) fn new(id: u64, track: Track, number: usize, scratch: &Scratch) -> Self {
        let stream = Stream { track, epoch: 0, packets: Rows::new(scratch), reports: Vec::new() };
        Self { id, number, stream, units: Rows::new(scratch), unbroken: false }
    }

    pub(super) fn track(&self) -> Track {
        self.stream.track
    }

    pub(super) fn end_us(&self) -> Option<i64> {
        self.units.last().map(|unit| unit.end_us())
    }

    /// What comes next does not follow what came before: it counts from its first key frame on.
    pub(super) fn begin_anew(&mut self) {
        self.unbroken = false;
    }

    /// Takes a packet that lies at `extents`, unless it is of no use. Returns how many rows that took.
    pub(super) fn take(
        &mut self,
        time_us: i64,
        content: Content,
        extents: impl Iterator<Item = (u64, u64)>,
    ) -> usize {
        let duration_us = match content {
            Content::Opus(shape) => i64::from(shape.duration_us),
            _ => 0,
        };
        let key = !matches!(content, Content::Vp8 { key_size: None, .. });
        // A browser that was late writes two pictures of the same millisecond, and those after them build on both.
        let shares_time = self.track() == Track::Video;
        let in_order = self
            .units
            .last()
            .is_none_or(|last| last.time_us < time_us || shares_time && last.time_us == time_us);
        self.unbroken = key || self.unbroken;
        if !in_order || !self.unbroken || !(-LONGEST_TAKE_US..LONGEST_TAKE_US).contains(&time_us) {
            self.unbroken = false;
            return 0;
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
        let taken = packets.len();
        self.units.push(Unit { stream, packets, time_us, duration_us, bytes: whole, key });
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finalise::rows::tests::scratch;

    fn picture(key: bool) -> Content {
        Content::Vp8 { starts_frame: true, picture: None, key_size: key.then_some((640, 360)) }
    }

    /// The times in milliseconds of the pictures that count.
    fn taken(pictures: &[(i64, bool)]) -> Vec<i64> {
        let mut track = Collected::new(1, Track::Video, 0, &scratch());
        for &(ms, key) in pictures {
            track.take(ms * 1000, picture(key), [(0, 10)].into_iter());
        }
        track.units.iter().map(|unit| unit.time_us / 1000).collect()
    }

    #[test]
    fn two_pictures_of_one_millisecond_break_nothing() {
        let pictures = [(0, true), (33, false), (33, false), (67, false), (100, true)];
        assert_eq!(taken(&pictures), [0, 33, 33, 67, 100]);
    }

    #[test]
    fn a_picture_before_its_predecessor_costs_all_until_the_next_key_frame() {
        let pictures = [(0, true), (33, false), (20, false), (67, false), (100, true), (133, false)];
        assert_eq!(taken(&pictures), [0, 33, 100, 133]);
    }

    #[test]
    fn what_lies_beyond_any_take_does_not_count() {
        let beyond = LONGEST_TAKE_US / 1000;
        assert_eq!(taken(&[(-beyond - 1, true), (0, true), (beyond, true)]), [0]);
    }
}
