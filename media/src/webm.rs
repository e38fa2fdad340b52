//! Writes finished WebM files: sizes, duration and cues known, so that every player can seek at once.
//!
//! Everything is laid out before the first byte is written, from the times and sizes of the blocks alone. The payloads
//! are then streamed through; the cues come before the clusters, where a player finds them with its first request.
//! Element ids: RFC 9559; profile: the WebM Container Guidelines.

mod ebml;
mod layout;

use std::io::{self, Write};

use ebml::{Element, id};
use layout::Cluster;

/// What the file says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Description {
    /// Length of the recording in microseconds.
    pub duration_us: u64,
    /// When it began, in microseconds since the Unix epoch.
    pub started_at_us: i64,
    pub video: Option<VideoTrack>,
    pub audio: Option<AudioTrack>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct VideoTrack {
    pub width: u16,
    pub height: u16,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct AudioTrack {
    pub channels: u8,
}

/// One frame or packet: where it goes, and by `source` what the caller will find its bytes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<S> {
    pub track: TrackNumber,
    pub time_ms: u32,
    /// Decodable on its own; every Opus packet is.
    pub key: bool,
    pub payload_bytes: u32,
    pub source: S,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrackNumber {
    Video = 1,
    Audio = 2,
}

/// Samples by which decoded sound lags behind what was encoded: the look-ahead of libopus at 48 kHz, 2.5 ms of overlap
/// and 4 ms of delay compensation. Browsers encode with it.
const OPUS_PRE_SKIP: u16 = 312;
const OPUS_PRE_SKIP_NS: u64 = OPUS_PRE_SKIP as u64 * 1_000_000 / 48;
/// A decoder needs 80 ms of sound before it is exact (RFC 7845, section 4.6).
const OPUS_SEEK_PRE_ROLL_NS: u64 = 80_000_000;
/// 2001-01-01, from which Matroska counts dates, in seconds since the Unix epoch.
const MATROSKA_EPOCH_S: i64 = 978_307_200;

/// Writes the whole file. `blocks`, which are asked for twice, are in order of time; `fetch` appends a block's payload to
/// the buffer it is given and must give exactly `payload_bytes`.
pub(crate) fn write<S, I: Iterator<Item = Block<S>>>(
    out: &mut impl Write,
    description: &Description,
    blocks: impl Fn() -> I,
    mut fetch: impl FnMut(&Block<S>, &mut Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let cues_by_video = description.video.is_some();
    let clusters = layout::clusters(blocks());
    let info = info(description);
    let tracks = tracks(description);
    let plan = layout::plan(&clusters, cues_by_video, info.len(), tracks.len());

    let mut head = ebml_header();
    head.extend(ebml::header(id::SEGMENT, plan.segment_len));
    head.extend(plan.seek_head);
    head.extend(info);
    head.extend(tracks);
    head.extend(plan.cues);
    out.write_all(&head)?;

    let mut payload = Vec::new();
    let mut blocks = blocks();
    for cluster in &clusters {
        out.write_all(&cluster.header())?;
        for block in blocks.by_ref().take(cluster.blocks) {
            payload.clear();
            fetch(&block, &mut payload)?;
            if payload.len() != block.payload_bytes as usize {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a block changed its size"));
            }
            out.write_all(&block_header(cluster, &block))?;
            out.write_all(&payload)?;
        }
    }
    Ok(())
}

fn ebml_header() -> Vec<u8> {
    Element::master(
        id::EBML,
        &[
            Element::uint(id::EBML_VERSION, 1),
            Element::uint(id::EBML_READ_VERSION, 1),
            Element::uint(id::EBML_MAX_ID_LENGTH, 4),
            Element::uint(id::EBML_MAX_SIZE_LENGTH, 8),
            Element::text(id::DOC_TYPE, "webm"),
            Element::uint(id::DOC_TYPE_VERSION, 4),
            Element::uint(id::DOC_TYPE_READ_VERSION, 2),
        ],
    )
    .into_bytes()
}

fn info(description: &Description) -> Vec<u8> {
    let date_ns =
        (description.started_at_us.saturating_sub(MATROSKA_EPOCH_S * 1_000_000)).saturating_mul(1000);
    Element::master(
        id::INFO,
        &[
            Element::uint(id::TIMESTAMP_SCALE, 1_000_000),
            Element::float(id::DURATION, description.duration_us as f64 / 1000.0),
            Element::date(id::DATE_UTC, date_ns),
            // Fixed, without a version: the same journal must give the same bytes.
            Element::text(id::MUXING_APP, "viva"),
            Element::text(id::WRITING_APP, "viva"),
        ],
    )
    .into_bytes()
}

fn tracks(description: &Description) -> Vec<u8> {
    let entries: Vec<Element> = description
        .video
        .into_iter()
        .map(VideoTrack::entry)
        .chain(description.audio.into_iter().map(AudioTrack::entry))
        .collect();
    Element::master(id::TRACKS, &entries).into_bytes()
}

impl VideoTrack {
    fn entry(self) -> Element {
        let picture = Element::master(
            id::VIDEO,
            &[
                Element::uint(id::PIXEL_WIDTH, self.width.into()),
                Element::uint(id::PIXEL_HEIGHT, self.height.into()),
            ],
        );
        let number = TrackNumber::Video as u64;
        Element::master(
            id::TRACK_ENTRY,
            &[
                Element::uint(id::TRACK_NUMBER, number),
                Element::uint(id::TRACK_UID, number),
                Element::uint(id::TRACK_TYPE, 1),
                Element::uint(id::FLAG_LACING, 0),
                Element::text(id::LANGUAGE, "und"),
                Element::text(id::CODEC_ID, "V_VP8"),
                picture,
            ],
        )
    }
}

impl AudioTrack {
    fn entry(self) -> Element {
        let sound = Element::master(
            id::AUDIO,
            &[
                Element::float(id::SAMPLING_FREQUENCY, 48_000.0),
                Element::uint(id::CHANNELS, self.channels.into()),
            ],
        );
        let number = TrackNumber::Audio as u64;
        Element::master(
            id::TRACK_ENTRY,
            &[
                Element::uint(id::TRACK_NUMBER, number),
                Element::uint(id::TRACK_UID, number),
                Element::uint(id::TRACK_TYPE, 2),
                Element::uint(id::FLAG_LACING, 0),
                Element::text(id::LANGUAGE, "und"),
                Element::text(id::CODEC_ID, "A_OPUS"),
                Element::binary(id::CODEC_PRIVATE, &self.opus_head()),
                Element::uint(id::CODEC_DELAY, OPUS_PRE_SKIP_NS),
                Element::uint(id::SEEK_PRE_ROLL, OPUS_SEEK_PRE_ROLL_NS),
                sound,
            ],
        )
    }

    /// The identification header of RFC 7845, section 5.1.
    fn opus_head(self) -> Vec<u8> {
        let mut head = b"OpusHead\x01".to_vec();
        head.push(self.channels);
        head.extend(OPUS_PRE_SKIP.to_le_bytes());
        head.extend(48_000_u32.to_le_bytes());
        head.extend([0, 0, 0]);
        head
    }
}

/// The `SimpleBlock` header: track, time within the cluster, flags.
fn block_header<S>(cluster: &Cluster, block: &Block<S>) -> Vec<u8> {
    let mut header =
        ebml::header(id::SIMPLE_BLOCK, u64::from(block.payload_bytes) + layout::BLOCK_FIELDS_LEN);
    header.push(0x80 | block.track as u8);
    header.extend((block.time_ms.saturating_sub(cluster.time_ms) as u16).to_be_bytes());
    header.push(if block.key { 0x80 } else { 0 });
    header
}
