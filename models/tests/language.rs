//! The language stage on whole transcripts.

use viva_core::cue::{Language, Segment, StructurePart, Transcript, Word};
use viva_models::language::{LanguageQuery, analyse};

fn transcript(language: &str, sentences: &[&str]) -> Transcript {
    let segments: Vec<_> = sentences
        .iter()
        .zip((0..).map(|i| i * 5000))
        .map(|(text, start)| {
            let words = text.split_whitespace().zip((0..).map(|i| start + i * 200));
            let words = words.map(|(word, at)| Word {
                start_ms: at,
                end_ms: at + 200,
                text: word.into(),
                confidence: 0.9,
            });
            Segment {
                start_ms: start,
                end_ms: start + 4000,
                text: (*text).into(),
                confidence: 0.9,
                // As from a recogniser that gives none for Chinese.
                words: if language == "zh" { Vec::new() } else { words.collect() },
            }
        })
        .collect();
    Transcript { text: sentences.join(" "), language: language.into(), mean_confidence: 0.9, segments }
}

fn found(transcript: &Transcript, question: &str, keywords: &[&str]) -> Language {
    let keywords: Vec<_> = keywords.iter().map(|term| (*term).to_owned()).collect();
    analyse(transcript, &LanguageQuery { question, keywords: &keywords, language: "auto" })
}

#[test]
fn an_english_answer() {
    let answer = transcript(
        "en",
        &[
            "Last spring our largest customer wanted to leave, because the reports were late.",
            "First, I talked to the customers and wrote a plan with three steps.",
            "As a result, the customer stayed, and the contract grew by twenty percent.",
        ],
    );
    let language = found(
        &answer,
        "Tell us about a customer who wanted to leave. What did you do?",
        &["customer", "planning", "Rust"],
    );
    assert_eq!(language.words, 39);
    let terms: Vec<_> = language.keywords.iter().map(|k| (k.term.as_str(), k.hits.len())).collect();
    assert_eq!(terms, [("customer", 3), ("planning", 1), ("Rust", 0)]);
    let hit = &language.keywords[1].hits[0];
    assert_eq!(hit.quote, "I talked to the customers and wrote a plan with three steps");
    assert_eq!((hit.start_ms, hit.end_ms), (5200, 7600));
    let numbers: Vec<_> = language.numbers.iter().map(|n| (n.value, n.unit.as_str())).collect();
    assert_eq!(numbers, [(3.0, ""), (20.0, "percent")]);
    assert_eq!(language.numbers[1].quote.quote, "and the contract grew by twenty percent");
    let parts: Vec<_> = language.structure.iter().map(|marker| marker.part).collect();
    assert_eq!(parts, [StructurePart::Situation, StructurePart::Steps, StructurePart::Result]);
    assert_eq!(language.relevance, Some(1.0));
}

#[test]
fn a_chinese_answer() {
    let answer = transcript(
        "zh",
        &[
            "去年春天，我们最大的客户想离开，因为报告总是迟到。",
            "首先，我和客户谈话，听了每一个意见。",
            "结果客户留下了，合同金额增加了百分之二十。",
        ],
    );
    let language = found(&answer, "请讲一个客户想离开的例子。", &["客户", "報告"]);
    let terms: Vec<_> = language.keywords.iter().map(|k| (k.term.as_str(), k.hits.len())).collect();
    assert_eq!(terms, [("客户", 3), ("報告", 1)]);
    assert_eq!(language.keywords[1].hits[0].quote, "因为报告总是迟到");
    let numbers: Vec<_> = language.numbers.iter().map(|n| (n.value, n.unit.as_str())).collect();
    assert_eq!(numbers, [(20.0, "percent")]);
    let number = &language.numbers[0].quote;
    assert!(number.start_ms > 10_000 && number.end_ms <= 14_000, "{number:?}");
    let parts: Vec<_> = language.structure.iter().map(|marker| marker.part).collect();
    assert_eq!(parts, [StructurePart::Situation, StructurePart::Steps, StructurePart::Result]);
    assert_eq!(language.relevance, Some(1.0));
}

#[test]
fn an_empty_answer_has_no_relevance_to_anything() {
    let language = found(&transcript("en", &[]), "Why do you want this job?", &["job"]);
    assert_eq!((language.words, language.relevance), (0, Some(0.0)));
    assert!(
        language.keywords[0].hits.is_empty() && language.numbers.is_empty() && language.structure.is_empty()
    );
    assert_eq!(found(&transcript("en", &["Hello."]), "", &[]).relevance, None);
}
