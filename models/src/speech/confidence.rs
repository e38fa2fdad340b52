//! A second hearing for weights that are sure of everything.
//!
//! A model that was trained on few voices and sentences answers any other sound with a fluent sentence of its own,
//! and gives it a high probability. But it is not stable there: heard again a little slower, the same sound makes it
//! say something else. Where it really follows the sound, both hearings agree.

use viva_core::cue::Word;

/// How much slower the second hearing is.
const STRETCH: f32 = 1.04;

/// The same sound, slower and so much lower, by linear interpolation.
pub fn stretched(pcm: &[f32]) -> Vec<f32> {
    let length = (pcm.len() as f32 * STRETCH) as usize;
    let sample = |at: usize| {
        let position = at as f32 / STRETCH;
        let (left, share) = (position as usize, position.fract());
        let value = |at: usize| pcm.get(at).copied().unwrap_or(0.0);
        value(left) * (1.0 - share) + value(left + 1) * share
    };
    (0..length).map(sample).collect()
}

/// Share of the words that both hearings have in common and in order, 0–1: one minus the word error rate between
/// them, as far as that is positive.
pub fn agreement(first: &[Word], second: &[Word]) -> f32 {
    let key = |word: &Word| -> String {
        word.text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (first, second): (Vec<_>, Vec<_>) =
        (first.iter().map(key).collect(), second.iter().map(key).collect());
    let longest = first.len().max(second.len());
    if longest == 0 {
        return 1.0;
    }
    1.0 - distance(&first, &second) as f32 / longest as f32
}

/// Levenshtein's edit distance.
fn distance(a: &[String], b: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Vec<Word> {
        text.split_whitespace().map(|text| Word { text: text.into(), ..Word::default() }).collect()
    }

    #[test]
    fn agreement_is_one_minus_the_error_rate() {
        for (a, b, wanted) in [
            ("We grew fast.", "we grew fast", 1.0),
            ("we grew very fast", "we grew fast", 0.75),
            ("one two", "three four", 0.0),
            ("", "", 1.0),
            ("", "a b", 0.0),
        ] {
            assert!((agreement(&heard(a), &heard(b)) - wanted).abs() < 1e-6, "{a} | {b}");
        }
    }

    #[test]
    fn stretching_keeps_the_wave() {
        let pcm: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.05).sin()).collect();
        let slow = stretched(&pcm);
        assert_eq!(slow.len(), 16_640);
        assert!((slow[10_400] - (10_000.0_f32 * 0.05).sin()).abs() < 0.01);
        assert!(stretched(&[]).is_empty());
    }
}
