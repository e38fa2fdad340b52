//! Sound of a recording as speech recognition wants it: 16 kHz, one channel, every sample at its true time.

mod decoder;
pub mod loudness;
mod resample;
mod timeline;

use std::path::Path;

pub(crate) use self::decoder::AudioDecoder;
pub(crate) use self::resample::Resampler;
use self::timeline::Timeline;
use crate::read::{Demuxer, Error, Input, Limits, TrackKind};

/// Samples per second of [`Pcm`].
pub const SAMPLE_RATE: u32 = 16_000;

/// The longest stretch an Opus decoder conceals; beyond it, it would make sound up.
const MAX_CONCEALED_MS: u64 = 60;

/// Silence, a piece at a time.
const ZEROS: [f32; 4096] = [0.0; 4096];

/// Decoded sound. Sample `n` is heard `n / 16000` seconds after the start of the recording.
#[derive(Clone, Debug, Default)]
pub struct Pcm {
    /// One channel at [`SAMPLE_RATE`], nominally -1.0 to 1.0.
    pub samples: Vec<f32>,
    /// Stretches for which the recording holds no sound: lost packets, a lost connection. Zeros in `samples`
    /// (after at most 60 ms of concealment), and not to be taken for silence of the speaker.
    pub gaps: Vec<Gap>,
    /// The file ends early or has unreadable stretches; what is here was decoded all the same.
    pub truncated: bool,
    /// Packets that could not be decoded.
    pub corrupt_packets: u64,
}

impl Pcm {
    /// Duration in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.samples.len() as u64 * 1000 / u64::from(SAMPLE_RATE)
    }
}

/// A stretch of time, in milliseconds from the start of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Inclusive.
    pub start_ms: u64,
    /// Exclusive.
    pub end_ms: u64,
}

/// Decodes the first audio track of the file at `path`.
///
/// # Errors
/// Every variant of [`Error`] that is not about pictures.
pub fn decode(path: &Path, limits: &Limits) -> Result<Pcm, Error> {
    decode_input(crate::read::open_file(path)?, limits)
}

/// As [`decode`], for media that is not a plain file (sealed at rest, or held in memory).
pub fn decode_input(input: Box<dyn Input>, limits: &Limits) -> Result<Pcm, Error> {
    let mut demuxer = Demuxer::open(input, limits)?;
    let track = demuxer.tracks().into_iter().find(crate::read::Track::is_audio).ok_or(Error::NoAudioTrack)?;
    if let TrackKind::Audio { channels, .. } = track.kind
        && channels > limits.max_channels
    {
        return Err(Error::TooManyChannels { limit: limits.max_channels });
    }
    demuxer.select(track.id);
    let mut decoder = AudioDecoder::new(&track)?;
    let mut assembly = None;
    let mut packet_samples = Vec::new();
    let (mut packets, mut bad) = (0, 0);
    while let Some(packet) = demuxer.next_packet()? {
        packets += 1;
        packet_samples.clear();
        let rate = decoder.decode(&packet.data, limits.max_channels, &mut packet_samples);
        let Some(rate) = rate.filter(|rate| Resampler::supports(*rate)) else {
            bad += 1;
            continue;
        };
        let assembly = match &mut assembly {
            Some(assembly) => assembly,
            None => assembly.insert(Assembly::new(rate, limits)?),
        };
        if assembly.rate != rate {
            bad += 1;
            continue;
        }
        let padding = u128::from(packet.padding_ns) * u128::from(rate) / 1_000_000_000;
        let audible = packet_samples.len().saturating_sub(usize::try_from(padding).unwrap_or(usize::MAX));
        assembly.add(packet.start_ns, &packet_samples[..audible], &mut decoder)?;
    }
    if bad * 2 > packets {
        return Err(Error::TooCorrupt { bad, total: packets });
    }
    let pcm = assembly.map(Assembly::finish).unwrap_or_default();
    Ok(Pcm { truncated: demuxer.truncated(), corrupt_packets: bad, ..pcm })
}

/// Packets put together on the timeline, and brought to the sample rate of the result.
struct Assembly {
    rate: u32,
    timeline: Timeline,
    resampler: Resampler,
    pcm: Pcm,
}

impl Assembly {
    fn new(rate: u32, limits: &Limits) -> Result<Self, Error> {
        let resampler = Resampler::new(rate, SAMPLE_RATE)?;
        Ok(Self {
            rate,
            timeline: Timeline::new(rate, limits.max_duration_ms),
            resampler,
            pcm: Pcm::default(),
        })
    }

    fn add(
        &mut self,
        start_ns: Option<i64>,
        samples: &[f32],
        decoder: &mut AudioDecoder,
    ) -> Result<(), Error> {
        let gap_start = self.timeline.end();
        let placement = self.timeline.place(start_ns, samples.len())?;
        if placement.silence > 0 {
            self.fill(gap_start, placement.silence, decoder);
        }
        self.resampler.push(&samples[placement.skip..], &mut self.pcm.samples);
        Ok(())
    }

    /// Fills a hole of `count` samples: concealment while it is short, then zeros.
    fn fill(&mut self, start: u64, count: u64, decoder: &mut AudioDecoder) {
        let ms = |samples| samples * 1000 / u64::from(self.rate);
        self.pcm.gaps.push(Gap { start_ms: ms(start), end_ms: ms(start + count) });
        let mut left = count;
        if start > 0 {
            let most = (u64::from(self.rate) * MAX_CONCEALED_MS / 1000).min(count) as usize;
            let mut concealed = decoder.conceal(most);
            if count > most as u64 {
                fade_out(&mut concealed);
            }
            left -= concealed.len() as u64;
            self.resampler.push(&concealed, &mut self.pcm.samples);
        }
        while left > 0 {
            let step = left.min(ZEROS.len() as u64);
            self.resampler.push(&ZEROS[..step as usize], &mut self.pcm.samples);
            left -= step;
        }
    }

    fn finish(mut self) -> Pcm {
        self.resampler.finish(&mut self.pcm.samples);
        self.pcm
    }
}

fn fade_out(samples: &mut [f32]) {
    let count = samples.len() as f32;
    for (index, sample) in samples.iter_mut().enumerate() {
        *sample *= 1.0 - index as f32 / count;
    }
}
