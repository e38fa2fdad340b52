//! Filler words.

use viva_core::cue::{Segment, Utterance, Word};

/// Sounds that carry no meaning in any place.
const ALWAYS: &[&str] = &[
    "um", "umm", "uh", "uhh", "uhm", "er", "err", "erm", "hm", "hmm", "mm", "嗯", "嗯嗯", "呃", "呃呃", "额",
    "唔", "哦嗯",
];
/// Words that also have a meaning; they count where they stand apart: before a mark, or twice in a row.
const APART: &[&[&str]] = &[
    &["like"],
    &["you", "know"],
    &["i", "mean"],
    &["那个"],
    &["这个"],
    &["就是"],
    &["就是说"],
    &["然后"],
    &["怎么", "说"],
    &["怎么说"],
];

/// The fillers of a transcript with their times.
pub fn fillers(segments: &[Segment]) -> Vec<Utterance> {
    segments.iter().flat_map(|segment| within(&segment.words)).collect()
}

fn within(words: &[Word]) -> Vec<Utterance> {
    let bare: Vec<String> = words.iter().map(|word| bare(&word.text)).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let length = if ALWAYS.contains(&bare[at].as_str()) {
            Some(1)
        } else {
            APART.iter().find_map(|phrase| {
                let length = phrase.len();
                let said = bare.get(at..at + length)?;
                (said == *phrase && stands_apart(words, &bare, at, length)).then_some(length)
            })
        };
        if let Some(length) = length {
            let said = &words[at..at + length];
            found.push(Utterance {
                start_ms: said[0].start_ms,
                end_ms: said[length - 1].end_ms,
                text: bare[at..at + length].join(if said[0].text.is_ascii() { " " } else { "" }),
            });
        }
        at += length.unwrap_or(1);
    }
    found
}

/// Whether a comma closes the phrase and one stands before it (or it begins), or it is said twice.
fn stands_apart(words: &[Word], bare: &[String], at: usize, length: usize) -> bool {
    let marked = |word: &Word| word.text.ends_with([',', '，', '…', '、']);
    let closes = words.get(at + length - 1).is_some_and(marked);
    let opens =
        at.checked_sub(1).is_none_or(|before| words[before].text.ends_with(|c: char| !c.is_alphanumeric()));
    let again = bare.get(at + length..at + 2 * length).is_some_and(|next| *next == bare[at..at + length]);
    let ascii = bare[at].is_ascii();
    (closes && opens) || (again && !ascii)
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&str]) -> Vec<String> {
        let words = words.iter().zip((0..).map(|i| i * 100));
        let words = words.map(|(text, at)| Word {
            start_ms: at,
            end_ms: at + 100,
            text: (*text).into(),
            confidence: 1.0,
        });
        fillers(&[Segment { words: words.collect(), ..Segment::default() }])
            .into_iter()
            .map(|f| f.text)
            .collect()
    }

    #[test]
    fn english() {
        assert_eq!(found(&["Um,", "I", "uh", "think"]), ["um", "uh"]);
        assert_eq!(found(&["I", "like", "it,", "like,", "much"]), ["like"]);
        assert_eq!(found(&["You", "know,", "you", "know", "it"]), ["you know"]);
    }

    #[test]
    fn chinese() {
        assert_eq!(found(&["嗯，", "我", "喜欢", "那个", "工作"]), ["嗯"]);
        assert_eq!(found(&["那个，", "我", "觉得，", "就是，", "很", "好"]), ["那个", "就是"]);
        assert_eq!(found(&["那个", "那个", "客户"]), ["那个"]);
    }
}
