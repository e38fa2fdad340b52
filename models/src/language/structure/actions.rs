//! Clauses in which the speaker does something: two of them are steps, also without "first" and "then".

use std::ops::Range;

use super::super::{
    chinese,
    clauses::clauses,
    words::{Token, tokens},
};

/// Past forms that no ending shows.
const IRREGULAR: &[&str] = &[
    "began", "bought", "brought", "built", "caught", "chose", "cut", "drew", "drove", "found", "gave", "got",
    "held", "kept", "led", "left", "made", "met", "paid", "put", "ran", "read", "rewrote", "said", "sat",
    "saw", "sent", "set", "showed", "shut", "sold", "spoke", "spent", "taught", "told", "took", "went",
    "wrote",
];
/// Verbs of opinion, wish and state: nothing is done by them.
const STATIVE: &[&str] = &[
    "agreed",
    "be",
    "believed",
    "enjoyed",
    "felt",
    "have",
    "hoped",
    "knew",
    "know",
    "learned",
    "liked",
    "like",
    "love",
    "loved",
    "needed",
    "prefer",
    "preferred",
    "say",
    "think",
    "tried",
    "used",
    "wanted",
    "worked",
];
/// What may stand between the speaker and the verb.
const BETWEEN: &[&str] =
    &["also", "always", "even", "first", "just", "only", "still", "then", "too", "often", "never"];

/// Chinese ones, with what denies a deed or makes it a habit.
const CHINESE_STATIVE: &[&str] = &[
    "觉得", "认为", "喜欢", "希望", "相信", "知道", "是", "想", "没有", "没", "不", "不会", "有", "性格",
    "擅长", "具有", "应该", "必须", "可能", "一般", "通常", "平时", "基本", "经常",
];
const CHINESE_SPEAKER: &[&str] = &["我", "我们", "咱们"];
/// Who else may be the subject of a clause: the speaker before is then no longer meant.
const CHINESE_OTHERS: &[&str] = &[
    "他",
    "她",
    "它",
    "你",
    "他们",
    "她们",
    "大家",
    "客户",
    "客人",
    "顾客",
    "用户",
    "居民",
    "公司",
    "领导",
    "同事",
    "市场",
    "业绩",
    "销售额",
];

/// What may stand before a subject.
const CHINESE_OPENINGS: &[&str] =
    &["然后", "后来", "但是", "但", "所以", "因为", "如果", "只要", "结果", "最后", "当时", "那时"];

/// The clauses of an answer in which "I" or "we" do something, as `(text, range)`.
pub fn find(texts: &[&str]) -> Vec<(usize, Range<usize>)> {
    // A Chinese clause without a subject takes the one before's.
    let mut speaker = false;
    let mut found = Vec::new();
    let all =
        texts.iter().enumerate().flat_map(|(i, text)| clauses(text).into_iter().map(move |c| (i, *text, c)));
    for (index, text, clause) in all {
        let words = tokens(&text[clause.clone()]);
        let is = |word: &Token, list: &[&str]| list.contains(&word.text.as_str());
        let english = (0..words.len()).any(|at| acts(&words[at..]));
        let own = words.iter().any(|word| is(word, CHINESE_SPEAKER));
        let subject = words.iter().find(|word| !is(word, CHINESE_OPENINGS));
        speaker = own || (speaker && !subject.is_some_and(|word| is(word, CHINESE_OTHERS)));
        let stative = words.iter().any(|word| is(word, CHINESE_STATIVE));
        // Some verbs are nouns to the dictionary (整理): these particles show that they are not.
        let done = words.iter().any(|word| is(word, &["了", "把"]));
        if english || (speaker && !stative && (done || chinese::has_verb(&text[clause.clone()]))) {
            found.push((index, clause));
        }
    }
    found
}

/// Whether "I" or "we" at the start of `words` is followed by a deed: in the past, or intended.
fn acts(words: &[Token]) -> bool {
    let mut words = words.iter().map(|word| word.text.as_str());
    if !matches!(words.next(), Some("i" | "we")) {
        return false;
    }
    let mut verb = words.next();
    let mut intended = false;
    while let Some(word) = verb {
        match word {
            "never" => return false,
            "would" | "will" => intended = true,
            _ if BETWEEN.contains(&word) || (word.ends_with("ly") && word.len() > 4) => {}
            _ => break,
        }
        verb = words.next();
    }
    verb.is_some_and(|verb| {
        !STATIVE.contains(&verb)
            && verb != "not"
            && (intended || IRREGULAR.contains(&verb) || (verb.ends_with("ed") && verb.len() > 4))
    })
}
