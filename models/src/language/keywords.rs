//! Keyword hits: English by words with their light forms, Chinese and symbols by substring.

use std::ops::Range;

use viva_core::cue::KeywordHits;

use super::{
    chinese,
    timed_text::TimedText,
    words::{same_word, tokens},
};

/// More hits than this say nothing more, and a hostile transcript cannot make a report unbounded.
const MAX_HITS: usize = 100;

/// Finds a word or phrase. Traditional characters in the term meet simplified ones in the transcript.
pub fn find(term: &str, segments: &[TimedText<'_>]) -> KeywordHits {
    let needle = chinese::simplify(term.trim());
    let hits = segments
        .iter()
        .flat_map(|segment| ranges(&needle, segment.text()).into_iter().map(|range| segment.quote(&range)))
        .take(MAX_HITS)
        .collect();
    KeywordHits { term: term.to_owned(), hits }
}

fn ranges(needle: &str, text: &str) -> Vec<Range<usize>> {
    if needle.is_empty() {
        return Vec::new();
    }
    let symbols = |c: char| !c.is_alphanumeric() && !c.is_whitespace() && !matches!(c, '-' | '\'' | '’');
    if needle.contains(chinese::is_han) || needle.contains(symbols) {
        substrings(needle, text)
    } else {
        phrases(needle, text)
    }
}

/// Case-insensitive for ASCII. A needle that begins or ends with a letter or digit ("C++", ".NET") must stand at
/// a word boundary there, unless the neighbour is Chinese, which has none.
fn substrings(needle: &str, text: &str) -> Vec<Range<usize>> {
    let (needle, lower) = (needle.to_ascii_lowercase(), text.to_ascii_lowercase());
    let latin = |c: char| c.is_alphanumeric() && !chinese::is_han(c);
    lower
        .match_indices(&needle)
        .map(|(start, found)| start..start + found.len())
        .filter(|range| {
            let inside_word = |a: Option<char>, b: Option<char>| a.is_some_and(latin) && b.is_some_and(latin);
            !inside_word(lower[..range.start].chars().next_back(), needle.chars().next())
                && !inside_word(needle.chars().next_back(), lower[range.end..].chars().next())
        })
        .collect()
}

fn phrases(needle: &str, text: &str) -> Vec<Range<usize>> {
    let wanted = tokens(needle);
    let heard = tokens(text);
    if wanted.is_empty() {
        return Vec::new();
    }
    heard
        .windows(wanted.len())
        .filter(|window| {
            window.iter().zip(&wanted).all(|(heard, wanted)| same_word(&heard.text, &wanted.text))
        })
        .filter_map(|window| Some(window.first()?.range.start..window.last()?.range.end))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(term: &str, text: &str) -> Vec<String> {
        ranges(term, text).into_iter().map(|range| text[range].to_owned()).collect()
    }

    #[test]
    fn english_by_words_and_light_forms() {
        for (term, text, hits) in [
            (
                "plan",
                "I planned it. Planning is a plan, a plane is not.",
                vec!["planned", "Planning", "plan"],
            ),
            (
                "customer success",
                "Customer success means customers' success.",
                vec!["Customer success", "customers' success"],
            ),
            ("Renewal", "We increased renewals.", vec!["renewals"]),
            ("art", "We start with parts.", vec![]),
            ("problem-solving", "I like problem solving.", vec!["problem solving"]),
            ("", "anything", vec![]),
        ] {
            assert_eq!(found(term, text), hits, "{term}");
        }
    }

    #[test]
    fn symbols_and_chinese_by_substring() {
        for (term, text, hits) in [
            ("C++", "I write C++ and c.", vec!["C++"]),
            (".NET", "ASP.NET and .net", vec![".NET", ".net"]),
            ("续约", "去年我们的续约率提高了，续约很重要", vec!["续约", "续约"]),
            ("Excel表格", "我用excel表格", vec!["excel表格"]),
            ("Python", "我用Python写的", vec!["Python"]),
        ] {
            assert_eq!(found(term, text), hits, "{term}");
        }
    }
}
