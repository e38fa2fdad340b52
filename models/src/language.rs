//! The language stage: what the words of a transcript contain. Pure text, no model file.
//!
//! Every finding carries its quote, the clause around it, and that clause's time in the recording, so that a
//! person can listen to what earned or lost a point. What is said without a sentence around it (a list of terms, the
//! question read out) and what the candidate denies is no finding; it is named in `set_aside` instead.

mod bare_terms;
pub mod chinese;
mod clauses;
mod connectives;
mod denial;
mod findings;
mod keywords;
mod numbers;
mod recital;
mod relevance;
mod skills;
mod spoken;
mod structure;
mod timed_text;
mod words;

use viva_core::cue::{
    Connective, KeywordHits, Language, Number, SetAside, SetAsideReason, StructureMarker, Transcript,
};

use findings::{Findings, Place};
use timed_text::TimedText;

pub use words::{Token, tokens};

/// More hits than this say nothing more, and a hostile transcript cannot make a report unbounded.
const MAX_HITS: usize = 100;

/// What to look for in a transcript.
#[derive(Clone, Copy, Debug, Default)]
pub struct LanguageQuery<'a> {
    /// The question that was asked; empty where there is none, and then there is no relevance.
    pub question: &'a str,
    /// Words or phrases that the rubric asks for (`a | b` is one with two spellings). In the result they keep this
    /// order and spelling.
    pub keywords: &'a [String],
    /// `zh` or `en`, and an answer in the other is named so; anything else (as in `auto`) takes the transcript's own
    /// language.
    pub language: &'a str,
}

/// The language that an answer is read in.
pub fn read_as<'a>(transcript: &'a Transcript, query: &LanguageQuery<'a>) -> &'a str {
    match query.language {
        "zh" | "en" => query.language,
        _ => &transcript.language,
    }
}

/// The sentences of an answer that count: without the question read out and bare lists of terms, and none where the
/// answer is in another language than was asked.
pub fn sentences(transcript: &Transcript, query: &LanguageQuery<'_>) -> Vec<String> {
    let texts: Vec<_> = transcript.segments.iter().map(|segment| segment.text.as_str()).collect();
    if spoken::is_other(&texts, query.language) {
        return Vec::new();
    }
    let asked = relevance::content_words(query.question);
    let chinese = read_as(transcript, query) == "zh";
    Findings::of(&texts, query.keywords, chinese, query.question, &asked).said(&texts)
}

/// Finds words, keywords, numbers, structure markers, connectives, skills and relevance in a transcript.
pub fn analyse(transcript: &Transcript, query: &LanguageQuery<'_>) -> Language {
    let chinese = read_as(transcript, query) == "zh";
    let segments: Vec<_> = transcript.segments.iter().map(TimedText::new).collect();
    let texts: Vec<_> = segments.iter().map(TimedText::text).collect();
    let asked = relevance::content_words(query.question);
    let found = Findings::of(&texts, query.keywords, chinese, query.question, &asked);
    let quote = |place: &Place| segments[place.text].quote(&place.range);
    let hits = |term: &str, places: &[Place]| KeywordHits {
        term: term.to_owned(),
        hits: places.iter().take(MAX_HITS).map(quote).collect(),
    };
    let keywords: Vec<_> =
        query.keywords.iter().zip(&found.keywords).map(|(term, places)| hits(term, places)).collect();
    let mut set_aside: Vec<_> = found
        .set_aside
        .iter()
        .map(|(place, reason)| SetAside { reason: *reason, quote: quote(place) })
        .take(MAX_HITS)
        .collect();
    if let Some(first) = segments.first().filter(|_| spoken::is_other(&texts, query.language)) {
        let reason = SetAsideReason::OtherLanguage;
        set_aside.insert(0, SetAside { reason, quote: first.quote(&(0..first.text().len())) });
    }
    let terms_said = keywords.iter().filter(|keyword| !keyword.hits.is_empty()).count();
    let words = texts.iter().map(|text| tokens(text).len()).sum::<usize>();
    let relevance = relevance::share(&asked, &found.sentences(&texts), terms_said);
    Language {
        words: u32::try_from(words).unwrap_or(u32::MAX),
        keywords,
        numbers: found
            .numbers
            .iter()
            .map(|(place, number)| Number {
                value: number.value,
                unit: number.unit.to_owned(),
                comparison: number.comparison,
                quote: quote(place),
            })
            .collect(),
        structure: found
            .structure
            .iter()
            .map(|(place, part)| StructureMarker { part: *part, quote: quote(place) })
            .collect(),
        relevance,
        relevance_method: relevance.map(|_| relevance::METHOD.to_owned()),
        word_overlap: None,
        connectives: found
            .connectives
            .iter()
            .map(|(place, kind)| Connective { kind: *kind, quote: quote(place) })
            .collect(),
        skills: skills::all()
            .iter()
            .zip(&found.skills)
            .filter(|(_, places)| !places.is_empty())
            .map(|((name, _), places)| hits(name, places))
            .collect(),
        set_aside,
    }
}
