//! Chinese text: words, traditional to simplified characters, punctuation.

use std::sync::LazyLock;

use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use jieba_rs::Jieba;

static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

// The dictionaries are part of the binary: reading them can only fail when the crate itself is broken, which the
// tests would show. Text then passes unchanged rather than not at all.
static TO_SIMPLIFIED: LazyLock<Option<OpenCC>> =
    LazyLock::new(|| OpenCC::from_config(BuiltinConfig::T2s).ok());

/// Whether a character is a Chinese ideograph.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}' | '〇')
}

/// Pronouns and auxiliaries that jieba's dictionary has as one word, as in 我会.
const PRONOUNS: &str = "我你他她";
const AUXILIARIES: &str = "会要能想有是把";

/// Cuts a run of ideographs into words with jieba's dictionary and its model for unknown words.
pub fn cut(text: &str) -> Vec<&str> {
    JIEBA.cut(text, true).into_iter().flat_map(|token| apart(token.word)).collect()
}

fn apart(word: &str) -> impl Iterator<Item = &str> {
    let second = word.char_indices().nth(1).filter(|(at, c)| {
        word.starts_with(|c| PRONOUNS.contains(c))
            && AUXILIARIES.contains(*c)
            && at + c.len_utf8() == word.len()
    });
    let (first, rest) = word.split_at(second.map_or(word.len(), |(at, _)| at));
    [first, rest].into_iter().filter(|word| !word.is_empty())
}

/// Whether a text has a Chinese verb, by jieba's word classes.
pub fn has_verb(text: &str) -> bool {
    JIEBA.tag(text, true).iter().any(|word| word.word.contains(is_han) && word.tag == "v")
}

/// The words of a text that are the single character `verb`, or verbs that begin or end with it: 帮 is in 帮忙 and
/// 问 in 询问, but not in 问题.
pub fn verbs_of<'a>(verb: &str, text: &'a str) -> Vec<&'a str> {
    let words = JIEBA.tag(text, true).into_iter();
    let of = |word: &str, tag: &str| tag.starts_with('v') && (word.starts_with(verb) || word.ends_with(verb));
    words.filter(|word| word.word == verb || of(word.word, word.tag)).map(|word| word.word).collect()
}

/// Traditional characters to simplified ones, by OpenCC's tables (Apache-2.0), phrases first.
pub fn simplify(text: &str) -> String {
    match &*TO_SIMPLIFIED {
        Some(table) if text.contains(is_han) => table.convert(text),
        _ => text.to_owned(),
    }
}

/// The full-width form of a half-width punctuation mark.
pub fn full_width(mark: char) -> Option<char> {
    Some(match mark {
        ',' => '，',
        '.' | '｡' => '。',
        '?' => '？',
        '!' => '！',
        ';' => '；',
        ':' => '：',
        _ => return None,
    })
}

/// Whether a character is a mark that ends or parts a clause in Chinese or English.
pub fn is_mark(c: char) -> bool {
    matches!(c, '，' | '。' | '？' | '！' | '；' | '：' | '、' | '…' | ',' | '.' | '?' | '!' | ';' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_becomes_simplified_by_phrase() {
        assert_eq!(simplify("我們的客戶滿意度提高了"), "我们的客户满意度提高了");
        assert_eq!(simplify("頭髮和發展"), "头发和发展");
        assert_eq!(simplify("乾隆皇帝吃乾飯"), "乾隆皇帝吃干饭");
        assert_eq!(simplify("plain English, unchanged"), "plain English, unchanged");
    }

    #[test]
    fn ideographs_are_told_from_the_rest() {
        assert!("汉𠀀〇".chars().all(is_han));
        assert!(!"a1，。あ ".chars().any(is_han));
    }
}
