//! A segment's text with the time of every byte, and the clause around a finding.

use std::ops::Range;

use viva_core::cue::{Quote, Segment};

use super::chinese;

/// Longest quote, in characters.
const QUOTE_CHARS: usize = 120;
/// A clause narrower than this ("First,", "As a result,") says nothing alone, and takes the next one with it. Counted
/// in Latin letters, of which a Chinese character says as much as two.
const SHORT_WIDTH: usize = 12;

/// A segment of a transcript whose words have been found in its text.
pub struct TimedText<'a> {
    segment: &'a Segment,
    /// Byte range, start and end in milliseconds.
    words: Vec<(Range<usize>, u64, u64)>,
}

impl<'a> TimedText<'a> {
    pub fn new(segment: &'a Segment) -> Self {
        let mut cursor = 0;
        let words = segment
            .words
            .iter()
            .filter_map(|word| {
                let text = word.text.trim();
                let start = cursor + segment.text[cursor..].find(text).filter(|_| !text.is_empty())?;
                cursor = start + text.len();
                Some((start..cursor, word.start_ms, word.end_ms))
            })
            .collect();
        Self { segment, words }
    }

    pub fn text(&self) -> &'a str {
        &self.segment.text
    }

    /// The clause around a byte range, with its time.
    pub fn quote(&self, range: &Range<usize>) -> Quote {
        let clause = self.clause(range);
        let (start_ms, end_ms) = self.time(&clause);
        Quote { start_ms, end_ms, quote: self.text()[clause].to_owned() }
    }

    /// When a byte range was said: its words' times, or a share of the segment where words have no times.
    fn time(&self, range: &Range<usize>) -> (u64, u64) {
        let mut said =
            self.words.iter().filter(|(word, ..)| word.start < range.end && range.start < word.end);
        if let Some((_, start, end)) = said.next() {
            return (*start, said.next_back().map_or(*end, |(.., end)| *end));
        }
        let (start, length) =
            (self.segment.start_ms, self.segment.end_ms.saturating_sub(self.segment.start_ms));
        let at = |byte: usize| start + length.saturating_mul(byte as u64) / self.text().len().max(1) as u64;
        (at(range.start), at(range.end))
    }

    fn clause(&self, range: &Range<usize>) -> Range<usize> {
        let text = self.text();
        let start = text[..range.start]
            .char_indices()
            .rfind(|(at, c)| parts_clauses(text, *at, *c))
            .map_or(0, |(at, c)| at + c.len_utf8());
        let next_part = |from: usize| {
            text[from..]
                .char_indices()
                .map(|(at, c)| (from + at, c))
                .find(|(at, c)| parts_clauses(text, *at, *c))
                .unwrap_or((text.len(), '\0'))
        };
        let (mut end, mark) = next_part(range.end);
        let rest = end + if end < text.len() { mark.len_utf8() } else { 0 };
        if width(text[start..end].trim()) < SHORT_WIDTH && !text[rest..].trim().is_empty() {
            end = next_part(rest).0;
        }
        trim(text, &bounded(text, &(start..end), range))
    }
}

fn width(text: &str) -> usize {
    text.chars().map(|c| 1 + usize::from(chinese::is_han(c))).sum()
}

/// Whether the character at `at` ends a clause. A point or comma inside a number or a word does not.
pub fn parts_clauses(text: &str, at: usize, c: char) -> bool {
    match c {
        ',' | '.' | ':' => text[at + 1..].chars().next().is_none_or(char::is_whitespace),
        _ => chinese::is_mark(c) && c != '、',
    }
}

/// At most `QUOTE_CHARS` characters of `clause`, around `hit`, cut between words where the script has spaces.
fn bounded(text: &str, clause: &Range<usize>, hit: &Range<usize>) -> Range<usize> {
    if text[clause.clone()].chars().count() <= QUOTE_CHARS {
        return clause.clone();
    }
    let room = QUOTE_CHARS.saturating_sub(text[hit.clone()].chars().count()) / 2;
    let before = &text[clause.start..hit.start];
    let after = &text[hit.end..clause.end];
    let start = before.char_indices().rev().take(room).last().map_or(hit.start, |(at, _)| clause.start + at);
    let end = after.char_indices().nth(room).map_or(clause.end, |(at, _)| hit.end + at);
    let start = if start == clause.start {
        start
    } else {
        text[start..hit.start].find(char::is_whitespace).map_or(start, |at| start + at)
    };
    let end = if end == clause.end {
        end
    } else {
        text[hit.end..end].rfind(char::is_whitespace).map_or(end, |at| hit.end + at)
    };
    // A hit longer than a whole quote is cut like any other text.
    let longest = text[start..end].char_indices().nth(QUOTE_CHARS).map_or(end, |(at, _)| start + at);
    start..longest
}

fn trim(text: &str, range: &Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    start..start + slice.trim().len()
}

#[cfg(test)]
mod tests {
    use viva_core::cue::Word;

    use super::*;

    fn segment(text: &str) -> Segment {
        let words = text.split_whitespace().enumerate().map(|(i, word)| Word {
            start_ms: 1000 + 100 * i as u64,
            end_ms: 1090 + 100 * i as u64,
            text: word.into(),
            confidence: 1.0,
        });
        Segment { start_ms: 1000, end_ms: 3000, text: text.into(), confidence: 1.0, words: words.collect() }
    }

    fn quote(text: &str, hit: &str) -> Quote {
        let segment = segment(text);
        let start = text.find(hit).unwrap();
        TimedText::new(&segment).quote(&(start..start + hit.len()))
    }

    #[test]
    fn the_clause_and_its_words_times() {
        let found = quote("Last year we grew, and I led a team of eight people.", "eight");
        assert_eq!(found.quote, "and I led a team of eight people");
        assert_eq!((found.start_ms, found.end_ms), (1400, 2190));
    }

    #[test]
    fn numbers_do_not_end_clauses_and_short_clauses_grow() {
        assert_eq!(quote("We earned 1.5 million, in 1,000 shops.", "1.5").quote, "We earned 1.5 million");
        assert_eq!(quote("First, I talked to them. Then I left.", "First").quote, "First, I talked to them");
        assert_eq!(quote("首先，我和客户谈话，听了意见。", "首先").quote, "首先，我和客户谈话");
    }

    #[test]
    fn long_clauses_are_cut_between_words() {
        let text = format!("{} needle {}", "hay ".repeat(60).trim(), "straw ".repeat(60).trim());
        let found = quote(&text, "needle").quote;
        assert!(found.chars().count() <= QUOTE_CHARS, "{}", found.len());
        assert!(found.contains("needle") && found.starts_with("hay") && found.ends_with("straw"), "{found}");
        let chinese = "很".repeat(300);
        assert!(quote(&chinese, "很很").quote.chars().count() <= QUOTE_CHARS);
    }

    #[test]
    fn without_word_times_the_segment_is_shared_out() {
        let segment =
            Segment { start_ms: 0, end_ms: 1000, text: "abcdefghi. klmnopqrs.".into(), ..Segment::default() };
        let found = TimedText::new(&segment).quote(&(11..12));
        assert_eq!(found.quote, "klmnopqrs");
        assert!(found.start_ms > 400 && found.end_ms <= 1000 && found.start_ms < found.end_ms);
    }
}
