//! WAV: the `fmt ` and `data` chunks of a RIFF file (Microsoft, "Multimedia Programming Interface", 1991).

use super::packet::ticks_to_ns;
use super::source::Source;
use super::{Codec, Error, Packet, PcmFormat, Track, TrackKind, Turn};

const PCM: u16 = 1;
const IEEE_FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xFFFE;
/// Sizes that a recorder leaves behind that never came back to write the real one.
const UNKNOWN_SIZES: [u32; 2] = [0, u32::MAX];
/// Sample frames in a packet.
const PACKET_FRAMES: u64 = 4096;

pub(crate) struct Wav {
    source: Source,
    track: Track,
    sample_rate: u32,
    frame_bytes: u64,
    /// Where the samples end.
    end: u64,
    next_frame: i64,
    duration_ms: u64,
    truncated: bool,
}

impl Wav {
    pub(super) fn open(mut source: Source) -> Result<Self, Error> {
        // "RIFF", its size, "WAVE".
        source.skip(12)?;
        let mut format = None;
        loop {
            let kind: [u8; 4] = source.read_array()?;
            let size = u32::from_le_bytes(source.read_array()?);
            match &kind {
                b"fmt " => format = Some(Format::parse(&source.read_vec(u64::from(size.min(64)))?)?),
                b"data" => {
                    let format = format.ok_or(Error::Damaged("WAV without a format before its samples"))?;
                    return Ok(Self::with_samples(source, &format, size));
                }
                _ => {}
            }
            let read = if &kind == b"fmt " { u64::from(size.min(64)) } else { 0 };
            // Chunks are padded to an even size.
            source.skip(u64::from(size) + u64::from(size % 2) - read)?;
        }
    }

    fn with_samples(source: Source, format: &Format, size: u32) -> Self {
        let size = if UNKNOWN_SIZES.contains(&size) { source.left() } else { u64::from(size) };
        let frames = size / format.frame_bytes;
        Self {
            truncated: size > source.left(),
            end: source.position() + size.min(source.left()),
            track: Track {
                id: 0,
                kind: TrackKind::Audio { channels: format.channels, sample_rate: format.sample_rate },
                codec: format.codec.clone(),
                setup: Vec::new(),
                turn: Turn::None,
            },
            sample_rate: format.sample_rate,
            frame_bytes: format.frame_bytes,
            next_frame: 0,
            duration_ms: frames * 1000 / u64::from(format.sample_rate),
            source,
        }
    }

    pub(super) fn track(&self) -> &Track {
        &self.track
    }

    pub(super) fn stated_duration_ms(&self) -> u64 {
        self.duration_ms
    }

    pub(super) fn truncated(&self) -> bool {
        self.truncated
    }

    pub(super) fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        let frames = (self.end.saturating_sub(self.source.position()) / self.frame_bytes).min(PACKET_FRAMES);
        if frames == 0 {
            return Ok(None);
        }
        let data = self.source.read_vec(frames * self.frame_bytes)?;
        let start_ns = Some(ticks_to_ns(self.next_frame, self.sample_rate));
        self.next_frame += frames as i64;
        Ok(Some(Packet { start_ns, padding_ns: 0, data }))
    }
}

struct Format {
    codec: Codec,
    channels: u16,
    sample_rate: u32,
    /// Bytes of one sample of every channel.
    frame_bytes: u64,
}

impl Format {
    fn parse(chunk: &[u8]) -> Result<Self, Error> {
        const UNREADABLE: Error = Error::Damaged("WAV with an unreadable format");
        let field = |at: usize| chunk.get(at..at + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
        let (Some(tag), Some(channels), Some(low), Some(high), Some(bits)) =
            (field(0), field(2), field(4), field(6), field(14))
        else {
            return Err(UNREADABLE);
        };
        let sample_rate = u32::from(high) << 16 | u32::from(low);
        if channels == 0 || sample_rate == 0 {
            return Err(UNREADABLE);
        }
        // The extensible form states the real format in the first bytes of a GUID.
        let tag = if tag == EXTENSIBLE { field(24).ok_or(UNREADABLE)? } else { tag };
        let codec = match (tag, bits) {
            (PCM, 8) => Codec::Pcm(PcmFormat::U8),
            (PCM, 16) => Codec::Pcm(PcmFormat::S16),
            (PCM, 24) => Codec::Pcm(PcmFormat::S24),
            (PCM, 32) => Codec::Pcm(PcmFormat::S32),
            (IEEE_FLOAT, 32) => Codec::Pcm(PcmFormat::F32),
            (tag, bits) => Codec::Other(format!("WAV format {tag:#06x} with {bits} bits")),
        };
        let frame_bytes = u64::from(channels) * u64::from(bits.div_ceil(8).max(1));
        Ok(Self { codec, channels, sample_rate, frame_bytes })
    }
}
