//! The `moov` box: tracks, their edit lists and their sample tables.

use super::boxes::{Boxes, Fields, table};
use super::entry;
use super::table::SampleTable;
use crate::read::packet::ticks_to_ns;
use crate::read::{Error, Track, TrackKind, Turn};

const MAX_TRACKS: usize = 64;

/// What a fragment leaves out about its samples (`trex`).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Defaults {
    pub(super) duration: u32,
    pub(super) size: u32,
}

pub(super) struct Movie {
    pub(super) tracks: Vec<Mp4Track>,
    pub(super) duration_ms: Option<u64>,
    /// Whether samples may follow in fragments.
    pub(super) fragmented: bool,
}

pub(super) struct Mp4Track {
    pub(super) track: Track,
    pub(super) timescale: u32,
    pub(super) edit: Edit,
    pub(super) table: Option<SampleTable>,
    pub(super) defaults: Defaults,
}

/// Where the track's own time lies on the movie's timeline. Writers use the list for one thing: to say where the
/// track starts and what is cut off at its ends; that much is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edit {
    /// Silence or nothing before the track starts.
    pub(super) delay_ns: i64,
    /// The first composition time that is presented, in ticks of the track.
    pub(super) media_start: i64,
    /// Where the presentation of the track ends, in nanoseconds of the movie.
    pub(super) end_ns: Option<i64>,
}

pub(super) fn parse(moov: &[u8]) -> Result<Movie, Error> {
    let (movie_timescale, duration) =
        Boxes(moov).find(b"mvhd").and_then(header).ok_or(Error::Damaged("MP4 without a movie header"))?;
    let extends = Boxes(moov).find(b"mvex");
    let tracks: Vec<_> = Boxes(moov)
        .filter(|(kind, _)| kind == b"trak")
        .take(MAX_TRACKS)
        .filter_map(|(_, trak)| parse_track(trak, movie_timescale, extends))
        .collect();
    if tracks.is_empty() {
        return Err(Error::Damaged("MP4 without an audio or video track"));
    }
    let fragments_duration = extends.and_then(|mvex| {
        let mut fields = Fields(Boxes(mvex).find(b"mehd")?);
        let (version, _) = fields.version_and_flags()?;
        fields.sized(version)
    });
    let duration = fragments_duration.unwrap_or(0).max(duration);
    let duration_ms =
        i64::try_from(duration).ok().filter(|ticks| *ticks > 0 && *ticks < i64::from(u32::MAX) << 16);
    Ok(Movie {
        tracks,
        duration_ms: duration_ms.map(|ticks| (ticks_to_ns(ticks, movie_timescale) / 1_000_000) as u64),
        fragmented: extends.is_some(),
    })
}

/// Timescale and duration of an `mvhd` or `mdhd` box; a duration of all ones is "unknown", here 0.
fn header(body: &[u8]) -> Option<(u32, u64)> {
    let mut fields = Fields(body);
    let (version, _) = fields.version_and_flags()?;
    fields.skip(if version == 0 { 8 } else { 16 })?;
    let timescale = fields.u32()?;
    let duration = fields.sized(version)?;
    let unknown = if version == 0 { u64::from(u32::MAX) } else { u64::MAX };
    (timescale > 0).then_some((timescale, if duration == unknown { 0 } else { duration }))
}

fn parse_track(trak: &[u8], movie_timescale: u32, extends: Option<&[u8]>) -> Option<Mp4Track> {
    let mut fields = Fields(Boxes(trak).find(b"tkhd")?);
    let (version, _) = fields.version_and_flags()?;
    fields.skip(if version == 0 { 8 } else { 16 })?;
    let id = fields.u32()?;
    let turn = turn(version, fields).unwrap_or_default();
    let mdia = Boxes(trak).find(b"mdia")?;
    let (timescale, _) = header(Boxes(mdia).find(b"mdhd")?)?;
    let mut fields = Fields(Boxes(mdia).find(b"hdlr")?);
    fields.skip(8)?;
    let handler = fields.array()?;
    let stbl = Boxes(Boxes(mdia).find(b"minf")?).find(b"stbl")?;
    let mut entry = entry::parse(Boxes(stbl).find(b"stsd")?, handler)?;
    if let TrackKind::Video { width, height } = &mut entry.kind
        && turn.is_sideways()
    {
        std::mem::swap(width, height);
    }
    let edit = Boxes(trak)
        .find(b"edts")
        .and_then(|edts| Boxes(edts).find(b"elst"))
        .and_then(|elst| parse_edit(elst, movie_timescale));
    Some(Mp4Track {
        track: Track { id: u64::from(id), kind: entry.kind, codec: entry.codec, setup: entry.setup, turn },
        timescale,
        edit: edit.unwrap_or_default(),
        table: SampleTable::parse(stbl),
        defaults: extends.and_then(|mvex| defaults(mvex, id)).unwrap_or_default(),
    })
}

/// How the pictures are turned, by what follows the number in a `tkhd` box: its matrix maps right to (a, b) and down to
/// (c, d), in 16.16 fixed point (ISO/IEC 14496-12, section 8.3.2). What is no quarter turn is left alone.
fn turn(version: u8, mut fields: Fields<'_>) -> Option<Turn> {
    fields.skip(4)?;
    fields.sized(version)?;
    fields.skip(16)?;
    let [a, b] = [fields.u32()? as i32, fields.u32()? as i32];
    fields.skip(4)?;
    let [c, d] = [fields.u32()? as i32, fields.u32()? as i32];
    match [a, b, c, d].map(i32::signum) {
        [0, 1, -1, 0] => Some(Turn::Quarter),
        [-1, 0, 0, -1] => Some(Turn::Half),
        [0, -1, 1, 0] => Some(Turn::ThreeQuarters),
        _ => None,
    }
}

fn parse_edit(elst: &[u8], movie_timescale: u32) -> Option<Edit> {
    let mut fields = Fields(elst);
    let (version, _) = fields.version_and_flags()?;
    let mut delay_ns = 0_i64;
    let mut presented = None;
    let mut presented_edits = 0;
    for mut entry in table(&mut fields, if version == 0 { 12 } else { 20 })? {
        let duration = ticks_to_ns(i64::try_from(entry.sized(version)?).ok()?, movie_timescale);
        let media_time = match version {
            0 => i64::from(entry.u32()? as i32),
            _ => entry.u64()? as i64,
        };
        if media_time < 0 {
            if presented.is_none() {
                delay_ns = delay_ns.saturating_add(duration);
            }
        } else {
            presented_edits += 1;
            presented.get_or_insert((media_time, duration));
        }
    }
    let (media_start, duration) = presented?;
    // A duration of 0 is "to the end" in a fragmented file; several edits are beyond what is followed here.
    let ends = duration > 0 && presented_edits == 1;
    Some(Edit { delay_ns, media_start, end_ns: ends.then(|| delay_ns.saturating_add(duration)) })
}

fn defaults(mvex: &[u8], track: u32) -> Option<Defaults> {
    Boxes(mvex).filter(|(kind, _)| kind == b"trex").find_map(|(_, trex)| {
        let mut fields = Fields(trex);
        fields.version_and_flags()?;
        let id = fields.u32()?;
        fields.u32()?;
        let defaults = Defaults { duration: fields.u32()?, size: fields.u32()? };
        (id == track).then_some(defaults)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elst(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn an_edit_list_gives_delay_start_and_end() {
        let bytes = elst(&[0, 2, 500, u32::MAX, 1 << 16, 2000, 1024, 1 << 16]);
        let expected = Edit { delay_ns: 500_000_000, media_start: 1024, end_ns: Some(2_500_000_000) };
        assert_eq!(parse_edit(&bytes, 1000), Some(expected));
    }

    #[test]
    fn an_open_edit_has_no_end() {
        let bytes = elst(&[0, 1, 0, 312, 1 << 16]);
        assert_eq!(parse_edit(&bytes, 1000), Some(Edit { delay_ns: 0, media_start: 312, end_ns: None }));
    }
}
