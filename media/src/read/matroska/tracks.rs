//! The Tracks element.

use super::ebml::{Elements, float, uint};
use crate::read::{Codec, Error, PcmFormat, Track, TrackKind, Turn};

const TRACK_ENTRY: u32 = 0xAE;
const TRACK_NUMBER: u32 = 0xD7;
const TRACK_TYPE: u32 = 0x83;
const CODEC_ID: u32 = 0x86;
const CODEC_PRIVATE: u32 = 0x63A2;
const CODEC_DELAY: u32 = 0x56AA;
const DEFAULT_DURATION: u32 = 0x23_E383;
const CONTENT_ENCODINGS: u32 = 0x6D80;
const VIDEO: u32 = 0xE0;
const PIXEL_WIDTH: u32 = 0xB0;
const PIXEL_HEIGHT: u32 = 0xBA;
const AUDIO: u32 = 0xE1;
const SAMPLING_FREQUENCY: u32 = 0xB5;
const CHANNELS: u32 = 0x9F;
const BIT_DEPTH: u32 = 0x6264;

const MAX_TRACKS: usize = 64;

/// A track with what its block times need.
#[derive(Clone)]
pub(super) struct MatroskaTrack {
    pub(super) track: Track,
    /// `CodecDelay`: subtracted from every block time (RFC 9559, section 5.1.4.1.28).
    pub(super) delay_ns: u64,
    pub(super) default_duration_ns: Option<u64>,
}

/// The audio and video tracks; any other is left out.
pub(super) fn parse(body: &[u8]) -> Result<Vec<MatroskaTrack>, Error> {
    let tracks: Vec<_> = Elements(body)
        .filter(|(id, _)| *id == TRACK_ENTRY)
        .take(MAX_TRACKS)
        .filter_map(|(_, entry)| parse_entry(entry))
        .collect();
    if tracks.is_empty() {
        return Err(Error::Damaged("Matroska without an audio or video track"));
    }
    Ok(tracks)
}

fn parse_entry(entry: &[u8]) -> Option<MatroskaTrack> {
    let child = |wanted| Elements(entry).find(|(id, _)| *id == wanted).map(|(_, body)| body);
    let detail = |master, wanted| {
        Elements(child(master).unwrap_or_default()).find(|(id, _)| *id == wanted).map(|(_, body)| body)
    };
    let kind = match uint(child(TRACK_TYPE)?) {
        1 => TrackKind::Video {
            width: uint(detail(VIDEO, PIXEL_WIDTH).unwrap_or_default()) as u32,
            height: uint(detail(VIDEO, PIXEL_HEIGHT).unwrap_or_default()) as u32,
        },
        2 => TrackKind::Audio {
            channels: detail(AUDIO, CHANNELS).map_or(1, uint) as u16,
            sample_rate: detail(AUDIO, SAMPLING_FREQUENCY).map_or(8000.0, float) as u32,
        },
        _ => return None,
    };
    let bit_depth = detail(AUDIO, BIT_DEPTH).map_or(0, uint);
    let name = std::str::from_utf8(child(CODEC_ID)?).ok()?.trim_end_matches('\0');
    let private = child(CODEC_PRIVATE).unwrap_or_default();
    let (codec, setup) = if child(CONTENT_ENCODINGS).is_some() {
        (Codec::Other(format!("{name} (compressed or encrypted track)")), Vec::new())
    } else {
        codec_and_setup(name, bit_depth, private)
    };
    Some(MatroskaTrack {
        track: Track { id: uint(child(TRACK_NUMBER)?), kind, codec, setup, turn: Turn::None },
        delay_ns: child(CODEC_DELAY).map_or(0, uint),
        default_duration_ns: child(DEFAULT_DURATION).map(uint).filter(|ns| *ns > 0),
    })
}

fn codec_and_setup(name: &str, bit_depth: u64, private: &[u8]) -> (Codec, Vec<u8>) {
    let pcm = |format| (Codec::Pcm(format), Vec::new());
    match (name, bit_depth) {
        ("V_VP8", _) => (Codec::Vp8, Vec::new()),
        ("V_VP9", _) => (Codec::Vp9, Vec::new()),
        ("V_MPEG4/ISO/AVC", _) => (Codec::H264, private.to_vec()),
        ("A_OPUS", _) => (Codec::Opus, private.to_vec()),
        ("A_MPEG/L2" | "A_MPEG/L3", _) => (Codec::MpegAudio, Vec::new()),
        ("A_VORBIS", _) => (Codec::Vorbis, vorbis_setup(private).unwrap_or_default()),
        // "fLaC", then the header of the STREAMINFO block, then its 34 bytes.
        ("A_FLAC", _) => (Codec::Flac, private.get(8..42).unwrap_or_default().to_vec()),
        ("A_PCM/INT/LIT", 8) => pcm(PcmFormat::U8),
        ("A_PCM/INT/LIT", 16) => pcm(PcmFormat::S16),
        ("A_PCM/INT/LIT", 24) => pcm(PcmFormat::S24),
        ("A_PCM/INT/LIT", 32) => pcm(PcmFormat::S32),
        ("A_PCM/FLOAT/IEEE", 32) => pcm(PcmFormat::F32),
        (name, _) if name == "A_AAC" || name.starts_with("A_AAC/") => (Codec::Aac, private.to_vec()),
        (name, _) => (Codec::Other(name.chars().take(40).collect()), Vec::new()),
    }
}

/// Identification and setup header, one after the other, from the three Xiph-laced headers.
fn vorbis_setup(private: &[u8]) -> Option<Vec<u8>> {
    let headers = super::lacing::split(0b010, private)?;
    let [identification, _comment, setup] = headers.as_slice() else { return None };
    Some([*identification, *setup].concat())
}
