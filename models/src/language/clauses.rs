//! Cutting a text into clauses, and clauses into the items of a list.

use std::ops::Range;

use super::timed_text::parts_clauses;

/// The clauses of a text, without the marks between them and without empty ones.
pub fn clauses(text: &str) -> Vec<Range<usize>> {
    cut(text, |at, c| parts_clauses(text, at, c) || c == '\n')
}

/// The clauses of a text, cut further where 、 or a bullet parts the items of a list.
pub fn items(text: &str) -> Vec<Range<usize>> {
    cut(text, |at, c| parts_clauses(text, at, c) || matches!(c, '、' | '\n' | '/' | '|' | '•' | '·'))
}

fn cut(text: &str, parts: impl Fn(usize, char) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices().filter(|(at, c)| parts(*at, *c)) {
        found.push(start..at);
        start = at + c.len_utf8();
    }
    found.push(start..text.len());
    found.retain(|range| text[range.clone()].chars().any(char::is_alphanumeric));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, ranges: Vec<Range<usize>>) -> Vec<&str> {
        ranges.into_iter().map(|range| text[range].trim()).collect()
    }

    #[test]
    fn clauses_and_items() {
        let text = "我擅长展会、电话，卖了1.5万件。好！";
        assert_eq!(texts(text, clauses(text)), ["我擅长展会、电话", "卖了1.5万件", "好"]);
        assert_eq!(texts(text, items(text)), ["我擅长展会", "电话", "卖了1.5万件", "好"]);
        assert!(clauses(" ，。").is_empty());
    }
}
