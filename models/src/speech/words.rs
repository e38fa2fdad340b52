//! From the recogniser's tokens to words with times and confidences.

use viva_core::{cue::Word, time::Span};

use super::whisper::DecodedToken;
use crate::language::chinese;

/// What a word without a length of its own gets at most, in milliseconds.
const LONGEST_GIVEN_MS: u64 = 300;

/// A character and the token that it came from.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Glyph {
    character: char,
    token: usize,
}

/// The words of one window, in order, inside it, none overlapping. Marks stay on the word before them, so that
/// [`join`] gives the text back. Chinese text comes out simplified, with full-width marks and without spaces.
pub fn words(tokens: &[DecodedToken], window: Span, chinese: bool) -> Vec<Word> {
    let mut glyphs = glyphs(tokens);
    if chinese {
        glyphs = punctuated(&simplified(glyphs));
    }
    let mut words = Vec::new();
    let mut earliest = window.start_ms;
    for range in ranges(&glyphs) {
        let word = &glyphs[range];
        let spoken = || word.iter().filter(|glyph| glyph.character.is_alphanumeric());
        let at = |ms: u64| window.start_ms.saturating_add(ms).clamp(earliest, window.end_ms.max(earliest));
        let start = spoken().map(|glyph| at(tokens[glyph.token].start_ms)).min().unwrap_or(earliest);
        let end = spoken().map(|glyph| at(tokens[glyph.token].end_ms)).max().unwrap_or(start).max(start);
        let mut used: Vec<_> = spoken().map(|glyph| glyph.token).collect();
        used.dedup();
        let sum: f32 = used.iter().map(|token| tokens[*token].probability).sum();
        words.push(Word {
            start_ms: start,
            end_ms: end,
            text: word.iter().map(|glyph| glyph.character).collect(),
            confidence: sum / used.len().max(1) as f32,
        });
        earliest = end;
    }
    give_length(&mut words, window.end_ms);
    words
}

/// whisper.cpp gives some words no length, mostly the first ones. Each gets the gap behind it, or its share, by
/// letters, of the time that it has together with the next word.
fn give_length(words: &mut [Word], window_end_ms: u64) {
    for at in 0..words.len() {
        let (before, behind) = words.split_at_mut(at + 1);
        let Some(word) = before.last_mut().filter(|word| word.start_ms == word.end_ms) else { continue };
        let letters = |word: &Word| word.text.chars().count() as u64;
        word.end_ms = match behind.first_mut() {
            None => window_end_ms.min(word.start_ms + LONGEST_GIVEN_MS),
            Some(next) if next.start_ms > word.start_ms => {
                next.start_ms.min(word.start_ms + LONGEST_GIVEN_MS)
            }
            Some(next) => {
                let together = next.end_ms - word.start_ms;
                next.start_ms =
                    word.start_ms + together * letters(word) / (letters(word) + letters(next)).max(1);
                next.start_ms
            }
        };
    }
}

/// Words as running text: spaces between those of scripts that have them.
pub fn join(words: &[Word]) -> String {
    let mut text = String::new();
    for word in words {
        let wide =
            |c: Option<char>| c.is_none_or(|c| chinese::is_han(c) || (chinese::is_mark(c) && !c.is_ascii()));
        if !wide(text.chars().next_back()) && !wide(word.text.chars().next()) {
            text.push(' ');
        }
        text.push_str(&word.text);
    }
    text
}

/// Tokens may end inside a character, so their bytes are read as one stream; what is no UTF-8 is left out.
fn glyphs(tokens: &[DecodedToken]) -> Vec<Glyph> {
    let owners: Vec<usize> =
        tokens.iter().enumerate().flat_map(|(token, t)| std::iter::repeat_n(token, t.bytes.len())).collect();
    let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.iter().copied()).collect();
    let mut glyphs = Vec::new();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid().char_indices().filter(|(_, c)| !c.is_control());
        glyphs.extend(valid.map(|(offset, character)| Glyph { character, token: owners[at + offset] }));
        at += chunk.valid().len() + chunk.invalid().len();
    }
    glyphs
}

fn simplified(glyphs: Vec<Glyph>) -> Vec<Glyph> {
    let text: String = glyphs.iter().map(|glyph| glyph.character).collect();
    let simple: Vec<char> = chinese::simplify(&text).chars().collect();
    // Nearly always character by character; where a phrase changes its length, the tokens could not be told.
    if simple.len() != glyphs.len() {
        return glyphs;
    }
    glyphs.iter().zip(simple).map(|(glyph, character)| Glyph { character, ..*glyph }).collect()
}

/// Full-width marks behind Chinese, no spaces beside it, no mark twice and none at the start.
fn punctuated(glyphs: &[Glyph]) -> Vec<Glyph> {
    let wide = |c: char| chinese::is_han(c) || (chinese::is_mark(c) && !c.is_ascii());
    let mut clean: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    for (at, glyph) in glyphs.iter().enumerate() {
        let before = clean.last().map(|glyph| glyph.character);
        let next = glyphs.get(at + 1).map(|glyph| glyph.character);
        let mut character = glyph.character;
        if character.is_whitespace() {
            if before.is_none_or(wide) || next.is_none_or(wide) {
                continue;
            }
            character = ' ';
        } else if before.is_some_and(wide) {
            character = chinese::full_width(character).unwrap_or(character);
        }
        if chinese::is_mark(character) {
            match clean.last_mut() {
                None => continue,
                Some(last) if chinese::is_mark(last.character) => {
                    // Of two marks the one that ends the sentence is meant.
                    if matches!(character, '。' | '？' | '！') {
                        last.character = character;
                    }
                    continue;
                }
                Some(_) => {}
            }
        }
        clean.push(Glyph { character, token: glyph.token });
    }
    clean
}

/// Where the words are: parted by spaces, Chinese by jieba, marks on the word before them.
fn ranges(glyphs: &[Glyph]) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    let mut at = 0;
    while at < glyphs.len() {
        let han = chinese::is_han(glyphs[at].character);
        let same =
            |glyph: &&Glyph| chinese::is_han(glyph.character) == han && !glyph.character.is_whitespace();
        let length = glyphs[at..].iter().take_while(same).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let run = &glyphs[at..at + length];
        if han {
            let text: String = run.iter().map(|glyph| glyph.character).collect();
            for word in chinese::cut(&text) {
                let end = at + word.chars().count();
                ranges.push(at..end);
                at = end;
            }
            continue;
        }
        let touching = at > 0 && !glyphs[at - 1].character.is_whitespace();
        let marks = run.iter().take_while(|glyph| !glyph.character.is_alphanumeric()).count();
        // Opening marks of a first word stay with it; the others close the word before.
        let closing = if touching || marks == length { marks } else { 0 };
        if closing > 0
            && let Some(before) = ranges.last_mut()
        {
            before.end = at + closing;
        }
        if marks < length {
            ranges.push(at + closing..at + length);
        }
        at += length;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(bytes: &[u8], start_ms: u64, end_ms: u64) -> DecodedToken {
        DecodedToken { bytes: bytes.to_vec(), probability: 0.9, log_probability: -0.1, start_ms, end_ms }
    }

    fn spaced(texts: &[&str]) -> Vec<DecodedToken> {
        let times = (0..).map(|i| i * 100);
        texts.iter().zip(times).map(|(text, at)| token(text.as_bytes(), at, at + 100)).collect()
    }

    fn texts(tokens: &[DecodedToken], chinese: bool) -> Vec<String> {
        words(tokens, Span::new(0, 60_000), chinese).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn english_tokens_become_words() {
        let tokens = spaced(&[" And", " so", ",", " my", " fel", "low", " Amer", "icans", "."]);
        let found = words(&tokens, Span::new(1000, 9000), false);
        assert_eq!(
            found.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(),
            ["And", "so,", "my", "fellow", "Americans."]
        );
        assert_eq!((found[3].start_ms, found[3].end_ms), (1400, 1600));
        assert!((found[4].confidence - 0.9).abs() < 1e-6);
        assert_eq!(join(&found), "And so, my fellow Americans.");
    }

    #[test]
    fn words_without_length_get_some() {
        let tokens =
            [token(b" Um", 0, 0), token(b" I", 0, 300), token(b" see", 300, 500), token(b" it", 700, 700)];
        let found = words(&tokens, Span::new(1000, 1800), false);
        let times: Vec<_> = found.iter().map(|word| (word.start_ms, word.end_ms)).collect();
        assert_eq!(times, [(1000, 1200), (1200, 1300), (1300, 1500), (1700, 1800)]);
    }

    #[test]
    fn split_characters_and_traditional_text_come_out_whole() {
        let bytes = "我們的客戶，".as_bytes();
        let tokens =
            [token(&bytes[..4], 0, 100), token(&bytes[4..11], 100, 200), token(&bytes[11..], 200, 300)];
        assert_eq!(texts(&tokens, true), ["我们", "的", "客户，"]);
        assert_eq!(texts(&[token(&[0xe6, 0x88], 0, 1), token(b"ok", 1, 2)], true), ["ok"]);
    }

    #[test]
    fn chinese_marks_and_spaces_are_cleaned() {
        let tokens = spaced(&[", 首先,", " 我 用 Excel 做报告..", "第二, 客户", "留下了!"]);
        assert_eq!(
            join(&words(&tokens, Span::new(0, 9000), true)),
            "首先，我用Excel做报告。第二，客户留下了！"
        );
    }

    #[test]
    fn marks_alone_are_no_words() {
        assert!(texts(&spaced(&[" ...", " -"]), false).is_empty());
        assert_eq!(texts(&spaced(&[" \"Yes", "\"", " -", " no"]), false), ["\"Yes\" -", "no"]);
    }

    proptest! {
        #[test]
        fn times_are_monotonic_and_inside(
            raw in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..6), 0u64..40_000, 0u64..40_000), 0..40),
            start in 0u64..100_000,
            length in 0u64..30_000,
            chinese: bool,
        ) {
            let tokens: Vec<_> = raw.iter().map(|(bytes, start, end)| token(bytes, *start, *end)).collect();
            let window = Span::new(start, start + length);
            let mut last = window.start_ms;
            for word in words(&tokens, window, chinese) {
                prop_assert!(last <= word.start_ms && word.start_ms <= word.end_ms && word.end_ms <= window.end_ms);
                prop_assert!((0.0..=1.0).contains(&word.confidence) && !word.text.is_empty());
                last = word.end_ms;
            }
        }
    }
}
