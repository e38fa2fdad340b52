//! One face for all containers, chosen by the first bytes of the file, never by its name.

use super::matroska::Matroska;
use super::mp4::Mp4;
use super::simple::{Simple, SimpleContainer};
use super::source::{Input, Source};
use super::wav::Wav;
use super::{Error, Limits, Packet, Track};

const HEADERS_CUT: Error = Error::Damaged("its headers are cut off or broken");

/// The packets of a file.
pub(crate) enum Demuxer {
    Matroska(Box<Matroska>),
    Mp4(Box<Mp4>),
    Wav(Box<Wav>),
    Simple(Box<Simple>),
}

impl Demuxer {
    pub(crate) fn open(input: Box<dyn Input>, limits: &Limits) -> Result<Self, Error> {
        let mut source = Source::new(input, limits)?;
        let (signature, start) = read_signature(&mut source)?;
        let simple =
            |container, source| Simple::open(container, source, start).map(|it| Self::Simple(Box::new(it)));
        let opened = match &signature {
            [0x1A, 0x45, 0xDF, 0xA3, ..] => Matroska::open(source).map(|it| Self::Matroska(Box::new(it))),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Mp4::open(source).map(|it| Self::Mp4(Box::new(it))),
            [b'O', b'g', b'g', b'S', ..] => simple(SimpleContainer::Ogg, source),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E'] => {
                Wav::open(source).map(|it| Self::Wav(Box::new(it)))
            }
            [b'f', b'L', b'a', b'C', ..] => simple(SimpleContainer::Flac, source),
            [first, second, third, ..] if is_mp3_header([*first, *second, *third]) => {
                simple(SimpleContainer::Mp3, source)
            }
            _ => return Err(Error::NotMedia),
        };
        opened.map_err(|error| if error.is_bad_input() { HEADERS_CUT } else { error })
    }

    pub(crate) fn container(&self) -> &'static str {
        match self {
            Self::Matroska(matroska) => matroska.container(),
            Self::Mp4(_) => "mp4",
            Self::Wav(_) => "wav",
            Self::Simple(simple) => simple.container(),
        }
    }

    pub(crate) fn tracks(&self) -> Vec<Track> {
        match self {
            Self::Matroska(matroska) => matroska.tracks().cloned().collect(),
            Self::Mp4(mp4) => mp4.tracks().cloned().collect(),
            Self::Wav(wav) => vec![wav.track().clone()],
            Self::Simple(simple) => vec![simple.track().clone()],
        }
    }

    /// Makes `next_packet` return the packets of this track alone. Called once, before the first packet.
    pub(crate) fn select(&mut self, track: u64) {
        match self {
            Self::Matroska(matroska) => matroska.select(track),
            Self::Mp4(mp4) => mp4.select(track),
            Self::Wav(_) | Self::Simple(_) => {}
        }
    }

    /// The next packet of the selected track, in the order of decoding; `None` at the end of the file, whole or cut.
    pub(crate) fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        match self {
            Self::Matroska(matroska) => matroska.next_packet(),
            Self::Mp4(mp4) => mp4.next_packet(),
            Self::Wav(wav) => wav.next_packet(),
            Self::Simple(simple) => simple.next_packet(),
        }
    }

    /// Whether the file ends early or has stretches that could not be read, as far as was read.
    pub(crate) fn truncated(&self) -> bool {
        match self {
            Self::Matroska(matroska) => matroska.truncated(),
            Self::Mp4(mp4) => mp4.truncated(),
            Self::Wav(wav) => wav.truncated(),
            Self::Simple(simple) => simple.truncated(),
        }
    }

    pub(super) fn stated_duration_ms(&self) -> Option<u64> {
        match self {
            Self::Matroska(matroska) => matroska.stated_duration_ms(),
            Self::Mp4(mp4) => mp4.stated_duration_ms(),
            Self::Wav(wav) => Some(wav.stated_duration_ms()),
            Self::Simple(simple) => simple.stated_duration_ms(),
        }
    }

    /// The duration by the times of the packets; reads the file to its end.
    pub(super) fn measured_duration_ms(&mut self) -> Result<u64, Error> {
        if let Self::Mp4(mp4) = self {
            return mp4.measured_duration_ms();
        }
        let mut last_ns = 0;
        while let Some(packet) = self.next_packet()? {
            last_ns = last_ns.max(packet.start_ns.unwrap_or(0));
        }
        Ok((last_ns / 1_000_000) as u64)
    }
}

/// The first twelve bytes that tell a container, after an ID3 tag if there is one, and where they lie.
fn read_signature(source: &mut Source) -> Result<([u8; 12], u64), Error> {
    let first = read_twelve(source)?;
    let [b'I', b'D', b'3', _, _, _, a, b, c, d, ..] = first else {
        source.seek_to(0)?;
        return Ok((first, 0));
    };
    // A size of four times seven bits, without the header of ten bytes (ID3v2.4.0, section 3.1).
    let size = [a, b, c, d].iter().fold(0_u64, |size, byte| size << 7 | u64::from(byte & 0x7f));
    let start = 10 + size;
    source.seek_to(start)?;
    let signature = read_twelve(source)?;
    source.seek_to(0)?;
    Ok((signature, start))
}

fn read_twelve(source: &mut Source) -> Result<[u8; 12], Error> {
    source
        .read_array()
        .map_err(Error::from)
        .map_err(|error| if error.is_bad_input() { Error::NotMedia } else { error })
}

/// Whether these bytes start an MPEG audio layer III frame with a real bit rate and sample rate.
fn is_mp3_header([first, second, third]: [u8; 3]) -> bool {
    let sync = first == 0xFF && second & 0xE0 == 0xE0;
    let version = (second >> 3) & 0b11;
    let layer = (second >> 1) & 0b11;
    let bit_rate = third >> 4;
    let sample_rate = (third >> 2) & 0b11;
    sync && version != 0b01 && layer == 0b01 && !matches!(bit_rate, 0 | 15) && sample_rate != 0b11
}
