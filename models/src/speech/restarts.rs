//! Restarts: words that are broken off and said again at once (repetitions and false starts, Levelt 1983).

use viva_core::cue::{Segment, Utterance, Word};

/// The longest phrase that is said again, in words.
const LONGEST_PHRASE: usize = 4;
/// Words that good speech doubles.
const DOUBLED: &[&str] = &[
    "very",
    "really",
    "so",
    "no",
    "yes",
    "yeah",
    "bye",
    "had",
    "that",
    "many",
    "much",
    "more",
    "far",
    "long",
    "again",
    "很",
    "非常",
    "特别",
    "好",
    "对",
    "是",
    "是的",
    "对的",
    "不",
    "谢谢",
    "慢慢",
    "常常",
    "天天",
    "看看",
    "一点",
    "一步",
    "越来越",
    "一个",
    "一次",
    "哈",
];
/// Single Chinese characters that are doubled only by accident; others make verbs milder (想想, 试试).
const SINGLE: &str = "我你他她它这那就在有但而跟和把被从让";

/// The restarts of a transcript with the times of what was given up. `fillers` are no restarts.
pub fn restarts(segments: &[Segment], fillers: &[Utterance]) -> Vec<Utterance> {
    let is_filler = |word: &Word| {
        fillers.iter().any(|filler| word.start_ms < filler.end_ms && filler.start_ms < word.end_ms)
    };
    segments
        .iter()
        .flat_map(|segment| {
            let words: Vec<&Word> = segment.words.iter().filter(|word| !is_filler(word)).collect();
            within(&words)
        })
        .collect()
}

fn within(words: &[&Word]) -> Vec<Utterance> {
    let bare: Vec<String> = words.iter().map(|word| bare(&word.text)).collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < words.len() {
        let again = (1..=LONGEST_PHRASE).rev().find(|length| is_restart(words, &bare, at, *length));
        if let Some(length) = again {
            found.push(Utterance {
                start_ms: words[at].start_ms,
                end_ms: words[at + length - 1].end_ms,
                text: bare[at..at + length].join(if bare[at].is_ascii() { " " } else { "" }),
            });
        }
        at += again.unwrap_or(1);
    }
    found
}

fn is_restart(words: &[&Word], bare: &[String], at: usize, length: usize) -> bool {
    let Some(pair) = bare.get(at..at + 2 * length) else {
        // The last word of all may be cut short, but is not said again.
        return false;
    };
    // After the end of a sentence, saying it again is style.
    let ended =
        |word: &&Word| word.text.ends_with(['.', '?', '!', '。', '？', '！', ';', '；']) && !cut_short(word);
    if pair.iter().any(String::is_empty) || words[at..at + length].iter().any(ended) {
        return false;
    }
    let (first, second) = pair.split_at(length);
    if length == 1 && cut_short(words[at]) {
        return second[0].starts_with(&first[0]);
    }
    first == second && !all_doubled(first)
}

fn cut_short(word: &Word) -> bool {
    word.text.trim_end().ends_with(['-', '–', '—']) || word.text.trim_end().ends_with("...")
}

fn all_doubled(phrase: &[String]) -> bool {
    phrase.iter().all(|word| {
        let mut characters = word.chars();
        let single = characters.next().filter(|c| !c.is_ascii() && characters.next().is_none());
        DOUBLED.contains(&word.as_str())
            || word.chars().all(|c| c.is_ascii_digit())
            || single.is_some_and(|character| !SINGLE.contains(character))
    })
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || *c == '\'').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let words = text.split(' ').zip((0..).map(|i| i * 100)).map(|(text, at)| Word {
            start_ms: at,
            end_ms: at + 100,
            text: text.into(),
            confidence: 1.0,
        });
        let segment = Segment { words: words.collect(), ..Segment::default() };
        let fillers = super::super::fillers::fillers(std::slice::from_ref(&segment));
        restarts(&[segment], &fillers).into_iter().map(|restart| restart.text).collect()
    }

    #[test]
    fn english() {
        assert_eq!(found("We we have two"), ["we"]);
        assert_eq!(found("I um I think I think I know"), ["i", "i think"]);
        assert_eq!(found("the cus- customers came"), ["cus"]);
        assert_eq!(found("that was very very good. Good work"), [] as [&str; 0]);
        assert_eq!(found("call 1 1 9 and he had had enough"), [] as [&str; 0]);
    }

    #[test]
    fn chinese() {
        assert_eq!(found("我们 我们 负责 五个 国家"), ["我们"]);
        assert_eq!(found("我 我 觉得 我 觉得 很 好"), ["我", "我觉得"]);
        assert_eq!(found("因为 呃 因为 客户 很 很 多"), ["因为"]);
        assert_eq!(found("我 想 想 再 说 。 说 得 很 好"), [] as [&str; 0]);
        assert_eq!(found("那个 那个 客户"), [] as [&str; 0]);
    }
}
