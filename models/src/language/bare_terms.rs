//! Lists of terms without sentences around them: what a candidate says who has heard that words are counted.
//!
//! A text is cut into items. An item in which somebody does something is a sentence; one that is nothing but terms is
//! bare. Three bare items in a row are a list. A list that hangs on a sentence ("I work with Rust, Python, SQL and
//! Docker") counts, if the rest of the answer says something, too.

use std::{collections::BTreeSet, ops::Range};

use super::{
    clauses::items,
    words::{Token, bases, tokens},
};

const LEAST_BARE_ITEMS: usize = 3;
/// Longest item without a frame that may stand between two bare ones: "growth", "monitoring".
const SHORT_ITEM: usize = 3;
/// In a longer run of words without a pause one word in five may be no term.
const LONG_ITEM: usize = 5;
/// Words elsewhere in the answer for each word of a list that hangs on a sentence.
const SUPPORT: usize = 2;

/// Words that only sentences have.
const FRAME: &[&str] = &[
    "i", "i'm", "i've", "i'd", "i'll", "we", "we've", "you", "he", "she", "it", "they", "my", "our", "your",
    "his", "her", "their", "me", "us", "them", "who", "that", "am", "is", "are", "was", "were", "be", "been",
    "have", "has", "had", "do", "does", "did", "would", "will", "can", "could", "must", "should", "to", "我",
    "我们", "你", "您", "他", "她", "它", "他们", "大家", "自己", "了", "过", "把", "被", "会", "就", "是",
    "有", "让", "给", "在", "着", "得", "要", "能", "可以", "先", "也", "都", "去", "来", "到", "还",
];
const JOINING: &[&str] = &["and", "or", "plus", "的", "和", "与", "及", "以及", "或", "跟", "还有"];

/// A text, and what was found in it.
pub struct Passage<'a> {
    pub text: &'a str,
    /// Terms, numbers, markers, connectives.
    pub findings: &'a [Range<usize>],
}

enum Kind {
    Sentence,
    /// So many terms and nothing else.
    Bare(usize),
    /// Too short to say anything.
    Scrap,
}

struct Item {
    passage: usize,
    range: Range<usize>,
    words: usize,
    kind: Kind,
}

/// The lists, as `(passage, range)` for each item of them. `question` are the question's own words: to repeat them
/// between terms makes no sentence.
pub fn find(passages: &[Passage<'_>], question: &BTreeSet<String>) -> Vec<(usize, Range<usize>)> {
    let all: Vec<Item> = passages
        .iter()
        .enumerate()
        .flat_map(|(index, passage)| {
            items(passage.text).into_iter().map(move |range| (index, passage, range))
        })
        .filter_map(|(index, passage, range)| item(index, passage, range, question))
        .collect();
    let mut lists = Vec::new();
    let mut start = 0;
    for end in 0..=all.len() {
        if all.get(end).is_some_and(|item| !matches!(item.kind, Kind::Sentence)) {
            continue;
        }
        if bare(&all[start..end]) >= LEAST_BARE_ITEMS {
            lists.push(start..end);
        }
        start = end + 1;
    }
    let in_list = |at: usize| lists.iter().any(|list| list.contains(&at));
    let leads = |at: usize| lists.iter().any(|list| list.start == at + 1 && hangs_on(passages, &all, list));
    let support: usize =
        (0..all.len()).filter(|at| !in_list(*at) && !leads(*at)).map(|at| all[at].words).sum();
    lists
        .iter()
        .flat_map(|list| {
            let hangs = hangs_on(passages, &all, list);
            let words: usize = all[list.clone()].iter().map(|item| item.words).sum();
            if hangs && support >= SUPPORT * words {
                return 0..0;
            }
            // "I am good at trade shows" leads the list, and says no more than it.
            list.start - usize::from(hangs)..list.end
        })
        .map(|at| (all[at].passage, all[at].range.clone()))
        .collect()
}

/// Whether a list goes on from the sentence before it.
fn hangs_on(passages: &[Passage<'_>], all: &[Item], list: &Range<usize>) -> bool {
    let Some((before, first)) = list.start.checked_sub(1).map(|at| &all[at]).zip(all.get(list.start)) else {
        return false;
    };
    let between =
        || passages[first.passage].text.get(before.range.end..first.range.start).unwrap_or_default();
    before.passage == first.passage && !between().contains(['.', '。', '!', '！', '?', '？', ';', '；', '\n'])
}

fn bare(items: &[Item]) -> usize {
    items.iter().map(|item| if let Kind::Bare(terms) = item.kind { terms } else { 0 }).sum()
}

fn item(
    index: usize,
    passage: &Passage<'_>,
    range: Range<usize>,
    question: &BTreeSet<String>,
) -> Option<Item> {
    let words: Vec<Token> = tokens(&passage.text[range.clone()])
        .into_iter()
        .filter(|word| !JOINING.contains(&word.text.as_str()))
        .collect();
    let here = |word: &Token| range.start + word.range.start..range.start + word.range.end;
    let overlaps = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let term = |word: &Token| passage.findings.iter().any(|finding| overlaps(finding, &here(word)));
    let asked = |word: &Token| bases(&word.text).iter().any(|base| question.contains(base));
    let idle = words.iter().filter(|word| term(word) || asked(word)).count();
    let terms = passage.findings.iter().filter(|finding| overlaps(finding, &range)).count();
    let framed = words.iter().any(|word| FRAME.contains(&word.text.as_str()) && !term(word));
    let other = words.len() - idle;
    let long_list = words.len() >= LONG_ITEM && other * LONG_ITEM <= words.len();
    let kind = if framed {
        Kind::Sentence
    } else if other == 0 || long_list {
        Kind::Bare(terms.max(1))
    } else if words.len() <= SHORT_ITEM {
        Kind::Scrap
    } else {
        Kind::Sentence
    };
    (!words.is_empty()).then_some(Item { passage: index, range, words: words.len(), kind })
}

#[cfg(test)]
mod tests {
    use super::{super::keywords, *};

    const TERMS: [&str; 5] = ["trade show | 展会", "referral | 转介绍", "phone | 电话", "Rust", "SQL"];

    fn lists(text: &str) -> Vec<&str> {
        let findings: Vec<_> = TERMS.iter().flat_map(|term| keywords::find(term, text)).collect();
        let found = find(&[Passage { text, findings: &findings }], &BTreeSet::new());
        found.into_iter().map(|(_, range)| text[range].trim()).collect()
    }

    #[test]
    fn terms_in_a_row_are_a_list() {
        assert_eq!(lists("Trade show, referral, phone."), ["Trade show", "referral", "phone"]);
        assert_eq!(lists("Rust SQL phone referral trade show"), ["Rust SQL phone referral trade show"]);
        assert_eq!(lists("展会、口碑、转介绍、电话。"), ["展会", "口碑", "转介绍", "电话"]);
        assert_eq!(lists("我擅长展会、转介绍、电话、Rust。"), ["我擅长展会", "转介绍", "电话", "Rust"]);
    }

    #[test]
    fn terms_in_sentences_are_none() {
        for text in [
            "I went to a trade show, asked for a referral, and used the phone.",
            "我参加了展会，也请老客户转介绍，还打了电话。",
            "展会、转介绍我都做过。",
        ] {
            assert_eq!(lists(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn a_list_counts_when_the_answer_says_something() {
        let text = "I work with Rust, SQL, phone, referral. For five years I have been building a billing service that \
                    handles many requests.";
        assert_eq!(lists(text), Vec::<&str>::new());
    }
}
