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

/// The share of the question's content words that the answer uses in any form, 0–1. Absent where the question
/// has none (it is empty, or all stop words).
pub fn share(question: &str, answer: &[Token]) -> Option<f32> {
    let asked: BTreeSet<_> = tokens(&chinese::simplify(question))
        .into_iter()
        .map(|token| token.text)
        .filter(|word| !STOP_WORDS.contains(&word.as_str()))
        .collect();
    let said: BTreeSet<_> = answer.iter().flat_map(|token| bases(&token.text)).collect();
    let taken = asked.iter().filter(|word| bases(word).iter().any(|base| said.contains(base))).count();
    (!asked.is_empty()).then(|| taken as f32 / asked.len() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relevance(question: &str, answer: &str) -> Option<f32> {
        share(question, &tokens(answer))
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
}
