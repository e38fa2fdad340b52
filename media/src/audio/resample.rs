//! To another sample rate, as a stream, without the delay of the filter.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use crate::read::Error;

/// Rates that recordings have; others are damage.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;
/// Samples handed to the filter at once.
const CHUNK: usize = 4096;

/// Brings one channel from one rate to another.
pub(crate) struct Resampler {
    from: u32,
    to: u32,
    /// `None` where the rate is right already.
    filter: Option<Filter>,
}

struct Filter {
    fft: Fft<f32>,
    pending: Vec<f32>,
    chunk: Vec<f32>,
    /// Output that is still filter delay, to be dropped.
    delay: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    pub(crate) fn supports(rate: u32) -> bool {
        RATES.contains(&rate)
    }

    pub(crate) fn new(from: u32, to: u32) -> Result<Self, Error> {
        if from == to {
            return Ok(Self { from, to, filter: None });
        }
        let fft = Fft::new(from as usize, to as usize, CHUNK, 1, FixedSync::Both)
            .map_err(|_| Error::UnsupportedCodec(format!("audio at {from} Hz")))?;
        let filter = Filter {
            delay: fft.output_delay(),
            chunk: vec![0.0; fft.output_frames_max()],
            pending: Vec::with_capacity(2 * fft.input_frames_max()),
            fft,
            taken: 0,
            given: 0,
        };
        Ok(Self { from, to, filter: Some(filter) })
    }

    /// Takes `samples`, and appends to `out` what they complete.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let Some(filter) = &mut self.filter else {
            out.extend_from_slice(samples);
            return;
        };
        filter.taken += samples.len() as u64;
        filter.pending.extend_from_slice(samples);
        let needed = filter.fft.input_frames_next();
        let mut done = 0;
        while filter.pending.len() - done >= needed {
            filter.run(done, needed, out);
            done += needed;
        }
        filter.pending.drain(..done);
    }

    /// Appends the rest, so that `out` has grown by exactly the duration of what was pushed.
    pub(crate) fn finish(self, out: &mut Vec<f32>) {
        let Some(mut filter) = self.filter else { return };
        let wanted = (filter.taken * u64::from(self.to)).div_ceil(u64::from(self.from));
        let needed = filter.fft.input_frames_next();
        while filter.given < wanted {
            filter.pending.resize(needed, 0.0);
            filter.run(0, needed, out);
            filter.pending.clear();
        }
        out.truncate(out.len() - (filter.given - wanted) as usize);
    }
}

impl Filter {
    fn run(&mut self, from: usize, count: usize, out: &mut Vec<f32>) {
        let room = self.chunk.len();
        let input = SequentialSlice::new(&self.pending[from..from + count], 1, count);
        let output = SequentialSlice::new_mut(&mut self.chunk, 1, room);
        let (Ok(input), Ok(mut output)) = (input, output) else { return };
        let made = self.fft.process_into_buffer(&input, &mut output, None);
        let made = made.map_or(0, |(_, made)| made);
        let dropped = self.delay.min(made);
        self.delay -= dropped;
        self.given += (made - dropped) as u64;
        out.extend_from_slice(&self.chunk[dropped..made]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A click in silence comes out at the same time, and the duration is kept, at every usual rate.
    #[test]
    fn time_is_kept() {
        for rate in [8_000_u32, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000] {
            let mut samples = vec![0.0; rate as usize * 2];
            let click = rate as usize * 3 / 4;
            samples[click..click + rate as usize / 1000].fill(1.0);
            let mut resampler = Resampler::new(rate, 16_000).unwrap();
            let mut out = Vec::new();
            for part in samples.chunks(331) {
                resampler.push(part, &mut out);
            }
            resampler.finish(&mut out);
            assert_eq!(out.len(), 32_000, "{rate}");
            let loudest = (0..out.len()).max_by(|a, b| out[*a].abs().total_cmp(&out[*b].abs())).unwrap();
            assert!(loudest.abs_diff(12_008) <= 12, "{rate}: {loudest}");
        }
    }
}
