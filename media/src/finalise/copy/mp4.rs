//! Copies in MP4, as browsers make them that know no WebM (Safari before 18.4). What is neither VP8 nor Opus is encoded
//! again, and of copies there is little: what the server lacks, or what came where no media connection came about.

use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use super::chunks::Extent;
use super::encoded::Encoded;
use super::packets::{Collected, Tracks, content, unless_damaged};
use super::stretch::{Stretch, locate};
use super::transcode::{Pictures, Sound};
use crate::codec::{self, Picture};
use crate::finalise::JournalBytes;
use crate::finalise::rows::Scratch;
use crate::journal;
use crate::read::{Codec, Demuxer, Limits, Packet, Track};

/// Full HD either way: no page asks for more, and each pixel is paid for twice.
const MOST_PIXELS: u32 = 1920 * 1088;
/// How far into a stretch its next fragment is looked for: there is one about every second.
const SEARCHED: u64 = 8 << 20;
const WINDOW: u64 = 64 << 10;
const BOX_HEADER: u64 = 8;

type FourCc = [u8; 4];

/// Where packets come from and where they go.
pub(super) struct Desk<'a> {
    pub journal: &'a Arc<dyn JournalBytes>,
    pub encoded: &'a Encoded,
    pub scratch: &'a Scratch,
    /// The number of the next stream.
    pub number: usize,
}

/// Whether a copy that begins so is MP4 (ISO/IEC 14496-12, section 4.3).
pub(super) fn is_mp4(mut head: Stretch) -> io::Result<bool> {
    Ok(next_box(&mut head, 0)?.is_some_and(|(kind, _)| &kind == b"ftyp"))
}

/// Reads a copy whose first stretch is its beginning; `None` when it cannot be used.
pub(super) fn read(
    stretches: &[Arc<[Extent]>],
    desk: &Desk<'_>,
    room: &mut usize,
) -> io::Result<Option<Tracks>> {
    let open = |extents: &Arc<[Extent]>| Stretch::new(Arc::clone(desk.journal), Arc::clone(extents));
    let Some(head) = stretches.first() else { return Ok(None) };
    let init_end = beginning(&mut open(head))?;
    let mut tracks: Option<Tracks> = None;
    for extents in stretches {
        let mut stretch = open(extents);
        let Some(begin) = next_fragment(&mut stretch)? else { continue };
        let end = whole_fragments(&mut stretch, begin)?;
        // A stretch after a hole has no beginning of its own.
        let file: Arc<[Extent]> = joined([(head, 0, init_end), (extents, begin, end)]).into();
        let limits = Limits { max_file_bytes: u64::MAX, max_pixels: MOST_PIXELS, ..Limits::default() };
        let demuxer = || unless_damaged(Demuxer::open(Box::new(open(&file)), &limits));
        let Some(found) = demuxer()?.map(|demuxer| demuxer.tracks()) else { continue };
        let tracks = tracks.get_or_insert_with(|| Tracks::new(&found, desk));
        for (track, collected) in tracks.pairs(&found) {
            let Some(mut demuxer) = demuxer()? else { continue };
            demuxer.select(track.id);
            let mut keeper = Keeper { collected, encoded: desk.encoded, room, failure: None };
            keeper.collected.begin_anew();
            transcode(track, &mut demuxer, &limits, &mut keeper)?;
        }
    }
    Ok(tracks)
}

impl Tracks {
    fn new(found: &[Track], desk: &Desk<'_>) -> Self {
        let first = |known: fn(&Track) -> bool| found.iter().find(|track| known(track)).map(|track| track.id);
        let audio = first(|track| matches!(track.codec, Codec::Aac | Codec::Opus));
        let video = first(|track| track.codec == Codec::H264);
        let audio = audio.map(|id| Collected::new(id, journal::Track::Audio, desk.number, desk.scratch));
        let number = desk.number + usize::from(audio.is_some());
        let video = video.map(|id| Collected::new(id, journal::Track::Video, number, desk.scratch));
        Self { audio, video }
    }

    fn pairs<'a>(&'a mut self, found: &'a [Track]) -> impl Iterator<Item = (&'a Track, &'a mut Collected)> {
        let collected = self.audio.iter_mut().chain(self.video.iter_mut());
        collected.filter_map(|collected| {
            found.iter().find(|track| track.id == collected.id).map(|t| (t, collected))
        })
    }
}

/// Brings every packet of the demuxer's selected track to its keeper.
fn transcode(
    track: &Track,
    demuxer: &mut Demuxer,
    limits: &Limits,
    keeper: &mut Keeper<'_>,
) -> io::Result<()> {
    let mut each = |take: &mut dyn FnMut(&mut Keeper<'_>, i64, Packet)| -> io::Result<()> {
        while let Some(packet) = unless_damaged(demuxer.next_packet())?.flatten() {
            if let Some(at_ns) = packet.start_ns {
                take(keeper, at_ns, packet);
            }
            keeper.check()?;
            if *keeper.room == 0 {
                break;
            }
        }
        Ok(())
    };
    match track.codec {
        Codec::Opus => each(&mut |keeper, at_ns, packet| keeper.keep(at_ns / 1000, &packet.data)),
        Codec::H264 => {
            let Ok(mut decoder) = codec::open(track, limits) else { return Ok(()) };
            let mut pictures = Pictures::default();
            let mut lost = true;
            each(&mut |keeper, at_ns, packet| {
                lost &= !codec::is_key_frame(track, &packet.data);
                if lost {
                    return;
                }
                let decoded = decoder.decode(&packet.data, at_ns, &mut |at_ns, picture| {
                    keeper.keep_picture(at_ns, picture, &mut pictures);
                });
                lost = decoded.is_err();
            })?;
            decoder.finish(&mut |at_ns, picture| keeper.keep_picture(at_ns, picture, &mut pictures));
            keeper.check()
        }
        _ => {
            let Some(mut sound) = Sound::of(track) else { return Ok(()) };
            each(&mut |keeper, at_ns, packet| {
                sound.take(at_ns / 1000, &packet.data, &mut |at_us, packet| keeper.keep(at_us, packet));
            })?;
            sound.finish(&mut |at_us, packet| keeper.keep(at_us, packet));
            keeper.check()
        }
    }
}

/// Keeps packets of one track, as long as there is room.
struct Keeper<'a> {
    collected: &'a mut Collected,
    encoded: &'a Encoded,
    room: &'a mut usize,
    failure: Option<io::Error>,
}

impl Keeper<'_> {
    fn keep(&mut self, at_us: i64, packet: &[u8]) {
        let Some(content) = content(self.collected.track(), packet).filter(|_| *self.room > 0) else {
            return;
        };
        match self.encoded.keep(packet) {
            Ok(parts) => {
                *self.room = self.room.saturating_sub(parts.len());
                self.collected.take(at_us, content, parts.into_iter());
            }
            Err(error) => self.failure = Some(error),
        }
    }

    fn keep_picture(&mut self, at_ns: i64, picture: &Picture<'_>, pictures: &mut Pictures) {
        if let Some(frame) = pictures.encode(at_ns / 1000, picture) {
            self.keep(at_ns / 1000, frame);
        }
    }

    fn check(&mut self) -> io::Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }
}

/// Parts of stretches, one after the other, as a stretch of their own.
fn joined<'a>(parts: impl IntoIterator<Item = (&'a Arc<[Extent]>, u64, u64)>) -> Vec<Extent> {
    let mut offset = 0;
    let pieces =
        parts.into_iter().flat_map(|(extents, from, to)| locate(extents, from, to.saturating_sub(from)));
    pieces
        .map(|(journal_offset, bytes)| {
            let extent = Extent { offset, journal_offset, bytes };
            offset += bytes;
            extent
        })
        .collect()
}

/// Where the boxes end that come before all fragments, and say what the tracks hold.
fn beginning(head: &mut Stretch) -> io::Result<u64> {
    let mut end = 0;
    while let Some((kind, box_end)) = next_box(head, end)?.filter(|(_, end)| *end <= head.length()) {
        if &kind == b"moof" {
            break;
        }
        end = box_end;
    }
    Ok(end)
}

/// Where the next movie fragment begins in a stretch that may begin anywhere.
fn next_fragment(stretch: &mut Stretch) -> io::Result<Option<u64>> {
    let searched = stretch.length().min(SEARCHED);
    let mut window = Vec::new();
    let mut from = 0;
    while from + BOX_HEADER <= searched {
        window.clear();
        stretch.seek(SeekFrom::Start(from))?;
        stretch.by_ref().take(WINDOW).read_to_end(&mut window)?;
        for at in 4..window.len().saturating_sub(3) {
            if &window[at..at + 4] != b"moof" {
                continue;
            }
            let begin = from + at as u64 - 4;
            if let Some((_, end)) = next_box(stretch, begin)?
                && next_box(stretch, end)?.is_some_and(|(kind, _)| &kind == b"mdat")
            {
                return Ok(Some(begin));
            }
        }
        // A name may lie across the edge.
        from += (window.len() as u64).saturating_sub(BOX_HEADER - 1).max(1);
    }
    Ok(None)
}

/// Where the last fragment ends that is there with all its samples.
fn whole_fragments(stretch: &mut Stretch, begin: u64) -> io::Result<u64> {
    let (mut at, mut whole) = (begin, begin);
    while let Some((kind, end)) = next_box(stretch, at)?.filter(|(_, end)| *end <= stretch.length()) {
        at = end;
        if &kind != b"moof" {
            whole = end;
        }
    }
    Ok(whole)
}

/// Kind and end of the box at `at`; `None` where none can be.
fn next_box(stretch: &mut Stretch, at: u64) -> io::Result<Option<(FourCc, u64)>> {
    if at.saturating_add(BOX_HEADER) > stretch.length() {
        return Ok(None);
    }
    let mut header = [0; BOX_HEADER as usize];
    stretch.seek(SeekFrom::Start(at))?;
    stretch.read_exact(&mut header)?;
    let [s0, s1, s2, s3, kind @ ..] = header;
    let size = match u64::from(u32::from_be_bytes([s0, s1, s2, s3])) {
        1 => {
            let mut large = [0; 8];
            match stretch.read_exact(&mut large) {
                Ok(()) => u64::from_be_bytes(large),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        size => size,
    };
    Ok((size >= BOX_HEADER).then(|| (kind, at.saturating_add(size))))
}
