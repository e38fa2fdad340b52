//! From the detector's frame probabilities to spans of speech, by Silero's own rule with two thresholds.

use viva_core::time::Span;

/// Length of a detector frame, in milliseconds (512 samples).
pub const FRAME_MS: u64 = 32;
/// Speech begins at or above this probability …
const BEGINS: f32 = 0.5;
/// … and goes on until the probability stays below this one …
const ENDS: f32 = 0.35;
/// … for at least so long. Shorter dips are the closures of plosives.
const MIN_SILENCE_MS: u64 = 100;
/// Real speech reaches this somewhere in every word.
const SURE: f32 = 0.9;
/// Shorter sounds are coughs and clicks.
const MIN_SPEECH_MS: u64 = 250;

/// Where somebody speaks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity {
    /// Where the first frame begins, less than a frame from the start, so that one begins with the sound: placed a little later,
    /// it falls into the same frames.
    pub begins_ms: u64,
    /// Probability of speech in each frame of [`FRAME_MS`].
    pub probabilities: Vec<f32>,
    /// Speech without padding, in order, at least [`MIN_SILENCE_MS`] apart.
    pub speech: Vec<Span>,
}

impl Activity {
    /// Applies the thresholds to frames of which the first begins at `begins_ms`. `duration_ms` bounds the last span.
    pub fn new(probabilities: Vec<f32>, begins_ms: u64, duration_ms: u64) -> Self {
        let mut speech = Vec::new();
        let mut begun: Option<u64> = None;
        let mut silent_since: Option<u64> = None;
        let mut close = |start: u64, end: u64| {
            let span = Span::new(start, end.min(duration_ms));
            if span.duration_ms() >= MIN_SPEECH_MS {
                speech.push(span);
            }
        };
        for (frame, probability) in probabilities.iter().enumerate() {
            let now = begins_ms + frame as u64 * FRAME_MS;
            match begun {
                None if *probability >= BEGINS => begun = Some(now),
                None => {}
                Some(_) if *probability >= BEGINS => silent_since = None,
                Some(start) => {
                    if *probability < ENDS {
                        silent_since.get_or_insert(now);
                    }
                    if let Some(end) = silent_since.filter(|since| now + FRAME_MS - since >= MIN_SILENCE_MS) {
                        close(start, end);
                        (begun, silent_since) = (None, None);
                    }
                }
            }
        }
        if let Some(start) = begun {
            close(start, silent_since.unwrap_or(begins_ms + probabilities.len() as u64 * FRAME_MS));
        }
        Self { begins_ms, probabilities, speech }
    }

    /// The frame in which `ms` lies; the first one for what comes before it.
    pub fn frame(&self, ms: u64) -> usize {
        usize::try_from(ms.saturating_sub(self.begins_ms) / FRAME_MS).unwrap_or(usize::MAX)
    }

    /// Milliseconds of speech.
    pub fn speech_ms(&self) -> u64 {
        self.speech.iter().map(|span| span.duration_ms()).sum()
    }

    /// Milliseconds of speech between two points.
    pub fn speech_within(&self, start_ms: u64, end_ms: u64) -> u64 {
        self.speech
            .iter()
            .map(|span| span.end_ms.min(end_ms).saturating_sub(span.start_ms.max(start_ms)))
            .sum()
    }

    /// Whether no frame between two points is surely speech.
    pub fn is_doubtful(&self, within: Span) -> bool {
        let frame = |ms: u64| self.frame(ms).min(self.probabilities.len());
        let frames = &self.probabilities[frame(within.start_ms)..frame(within.end_ms.max(within.start_ms))];
        frames.iter().all(|probability| *probability < SURE)
    }

    /// From the first to the last word; empty when nobody spoke.
    pub fn first_to_last(&self) -> Span {
        match (self.speech.first(), self.speech.last()) {
            (Some(first), Some(last)) => Span::new(first.start_ms, last.end_ms),
            _ => Span::default(),
        }
    }

    /// Silences between the first and the last speech, of at least `min_ms`.
    pub fn pauses(&self, min_ms: u64) -> Vec<Span> {
        let gaps = self.speech.windows(2).map(|pair| Span::new(pair[0].end_ms, pair[1].start_ms));
        gaps.filter(|gap| gap.duration_ms() >= min_ms).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(parts: &[(usize, f32)]) -> Vec<f32> {
        parts.iter().flat_map(|(count, probability)| vec![*probability; *count]).collect()
    }

    #[test]
    fn two_thresholds_and_two_lengths() {
        // Dips to 0.4 and for three frames do not end speech; a click of four frames is none.
        let probabilities = frames(&[
            (10, 0.0),
            (20, 0.9),
            (5, 0.4),
            (10, 0.9),
            (3, 0.1),
            (10, 0.8),
            (20, 0.0),
            (4, 0.9),
            (20, 0.0),
        ]);
        let activity = Activity::new(probabilities, 0, 102 * FRAME_MS);
        assert_eq!(activity.speech, [Span::new(320, 58 * FRAME_MS)]);
    }

    #[test]
    fn pauses_lie_between_speech() {
        let probabilities = frames(&[(20, 0.9), (12, 0.0), (20, 0.9), (5, 0.0), (20, 0.9)]);
        let activity = Activity::new(probabilities, 0, 77 * FRAME_MS);
        assert_eq!(activity.pauses(300), [Span::new(640, 1024)]);
        assert_eq!(activity.pauses(100).len(), 2);
        assert_eq!(activity.speech_ms(), 60 * FRAME_MS);
        assert_eq!(activity.speech_within(600, 1100), 40 + 76);
        assert!(!activity.is_doubtful(Span::new(0, 2000)) && activity.is_doubtful(Span::new(640, 1024)));
    }

    #[test]
    fn sound_that_begins_later_has_the_same_speech_later() {
        let probabilities = frames(&[(20, 0.9), (12, 0.0), (20, 0.7), (5, 0.0)]);
        let now = Activity::new(probabilities.clone(), 0, 57 * FRAME_MS);
        let later = Activity::new(probabilities, 17, 57 * FRAME_MS + 17);
        let moved = |span: &Span| Span::new(span.start_ms + 17, span.end_ms + 17);
        assert_eq!(later.speech, now.speech.iter().map(moved).collect::<Vec<_>>());
        for span in &now.speech {
            assert_eq!(later.is_doubtful(moved(span)), now.is_doubtful(*span));
        }
        assert_eq!((later.frame(0), later.frame(17), later.frame(17 + FRAME_MS)), (0, 0, 1));
    }

    proptest! {
        #[test]
        fn spans_are_ordered_and_inside(probabilities in proptest::collection::vec(0.0f32..1.0, 0..400), cut in 0u64..32) {
            let duration = (probabilities.len() as u64 * FRAME_MS).saturating_sub(cut);
            let activity = Activity::new(probabilities, 0, duration);
            let mut last = None;
            for span in &activity.speech {
                prop_assert!(span.duration_ms() >= MIN_SPEECH_MS && span.end_ms <= duration);
                prop_assert!(last.is_none_or(|end| span.start_ms > end));
                last = Some(span.end_ms);
            }
        }
    }
}
