//! Which language an answer is in, by its script.

use super::{chinese, words::tokens};

/// Fewer words than this tell nothing: "OK", "Python", 好的.
const LEAST_WORDS: usize = 4;
/// Much of a Chinese answer about work may be English names; little of an English answer is Chinese.
const LEAST_CHINESE: f32 = 0.3;
const LEAST_LATIN: f32 = 0.5;

/// Whether texts that should be in `language` (`zh` or `en`) are in another one. Tells scripts apart, not languages
/// that share one: a German answer passes for English.
pub fn is_other(texts: &[&str], language: &str) -> bool {
    let (mut han, mut latin, mut all) = (0, 0, 0);
    for token in texts.iter().flat_map(|text| tokens(text)) {
        let letters: Vec<char> = token.text.chars().filter(|c| c.is_alphabetic()).collect();
        all += usize::from(!letters.is_empty());
        han += usize::from(letters.iter().any(|c| chinese::is_han(*c)));
        latin += usize::from(!letters.is_empty() && letters.iter().all(|c| *c < '\u{250}'));
    }
    let share = |part: usize| part as f32 / all as f32;
    all >= LEAST_WORDS
        && match language {
            "zh" => share(han) < LEAST_CHINESE,
            "en" => share(latin) < LEAST_LATIN,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_tell_languages() {
        assert!(is_other(&["去年我主要通过展会开发客户"], "en"));
        assert!(is_other(&["I would ask the customer first"], "zh"));
        assert!(is_other(&["Я бы сначала спросил клиента"], "en"));
        assert!(!is_other(&["我用Rust、Go和Python写后端服务"], "zh"));
        assert!(!is_other(&["I sold 豆腐 at the market"], "en"));
        assert!(!is_other(&["OK"], "zh") && !is_other(&[""], "en") && !is_other(&["任何语言都可以"], "auto"));
    }
}
