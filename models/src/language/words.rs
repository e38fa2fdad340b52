//! Cutting text into words, and words into stems.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::chinese;

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// Lower-cased.
    pub text: String,
}

/// The words of a text without its punctuation: jieba's words where it is Chinese, Unicode words (UAX #29)
/// elsewhere. Texts that mix both scripts come out right.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let han = text[start..].starts_with(chinese::is_han);
        let length = text[start..].find(|c| chinese::is_han(c) != han).unwrap_or(text.len() - start);
        let run = &text[start..start + length];
        if han {
            let mut at = start;
            for word in chinese::cut(run) {
                found.push(token(at, word));
                at += word.len();
            }
        } else {
            found.extend(run.unicode_word_indices().map(|(at, word)| token(start + at, word)));
        }
        start += length;
    }
    found
}

fn token(start: usize, word: &str) -> Token {
    Token { range: start..start + word.len(), text: word.to_lowercase() }
}

/// The words that an English word may be a form of, itself first: plural, `-ed` and `-ing` are taken off, nothing
/// else, so that `planned` meets `plan`, and neither `plane` nor `planet` does. Expects lower case; other scripts
/// stand for themselves.
pub fn bases(word: &str) -> Vec<String> {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    let mut bases = vec![word.to_owned()];
    if !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return bases;
    }
    let rest = |ending| {
        word.strip_suffix(ending)
            .filter(|rest| rest.len() > 1 && rest.contains(['a', 'e', 'i', 'o', 'u', 'y']))
    };
    if let Some(rest) = rest("ies").or_else(|| rest("ied")) {
        bases.push(format!("{rest}y"));
    } else if let Some(rest) = rest("ing").or_else(|| rest("ed").filter(|rest| !rest.ends_with('e'))) {
        bases.extend([rest.to_owned(), format!("{rest}e")]);
        if let [.., a, b] = rest.as_bytes()
            && a == b
        {
            bases.push(rest[..rest.len() - 1].to_owned());
        }
    } else if let Some(rest) = rest("s").filter(|rest| !rest.ends_with(['s', 'u', 'i'])) {
        bases.push(rest.to_owned());
        if let Some(hissing) = rest.strip_suffix('e').filter(|r| r.ends_with(['s', 'x', 'z', 'h', 'o'])) {
            bases.push(hissing.to_owned());
        }
    }
    bases
}

/// Whether two words are forms of one.
pub fn same_word(a: &str, b: &str) -> bool {
    let of_b = bases(b);
    bases(a).iter().any(|base| of_b.contains(base))
}

/// The longest phrase of `table` that `words` begin with, and its length in words.
pub(super) fn phrase_at<Kind: Copy>(table: &[(Kind, &str)], words: &[Token]) -> Option<(Kind, usize)> {
    let matching = table.iter().filter(|(_, phrase)| starts_with(words, phrase));
    matching.max_by_key(|(_, phrase)| phrase.len()).map(|(kind, phrase)| (*kind, phrase.split(' ').count()))
}

fn starts_with(words: &[Token], phrase: &str) -> bool {
    let mut words = words.iter();
    phrase.split(' ').all(|wanted| words.next().is_some_and(|word| word.text == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_without_punctuation() {
        assert_eq!(
            texts("Well, we don't sell 1,000 half-price tools."),
            ["well", "we", "don't", "sell", "1,000", "half", "price", "tools"]
        );
        assert_eq!(texts("我做客户成功已经六年了。"), ["我", "做", "客户", "成功", "已经", "六年", "了"]);
        assert_eq!(texts("我们用Excel做报告"), ["我们", "用", "excel", "做", "报告"]);
        assert_eq!(texts(" ，。 "), Vec::<String>::new());
    }

    #[test]
    fn ranges_point_into_the_text() {
        let text = "嗯, Python 很好用！";
        for token in tokens(text) {
            assert_eq!(text[token.range].to_lowercase(), token.text);
        }
    }

    #[test]
    fn forms_meet_and_other_words_do_not() {
        for (a, b) in [
            ("plan", "planned"),
            ("plan", "planning"),
            ("customer", "customers"),
            ("company", "companies"),
            ("study", "studied"),
            ("reduce", "reducing"),
            ("reduced", "reduces"),
            ("process", "processes"),
            ("sell", "selling"),
            ("test", "tested"),
            ("use", "using"),
            ("box", "boxes"),
            ("customer's", "customers"),
        ] {
            assert!(same_word(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("plan", "plane"),
            ("plan", "planes"),
            ("business", "busy"),
            ("th", "thing"),
            ("bu", "bus"),
            ("ne", "need"),
            ("university", "universe"),
        ] {
            assert!(!same_word(a, b), "{a} {b}");
        }
    }
}
