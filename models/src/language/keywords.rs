//! Keyword hits: English by words with their light forms, Chinese and symbols by substring.

use std::ops::Range;

use super::{
    chinese,
    words::{same_word, tokens},
};

/// Where a term is said, in any of its spellings (`trade show | exhibition | 展会`), in order and without overlaps.
/// Traditional characters in the term meet simplified ones in the text.
pub fn find(term: &str, text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<_> =
        term.split('|').flat_map(|spelling| ranges(&chinese::simplify(spelling.trim()), text)).collect();
    // Of "展会" and "行业展会" in one place the longer says more.
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    found.retain(|range| {
        let apart = range.start >= end;
        end = end.max(range.end);
        apart
    });
    found
}

fn ranges(needle: &str, text: &str) -> Vec<Range<usize>> {
    if needle.is_empty() {
        return Vec::new();
    }
    let symbols = |c: char| !c.is_alphanumeric() && !c.is_whitespace() && !matches!(c, '-' | '\'' | '’');
    let mut characters = needle.chars();
    if let (Some(only), None) = (characters.next(), characters.next())
        && chinese::is_han(only)
    {
        let start = text.as_ptr() as usize;
        let at = |word: &str| word.as_ptr() as usize - start;
        let words = chinese::verbs_of(needle, text).into_iter();
        return words.map(|word| at(word)..at(word) + word.len()).collect();
    }
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
        find(term, text).into_iter().map(|range| text[range].to_owned()).collect()
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

    #[test]
    fn one_term_with_several_spellings() {
        assert_eq!(found("展会 | trade show", "去年的展会和 trade shows"), ["展会", "trade shows"]);
        assert_eq!(found("展会 | 行业展会", "参加行业展会"), ["行业展会"]);
    }

    #[test]
    fn a_single_character_stands_for_its_verbs() {
        assert_eq!(found("问", "我先问清楚，这不是问题"), ["问"]);
        assert_eq!(found("帮", "哪里忙就去哪里帮忙"), ["帮忙"]);
    }
}
