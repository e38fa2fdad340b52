//! From words to segments: one stretch between two pauses, or one sentence.

use viva_core::{
    cue::{Segment, Word},
    time::Span,
};

use super::{activity::Activity, words::join};

/// A pause as long as this ends a segment.
const PARTING_MS: u64 = 500;
/// A pause as long as this ends a Chinese sentence that came without a mark; a shorter one only a clause.
const SENTENCE_MS: u64 = 800;

/// Groups the words of one window.
pub fn segments(words: Vec<Word>, activity: &Activity, chinese: bool) -> Vec<Segment> {
    let pauses = activity.pauses(PARTING_MS);
    let mut segments = Vec::new();
    let mut open: Vec<Word> = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let pause = words.peek().and_then(|next| between(&pauses, &word, next));
        let ends = word.text.ends_with(['.', '?', '!', '。', '？', '！']);
        open.push(word);
        if ends || pause.is_some() || words.peek().is_none() {
            if chinese && !ends {
                punctuate(&mut open, pause);
            }
            segments.push(segment(std::mem::take(&mut open)));
        }
    }
    segments
}

/// The pause between two words. Word times are good to some 300 ms, so their middles are compared.
fn between(pauses: &[Span], word: &Word, next: &Word) -> Option<Span> {
    let middle = |word: &Word| u64::midpoint(word.start_ms, word.end_ms);
    let (from, to) = (middle(word), middle(next));
    pauses.iter().find(|pause| (from..to).contains(&u64::midpoint(pause.start_ms, pause.end_ms))).copied()
}

/// Whisper leaves out marks in Chinese; where the speaker paused, one belongs.
fn punctuate(words: &mut [Word], pause: Option<Span>) {
    let Some(last) = words.last_mut() else { return };
    let bare = last.text.trim_end_matches(['，', '、', ',']).len();
    last.text.truncate(bare);
    let clause = pause.is_some_and(|pause| pause.duration_ms() < SENTENCE_MS);
    last.text.push(if clause { '，' } else { '。' });
}

fn segment(words: Vec<Word>) -> Segment {
    let confidence = words.iter().map(|word| word.confidence).sum::<f32>() / words.len().max(1) as f32;
    Segment {
        start_ms: words.first().map_or(0, |word| word.start_ms),
        end_ms: words.last().map_or(0, |word| word.end_ms),
        text: join(&words),
        confidence,
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &[(&str, u64)]) -> Vec<Word> {
        let word = |(text, at): &(&str, u64)| Word {
            start_ms: *at,
            end_ms: at + 300,
            text: (*text).into(),
            confidence: 0.5,
        };
        texts.iter().map(word).collect()
    }

    fn texts(words: Vec<Word>, speech: &[(u64, u64)], chinese: bool) -> Vec<String> {
        let speech = speech.iter().map(|(a, b)| Span::new(*a, *b)).collect();
        let activity = Activity { speech, ..Activity::default() };
        segments(words, &activity, chinese).into_iter().map(|segment| segment.text).collect()
    }

    #[test]
    fn sentences_and_pauses_end_segments() {
        let said = words(&[("Ask", 0), ("not.", 300), ("Ask", 600), ("what", 1800), ("you", 2100)]);
        assert_eq!(texts(said, &[(0, 900), (1700, 2400)], false), ["Ask not.", "Ask", "what you"]);
    }

    #[test]
    fn chinese_gets_the_marks_that_the_pauses_tell() {
        let said = words(&[
            ("首先", 0),
            ("谈话", 300),
            ("最后", 1200),
            ("测试", 1500),
            ("结果", 3000),
            ("很好", 3300),
        ]);
        let speech = [(0, 600), (1150, 1800), (2900, 3600)];
        assert_eq!(texts(said, &speech, true), ["首先谈话，", "最后测试。", "结果很好。"]);
    }
}
