//! The cues of sound in which the speech has been found: how it was said, whatever was said.

use viva_core::cue::{PauseTotals, RateUnit, Speech, Transcript};

use super::{activity::Activity, edges, fillers, level, pitch, quality, rate, restarts};

/// Silences that are reported as pauses.
const PAUSE_MS: u64 = 300;

/// Measures 16 kHz mono sound. Without a transcript there are no rates, fillers and restarts; all else is there.
pub fn measure(pcm: &[f32], activity: &Activity, transcript: Option<&Transcript>) -> Speech {
    let activity = &edges::tightened(pcm, activity);
    let segments = transcript.map_or(&[][..], |transcript| &transcript.segments);
    let rate =
        transcript.and_then(|transcript| rate::rates(rate::unit(&transcript.language), segments, activity));
    let articulation = |unit: RateUnit| rate.filter(|rate| rate.unit == unit).map(|rate| rate.articulation);
    let fillers = fillers::fillers(segments);
    Speech {
        speech_ms: activity.speech_ms(),
        first_word_ms: activity.speech.first().map(|span| span.start_ms),
        words_per_minute: articulation(RateUnit::Words),
        characters_per_minute: articulation(RateUnit::Characters),
        rate,
        pauses: activity.pauses(PAUSE_MS),
        pause_totals: totals(activity),
        restarts: restarts::restarts(segments, &fillers),
        fillers,
        loudness_dbfs: level::loudness(pcm, activity),
        loudness_deviation_db: level::deviation_db(&level::timeline(pcm, activity)),
        pitch_hz: pitch::pitch(pcm, activity),
        other_voices: Vec::new(),
        sound: Some(quality::quality(pcm, activity)),
    }
}

fn totals(activity: &Activity) -> Option<PauseTotals> {
    let whole_ms = activity.first_to_last().duration_ms();
    let pauses = activity.pauses(PAUSE_MS);
    let lengths = || pauses.iter().map(|pause| pause.duration_ms());
    (whole_ms > 0).then(|| PauseTotals {
        count: pauses.len() as u32,
        longest_ms: lengths().max().unwrap_or(0),
        share: lengths().sum::<u64>() as f32 / whole_ms as f32,
    })
}

#[cfg(test)]
mod tests {
    use viva_core::time::Span;

    use super::*;

    #[test]
    fn pauses_are_counted_within_the_speech_only() {
        let speech = vec![Span::new(2000, 4000), Span::new(4200, 5000), Span::new(6000, 7000)];
        let totals = totals(&Activity { speech, ..Activity::default() }).unwrap();
        assert_eq!((totals.count, totals.longest_ms, totals.share), (1, 1000, 0.2));
        assert_eq!(super::totals(&Activity::default()), None);
    }
}
