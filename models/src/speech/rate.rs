//! How fast somebody speaks: what was said by the recogniser, over how long by the detector.

use viva_core::{
    cue::{Rate, RateUnit, Segment},
    time::Span,
};

use super::{TIMELINE_STEP_MS, activity::Activity};
use crate::language;

/// The curve looks so far around each point.
const REACH_MS: u64 = 2500;
/// With less speech than this a rate is chance.
const MIN_SPEECH_MS: u64 = 1000;

/// What is counted in a language.
pub fn unit(language: &str) -> RateUnit {
    if language == "zh" { RateUnit::Characters } else { RateUnit::Words }
}

fn count(unit: RateUnit, text: &str) -> usize {
    match unit {
        RateUnit::Words => language::tokens(text).len(),
        RateUnit::Characters => {
            let han = text.chars().filter(|c| language::chinese::is_han(*c)).count();
            let tokens = language::tokens(text);
            han + tokens.iter().filter(|token| !token.text.contains(language::chinese::is_han)).count()
        }
    }
}

/// Speech and articulation rate; none where there is too little speech.
pub fn rates(unit: RateUnit, segments: &[Segment], activity: &Activity) -> Option<Rate> {
    let count: usize = segments.iter().map(|segment| count(unit, &segment.text)).sum();
    let whole = activity.first_to_last();
    Some(Rate {
        unit,
        speech: rate(count, whole.duration_ms())?,
        articulation: rate(count, activity.speech_ms())?,
    })
}

/// Per minute of speech around each point of the timeline; none where hardly anybody speaks.
pub fn timeline(
    unit: RateUnit,
    segments: &[Segment],
    activity: &Activity,
    duration_ms: u64,
) -> Vec<Option<f32>> {
    let said: Vec<(u64, usize)> = segments
        .iter()
        .flat_map(|segment| &segment.words)
        .map(|word| (u64::midpoint(word.start_ms, word.end_ms), count(unit, &word.text)))
        .collect();
    (0..duration_ms.div_ceil(TIMELINE_STEP_MS))
        .map(|step| {
            let middle = step * TIMELINE_STEP_MS + TIMELINE_STEP_MS / 2;
            let around = Span::new(middle.saturating_sub(REACH_MS), (middle + REACH_MS).min(duration_ms));
            let inside = said.iter().filter(|(at, _)| (around.start_ms..around.end_ms).contains(at));
            rate(inside.map(|(_, count)| count).sum(), activity.speech_within(around.start_ms, around.end_ms))
        })
        .collect()
}

fn rate(count: usize, speech_ms: u64) -> Option<f32> {
    (speech_ms >= MIN_SPEECH_MS).then(|| count as f32 * 60_000.0 / speech_ms as f32)
}

#[cfg(test)]
mod tests {
    use viva_core::cue::Word;

    use super::*;

    #[test]
    fn over_speech_time_only() {
        let word = |at: u64| Word { start_ms: at, end_ms: at + 400, text: "word".into(), confidence: 1.0 };
        let words: Vec<_> = (0..8).map(|i| word(i * 500)).collect();
        let segment = Segment { text: "word ".repeat(8), words, ..Segment::default() };
        let activity = Activity { speech: vec![Span::new(0, 4000)], ..Activity::default() };
        let rates = rates(RateUnit::Words, std::slice::from_ref(&segment), &activity).unwrap();
        assert_eq!((rates.speech, rates.articulation), (120.0, 120.0));
        let curve = timeline(RateUnit::Words, &[segment], &activity, 10_000);
        assert_eq!(curve.len(), 20);
        assert!((curve[4].unwrap() - 120.0).abs() < 20.0 && curve[19].is_none(), "{curve:?}");
    }

    #[test]
    fn chinese_counts_characters() {
        assert_eq!(count(unit("zh"), "我用Excel做报告。"), 6);
        assert_eq!(count(unit("en"), "I don't know."), 3);
    }

    #[test]
    fn pauses_slow_the_speech_rate_only() {
        let segment = Segment { text: "word ".repeat(10), ..Segment::default() };
        let speech = vec![Span::new(1000, 3000), Span::new(5000, 7000)];
        let activity = Activity { speech, ..Activity::default() };
        let rates = rates(RateUnit::Words, &[segment], &activity).unwrap();
        assert_eq!((rates.speech, rates.articulation), (100.0, 150.0));
    }
}
