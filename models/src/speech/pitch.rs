//! Pitch of the voice by YIN (de Cheveigné and Kawahara, JASA 111(4), 2002), over 40 ms frames of speech.

use viva_core::{cue::Spread, time::Span};

use super::{SAMPLE_RATE, activity::Activity, level};

const FRAME: usize = SAMPLE_RATE * 40 / 1000;
/// Divides [`FRAME`].
const LANES: usize = 16;
/// The search range of human voices, in Hz.
const LOWEST: usize = 60;
const HIGHEST: usize = 400;
/// A frame counts as voiced when its best period explains all but this share of its power (YIN's threshold).
const APERIODICITY: f32 = 0.15;
/// Fainter frames are mostly reverberation.
const FAINTEST_DBFS: f32 = -50.0;
/// Fewer voiced frames than this (0.4 s) give no pitch.
const MIN_FRAMES: usize = 10;

/// Median and range in Hz over the voiced speech; none where too little of it is voiced.
pub fn pitch(pcm: &[f32], activity: &Activity) -> Option<Spread> {
    let voiced: Vec<_> = activity.speech.iter().flat_map(|span| periods(pcm, *span)).collect();
    if voiced.len() < MIN_FRAMES { None } else { level::spread(voiced) }
}

/// The pitch of each voiced frame of 40 ms, in Hz.
pub fn periods(pcm: &[f32], span: Span) -> impl Iterator<Item = f32> {
    let speech = level::slice(pcm, span);
    let reach = FRAME + SAMPLE_RATE / LOWEST + 1;
    (0..speech.len() / FRAME).filter_map(move |frame| {
        let samples = speech.get(frame * FRAME..frame * FRAME + reach)?;
        if level::dbfs(&samples[..FRAME]) < FAINTEST_DBFS { None } else { frequency(samples) }
    })
}

/// The fundamental of a frame followed by one longest period, if it is voiced.
fn frequency(samples: &[f32]) -> Option<f32> {
    let (shortest, longest) = (SAMPLE_RATE / HIGHEST, SAMPLE_RATE / LOWEST);
    let (mut normalised, mut sum) = (vec![1.0_f32; longest + 1], 0.0_f32);
    for lag in 1..=longest {
        let difference = squared_difference(&samples[..FRAME], &samples[lag..lag + FRAME]);
        sum += difference;
        normalised[lag] = if sum > 0.0 { difference * lag as f32 / sum } else { 1.0 };
    }
    // The first dip below the threshold, followed down to its bottom: later dips are multiples of the period.
    let mut lag = (shortest..longest).find(|lag| normalised[*lag] < APERIODICITY)?;
    while lag < longest && normalised[lag + 1] < normalised[lag] {
        lag += 1;
    }
    if lag == longest {
        return None;
    }
    let (before, at, after) = (normalised[lag - 1], normalised[lag], normalised[lag + 1]);
    let curvature = before - 2.0 * at + after;
    let shift = if curvature > 0.0 { (before - after) / (2.0 * curvature) } else { 0.0 };
    Some(SAMPLE_RATE as f32 / (lag as f32 + shift.clamp(-0.5, 0.5)))
}

/// In sums beside each other, which a processor can add at once; one sum alone waits for each addition.
fn squared_difference(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a, b) = (a.as_chunks::<LANES>().0, b.as_chunks::<LANES>().0);
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += (a - b) * (a - b);
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    fn speech(seconds: usize) -> Activity {
        Activity { speech: vec![Span::new(0, seconds as u64 * 1000)], ..Activity::default() }
    }

    /// A tone with falling harmonics, as a voice has.
    fn voice(hertz: f32, seconds: usize) -> Vec<f32> {
        let sample = |i: usize| {
            let phase = TAU * hertz * i as f32 / SAMPLE_RATE as f32;
            (1..8).map(|harmonic| 0.2 / harmonic as f32 * (phase * harmonic as f32).sin()).sum()
        };
        (0..seconds * SAMPLE_RATE).map(sample).collect()
    }

    #[test]
    fn tones_and_voices_have_their_pitch() {
        for hertz in [70.0, 110.0, 150.0, 220.0, 350.0] {
            let found = pitch(&voice(hertz, 2), &speech(2)).unwrap();
            assert!((found.median - hertz).abs() < hertz * 0.01, "{hertz}: {found:?}");
            assert!(found.range < hertz * 0.02, "{hertz}: {found:?}");
        }
        let sine: Vec<f32> = (0..32_000).map(|i| 0.3 * (TAU * 150.0 * i as f32 / 16_000.0).sin()).collect();
        assert!((pitch(&sine, &speech(2)).unwrap().median - 150.0).abs() < 1.0);
    }

    /// Two seconds of white noise at full scale.
    fn noise() -> Vec<f32> {
        let mut seed = 1_u32;
        let sample = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..32_000).map(sample).collect()
    }

    #[test]
    fn noise_20_db_below_the_voice_moves_nothing() {
        for hertz in [90.0, 150.0, 280.0] {
            let voice = voice(hertz, 2);
            let rms = |pcm: &[f32]| 10_f32.powf(level::dbfs(pcm) / 20.0);
            let scale = 0.1 * rms(&voice) / rms(&noise());
            let noisy: Vec<f32> =
                voice.iter().zip(noise()).map(|(voice, noise)| voice + scale * noise).collect();
            let found = pitch(&noisy, &speech(2)).unwrap();
            assert!((found.median - hertz).abs() < hertz * 0.01, "{hertz}: {found:?}");
        }
    }

    #[test]
    fn noise_silence_and_high_tones_have_none() {
        assert_eq!(pitch(&noise(), &speech(2)), None);
        assert_eq!(pitch(&vec![0.0; 32_000], &speech(2)), None);
        assert_eq!(pitch(&[], &speech(2)), None);
    }

    #[test]
    fn a_glide_has_a_range() {
        let mut phase = 0.0;
        let glide: Vec<f32> = (0..32_000)
            .map(|i| {
                phase += TAU * (120.0 + 60.0 * i as f32 / 32_000.0) / 16_000.0;
                0.3 * phase.sin()
            })
            .collect();
        let found = pitch(&glide, &speech(2)).unwrap();
        assert!((found.median - 150.0).abs() < 4.0 && (45.0..60.0).contains(&found.range), "{found:?}");
    }
}
