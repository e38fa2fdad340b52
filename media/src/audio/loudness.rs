//! How loud a take is, for the summary the candidate sees before submitting.

use super::{Pcm, SAMPLE_RATE};

/// Length of one measurement, in milliseconds.
pub const WINDOW_MS: u64 = 100;

/// What digital silence measures.
const SILENCE_DBFS: f32 = -100.0;
/// A sound must stand out of the noise floor by this much …
const ABOVE_FLOOR_DB: f32 = 10.0;
/// … and not be fainter than this: the noise of good microphones lies below it.
const FAINTEST_DBFS: f32 = -55.0;
/// A sound this loud is one even where it never pauses: no room is so noisy.
const LOUD_DBFS: f32 = -35.0;
/// Fewer windows than this are a click, not a voice.
const FEWEST_WINDOWS: usize = 3;

/// Root mean square of each window of [`WINDOW_MS`], in dB relative to full scale (a full-scale square wave is 0).
pub fn levels_dbfs(pcm: &Pcm) -> Vec<f32> {
    let window = (u64::from(SAMPLE_RATE) * WINDOW_MS / 1000) as usize;
    pcm.samples
        .chunks(window)
        .map(|window| {
            let power = window.iter().map(|sample| sample * sample).sum::<f32>() / window.len() as f32;
            (10.0 * power.log10()).max(SILENCE_DBFS)
        })
        .collect()
}

/// Whether the take holds a sound that stands out of its noise floor: a voice, not the hiss of a microphone.
pub fn sound_detected(pcm: &Pcm) -> bool {
    let levels = levels_dbfs(pcm);
    // Digital silence (lost packets, a muted track) is no noise floor.
    let mut heard: Vec<f32> = levels.into_iter().filter(|level| *level > SILENCE_DBFS).collect();
    heard.sort_by(f32::total_cmp);
    let Some(floor) = heard.get(heard.len() / 10) else { return false };
    let threshold = (floor + ABOVE_FLOOR_DB).clamp(FAINTEST_DBFS, LOUD_DBFS);
    heard.iter().filter(|level| **level > threshold).count() >= FEWEST_WINDOWS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(amplitude: f32, seconds: usize) -> Vec<f32> {
        let mut state = 1_u32;
        (0..seconds * SAMPLE_RATE as usize)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                amplitude * (state as f32 / u32::MAX as f32 * 2.0 - 1.0)
            })
            .collect()
    }

    fn pcm(samples: Vec<f32>) -> Pcm {
        Pcm { samples, ..Pcm::default() }
    }

    #[test]
    fn hiss_and_silence_are_no_sound() {
        assert!(!sound_detected(&pcm(Vec::new())));
        assert!(!sound_detected(&pcm(vec![0.0; 32_000])));
        assert!(!sound_detected(&pcm(noise(0.001, 3))));
        assert!(!sound_detected(&pcm(noise(0.01, 3))));
    }

    #[test]
    fn a_word_in_hiss_is_a_sound_and_a_click_is_none() {
        let mut word = noise(0.001, 3);
        for (index, sample) in word[16_000..24_000].iter_mut().enumerate() {
            *sample += 0.05 * (index as f32 * 0.2).sin();
        }
        assert!(sound_detected(&pcm(word)));
        let mut click = noise(0.001, 3);
        click[16_000] = 1.0;
        assert!(!sound_detected(&pcm(click)));
    }

    #[test]
    fn loud_speech_without_a_pause_is_a_sound() {
        assert!(sound_detected(&pcm(noise(0.2, 3))));
    }

    #[test]
    fn a_full_scale_square_wave_is_zero() {
        let levels = levels_dbfs(&pcm(vec![1.0; 1600]));
        assert!(levels[0].abs() < 1e-3);
    }
}
