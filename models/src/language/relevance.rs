//! Relevance: how much of the question's own vocabulary the answer takes up.

use std::collections::BTreeSet;

use super::{
    chinese,
    words::{Token, bases, tokens},
};

/// Words that every question has: they say nothing about its subject.
const STOP_WORDS: &[&str] = &[
    "a",
    "about",
    "after",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "been",
    "before",
    "but",
    "by",
    "came",
    "can",
    "come",
    "could",
    "describe",
    "did",
    "do",
    "does",
    "example",
    "explain",
    "for",
    "from",
    "give",
    "had",
    "has",
    "have",
    "he",
    "her",
    "him",
    "his",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "let",
    "like",
    "many",
    "me",
    "more",
    "most",
    "much",
    "must",
    "my",
    "no",
    "not",
    "of",
    "on",
    "one",
    "or",
    "our",
    "please",
    "she",
    "should",
    "so",
    "some",
    "tell",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "they",
    "this",
    "time",
    "to",
    "us",
    "want",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "whom",
    "why",
    "will",
    "with",
    "would",
    "you",
    "your",
    "yourself",
    "really",
    "very",
    "way",
    "thing",
    "things",
    "year",
    "years",
    "last",
    "new",
    "day",
    "days",
    "week",
    "month",
    "make",
    "made",
    "sure",
    "find",
    "found",
    "good",
    "well",
    "got",
    "get",
    "lot",
    "just",
    "really",
    "讲一讲",
    "谈一谈",
    "说一说",
    "去年",
    "过去",
    "一年",
    "年",
    "新",
    "结果",
    "最后",
    "最",
    "特别",
    "好",
    "也",
    "再",
    "又",
    "太",
    "能",
    "一次",
    "哪里",
    "怎么办",
    "意义",
    "某",
    "一下",
    "一个",
    "个",
    "为",
    "为什么",
    "么",
    "了",
    "什么",
    "介绍",
    "他",
    "们",
    "会",
    "但",
    "你",
    "你们",
    "做",
    "其",
    "到",
    "去",
    "又",
    "可以",
    "吗",
    "吧",
    "呢",
    "和",
    "哪",
    "哪些",
    "哪个",
    "因为",
    "在",
    "她",
    "如何",
    "如果",
    "对",
    "就",
    "并",
    "并且",
    "很",
    "怎么",
    "怎么样",
    "怎样",
    "怎么办",
    "想",
    "您",
    "我",
    "我们",
    "或",
    "或者",
    "所以",
    "把",
    "描述",
    "时",
    "时候",
    "是",
    "是否",
    "有",
    "有没有",
    "来",
    "样",
    "次",
    "没",
    "没有",
    "深刻",
    "的",
    "给",
    "自己",
    "被",
    "要",
    "让",
    "讲",
    "讲讲",
    "说",
    "说说",
    "请",
    "请问",
    "谈",
    "谈谈",
    "还",
    "这",
    "过",
    "都",
    "那",
    "里",
    "需要",
    "例子",
    "与",
    "及",
    "以及",
    "上",
    "下",
    "中",
];

/// How relevance is measured, as the cues name it: no model, so a paraphrase counts only by the rubric's terms.
pub const METHOD: &str = "word_overlap";

/// Whether a word says nothing about a subject. Expects lower case.
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

/// The words of a question that tell its subject, in lower case.
pub fn content_words(question: &str) -> BTreeSet<String> {
    let words = tokens(&chinese::simplify(question)).into_iter().map(|token| token.text);
    words.filter(|word| !is_stop_word(word)).collect()
}

/// The share of the subject that an answer takes up, 0–1: of the question's content words in any form, where each of
/// the rubric's terms that was said (`terms`) stands for one more. Absent where the question has no such words (it is
/// empty, or all stop words).
pub fn share(asked: &BTreeSet<String>, answer: &[Token], terms: usize) -> Option<f32> {
    let said: BTreeSet<_> = answer.iter().flat_map(|token| bases(&token.text)).collect();
    let taken = asked.iter().filter(|word| bases(word).iter().any(|base| said.contains(base))).count();
    (!asked.is_empty()).then(|| ((taken + terms) as f32 / asked.len() as f32).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relevance(question: &str, answer: &str) -> Option<f32> {
        share(&content_words(question), &tokens(answer), 0)
    }

    #[test]
    fn share_of_the_questions_words() {
        let question = "Tell us about a customer who wanted to leave.";
        assert_eq!(relevance(question, "Our largest customers wanted to leave us"), Some(1.0));
        assert_eq!(relevance(question, "The customer stayed"), Some(1.0 / 3.0));
        assert_eq!(relevance(question, "I like swimming"), Some(0.0));
        assert_eq!(relevance(question, ""), Some(0.0));
        let question = "请讲一个客户想离开的例子。";
        assert_eq!(relevance(question, "我们最大的客户想离开"), Some(1.0));
        assert_eq!(relevance(question, "我喜欢游泳"), Some(0.0));
    }

    #[test]
    fn absent_without_a_question() {
        assert_eq!(relevance("", "anything"), None);
        assert_eq!(relevance("Why?", "because"), None);
    }

    #[test]
    fn terms_of_the_rubric_stand_for_the_subject() {
        let asked = content_words("How do you win customers?");
        assert_eq!(share(&asked, &tokens("I went to a trade show"), 1), Some(0.5));
        assert_eq!(share(&asked, &tokens("I went to a trade show"), 5), Some(1.0));
    }
}
