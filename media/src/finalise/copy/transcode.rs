//! What a browser without VP8 or Opus recorded, in the codecs of the interview.

use opusic_c::{Application, Bitrate, Channels, Encoder, SampleRate, Signal};

use crate::audio::{AudioDecoder, Resampler};
use crate::codec::{Picture, Vp8Encoder};
use crate::opus::CLOCK_RATE;
use crate::read::Track;

const FRAME_US: i64 = 20_000;
const FRAME_SAMPLES: usize = 960;
/// As the page asks of browsers that know Opus, in bits per second.
const SOUND_BITRATE: u32 = 48_000;
const MOST_CHANNELS: u16 = 8;
/// Beyond it, sound that comes does not continue what came before.
const CONTINUES_WITHIN_US: i64 = FRAME_US;
/// A stretch of a picture can be spliced in from a key frame on.
const KEY_EVERY_US: i64 = 2_000_000;
const LARGEST_FRAME: usize = 1_275;

/// Gets a packet and the time at which it is heard, in microseconds.
pub(super) type Give<'a> = dyn FnMut(i64, &[u8]) + 'a;

/// Sound of any codec as Opus, in frames of 20 ms.
pub(super) struct Sound {
    decoder: AudioDecoder,
    samples: Vec<f32>,
    run: Option<Run>,
}

impl Sound {
    /// `None` where the track cannot be decoded.
    pub(super) fn of(track: &Track) -> Option<Self> {
        Some(Self { decoder: AudioDecoder::new(track).ok()?, samples: Vec::new(), run: None })
    }

    /// Takes the packet that is heard at `at_us`.
    pub(super) fn take(&mut self, at_us: i64, packet: &[u8], give: &mut Give<'_>) {
        self.samples.clear();
        let rate = self.decoder.decode(packet, MOST_CHANNELS, &mut self.samples);
        let Some(rate) = rate.filter(|rate| Resampler::supports(*rate)) else { return };
        if !self.run.as_ref().is_some_and(|run| run.continues(at_us, rate)) {
            self.finish(give);
            self.run = Run::begin(at_us, rate);
        }
        if let Some(run) = &mut self.run {
            run.take(&self.samples, give);
        }
    }

    /// Gives what is left.
    pub(super) fn finish(&mut self, give: &mut Give<'_>) {
        if let Some(run) = self.run.take() {
            run.finish(give);
        }
    }
}

/// Sound without a hole.
struct Run {
    begin_us: i64,
    rate: u32,
    taken: u64,
    resampler: Resampler,
    encoder: Encoder,
    /// How much later than its samples a frame is heard.
    look_ahead_us: i64,
    /// At [`CLOCK_RATE`].
    pending: Vec<f32>,
    frames: i64,
}

impl Run {
    fn begin(at_us: i64, rate: u32) -> Option<Self> {
        let mut encoder = Encoder::new(Channels::Mono, SampleRate::Hz48000, Application::Audio).ok()?;
        encoder.set_bitrate(Bitrate::Value(SOUND_BITRATE)).ok()?;
        encoder.set_signal(Signal::Voice).ok()?;
        let look_ahead = encoder.get_look_ahead().ok()?;
        Some(Self {
            begin_us: at_us,
            rate,
            taken: 0,
            resampler: Resampler::new(rate, CLOCK_RATE).ok()?,
            encoder,
            look_ahead_us: i64::from(look_ahead) * 1_000_000 / i64::from(CLOCK_RATE),
            pending: Vec::new(),
            frames: 0,
        })
    }

    fn continues(&self, at_us: i64, rate: u32) -> bool {
        let heard_us = self.taken * 1_000_000 / u64::from(self.rate);
        let end_us = self.begin_us.saturating_add(heard_us as i64);
        rate == self.rate && at_us.abs_diff(end_us) <= CONTINUES_WITHIN_US as u64
    }

    fn take(&mut self, samples: &[f32], give: &mut Give<'_>) {
        self.taken += samples.len() as u64;
        self.resampler.push(samples, &mut self.pending);
        self.encode(give);
    }

    fn encode(&mut self, give: &mut Give<'_>) {
        let whole = self.pending.len() / FRAME_SAMPLES * FRAME_SAMPLES;
        let mut packet = [0; LARGEST_FRAME];
        for samples in self.pending[..whole].chunks_exact(FRAME_SAMPLES) {
            let time_us = self.begin_us.saturating_add(self.frames * FRAME_US - self.look_ahead_us);
            self.frames += 1;
            if let Ok(length) = self.encoder.encode_float_to_slice(samples, &mut packet) {
                give(time_us, &packet[..length]);
            }
        }
        self.pending.drain(..whole);
    }

    fn finish(mut self, give: &mut Give<'_>) {
        let rest = Resampler::new(self.rate, CLOCK_RATE);
        let Ok(rest) = rest else { return };
        std::mem::replace(&mut self.resampler, rest).finish(&mut self.pending);
        // The encoder still holds what it looked ahead by.
        let length = self.pending.len() + FRAME_SAMPLES;
        self.pending.resize(length.next_multiple_of(FRAME_SAMPLES), 0.0);
        self.encode(give);
    }
}

/// Pictures as VP8.
#[derive(Default)]
pub(super) struct Pictures {
    encoder: Option<Vp8Encoder>,
    key_us: Option<i64>,
}

impl Pictures {
    /// The frame for a picture that is shown at `at_us`; `None` where it cannot be encoded.
    pub(super) fn encode(&mut self, at_us: i64, picture: &Picture<'_>) -> Option<&[u8]> {
        if !self.encoder.as_ref().is_some_and(|encoder| encoder.fits(picture)) {
            self.encoder = Vp8Encoder::new(picture.width, picture.height);
            self.key_us = None;
        }
        let key = self.key_us.is_none_or(|key_us| at_us >= key_us.saturating_add(KEY_EVERY_US));
        let frame = self.encoder.as_mut()?.encode(picture, at_us, key)?;
        if key {
            self.key_us = Some(at_us);
        }
        Some(frame)
    }
}
