//! Makes a WebM file of a take journal: always the same bytes of the same journal, and a playable file of any part of
//! one that has media in it.
//!
//! Two passes. The first reads the journal through and keeps a small entry for each packet. From these alone the clocks
//! are fitted, the frames assembled and the file laid out. The second pass copies the payloads. Time is never counted
//! in packets: what was not captured, or was lost, is a gap of just that length. All that grows with the take lies in
//! [`rows`], so that memory does not.
//!
//! Between the two, what was lost on its way is taken from the browser's own recording, as far as pieces of it came up.

mod audio;
mod copy;
mod durable;
mod index;
mod line;
mod packet;
mod pieces;
mod placement;
mod reports;
mod rows;
mod so_far;
mod sources;
mod splice;
mod staircase;
mod steps;
mod ticks;
mod units;
mod video;

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::journal::{JournalError, Track};
use crate::seal::FileKey;
use crate::webm::{self, AudioTrack, Block, Description, TrackNumber, VideoTrack};
use copy::{Copies, Mp4};
use durable::write_durably;
use index::Index;
use packet::{Content, Stream};
use placement::Placement;
use rows::{Rows, Scratch};
pub use so_far::{frames_so_far, sound_so_far};
use sources::{JournalBytes, Sources};
use splice::Timeline;
use units::{Unit, Window};

/// What a finished recording holds: the facts shown to the candidate before an answer is submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finalised {
    /// From the take's start to its end, in milliseconds.
    pub duration_ms: u64,
    /// Size of the recording, without its seal.
    pub bytes: u64,
    /// SHA-256 of the recording, without its seal, in lower-case hexadecimal.
    pub sha256: String,
    /// The picture, if there is one.
    pub video: Option<VideoSummary>,
    /// The sound, if there is any.
    pub audio: Option<AudioSummary>,
    /// Size of the journal's damaged parts and damaged tail, which were left out.
    pub dropped_bytes: u64,
    /// The take's time zero, in microseconds since the Unix epoch.
    pub started_at_us: i64,
    /// The journal tells of the take's end; otherwise the last media that arrived is the end.
    pub stopped_cleanly: bool,
    /// Copies of which nothing could be read: without their beginning, or without VP8 or Opus.
    pub unusable_copies: u64,
}

/// The video track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VideoSummary {
    /// Width in pixels of the largest picture.
    pub width: u16,
    /// Height in pixels of the largest picture.
    pub height: u16,
    /// Frames in the file.
    pub frames: u64,
    /// How many of them are key frames.
    pub key_frames: u64,
    /// Time of the first one, in milliseconds of the recording.
    pub first_frame_ms: u64,
    /// Spans (start, end) in milliseconds of the recording in which no frame shows for half a second or more.
    pub gaps: Vec<(u64, u64)>,
    /// Packets that never arrived.
    pub lost_packets: u64,
    /// How long frames of the browser's own recording show, in milliseconds.
    pub filled_ms: u64,
}

/// The audio track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AudioSummary {
    /// Packets in the file.
    pub packets: u64,
    /// Time of the first one, in milliseconds of the recording.
    pub first_ms: u64,
    /// Spans (start, end) in milliseconds of the recording without sound for 100 ms or more.
    pub gaps: Vec<(u64, u64)>,
    /// Packets that never arrived.
    pub lost_packets: u64,
    /// How much sound is of the browser's own recording, in milliseconds.
    pub filled_ms: u64,
}

/// Why no file was made. Whatever the reason, `out` is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum FinaliseError {
    /// Nothing in the journal can be shown or heard: it was cut off too early, or no media arrived.
    #[error("the journal holds no media of its take")]
    NoMedia,
    /// The journal claims a take of more than twelve hours.
    #[error("the journal's times are implausible: a take of {seconds} s")]
    ImplausibleTimes {
        /// The claimed length of the take in seconds.
        seconds: i64,
    },
    /// The file is no journal.
    #[error(transparent)]
    Journal(JournalError),
    /// A file could not be read or written.
    #[error("finalising: {0}")]
    Io(#[from] io::Error),
}

const LONGEST_TAKE_US: i64 = 12 * 3600 * 1_000_000;
const LEAST_VIDEO_GAP_US: i64 = 500_000;
const LEAST_AUDIO_GAP_US: i64 = 100_000;
/// A shorter stream of sound that begins in the middle of another is a stray, such as the last packets of a replaced
/// connection.
const LEAST_AUDIO_PACKETS: usize = 5;

/// Makes the sealed recording `out` of the sealed `journal`. The file appears under its name only when it is complete and
/// durable; until then it is `out` with `.tmp` appended.
///
/// # Errors
/// [`FinaliseError::NoMedia`] when there is nothing to show; the others when input or output fails.
pub fn finalise(
    journal: &Path,
    journal_key: &FileKey,
    out: &Path,
    out_key: &FileKey,
) -> Result<Finalised, FinaliseError> {
    let sources = Sources::read(journal, journal_key, out, out_key, Mp4::EncodedAgain)?;
    let Sources { scratch, index, journal, copies, dropped_bytes, .. } = &sources;
    let recording = sources.recording()?;
    let (bytes, sha256) = write_durably(out, out_key, |file| {
        recording.write(&**journal, file)?;
        scratch.check()
    })?;
    let finalised = Finalised {
        duration_ms: (recording.duration_us() / 1000) as u64,
        bytes,
        sha256,
        video: recording.video_summary(),
        audio: recording.audio_summary(),
        dropped_bytes: *dropped_bytes,
        started_at_us: recording.window.start_us,
        stopped_cleanly: index.stopped_us.is_some(),
        unusable_copies: copies.unusable,
    };
    scratch.check()?;
    Ok(finalised)
}

/// All that is known before the payloads are copied.
struct Recording<'a> {
    /// Those of the connections, for each of which there is a placement, and then those of the copies.
    streams: &'a [Stream],
    placements: Vec<Placement>,
    window: Window,
    video: Rows<Unit>,
    audio: Rows<Unit>,
}

impl<'a> Recording<'a> {
    fn of(
        index: &'a Index,
        live_streams: usize,
        copies: &Copies,
        journal: &dyn JournalBytes,
        scratch: &Scratch,
    ) -> Result<Self, FinaliseError> {
        let window = window(index, copies).filter(|window| window.duration_us() > 0);
        let window = window.ok_or(FinaliseError::NoMedia)?;
        let length_us = window.duration_us();
        if length_us > LONGEST_TAKE_US {
            return Err(FinaliseError::ImplausibleTimes { seconds: length_us / 1_000_000 });
        }
        let streams = &index.streams[..];
        let placements = placement::place(&streams[..live_streams]);
        let units = |track, of: fn(usize, &Stream, &Placement, Window) -> Rows<Unit>| {
            let live = streams[..live_streams].iter().enumerate();
            let streams = live.filter(|(_, stream)| stream.track == track);
            streams.map(|(number, stream)| of(number, stream, &placements[number], window)).collect()
        };
        let video = units::join(units(Track::Video, video::frames), 1, scratch);
        let audio = units::join(units(Track::Audio, audio::packets), LEAST_AUDIO_PACKETS, scratch);
        let live = Timeline { audio, video, duration_us: length_us };
        let Timeline { audio, video, .. } = splice::fill(live, window, &copies.usable, streams, journal)?;
        if video.is_empty() && audio.is_empty() {
            return Err(FinaliseError::NoMedia);
        }
        Ok(Self { streams, placements, window, video, audio })
    }

    fn write(&self, journal: &dyn JournalBytes, out: &mut impl Write) -> io::Result<()> {
        let description = Description {
            duration_us: self.duration_us() as u64,
            started_at_us: self.window.start_us,
            video: self.largest_picture().map(|(width, height)| VideoTrack { width, height }),
            audio: (!self.audio.is_empty()).then(|| AudioTrack { channels: self.channels() }),
        };
        webm::write(
            out,
            &description,
            || self.blocks(),
            |block, payload| self.read_payload(&block.source, journal, payload),
        )
    }

    /// Appends what the unit carries.
    fn read_payload(&self, unit: &Unit, journal: &dyn JournalBytes, payload: &mut Vec<u8>) -> io::Result<()> {
        for packet in self.streams[unit.stream].packets.range(unit.packets.clone()) {
            let start = payload.len();
            payload.resize(start + packet.bytes as usize, 0);
            journal.read_exact_at(&mut payload[start..], packet.offset)?;
        }
        Ok(())
    }

    /// Both tracks' units in order of time, sound first where they coincide.
    fn blocks(&self) -> impl Iterator<Item = Block<Unit>> + '_ {
        let mut audio = self.audio.iter().map(|unit| move_into_block(TrackNumber::Audio, unit)).peekable();
        let mut video = self.video.iter().map(|unit| move_into_block(TrackNumber::Video, unit)).peekable();
        std::iter::from_fn(move || {
            let until_ms = video.peek().map_or(u32::MAX, |frame| frame.time_ms);
            audio.next_if(|packet| packet.time_ms <= until_ms).or_else(|| video.next())
        })
    }

    fn duration_us(&self) -> i64 {
        self.window.duration_us()
    }

    fn is_copied(&self, unit: &Unit) -> bool {
        unit.stream >= self.placements.len()
    }

    fn first_content(&self, unit: &Unit) -> Content {
        self.streams[unit.stream].packets.get(unit.packets.start).content
    }

    fn largest_picture(&self) -> Option<(u16, u16)> {
        let sizes = self.video.iter().filter_map(|unit| match self.first_content(&unit) {
            Content::Vp8 { key_size, .. } => key_size,
            _ => None,
        });
        sizes.max_by_key(|&(width, height)| (u32::from(width) * u32::from(height), width))
    }

    fn channels(&self) -> u8 {
        let stereo = |unit: Unit| matches!(self.first_content(&unit), Content::Opus(shape) if shape.stereo);
        if self.audio.iter().any(stereo) { 2 } else { 1 }
    }

    fn video_summary(&self) -> Option<VideoSummary> {
        let (width, height) = self.largest_picture()?;
        let shown = self.video.iter().map(|unit| unit.time_us..unit.time_us);
        Some(VideoSummary {
            width,
            height,
            frames: self.video.len() as u64,
            key_frames: self.video.iter().filter(|unit| unit.key).count() as u64,
            first_frame_ms: (self.video.first()?.time_us / 1000) as u64,
            gaps: units::gaps(shown, self.duration_us(), LEAST_VIDEO_GAP_US),
            lost_packets: self.lost_packets(Track::Video),
            filled_ms: self.filled_video_ms(),
        })
    }

    fn audio_summary(&self) -> Option<AudioSummary> {
        let heard = self.audio.iter().map(|unit| unit.time_us..unit.end_us());
        let filled = self.audio.iter().filter(|unit| self.is_copied(unit));
        Some(AudioSummary {
            packets: self.audio.len() as u64,
            first_ms: (self.audio.first()?.time_us / 1000) as u64,
            gaps: units::gaps(heard, self.duration_us(), LEAST_AUDIO_GAP_US),
            lost_packets: self.lost_packets(Track::Audio),
            filled_ms: (filled.map(|unit| unit.duration_us).sum::<i64>() / 1000) as u64,
        })
    }

    /// A frame shows until the next one, but no longer than makes a gap.
    fn filled_video_ms(&self) -> u64 {
        let nexts = self.video.iter().skip(1).map(|unit| unit.time_us).chain([self.duration_us()]);
        let copied = self.video.iter().zip(nexts).filter(|(unit, _)| self.is_copied(unit));
        let shown_us = copied.map(|(unit, next_us)| (next_us - unit.time_us).min(LEAST_VIDEO_GAP_US));
        (shown_us.sum::<i64>() / 1000) as u64
    }

    fn lost_packets(&self, track: Track) -> u64 {
        let streams = self.streams.iter().zip(&self.placements).filter(|(stream, _)| stream.track == track);
        streams
            .map(|(stream, placement)| {
                units::count_lost(&stream.packets, |index, packet| {
                    self.window.time_us(placement.server_us(index, packet)).is_some()
                })
            })
            .sum()
    }
}

/// The stretch of time that the recording shows. A take that was cut off ends with its last media; where copies claim
/// to go on for longer than any take, they are not believed.
fn window(index: &Index, copies: &Copies) -> Option<Window> {
    let (first_us, last_us) = copies.span_us().unzip();
    let start_us = index.start_us().or(first_us)?;
    let last_us = last_us.filter(|last_us| last_us.saturating_sub(start_us) <= LONGEST_TAKE_US);
    let end_us = index.stopped_us.or(index.end_us().max(last_us))?;
    Some(Window { start_us, end_us })
}

fn move_into_block(track: TrackNumber, unit: Unit) -> Block<Unit> {
    let time_ms = (unit.time_us / 1000) as u32;
    Block { track, time_ms, key: unit.key, payload_bytes: unit.bytes, source: unit }
}
