//! How fast somebody speaks: what was said by the recogniser, over how long by the detector.

use viva_core::{cue::Segment, time::Span};

use super::{TIMELINE_STEP_MS, activity::Activity};
use crate::language;

/// The curve looks so far around each point.
const REACH_MS: u64 = 2500;
/// With less speech than this a rate is chance.
const MIN_SPEECH_MS: u64 = 1000;

/// What is counted: words, or for Chinese characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Words,
    Characters,
}

impl Unit {
    pub fn of(language: &str) -> Self {
        if language == "zh" { Self::Characters } else { Self::Words }
    }

    /// Counts in a text; in a mostly Chinese one a foreign word counts as one character.
    fn count(self, text: &str) -> usize {
        match self {
            Self::Words => language::tokens(text).len(),
            Self::Characters => {
                let han = text.chars().filter(|c| language::chinese::is_han(*c)).count();
                let tokens = language::tokens(text);
                han + tokens.iter().filter(|token| !token.text.contains(language::chinese::is_han)).count()
            }
        }
    }
}

/// Per minute of speech; none where there is too little of it.
pub fn per_minute(unit: Unit, segments: &[Segment], activity: &Activity) -> Option<f32> {
    let count: usize = segments.iter().map(|segment| unit.count(&segment.text)).sum();
    rate(count, activity.speech_ms())
}

/// Per minute of speech around each point of the timeline; none where hardly anybody speaks.
pub fn timeline(unit: Unit, segments: &[Segment], activity: &Activity, duration_ms: u64) -> Vec<Option<f32>> {
    let said: Vec<(u64, usize)> = segments
        .iter()
        .flat_map(|segment| &segment.words)
        .map(|word| (u64::midpoint(word.start_ms, word.end_ms), unit.count(&word.text)))
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
        assert_eq!(per_minute(Unit::Words, std::slice::from_ref(&segment), &activity), Some(120.0));
        let curve = timeline(Unit::Words, &[segment], &activity, 10_000);
        assert_eq!(curve.len(), 20);
        assert!((curve[4].unwrap() - 120.0).abs() < 20.0 && curve[19].is_none(), "{curve:?}");
    }

    #[test]
    fn chinese_counts_characters() {
        assert_eq!(Unit::of("zh").count("我用Excel做报告。"), 6);
        assert_eq!(Unit::of("en").count("I don't know."), 3);
    }
}
