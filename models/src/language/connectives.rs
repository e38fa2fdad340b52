//! Connectives: the words by which a speaker ties one thought to another.

use std::ops::Range;

use viva_core::cue::ConnectiveKind;

use super::words::{phrase_at, tokens};

use ConnectiveKind::{Cause, Condition, Contrast, Example, Purpose};

/// English ones, of whole words. "so" and "then" are left out: they fill pauses more often than they reason.
const ENGLISH: &[(ConnectiveKind, &str)] = &[
    (Cause, "because"),
    (Cause, "therefore"),
    (Cause, "that is why"),
    (Cause, "that's why"),
    (Cause, "as a result"),
    (Cause, "consequently"),
    (Cause, "due to"),
    (Cause, "thanks to"),
    (Cause, "which means"),
    (Contrast, "but"),
    (Contrast, "however"),
    (Contrast, "although"),
    (Contrast, "even though"),
    (Contrast, "whereas"),
    (Contrast, "on the other hand"),
    (Contrast, "instead of"),
    (Contrast, "despite"),
    (Condition, "if"),
    (Condition, "unless"),
    (Condition, "as long as"),
    (Condition, "only works if"),
    (Purpose, "in order to"),
    (Purpose, "so that"),
    (Example, "for example"),
    (Example, "for instance"),
    (Example, "such as"),
];

const CHINESE: &[(ConnectiveKind, &str)] = &[
    (Cause, "因为"),
    (Cause, "由于"),
    (Cause, "所以"),
    (Cause, "因此"),
    (Cause, "因而"),
    (Cause, "于是"),
    (Cause, "导致"),
    (Cause, "既然"),
    (Contrast, "但是"),
    (Contrast, "但"),
    (Contrast, "不过"),
    (Contrast, "虽然"),
    (Contrast, "尽管"),
    (Contrast, "然而"),
    (Contrast, "反而"),
    (Contrast, "而是"),
    (Contrast, "而不是"),
    (Condition, "如果"),
    (Condition, "只要"),
    (Condition, "只有"),
    (Condition, "除非"),
    (Condition, "的话"),
    (Purpose, "为了"),
    (Purpose, "以便"),
    (Purpose, "从而"),
    (Purpose, "避免"),
    (Example, "比如"),
    (Example, "例如"),
    (Example, "譬如"),
];

/// The connectives of a text in the order in which they were said.
pub fn find(text: &str) -> Vec<(Range<usize>, ConnectiveKind)> {
    let words = tokens(text);
    let mut found: Vec<(Range<usize>, ConnectiveKind)> = Vec::new();
    for at in 0..words.len() {
        let rest = &words[at..];
        if let Some((kind, length)) = phrase_at(ENGLISH, rest).or_else(|| phrase_at(CHINESE, rest)) {
            found.push((words[at].range.start..words[at + length - 1].range.end, kind));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<ConnectiveKind> {
        find(text).into_iter().map(|(_, kind)| kind).collect()
    }

    #[test]
    fn thoughts_tied_together() {
        assert_eq!(
            kinds("Because it is cheap, but if you wait, for example, it costs more."),
            [Cause, Contrast, Condition, Example]
        );
        assert_eq!(
            kinds("虽然贵，但是因为质量好，如果长期用就划算。"),
            [Contrast, Contrast, Cause, Condition]
        );
        assert_eq!(kinds("So, yes. It was a good year. 今年不错。"), []);
    }
}
