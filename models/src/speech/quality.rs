//! How good the recording is: clipping and noise. About the microphone and the room, never about the person.

use viva_core::{cue::SoundQuality, time::Span};

use super::{SAMPLES_PER_MS, activity::Activity, level};

/// Samples from here on count as full scale.
const FULL_SCALE: f32 = 0.999;
/// A peak that touches full scale is no clipping; a flat top is.
const FLAT_SAMPLES: usize = 3;
/// Clipped stretches closer than this are one.
const TOGETHER_MS: u64 = 1000;
/// Frames in which the noise is measured.
const FRAME_MS: u64 = 100;
/// After a word a room still sounds, and before it somebody breathes in.
const AWAY_MS: u64 = 200;
/// Less silence than this says nothing of the noise.
const MIN_SILENT_FRAMES: usize = 3;
/// Below this there is no noise but that of the arithmetic.
const SILENT_DBFS: f32 = -95.0;

/// Clipping of all sound; noise where nobody speaks.
pub fn quality(pcm: &[f32], activity: &Activity) -> SoundQuality {
    let flat = flat_tops(pcm);
    let clipped_samples: usize = flat.iter().map(|(start, end)| end - start).sum();
    let noise_dbfs = noise_dbfs(pcm, activity);
    SoundQuality {
        clipped_share: clipped_samples as f32 / pcm.len().max(1) as f32,
        clipped: together(&flat),
        noise_dbfs,
        signal_to_noise_db: noise_dbfs.and_then(|noise| signal_to_noise_db(pcm, activity, noise)),
    }
}

/// Runs of samples at full scale, as ranges of samples.
fn flat_tops(pcm: &[f32]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    for run in pcm.chunk_by(|a, b| top(*a) == top(*b)) {
        if run.len() >= FLAT_SAMPLES && run.first().is_some_and(|sample| top(*sample) != 0) {
            found.push((at, at + run.len()));
        }
        at += run.len();
    }
    found
}

/// 1 at the upper limit, -1 at the lower, 0 between.
fn top(sample: f32) -> i8 {
    if sample >= FULL_SCALE {
        1
    } else if sample <= -FULL_SCALE {
        -1
    } else {
        0
    }
}

fn together(flat: &[(usize, usize)]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (start, end) in flat {
        let span = Span::new((start / SAMPLES_PER_MS) as u64, end.div_ceil(SAMPLES_PER_MS) as u64);
        match spans.last_mut() {
            Some(last) if span.start_ms < last.end_ms + TOGETHER_MS => last.end_ms = span.end_ms,
            _ => spans.push(span),
        }
    }
    spans
}

/// The median level of the frames away from all speech.
fn noise_dbfs(pcm: &[f32], activity: &Activity) -> Option<f32> {
    let frames = (0..level::duration_ms(pcm) / FRAME_MS).map(|frame| frame * FRAME_MS);
    let silent = frames
        .filter(|at| activity.speech_within(at.saturating_sub(AWAY_MS), at + FRAME_MS + AWAY_MS) == 0)
        .map(|at| level::dbfs(level::slice(pcm, Span::new(at, at + FRAME_MS))));
    let silent: Vec<f32> = silent.collect();
    if silent.len() < MIN_SILENT_FRAMES { None } else { level::spread(silent).map(|levels| levels.median) }
}

/// The speech has the noise in it, which is taken out again.
fn signal_to_noise_db(pcm: &[f32], activity: &Activity, noise_dbfs: f32) -> Option<f32> {
    let power = |dbfs: f32| 10_f64.powf(f64::from(dbfs) / 10.0);
    let (mut energy, mut length) = (0.0, 0.0);
    for span in &activity.speech {
        let milliseconds = span.duration_ms() as f64;
        energy += power(level::dbfs(level::slice(pcm, *span))) * milliseconds;
        length += milliseconds;
    }
    let noise = power(noise_dbfs);
    let signal = if length > 0.0 { energy / length - noise } else { 0.0 };
    (signal > 0.0 && noise_dbfs > SILENT_DBFS).then(|| (10.0 * (signal / noise).log10()) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(amplitude: f32, milliseconds: usize) -> Vec<f32> {
        let wave = |i: usize| amplitude * (i as f32 * 0.1).sin();
        (0..milliseconds * SAMPLES_PER_MS).map(wave).collect()
    }

    #[test]
    fn flat_tops_are_clipping_and_peaks_are_not() {
        let clipped: Vec<f32> = sine(2.0, 1000).iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
        let pcm = [sine(1.0, 2000), clipped, sine(0.5, 2000)].concat();
        let found = quality(&pcm, &Activity::default());
        // A sine of twice full scale is beyond it for two thirds of the time: arcsin(0.5) is a third of a right angle.
        assert!((found.clipped_share - 0.2 * 2.0 / 3.0).abs() < 0.01, "{found:?}");
        assert_eq!(found.clipped.len(), 1);
        assert!(found.clipped[0].start_ms.abs_diff(2000) < 20 && found.clipped[0].end_ms.abs_diff(3000) < 20);
        assert_eq!(quality(&sine(1.0, 2000), &Activity::default()).clipped, []);
    }

    #[test]
    fn noise_has_its_level_and_its_distance() {
        let pcm = [sine(0.01, 2000), sine(0.1, 2000)].concat();
        let activity = Activity { speech: vec![Span::new(2000, 4000)], ..Activity::default() };
        let found = quality(&pcm, &activity);
        assert!((found.noise_dbfs.unwrap() + 43.0).abs() < 0.1, "{found:?}");
        assert!((found.signal_to_noise_db.unwrap() - 20.0).abs() < 0.1, "{found:?}");
        assert_eq!(quality(&vec![0.0; 16_000], &Activity::default()).signal_to_noise_db, None);
        let always = Activity { speech: vec![Span::new(0, 4000)], ..Activity::default() };
        assert_eq!(quality(&pcm, &always).noise_dbfs, None);
    }
}
