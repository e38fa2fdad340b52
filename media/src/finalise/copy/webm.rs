//! Copies in WebM, with the codecs of the interview. Every stretch after a hole is entered at its first Cluster.

use std::io;
use std::sync::Arc;

use super::chunks::Extent;
use super::packets::{Collected, Tracks, content, unless_damaged};
use super::stretch::{Stretch, locate};
use crate::finalise::JournalBytes;
use crate::finalise::rows::Scratch;
use crate::journal::Track;
use crate::read::{Codec, Limits, Matroska, Source};

/// Reads a copy whose first stretch is its beginning; `None` when it cannot be used. `number` is that of the next stream.
pub(super) fn read(
    stretches: &[Arc<[Extent]>],
    journal: &Arc<dyn JournalBytes>,
    number: usize,
    room: &mut usize,
    scratch: &Scratch,
) -> io::Result<Option<Tracks>> {
    let open = |extents: &Arc<[Extent]>| {
        let stretch = Stretch::new(Arc::clone(journal), Arc::clone(extents));
        Source::new(Box::new(stretch), &Limits { max_file_bytes: u64::MAX, ..Limits::default() })
    };
    let Some((head, later)) = stretches.split_first() else { return Ok(None) };
    let Some(mut first) = unless_damaged(open(head).and_then(Matroska::open))? else { return Ok(None) };
    let track = |codec| first.tracks().find(|track| track.codec == codec).map(|track| track.id);
    let audio = track(Codec::Opus).map(|id| Collected::new(id, Track::Audio, number, scratch));
    let number = number + usize::from(audio.is_some());
    let video = track(Codec::Vp8).map(|id| Collected::new(id, Track::Video, number, scratch));
    let mut tracks = Tracks { audio, video };
    collect(&mut first, head, &mut tracks, room)?;
    for extents in later {
        let part = open(extents).and_then(|source| first.open_later_part(source));
        if let Some(mut part) = unless_damaged(part)? {
            collect(&mut part, extents, &mut tracks, room)?;
        }
    }
    Ok(Some(tracks))
}

/// Gives every packet of a stretch to its track.
fn collect(part: &mut Matroska, extents: &[Extent], tracks: &mut Tracks, room: &mut usize) -> io::Result<()> {
    let mut flaws = None;
    while let Some(frame) = unless_damaged(part.next_frame())?.flatten() {
        if flaws != Some(part.flaws()) {
            flaws = Some(part.flaws());
            tracks.iter_mut().for_each(Collected::begin_anew);
        }
        let Some(track) = tracks.iter_mut().find(|track| track.id == frame.track) else { continue };
        let bytes = &frame.packet.data;
        let time_us = frame.packet.start_ns.map(|ns| ns / 1000).or_else(|| track.end_us());
        let (Some(content), Some(time_us)) = (content(track.track(), bytes), time_us) else {
            track.begin_anew();
            continue;
        };
        let taken = track.take(time_us, content, locate(extents, frame.position, bytes.len() as u64));
        let Some(left) = room.checked_sub(taken) else { return Ok(()) };
        *room = left;
    }
    Ok(())
}
