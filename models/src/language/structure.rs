//! Structure markers: the words by which a speaker shows the order of a story.

use viva_core::cue::{StructureMarker, StructurePart};

use super::{
    chinese,
    timed_text::TimedText,
    words::{Token, tokens},
};

use StructurePart::{Result, Situation, Steps};

/// English markers that mean the same anywhere.
const ANYWHERE: &[(StructurePart, &str)] = &[
    (Situation, "at that time"),
    (Situation, "at the time"),
    (Situation, "the situation"),
    (Situation, "the problem was"),
    (Situation, "the challenge was"),
    (Situation, "my task"),
    (Situation, "my goal"),
    (Situation, "our goal"),
    (Situation, "my role"),
    (Situation, "i was responsible"),
    (Situation, "in my last job"),
    (Situation, "in my previous"),
    (Situation, "i was working"),
    (Steps, "first of all"),
    (Steps, "firstly"),
    (Steps, "secondly"),
    (Steps, "thirdly"),
    (Steps, "after that"),
    (Steps, "the next step"),
    (Steps, "finally"),
    (Steps, "lastly"),
    (Result, "as a result"),
    (Result, "the result"),
    (Result, "the results were"),
    (Result, "the outcome"),
    (Result, "in the end"),
    (Result, "at the end of the day"),
    (Result, "consequently"),
    (Result, "which led to"),
    (Result, "this led to"),
    (Result, "resulted in"),
    (Result, "because of this"),
];

/// English words that are markers only where they open a clause ("First, …", but not "my first job").
const OPENING: &[(StructurePart, &str)] = &[
    (Situation, "last year"),
    (Situation, "last month"),
    (Situation, "last week"),
    (Situation, "last spring"),
    (Situation, "last summer"),
    (Situation, "last autumn"),
    (Situation, "last winter"),
    (Situation, "once"),
    (Steps, "first"),
    (Steps, "at first"),
    (Steps, "second"),
    (Steps, "third"),
    (Steps, "then"),
    (Steps, "next"),
    (Result, "therefore"),
    (Result, "eventually"),
];

const CHINESE: &[(StructurePart, &str)] = &[
    (Situation, "当时"),
    (Situation, "背景"),
    (Situation, "我的任务"),
    (Situation, "任务是"),
    (Situation, "目标是"),
    (Situation, "我负责"),
    (Situation, "有一次"),
    (Situation, "去年"),
    (Situation, "面临"),
    (Situation, "遇到"),
    (Steps, "首先"),
    (Steps, "其次"),
    (Steps, "然后"),
    (Steps, "接着"),
    (Steps, "接下来"),
    (Steps, "随后"),
    (Steps, "第一步"),
    (Steps, "第二步"),
    (Steps, "第三步"),
    (Steps, "第一，"),
    (Steps, "第二，"),
    (Steps, "第三，"),
    (Steps, "最后"),
    (Result, "结果"),
    (Result, "最终"),
    (Result, "因此"),
    (Result, "取得了"),
    (Result, "达成了"),
    (Result, "实现了"),
    (Result, "效果是"),
];

/// Markers in the order in which they were said.
pub fn find(segment: &TimedText<'_>) -> Vec<StructureMarker> {
    let text = segment.text();
    let words = tokens(text);
    let mut found = Vec::new();
    for at in 0..words.len() {
        let english = |table: &[(StructurePart, &'static str)]| {
            let matching = table.iter().filter(|(_, phrase)| starts_with(&words[at..], phrase));
            matching.max_by_key(|(_, phrase)| phrase.len()).copied()
        };
        let marker =
            english(ANYWHERE).or_else(|| english(OPENING).filter(|_| opens_clause(text, &words, at)));
        if let Some((part, phrase)) = marker {
            let last = at + phrase.split(' ').count() - 1;
            found.push((words[at].range.start..words[last].range.end, part));
        }
    }
    for (part, phrase) in CHINESE {
        found.extend(text.match_indices(phrase).map(|(at, phrase)| (at..at + phrase.len(), *part)));
    }
    found.sort_by_key(|(range, _)| range.start);
    // Of two that overlap ("我的任务", "任务是") the first tells enough.
    let mut end = 0;
    found.retain(|(range, _)| {
        let apart = range.start >= end;
        end = end.max(range.end);
        apart
    });
    found.into_iter().map(|(range, part)| StructureMarker { part, quote: segment.quote(&range) }).collect()
}

fn starts_with(words: &[Token], phrase: &str) -> bool {
    let mut words = words.iter();
    phrase.split(' ').all(|wanted| words.next().is_some_and(|word| word.text == wanted))
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
    use viva_core::cue::Segment;

    use super::*;

    fn parts(text: &str) -> Vec<StructurePart> {
        let segment = Segment { end_ms: 1000, text: text.into(), ..Segment::default() };
        find(&TimedText::new(&segment)).into_iter().map(|marker| marker.part).collect()
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
    fn a_marker_quotes_its_clause() {
        let segment =
            Segment { end_ms: 1000, text: "As a result, the customer stayed.".into(), ..Segment::default() };
        let found = find(&TimedText::new(&segment));
        assert_eq!(found[0].quote.quote, "As a result, the customer stayed");
    }
}
