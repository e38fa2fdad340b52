//! Audio codecs: symphonia's decoders, libopus through its adapter, and plain PCM.

use symphonia::core::audio::{Channels, GenericAudioBufferRef};
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoder as SymphoniaDecoder, AudioDecoderOptions,
    well_known as id,
};
use symphonia::core::codecs::registry::RegisterableAudioDecoder;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};
use symphonia::default::codecs::{AacDecoder, FlacDecoder, MpaDecoder, VorbisDecoder};
use symphonia_adapter_libopus::OpusDecoder;

use super::SAMPLE_RATE;
use crate::read::{Codec, Error, PcmFormat, Track, TrackKind};

/// Decodes packets of one track to one channel.
pub(crate) struct AudioDecoder {
    kind: Kind,
    interleaved: Vec<f32>,
}

enum Kind {
    Symphonia(Box<dyn SymphoniaDecoder>),
    /// libopus resamples and mixes down by itself, better than anyone after it could.
    Opus(Box<dyn SymphoniaDecoder>),
    /// Made by the first frame, which says its layer.
    MpegAudio(Option<Box<dyn SymphoniaDecoder>>),
    Pcm {
        format: PcmFormat,
        channels: u16,
        rate: u32,
    },
}

impl AudioDecoder {
    pub(crate) fn new(track: &Track) -> Result<Self, Error> {
        let TrackKind::Audio { channels, sample_rate } = track.kind else { return Err(Error::NoAudioTrack) };
        let mut parameters = AudioCodecParameters::new();
        parameters.with_sample_rate(sample_rate).with_channels(Channels::Discrete(channels.max(1)));
        if !track.setup.is_empty() {
            parameters.with_extra_data(track.setup.clone().into_boxed_slice());
        }
        let kind = match &track.codec {
            Codec::Opus => opus(&track.setup)?,
            Codec::Aac => symphonia::<AacDecoder>(parameters, id::CODEC_ID_AAC, "AAC")?,
            Codec::Vorbis => symphonia::<VorbisDecoder>(parameters, id::CODEC_ID_VORBIS, "Vorbis")?,
            Codec::MpegAudio => Kind::MpegAudio(None),
            Codec::Flac => symphonia::<FlacDecoder>(parameters, id::CODEC_ID_FLAC, "FLAC")?,
            Codec::Pcm(format) => Kind::Pcm { format: *format, channels: channels.max(1), rate: sample_rate },
            other => return Err(Error::UnsupportedCodec(other.name().to_owned())),
        };
        Ok(Self { kind, interleaved: Vec::new() })
    }

    /// Decodes a packet into `out`, and returns the sample rate; `None` where it cannot be decoded.
    pub(crate) fn decode(&mut self, data: &[u8], max_channels: u16, out: &mut Vec<f32>) -> Option<u32> {
        match &mut self.kind {
            // To libopus, no bytes mean a lost packet.
            Kind::Opus(_) if data.is_empty() => None,
            Kind::Opus(decoder) | Kind::Symphonia(decoder) => {
                let decoded = decoder.decode(&packet(data)).ok()?;
                mix_down(&decoded, max_channels, &mut self.interleaved, out)
            }
            Kind::MpegAudio(decoder) => {
                let decoder = match decoder {
                    Some(decoder) => decoder,
                    None => decoder.insert(mpeg_audio(data)?),
                };
                let decoded = decoder.decode(&packet(data)).ok()?;
                mix_down(&decoded, max_channels, &mut self.interleaved, out)
            }
            Kind::Pcm { format, channels, rate } => {
                mix(&pcm(*format, data), usize::from(*channels), out);
                Some(*rate)
            }
        }
    }

    /// At most `count` samples for a hole after what was decoded last; none where the codec cannot.
    pub(super) fn conceal(&mut self, count: usize) -> Vec<f32> {
        let Kind::Opus(decoder) = &mut self.kind else { return Vec::new() };
        let mut concealed = Vec::new();
        if let Ok(decoded) = decoder.decode(&packet(&[])) {
            mix_down(&decoded, 1, &mut self.interleaved, &mut concealed);
        }
        concealed.truncate(count);
        concealed
    }
}

fn packet(data: &[u8]) -> Packet {
    Packet::new(0, Timestamp::ZERO, Duration::ZERO, data)
}

fn symphonia<D: RegisterableAudioDecoder + 'static>(
    mut parameters: AudioCodecParameters,
    codec: AudioCodecId,
    name: &str,
) -> Result<Kind, Error> {
    parameters.for_codec(codec);
    let decoder = D::try_registry_new(&parameters, &options());
    decoder.map(Kind::Symphonia).map_err(|_| Error::UnsupportedCodec(format!("{name} of an unknown kind")))
}

/// Delay and padding are cut by time, for all codecs alike.
fn options() -> AudioDecoderOptions {
    AudioDecoderOptions::default().gapless(false)
}

/// The decoder for a frame of ISO/IEC 11172-3 or 13818-3, by the layer in its header.
fn mpeg_audio(frame: &[u8]) -> Option<Box<dyn SymphoniaDecoder>> {
    let codec = match (frame.get(1)? >> 1) & 0b11 {
        0b10 => id::CODEC_ID_MP2,
        0b01 => id::CODEC_ID_MP3,
        _ => return None,
    };
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(codec);
    MpaDecoder::try_registry_new(&parameters, &options()).ok()
}

/// `head` is the `OpusHead` of RFC 7845, section 5.1, or empty.
fn opus(head: &[u8]) -> Result<Kind, Error> {
    const CHANNEL_COUNT: usize = 9;
    const MAPPING_FAMILY: usize = 18;
    let more_than_two = head.get(CHANNEL_COUNT).is_some_and(|count| *count > 2);
    if more_than_two || head.get(MAPPING_FAMILY).is_some_and(|family| *family > 1) {
        return Err(Error::UnsupportedCodec("Opus with more than two channels".to_owned()));
    }
    let mut parameters = AudioCodecParameters::new();
    // Without the head: its pre-skip is cut by the times of the container.
    parameters
        .for_codec(id::CODEC_ID_OPUS)
        .with_sample_rate(SAMPLE_RATE)
        .with_channels(Channels::Discrete(1));
    OpusDecoder::try_registry_new(&parameters, &AudioDecoderOptions::default())
        .map(Kind::Opus)
        .map_err(|_| Error::UnsupportedCodec("Opus of an unknown kind".to_owned()))
}

fn mix_down(
    decoded: &GenericAudioBufferRef<'_>,
    max_channels: u16,
    interleaved: &mut Vec<f32>,
    out: &mut Vec<f32>,
) -> Option<u32> {
    let channels = decoded.num_planes();
    if channels == 0 || channels > usize::from(max_channels) {
        return None;
    }
    decoded.copy_to_vec_interleaved(interleaved);
    mix(interleaved, channels, out);
    Some(decoded.spec().rate())
}

/// The mean of all channels. What is not a number, or beyond any sound, becomes silence.
fn mix(interleaved: &[f32], channels: usize, out: &mut Vec<f32>) {
    out.extend(interleaved.chunks_exact(channels).map(|frame| {
        let mean = frame.iter().sum::<f32>() / channels as f32;
        if mean.is_finite() { mean.clamp(-4.0, 4.0) } else { 0.0 }
    }));
}

fn pcm(format: PcmFormat, data: &[u8]) -> Vec<f32> {
    let scaled = |value: i32, bits: i32| value as f32 / 2_f32.powi(bits - 1);
    match format {
        PcmFormat::U8 => data.iter().map(|byte| scaled(i32::from(*byte) - 128, 8)).collect(),
        PcmFormat::S16 => {
            data.as_chunks().0.iter().map(|bytes| scaled(i16::from_le_bytes(*bytes).into(), 16)).collect()
        }
        PcmFormat::S24 => data
            .as_chunks()
            .0
            .iter()
            .map(|[a, b, c]| scaled(i32::from_le_bytes([0, *a, *b, *c]), 32))
            .collect(),
        PcmFormat::S32 => {
            data.as_chunks().0.iter().map(|bytes| scaled(i32::from_le_bytes(*bytes), 32)).collect()
        }
        PcmFormat::F32 => data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pcm_of_every_width_has_the_same_value() {
        assert_eq!(pcm(PcmFormat::U8, &[64]), [-0.5]);
        assert_eq!(pcm(PcmFormat::S16, &[0, 0xC0]), [-0.5]);
        assert_eq!(pcm(PcmFormat::S24, &[0, 0, 0xC0]), [-0.5]);
        assert_eq!(pcm(PcmFormat::S32, &[0, 0, 0, 0xC0]), [-0.5]);
        assert_eq!(pcm(PcmFormat::F32, &(-0.5_f32).to_le_bytes()), [-0.5]);
    }

    #[test]
    fn what_is_not_a_number_is_silence() {
        let mut out = Vec::new();
        mix(&[f32::NAN, 0.5, f32::INFINITY, 1.0, 0.5, 0.25], 2, &mut out);
        assert_eq!(out, [0.0, 0.0, 0.375]);
    }
}
