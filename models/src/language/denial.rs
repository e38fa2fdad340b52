//! Findings that the candidate denies: "I have never led a team", 没参加过展会.

use std::ops::Range;

use super::{clauses::clauses, words::tokens};

/// Words between a negation and what it denies.
const REACH: usize = 4;
const SPEAKER: &[&str] = &["i", "we", "i've", "we've", "i'd"];
/// With the speaker before them.
const NEGATIONS: &[&str] = &[
    "not", "never", "don't", "didn't", "haven't", "hadn't", "won't", "wouldn't", "can't", "cannot",
    "couldn't",
];
/// Directly before the thing.
const WITHOUT: &[&str] = &["no", "without"];
const CHINESE_NEGATIONS: &[&str] = &[
    "不",
    "没",
    "没有",
    "不会",
    "不能",
    "不可能",
    "从没",
    "从不",
    "从来不",
    "从未",
    "未曾",
    "没能",
    "不用",
    "不要",
];
/// Behind the thing: Docker也没用过.
const NOT_DONE: &[&str] = &[
    "没用",
    "没做",
    "没学",
    "没写",
    "没接触",
    "没参加",
    "没试",
    "没搞",
    "没有用",
    "没有做",
    "没有学",
    "没有写",
    "没有接触",
    "没有参加",
    "没有试",
];

/// Whether what stands at `range` of `text` is said not to be so.
pub fn denied(text: &str, range: &Range<usize>) -> bool {
    let Some(clause) = clauses(text).into_iter().find(|c| c.start <= range.start && range.start < c.end)
    else {
        return false;
    };
    let before: Vec<String> =
        tokens(&text[clause.start..range.start]).into_iter().map(|token| token.text).collect();
    let near = &before[before.len().saturating_sub(REACH)..];
    let speaker = before.iter().any(|word| SPEAKER.contains(&word.as_str()));
    let has = |words: &[String], list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let behind = text.get(range.end..clause.end).unwrap_or_default();
    let behind: String = behind.chars().filter(|c| !c.is_whitespace()).take(REACH * 2).collect();
    // "I not only listened": that, and more.
    let softened = near.windows(2).any(|two| has(&two[..1], NEGATIONS) && has(&two[1..], &["only", "just"]));
    (speaker && !softened && has(near, NEGATIONS))
        || has(&near[near.len().saturating_sub(2)..], WITHOUT)
        || has(near, CHINESE_NEGATIONS)
        || (NOT_DONE.iter().any(|not| behind.contains(not)) && behind.contains('过'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_denied(text: &str, thing: &str) -> bool {
        let at = text.find(thing).unwrap();
        denied(text, &(at..at + thing.len()))
    }

    #[test]
    fn what_is_said_not_to_be_so() {
        for (text, thing) in [
            ("I have never led a team", "team"),
            ("we did not look at the logs", "logs"),
            ("there was no alert", "alert"),
            ("我没有参加过展会", "展会"),
            ("我不会道歉", "道歉"),
            ("Docker也没用过", "Docker"),
        ] {
            assert!(is_denied(text, thing), "{text}");
        }
    }

    #[test]
    fn what_is_said_to_be_so() {
        for (text, thing) in [
            ("It was not easy, and I led a team", "team"),
            ("The customer did not like our price", "price"),
            ("I did not only make a plan", "plan"),
            ("不仅做了计划", "计划"),
            ("因为没有人管，我去了展会", "展会"),
            ("加了告警以后没有再出过问题", "告警"),
            ("不好意思，我马上重做", "重做"),
        ] {
            assert!(!is_denied(text, thing), "{text}");
        }
    }
}
