//! By how much one recording of a sound is later than another.
//!
//! The normalised cross-correlation at every lag, by Fourier transforms. Both recordings may have holes; at each lag only
//! what both hold is compared.

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Samples at a steady rate, and which of them are known.
#[derive(Clone, Debug)]
pub(super) struct Sound {
    samples: Vec<f32>,
    /// 1 where the sample is known, else 0.
    known: Vec<f32>,
}

/// Speech falls by 6 dB per octave and more. Raised by as much, its pitch no longer hides its finer structure.
const PRE_EMPHASIS: f32 = 0.95;
/// Fainter than this (mean square, about -70 dBFS), a microphone's own noise is all that there is.
const FAINTEST_POWER: f32 = 1e-7;
/// Two encodings of one sound come close to 1, and two sounds to 0.
const LEAST_CORRELATION: f32 = 0.5;
/// A second peak this high, relative to the first, makes both doubtful: a sound that repeats itself.
const HIGHEST_SECOND: f32 = 0.85;

impl Sound {
    /// Nothing known yet.
    pub(super) fn unknown(samples: usize) -> Self {
        Self { samples: vec![0.0; samples], known: vec![0.0; samples] }
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// Learns the samples from `at` on; what lies outside is left out.
    pub(super) fn learn(&mut self, at: i64, samples: &[f32]) {
        let skipped = (at.min(0).unsigned_abs() as usize).min(samples.len());
        let from = (at.max(0) as usize).min(self.len());
        let to = (from + samples.len() - skipped).min(self.len());
        self.samples[from..to].copy_from_slice(&samples[skipped..][..to - from]);
        self.known[from..to].fill(1.0);
    }

    /// The known samples with their high tones raised.
    fn emphasised(&self) -> Vec<f32> {
        let mut before = 0.0;
        let emphasise = |(sample, known): (&f32, &f32)| {
            let raised = known * (sample - PRE_EMPHASIS * before);
            before = *sample;
            raised
        };
        self.samples.iter().zip(&self.known).map(emphasise).collect()
    }
}

fn squares(samples: &[f32]) -> Vec<f32> {
    samples.iter().map(|sample| sample * sample).collect()
}

/// At which sample of `long` the sound of `short` begins, if that is clear beyond doubt. The two must have at least
/// `least_overlap` known samples in common there. A second peak within `blur` samples of the first counts as the same.
pub(super) fn find(short: &Sound, long: &Sound, least_overlap: usize, blur: usize) -> Option<usize> {
    let lags = (long.len() + 1).checked_sub(short.len())?;
    let transform = Transform::of_length(long.len().next_power_of_two());
    let spectra = |sound: &Sound| {
        let samples = sound.emphasised();
        [&squares(&samples), &samples, &sound.known].map(|of| transform.forward(of))
    };
    let [short_power, short_samples, short_known] = spectra(short);
    let [long_power, long_samples, long_known] = spectra(long);
    let product = transform.correlate(&short_samples, &long_samples);
    let short_energy = transform.correlate(&short_power, &long_known);
    let long_energy = transform.correlate(&short_known, &long_power);
    let overlap = transform.correlate(&short_known, &long_known);
    let correlation = |lag: usize| {
        let faintest = FAINTEST_POWER * overlap[lag];
        let is_heard = short_energy[lag] > faintest && long_energy[lag] > faintest;
        if overlap[lag] + 0.5 < least_overlap as f32 || !is_heard {
            return 0.0;
        }
        product[lag] / (short_energy[lag] * long_energy[lag]).sqrt()
    };
    let correlations: Vec<f32> = (0..lags).map(correlation).collect();
    let best = (0..lags).max_by(|&one, &other| correlations[one].total_cmp(&correlations[other]))?;
    let elsewhere = (0..lags).filter(|lag| lag.abs_diff(best) > blur);
    let second = elsewhere.map(|lag| correlations[lag]).fold(0.0, f32::max);
    let is_clear = correlations[best] >= LEAST_CORRELATION && second <= HIGHEST_SECOND * correlations[best];
    is_clear.then_some(best)
}

/// Fourier transforms of one length.
struct Transform {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

type Spectrum = Vec<Complex<f32>>;

impl Transform {
    fn of_length(length: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        Self { forward: planner.plan_fft_forward(length), inverse: planner.plan_fft_inverse(length) }
    }

    fn forward(&self, samples: &[f32]) -> Spectrum {
        let mut padded = self.forward.make_input_vec();
        padded[..samples.len()].copy_from_slice(samples);
        let mut spectrum = self.forward.make_output_vec();
        // The only errors are about lengths, which are right here; a spectrum of zeros correlates with nothing.
        let _ = self.forward.process(&mut padded, &mut spectrum);
        spectrum
    }

    /// For each lag, the sum of products of `short` with `long` from the lag on.
    fn correlate(&self, short: &Spectrum, long: &Spectrum) -> Vec<f32> {
        let mut product: Spectrum = short.iter().zip(long).map(|(short, long)| short.conj() * long).collect();
        // Both ends are real by definition; rounding may have left a trace there.
        for end in [0, product.len() - 1] {
            product[end].im = 0.0;
        }
        let mut lags = self.inverse.make_output_vec();
        let _ = self.inverse.process(&mut product, &mut lags);
        let scale = 1.0 / lags.len() as f32;
        for value in &mut lags {
            *value *= scale;
        }
        lags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: usize = 16_000;
    const BLUR: usize = 320;

    /// Noise whose loudness changes, as that of speech does.
    fn speech(seed: u32, samples: usize) -> Vec<f32> {
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state as f32 / u32::MAX as f32 - 0.5
        };
        let mut loudness = 0.0;
        (0..samples)
            .map(|index| {
                if index % 2000 == 0 {
                    loudness = (random() + 0.5).powi(2);
                }
                random() * loudness
            })
            .collect()
    }

    fn sound(samples: &[f32]) -> Sound {
        let mut sound = Sound::unknown(samples.len());
        sound.learn(0, samples);
        sound
    }

    #[test]
    fn a_part_is_found_to_the_sample() {
        let whole = speech(1, 6 * RATE);
        let mut part = whole[23_457..23_457 + 3 * RATE].to_vec();
        part.iter_mut()
            .zip(speech(2, 3 * RATE))
            .for_each(|(sample, noise)| *sample = *sample * 0.3 + 0.05 * noise);
        assert_eq!(find(&sound(&part), &sound(&whole), RATE, BLUR), Some(23_457));
    }

    #[test]
    fn holes_on_either_side_are_no_difference() {
        let whole = speech(1, 6 * RATE);
        let (mut part, mut long) = (Sound::unknown(3 * RATE), Sound::unknown(6 * RATE));
        part.learn(0, &whole[20_000..20_000 + RATE]);
        part.learn(2 * RATE as i64, &whole[20_000 + 2 * RATE..20_000 + 3 * RATE]);
        long.learn(30_000, &whole[30_000..]);
        assert_eq!(find(&part, &long, RATE, BLUR), Some(20_000));
        let too_little_in_common = 3 * RATE;
        assert_eq!(find(&part, &long, too_little_in_common, BLUR), None);
    }

    #[test]
    fn what_proves_nothing_is_refused() {
        let whole = speech(1, 6 * RATE);
        assert_eq!(find(&sound(&speech(9, 3 * RATE)), &sound(&whole), RATE, BLUR), None, "another sound");
        let silence = vec![0.0; 6 * RATE];
        assert_eq!(find(&sound(&silence[..RATE]), &sound(&whole), RATE / 2, BLUR), None, "silence");
        assert_eq!(find(&sound(&whole[..RATE]), &sound(&silence), RATE / 2, BLUR), None, "silence");
        let second = &whole[..RATE];
        let repeated: Vec<f32> = second.iter().copied().cycle().take(6 * RATE).collect();
        assert_eq!(find(&sound(second), &sound(&repeated), RATE, BLUR), None, "a sound that repeats itself");
        assert_eq!(
            find(&sound(&whole), &sound(second), RATE, BLUR),
            None,
            "longer than what it is sought in"
        );
    }

    #[test]
    fn what_lies_outside_is_not_learnt() {
        let mut sound = Sound::unknown(10);
        sound.learn(-3, &[1.0; 5]);
        sound.learn(8, &[1.0; 5]);
        sound.learn(-9, &[1.0; 5]);
        sound.learn(40, &[1.0; 5]);
        assert_eq!(sound.known, [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    }
}
