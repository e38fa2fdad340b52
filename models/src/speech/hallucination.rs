//! Gates against invented text. Whisper writes fluent sentences into noise, repeats itself, and signs off like the
//! videos it learned from; a transcript that earns points must hold none of that.

use viva_core::{cue::Word, time::Span};

use super::whisper::DecodedToken;

/// Whisper's own limit: less likely text than this is a guess.
const MIN_LOG_PROBABILITY: f32 = -1.0;
/// The same where the detector is not sure that anybody spoke.
const MIN_LOG_PROBABILITY_IN_DOUBT: f32 = -0.5;
/// Nobody speaks faster; text that does is made up.
const MAX_CHARACTERS_PER_SECOND: f32 = 25.0;
/// Longest group of words that is looked at for repetition.
const MAX_REPEATED_WORDS: usize = 12;

/// Lines that nobody says in an interview, from the subtitles that Whisper was trained on. Compared to a whole
/// window, without marks and case.
const NEVER_SAID: &[&str] = &[
    "thanks for watching",
    "thank you for watching",
    "thank you so much for watching",
    "please subscribe",
    "please subscribe to my channel",
    "like and subscribe",
    "subtitles by the amara org community",
    "transcription by castingwords",
    "字幕由amara org社区提供",
    "请不吝点赞订阅转发打赏支持明镜与点点栏目",
    "谢谢观看",
    "谢谢大家观看",
    "感谢观看",
    "感谢收看",
    "字幕志愿者",
    "下期再见",
    "中文字幕",
];
/// Lines that may be meant, and are invented where the detector is not sure that anybody spoke.
const SELDOM_SAID: &[&str] = &["thank you", "thanks", "bye", "you", "okay", "谢谢", "谢谢大家", "再见"];

/// Removes repetitions, then says whether what is left may stand. An empty result means nothing was said. `doubtful`
/// tells that the detector found speech in the window, but was never sure.
pub fn filter(tokens: &[DecodedToken], words: Vec<Word>, window: Span, doubtful: bool) -> Vec<Word> {
    let all = words.len();
    let words = without_repetition(words);
    if words.is_empty() || words.len() * 2 < all || is_guess(tokens, doubtful) || is_too_fast(&words, window)
    {
        return Vec::new();
    }
    let line = bare(&words);
    let invented = NEVER_SAID.contains(&line.as_str()) || (doubtful && SELDOM_SAID.contains(&line.as_str()));
    if invented { Vec::new() } else { words }
}

fn is_guess(tokens: &[DecodedToken], doubtful: bool) -> bool {
    let mean = tokens.iter().map(|token| token.log_probability).sum::<f32>() / tokens.len().max(1) as f32;
    mean < if doubtful { MIN_LOG_PROBABILITY_IN_DOUBT } else { MIN_LOG_PROBABILITY }
}

fn is_too_fast(words: &[Word], window: Span) -> bool {
    let characters: usize = words.iter().map(|word| word.text.chars().count()).sum();
    characters as f32 > MAX_CHARACTERS_PER_SECOND * (window.duration_ms() as f32 / 1000.0).max(0.5)
}

fn bare(words: &[Word]) -> String {
    let text = super::words::join(words).to_lowercase();
    let parts: Vec<_> = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let chinese = text.contains(crate::language::chinese::is_han);
    parts.join(if chinese { "" } else { " " })
}

/// Keeps the first of three or more equal groups of words in a row (of five or more, where the group is one word:
/// people do say "no, no, no").
fn without_repetition(words: Vec<Word>) -> Vec<Word> {
    let keys: Vec<String> = words
        .iter()
        .map(|word| word.text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
        .collect();
    let mut keep = vec![true; words.len()];
    let mut at = 0;
    while at < words.len() {
        let repeated = (1..=MAX_REPEATED_WORDS).find_map(|size| {
            let group = keys.get(at..at + size)?;
            let times = keys[at..].chunks(size).take_while(|chunk| chunk == &group).count();
            (times >= if size == 1 { 5 } else { 3 }).then_some((size, size * times))
        });
        match repeated {
            Some((size, length)) => {
                keep[at + size..at + length].fill(false);
                at += length;
            }
            None => at += 1,
        }
    }
    words.into_iter().zip(keep).filter_map(|(word, keep)| keep.then_some(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Vec<Word> {
        let words = text.split(' ').zip((0..).map(|i| i * 300));
        words
            .map(|(text, at)| Word { start_ms: at, end_ms: at + 300, text: text.into(), confidence: 0.9 })
            .collect()
    }

    fn kept(text: &str, log_probability: f32, doubtful: bool, seconds: u64) -> String {
        let token = DecodedToken {
            bytes: b"a".to_vec(),
            probability: 0.9,
            log_probability,
            start_ms: 0,
            end_ms: 100,
        };
        let words = filter(&vec![token; 4], heard(text), Span::new(0, seconds * 1000), doubtful);
        super::super::words::join(&words)
    }

    #[test]
    fn sure_speech_stands() {
        assert_eq!(kept("No, no, no, I said yes.", -0.2, false, 3), "No, no, no, I said yes.");
        assert_eq!(kept("Thank you.", -0.2, false, 2), "Thank you.");
    }

    #[test]
    fn guesses_and_doubted_lines_fall() {
        assert_eq!(kept("We grew a lot", -1.2, false, 3), "");
        assert_eq!(kept("We grew a lot", -0.7, true, 3), "");
        assert_eq!(kept("Thank you.", -0.2, true, 2), "");
        assert_eq!(kept("Thanks for watching!", -0.1, false, 2), "");
        assert_eq!(kept("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", -0.1, false, 5), "");
        assert_eq!(kept("one two three four five six seven eight nine ten eleven", -0.1, false, 1), "");
    }

    #[test]
    fn loops_are_cut_to_one_turn_and_mostly_loops_fall() {
        assert_eq!(
            kept("one two three four five and so on and so on and so on", -0.2, false, 9),
            "one two three four five and so on"
        );
        assert_eq!(kept("I do I do I do I do I do", -0.2, false, 9), "");
        assert_eq!(kept("la la la la la la la", -0.2, false, 9), "");
    }
}
