//! Loudness of sound, in dB relative to full scale (a full-scale square wave has 0).

use viva_core::{cue::Spread, time::Span};

use super::{SAMPLES_PER_MS, TIMELINE_STEP_MS, activity::Activity};

const FRAME_MS: u64 = 100;
/// Digital silence, for the logarithm.
const FLOOR_DBFS: f32 = -120.0;
/// A recording that never gets louder than this carries no sound: the microphone was off or muted.
const SOUNDLESS_DBFS: f32 = -70.0;
/// Speech whose loudest moment stays below this is somebody in another room, or noise.
const AUDIBLE_DBFS: f32 = -60.0;
/// With less speech than this, how steady it is would be chance.
const MIN_STEADY_MS: u64 = 2000;

/// Length of sound, in milliseconds.
pub fn duration_ms(pcm: &[f32]) -> u64 {
    (pcm.len() / SAMPLES_PER_MS) as u64
}

/// How long nothing at all is there before the first sound: the recording began before its microphone did.
pub fn silence_before_ms(pcm: &[f32]) -> u64 {
    let silent = pcm.iter().take_while(|sample| **sample == 0.0).count();
    (silent / SAMPLES_PER_MS) as u64
}

/// The samples of a span, as far as there are any.
pub fn slice(pcm: &[f32], span: Span) -> &[f32] {
    let at = |ms: u64| {
        usize::try_from(ms).map_or(pcm.len(), |ms| ms.saturating_mul(SAMPLES_PER_MS).min(pcm.len()))
    };
    &pcm[at(span.start_ms)..at(span.end_ms.max(span.start_ms))]
}

/// Root mean square level.
pub fn dbfs(samples: &[f32]) -> f32 {
    let power =
        samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len().max(1) as f64;
    ((10.0 * power.log10()) as f32).max(FLOOR_DBFS)
}

/// Whether there is any sound at all.
pub fn has_sound(pcm: &[f32]) -> bool {
    loudest(pcm) >= SOUNDLESS_DBFS
}

/// Whether a span is loud enough to be meant for the microphone.
pub fn is_audible(pcm: &[f32], span: Span) -> bool {
    loudest(slice(pcm, span)) >= AUDIBLE_DBFS
}

fn loudest(pcm: &[f32]) -> f32 {
    pcm.chunks(FRAME_MS as usize * SAMPLES_PER_MS).map(dbfs).fold(FLOOR_DBFS, f32::max)
}

/// Median and range over the frames that are mostly speech.
pub fn loudness(pcm: &[f32], activity: &Activity) -> Option<Spread> {
    spread(speech_frames(pcm, activity, FRAME_MS).flatten().collect())
}

/// Standard deviation of the level from half second to half second of speech, in dB.
pub fn deviation_db(timeline: &[Option<f32>]) -> Option<f32> {
    let levels: Vec<f64> = timeline.iter().flatten().map(|level| f64::from(*level)).collect();
    if (levels.len() as u64) < MIN_STEADY_MS / TIMELINE_STEP_MS {
        return None;
    }
    let count = levels.len() as f64;
    let mean = levels.iter().sum::<f64>() / count;
    let variance = levels.iter().map(|level| (level - mean).powi(2)).sum::<f64>() / count;
    Some(variance.sqrt() as f32)
}

/// One level per [`TIMELINE_STEP_MS`]; none where nobody speaks.
pub fn timeline(pcm: &[f32], activity: &Activity) -> Vec<Option<f32>> {
    speech_frames(pcm, activity, TIMELINE_STEP_MS).collect()
}

/// The level of each frame, of its speech only, where at least half of it is speech.
fn speech_frames(pcm: &[f32], activity: &Activity, frame_ms: u64) -> impl Iterator<Item = Option<f32>> {
    (0..duration_ms(pcm).div_ceil(frame_ms)).map(move |frame| {
        let span = Span::new(frame * frame_ms, (frame + 1) * frame_ms);
        let enough = activity.speech_within(span.start_ms, span.end_ms) * 2 >= frame_ms;
        enough.then(|| dbfs(slice(pcm, span)))
    })
}

/// Median, and 95th minus 5th percentile; none without values.
pub fn spread(mut values: Vec<f32>) -> Option<Spread> {
    values.sort_by(f32::total_cmp);
    let percentile =
        |share: f32| values.get((share * (values.len().max(1) - 1) as f32).round() as usize).copied();
    Some(Spread { median: percentile(0.5)?, range: percentile(0.95)? - percentile(0.05)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(amplitude: f32, milliseconds: usize) -> Vec<f32> {
        (0..milliseconds * SAMPLES_PER_MS).map(|i| amplitude * (i as f32 * 0.1).sin()).collect()
    }

    #[test]
    fn levels_are_relative_to_full_scale() {
        assert!((dbfs(&sine(1.0, 1000)) + 3.01).abs() < 0.1);
        assert!((dbfs(&sine(0.1, 1000)) + 23.01).abs() < 0.1);
        assert!(dbfs(&[0.0; 100]) <= FLOOR_DBFS && dbfs(&[]) <= FLOOR_DBFS);
    }

    #[test]
    fn silence_has_no_sound() {
        assert!(!has_sound(&[]));
        assert!(!has_sound(&vec![0.00001; 32_000]));
        assert!(has_sound(&sine(0.01, 200)));
    }

    #[test]
    fn loudness_is_measured_over_speech_only() {
        let mut pcm = sine(0.1, 1000);
        pcm.extend(vec![0.0; 16_000]);
        let activity = Activity { speech: vec![Span::new(0, 1000)], ..Activity::default() };
        let spread = loudness(&pcm, &activity).unwrap();
        assert!((spread.median + 23.0).abs() < 0.2 && spread.range < 0.5, "{spread:?}");
        let curve = timeline(&pcm, &activity);
        assert_eq!(curve.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false, false]);
    }

    #[test]
    fn steadiness_is_the_deviation_of_the_levels() {
        assert_eq!(deviation_db(&[Some(-20.0); 8]), Some(0.0));
        let waves = [Some(-20.0), None, Some(-26.0), Some(-20.0), Some(-26.0)];
        assert!((deviation_db(&waves).unwrap() - 3.0).abs() < 1e-4);
        assert_eq!(deviation_db(&waves[..4]), None);
    }

    #[test]
    fn spread_of_a_ramp() {
        let spread = spread((0..=100).map(|i| i as f32).collect()).unwrap();
        assert_eq!((spread.median, spread.range), (50.0, 90.0));
        assert_eq!(super::spread(Vec::new()), None);
    }
}
