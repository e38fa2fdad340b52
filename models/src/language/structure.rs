//! Structure: the parts of an ordered story, by the words with which a speaker marks them, and where there are none,
//! by what tells them without.

mod actions;
mod markers;

use std::ops::Range;

use viva_core::cue::StructurePart;

use super::{
    chinese,
    words::{Token, phrase_at, tokens},
};
use markers::{
    ANYWHERE, CHINESE, FIRST, FIRST_NOT_BEFORE, FIRST_NOT_BEHIND, IMPLIED_CHINESE, IMPLIED_ENGLISH, LAST,
    LAST_STEP, OPENING,
};

use StructurePart::{Result, Steps};

/// One deed may be an anecdote; two are a way of doing something.
const LEAST_ACTIONS: usize = 2;

/// The markers of a text in the order in which they were said.
pub fn find(text: &str) -> Vec<(Range<usize>, StructurePart)> {
    let words = tokens(text);
    let mut found = Vec::new();
    for at in 0..words.len() {
        let opening = |table| phrase_at(table, &words[at..]).filter(|_| opens_clause(text, &words, at));
        if let Some((part, length)) = phrase_at(ANYWHERE, &words[at..]).or_else(|| opening(OPENING)) {
            found.push((words[at].range.start..words[at + length - 1].range.end, part));
        }
    }
    found.extend(
        text.match_indices(FIRST)
            .filter(|(at, first)| {
                let (before, after) = (&text[..*at], &text[at + first.len()..]);
                !before.ends_with(|c| FIRST_NOT_BEHIND.contains(c))
                    && !after.starts_with(|c| FIRST_NOT_BEFORE.contains(c))
            })
            .map(|(at, first)| (at..at + first.len(), Steps)),
    );
    for (part, phrase) in CHINESE {
        found.extend(text.match_indices(phrase).map(|(at, phrase)| {
            let range = at..at + phrase.len();
            let end = *phrase == *LAST && !LAST_STEP.iter().any(|next| text[range.end..].starts_with(next));
            (range, if end { Result } else { *part })
        }));
    }
    apart(found)
}

/// What shows the parts of a story without any marker: `(text, range, part)`, over all texts of an answer.
pub fn implicit(texts: &[&str]) -> Vec<(usize, Range<usize>, StructurePart)> {
    let mut found = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let words = tokens(text);
        let mut here = Vec::new();
        for at in 0..words.len() {
            if let Some((part, length)) = phrase_at(IMPLIED_ENGLISH, &words[at..]) {
                here.push((words[at].range.start..words[at + length - 1].range.end, part));
            }
        }
        for (part, phrase) in IMPLIED_CHINESE {
            here.extend(text.match_indices(phrase).map(|(at, phrase)| (at..at + phrase.len(), *part)));
        }
        found.extend(apart(here).into_iter().map(|(range, part)| (index, range, part)));
    }
    let deeds = actions::find(texts);
    if deeds.len() >= LEAST_ACTIONS {
        found.extend(deeds.into_iter().map(|(index, range)| (index, range, Steps)));
    }
    found.sort_by_key(|(index, range, part)| (*index, *part, range.start));
    found
}

/// Sorted, and of two that overlap ("我的任务", "任务是") the first, which tells enough.
fn apart(mut found: Vec<(Range<usize>, StructurePart)>) -> Vec<(Range<usize>, StructurePart)> {
    found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    found.retain(|(range, _)| {
        let apart = range.start >= end;
        end = end.max(range.end);
        apart
    });
    found
}

/// Whether a word begins a clause, be it after a conjunction.
fn opens_clause(text: &str, words: &[Token], at: usize) -> bool {
    let before = text[..words[at].range.start].trim_end();
    if before.chars().next_back().is_none_or(chinese::is_mark) {
        return true;
    }
    at > 0
        && matches!(words[at - 1].text.as_str(), "and" | "but" | "so" | "well")
        && opens_clause(text, words, at - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use StructurePart::Situation;

    fn parts(text: &str) -> Vec<StructurePart> {
        find(text).into_iter().map(|(_, part)| part).collect()
    }

    #[test]
    fn english_markers_in_order() {
        assert_eq!(
            parts(
                "My task was to help. First, I called. And then we met. Finally, we tested. As a result, he stayed."
            ),
            [Situation, Steps, Steps, Steps, Result]
        );
        assert_eq!(parts("It was my first job, rather than my second. We met next week."), []);
        assert_eq!(parts("First of all, I listened"), [Steps]);
    }

    #[test]
    fn chinese_markers_in_order() {
        assert_eq!(
            parts("我的任务是留住客户。首先，我和客户谈话。其次，我写计划。最后，我们测试。结果客户留下了。"),
            [Situation, Steps, Steps, Steps, Result]
        );
        assert_eq!(parts("我喜欢这份工作。"), []);
    }

    #[test]
    fn the_last_thing_told_is_a_step_or_the_end() {
        assert_eq!(parts("最后，我们测试"), [Steps]);
        assert_eq!(parts("最后所有的菜都上齐了"), [Result]);
        assert_eq!(parts("先问清楚，先生"), [Steps]);
    }

    fn implied(text: &str) -> Vec<StructurePart> {
        let texts = [text];
        implicit(&texts).into_iter().map(|(_, _, part)| part).collect()
    }

    #[test]
    fn a_story_without_signal_words() {
        assert_eq!(
            implied(
                "In my first year I had an empty territory. I visited shops, and I called them. Sales doubled."
            ),
            [Situation, Steps, Steps, Result]
        );
        assert_eq!(
            implied("前年公司没有新客户。我把名单整理好，给他们打了电话。销售额增长了一倍。"),
            [Situation, Steps, Steps, Result]
        );
    }

    #[test]
    fn opinions_and_habits_are_no_story() {
        assert_eq!(
            implied("I like people, I think selling is trust. I did not call anybody and I never wrote."),
            []
        );
        assert_eq!(implied("我这个人性格开朗，我觉得真诚最重要。"), []);
    }
}
