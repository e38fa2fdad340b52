//! The language stage: what the words of a transcript contain. Pure text, no model file.
//!
//! Every finding carries its quote, the clause around it, and that clause's time in the recording, so that a
//! person can listen to what earned or lost a point.

pub mod chinese;
mod keywords;
mod numbers;
mod relevance;
mod structure;
mod timed_text;
mod words;

use viva_core::cue::{Language, Transcript};

use timed_text::TimedText;

pub use words::{Token, tokens};

/// What to look for in a transcript.
#[derive(Clone, Copy, Debug, Default)]
pub struct LanguageQuery<'a> {
    /// The question that was asked; empty where there is none, and then there is no relevance.
    pub question: &'a str,
    /// Words or phrases that the rubric asks for. In the result they keep this order and spelling.
    pub keywords: &'a [String],
    /// `zh` or `en`; anything else (as in `auto`) takes the transcript's own language.
    pub language: &'a str,
}

/// Finds words, keywords, numbers, structure markers and relevance in a transcript.
pub fn analyse(transcript: &Transcript, query: &LanguageQuery<'_>) -> Language {
    let chinese = match query.language {
        "zh" => true,
        "en" => false,
        _ => transcript.language == "zh",
    };
    let segments: Vec<_> = transcript.segments.iter().map(TimedText::new).collect();
    let tokens: Vec<_> = segments.iter().flat_map(|segment| words::tokens(segment.text())).collect();
    Language {
        words: u32::try_from(tokens.len()).unwrap_or(u32::MAX),
        keywords: query.keywords.iter().map(|term| keywords::find(term, &segments)).collect(),
        numbers: segments.iter().flat_map(|segment| numbers::find(segment, chinese)).collect(),
        structure: segments.iter().flat_map(structure::find).collect(),
        relevance: relevance::share(query.question, &tokens),
    }
}
