//! Where speech really ends. The detector still says "speech" for some frames after the last sound, which shortens
//! every pause by up to a tenth of a second; the level of the sound says it better.

use viva_core::time::Span;

use super::{activity::Activity, level};

const FRAME_MS: u64 = 10;
/// The detector is late by no more than this.
const LATEST_MS: u64 = 160;
/// A span keeps at least this much.
const LEAST_MS: u64 = 100;
/// Sound ends where it falls this far below the loudest of its span …
const FALL_DB: f32 = 40.0;
/// … or to this much above the noise.
const OVER_NOISE_DB: f32 = 3.0;
/// Noise is measured so far away from all speech.
const AWAY_MS: u64 = 200;

/// The same speech, ended where the sound ends.
pub fn tightened(pcm: &[f32], activity: &Activity) -> Activity {
    let noise_dbfs = loudest_noise(pcm, activity);
    let speech = activity.speech.iter().map(|span| ended(pcm, *span, noise_dbfs)).collect();
    Activity { speech, ..activity.clone() }
}

fn ended(pcm: &[f32], span: Span, noise_dbfs: Option<f32>) -> Span {
    let level_at = |at: u64| level::dbfs(level::slice(pcm, Span::new(at, at + FRAME_MS)));
    let frames = (span.start_ms..span.end_ms).step_by(FRAME_MS as usize);
    let loudest = frames.map(level_at).fold(f32::NEG_INFINITY, f32::max);
    let audible =
        (loudest - FALL_DB).max(noise_dbfs.map_or(f32::NEG_INFINITY, |noise| noise + OVER_NOISE_DB));
    let earliest = span.end_ms.saturating_sub(LATEST_MS).max(span.start_ms + LEAST_MS);
    let mut end_ms = span.end_ms;
    while end_ms >= earliest + FRAME_MS && level_at(end_ms - FRAME_MS) < audible {
        end_ms -= FRAME_MS;
    }
    // All of it may be faint; then the detector knows better.
    Span::new(span.start_ms, if end_ms < earliest + FRAME_MS { span.end_ms } else { end_ms })
}

/// What nine of ten frames away from speech stay below; none where there are no such frames.
fn loudest_noise(pcm: &[f32], activity: &Activity) -> Option<f32> {
    let frames = (0..level::duration_ms(pcm) / FRAME_MS).map(|frame| frame * FRAME_MS);
    let silent = frames
        .filter(|at| activity.speech_within(at.saturating_sub(AWAY_MS), at + FRAME_MS + AWAY_MS) == 0)
        .map(|at| level::dbfs(level::slice(pcm, Span::new(at, at + FRAME_MS))));
    let mut levels: Vec<f32> = silent.collect();
    levels.sort_by(f32::total_cmp);
    levels.get(levels.len() * 9 / 10).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone of a second in faint noise, and what the detector makes of it.
    fn tone(detected_end_ms: u64, noise: f32) -> Span {
        let mut state = 1_u32;
        let mut rustle = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / 8_388_608.0 - 1.0) * noise
        };
        let sample = |i: usize| if i < 16_000 { 0.2 * (i as f32 * 0.1).sin() } else { 0.0 };
        let pcm: Vec<f32> = (0..48_000).map(|i| sample(i) + rustle()).collect();
        let speech = vec![Span::new(0, detected_end_ms)];
        tightened(&pcm, &Activity { speech, ..Activity::default() }).speech[0]
    }

    #[test]
    fn speech_ends_with_its_sound() {
        for noise in [0.0, 0.0001, 0.02] {
            assert_eq!(tone(1090, noise), Span::new(0, 1000), "{noise}");
            assert_eq!(tone(1000, noise), Span::new(0, 1000), "{noise}");
        }
        // Nothing audible where it should have ended: the detector hears what the level does not.
        assert_eq!(tone(1500, 0.02), Span::new(0, 1500));
    }
}
