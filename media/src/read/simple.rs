//! Containers of one sound track whose time is its sample count: Ogg, MP3 and FLAC, through symphonia.

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioCodecParameters, well_known as id};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::units::{TimeBase, Timestamp};
use symphonia::default::formats::{FlacReader, MpaReader, OggReader};

use super::source::{Input, Source};
use super::{Codec, Error, Packet, Track, TrackKind, Turn};

/// Errors in a row after which the rest of a damaged file is given up.
const MAX_ERRORS_IN_A_ROW: u32 = 64;

/// The container, as its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SimpleContainer {
    Ogg,
    Mp3,
    Flac,
}

pub(crate) struct Simple {
    reader: Box<dyn FormatReader>,
    container: SimpleContainer,
    track: Track,
    time_base: TimeBase,
    duration_ms: Option<u64>,
    /// What every time is moved by, known from the first packet on.
    shift_ns: Option<i64>,
    pre_skip_ns: i64,
    truncated: bool,
}

impl Simple {
    /// Opens the container that starts at byte `start` of the file (after an ID3 tag, say).
    pub(super) fn open(container: SimpleContainer, source: Source, start: u64) -> Result<Self, Error> {
        const UNREADABLE: Error = Error::Damaged("the headers of the sound file are unreadable");
        let length = source.length().saturating_sub(start);
        let mut stream = Stream { input: source.into_input()?, start, length };
        stream.seek(SeekFrom::Start(0))?;
        let stream = MediaSourceStream::new(Box::new(stream), MediaSourceStreamOptions::default());
        let options = FormatOptions::default();
        let reader: Result<Box<dyn FormatReader>, _> = match container {
            SimpleContainer::Ogg => OggReader::try_new(stream, options).map(|reader| Box::new(reader) as _),
            SimpleContainer::Mp3 => MpaReader::try_new(stream, options).map(|reader| Box::new(reader) as _),
            SimpleContainer::Flac => FlacReader::try_new(stream, options).map(|reader| Box::new(reader) as _),
        };
        let reader = match reader {
            Ok(reader) => reader,
            Err(SymphoniaError::IoError(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
                return Err(error.into());
            }
            Err(_) => return Err(UNREADABLE),
        };
        let (found, parameters) = reader
            .tracks()
            .iter()
            .find_map(|track| match &track.codec_params {
                Some(CodecParameters::Audio(parameters)) => Some((track, parameters)),
                _ => None,
            })
            .ok_or(Error::NoAudioTrack)?;
        let time_base = found.time_base.ok_or(UNREADABLE)?;
        let codec = codec_of(parameters);
        // The delay of Opus in Ogg counts in the granule positions; playing starts after it (RFC 7845, section 4.3).
        let pre_skip = if codec == Codec::Opus { found.delay.unwrap_or(0) } else { 0 };
        let track = Track {
            id: u64::from(found.id),
            kind: TrackKind::Audio {
                channels: parameters.channels.as_ref().map_or(0, |channels| channels.count() as u16),
                sample_rate: parameters.sample_rate.unwrap_or(0),
            },
            codec,
            setup: parameters.extra_data.as_deref().unwrap_or_default().to_vec(),
            turn: Turn::None,
        };
        let duration_ms = found
            .duration
            .and_then(|duration| time_base.calc_duration(duration))
            .map(|time| time.as_millis().max(0) as u64)
            .filter(|ms| *ms > 0);
        let pre_skip_ns = i64::from(pre_skip) * 1_000_000_000 / 48_000;
        Ok(Self {
            reader,
            container,
            track,
            time_base,
            duration_ms,
            shift_ns: None,
            pre_skip_ns,
            truncated: false,
        })
    }

    pub(super) fn container(&self) -> &'static str {
        match self.container {
            SimpleContainer::Ogg => "ogg",
            SimpleContainer::Mp3 => "mp3",
            SimpleContainer::Flac => "flac",
        }
    }

    pub(super) fn track(&self) -> &Track {
        &self.track
    }

    pub(super) fn stated_duration_ms(&self) -> Option<u64> {
        self.duration_ms
    }

    pub(super) fn truncated(&self) -> bool {
        self.truncated
    }

    pub(super) fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        let mut errors = 0;
        loop {
            match self.reader.next_packet() {
                Ok(Some(packet)) if u64::from(packet.track_id) == self.track.id => {
                    let start_ns = self.nanoseconds(packet.pts);
                    // A stream recorded from the middle of a broadcast starts at its own time: that is our zero.
                    let shift_ns = *self.shift_ns.get_or_insert(-start_ns.max(0) - self.pre_skip_ns);
                    let padding = Timestamp::new(packet.trim_end.get() as i64);
                    return Ok(Some(Packet {
                        start_ns: Some(start_ns.saturating_add(shift_ns)),
                        padding_ns: self.nanoseconds(padding).max(0) as u64,
                        data: packet.data.into_vec(),
                    }));
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(SymphoniaError::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    // What follows the last MP3 frame is often a tag, not a lost frame.
                    self.truncated |= self.container != SimpleContainer::Mp3;
                    return Ok(None);
                }
                Err(SymphoniaError::IoError(error)) => return Err(error.into()),
                Err(_) => {
                    self.truncated = true;
                    errors += 1;
                    if errors == MAX_ERRORS_IN_A_ROW {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn nanoseconds(&self, timestamp: Timestamp) -> i64 {
        self.time_base.calc_time_saturating(timestamp).as_nanos().clamp(i64::MIN.into(), i64::MAX.into())
            as i64
    }
}

fn codec_of(parameters: &AudioCodecParameters) -> Codec {
    match parameters.codec {
        id::CODEC_ID_OPUS => Codec::Opus,
        id::CODEC_ID_VORBIS => Codec::Vorbis,
        id::CODEC_ID_FLAC => Codec::Flac,
        id::CODEC_ID_MP2 | id::CODEC_ID_MP3 => Codec::MpegAudio,
        other => Codec::Other(other.to_string()),
    }
}

/// The part of the input from `start` on, as symphonia wants it.
struct Stream {
    input: Box<dyn Input>,
    start: u64,
    length: u64,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer)
    }
}

impl Seek for Stream {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(position) => SeekFrom::Start(position.saturating_add(self.start)),
            other => other,
        };
        let position = self.input.seek(to)?;
        position.checked_sub(self.start).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

impl MediaSource for Stream {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
