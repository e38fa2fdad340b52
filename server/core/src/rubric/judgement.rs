//! What a language model said of an answer, and what of it counts: only what rests on the candidate's own words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::judge::Verdict;
use crate::cue::{Assessed, Quote, Segment, Transcript};

/// One language model on one criterion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// As its endpoint calls it.
    pub model: String,
    /// SHA-256 of question, criterion and answer as it was given them, in hex: others make this judgement void.
    pub asked_sha256: String,
    pub said: Assessed<ModelVerdict>,
}

/// By criterion.
pub type Judgements = BTreeMap<String, Judgement>;

/// The model's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelVerdict {
    pub met: Met,
    /// From the answer, word for word.
    pub quotes: Vec<String>,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Met {
    No,
    Partly,
    Fully,
}

pub const NOBODY_ASKED: &str = "no language model was asked";
const NO_QUOTE: &str = "the language model quoted nothing, so its points are not given";
const NOT_SAID: &str =
    "the language model quoted what the candidate did not say, so its points are not given";

const MOST_QUOTES: usize = 5;
const LONGEST_QUOTE: usize = 1000;
const LONGEST_REASON: usize = 1000;
/// A quote shorter than this, in letters, is found in almost any answer.
const LEAST_LETTERS: usize = 8;
/// A Chinese character says as much as so many letters.
const LETTERS_PER_IDEOGRAPH: usize = 2;

impl ModelVerdict {
    /// Whether it keeps the bounds that were asked for.
    pub fn is_bounded(&self) -> bool {
        self.quotes.len() <= MOST_QUOTES
            && self.quotes.iter().all(|quote| quote.chars().count() <= LONGEST_QUOTE)
            && self.reason.chars().count() <= LONGEST_REASON
    }
}

/// The share of the points that a judgement earns. Words of the model that nothing in the answer bears out earn nothing
/// and take nothing away.
pub(super) fn verdict(judgement: Option<&Judgement>, transcript: &Transcript) -> Result<Verdict, String> {
    let judgement = judgement.ok_or(NOBODY_ASKED)?;
    let said = match &judgement.said {
        Assessed::Present(said) => said,
        Assessed::NotAssessed { not_assessed } => return Err(not_assessed.clone()),
    };
    let share = match said.met {
        Met::No => {
            return Ok(Verdict { share: 0.0, evidence: Vec::new(), absence: Some(said.reason.clone()) });
        }
        Met::Partly => 0.5,
        Met::Fully => 1.0,
    };
    if said.quotes.is_empty() {
        return Err(NO_QUOTE.to_owned());
    }
    let letters = letters(&transcript.segments);
    let found: Option<Vec<Quote>> =
        said.quotes.iter().map(|quote| find(quote, &letters, &transcript.segments)).collect();
    let evidence = found.ok_or(NOT_SAID)?;
    Ok(Verdict { share, evidence, absence: (share < 1.0).then(|| said.reason.clone()) })
}

/// A letter or digit of the transcript, and where it stands.
struct Letter {
    letter: char,
    begins_word: bool,
    segment: usize,
    /// In the segment's text, in bytes.
    from: usize,
    to: usize,
}

/// Case, punctuation and spaces are the model's to change; letters are not.
fn letters(segments: &[Segment]) -> Vec<Letter> {
    let mut letters = Vec::new();
    for (segment, text) in segments.iter().map(|segment| segment.text.as_str()).enumerate() {
        let mut inside_word = false;
        for (from, original) in text.char_indices() {
            let is_letter = original.is_alphanumeric();
            let begins_word = !inside_word || is_ideograph(original);
            inside_word = is_letter && !is_ideograph(original);
            let to = from + original.len_utf8();
            if is_letter {
                letters.extend(original.to_lowercase().map(|letter| Letter {
                    letter,
                    begins_word,
                    segment,
                    from,
                    to,
                }));
            }
        }
    }
    letters
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Where the answer says `quote`: whole words, of one segment or of several in a row.
fn find(quote: &str, answer: &[Letter], segments: &[Segment]) -> Option<Quote> {
    let wanted: Vec<char> =
        quote.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let weight = |letter: &char| if is_ideograph(*letter) { LETTERS_PER_IDEOGRAPH } else { 1 };
    if wanted.iter().map(weight).sum::<usize>() < LEAST_LETTERS {
        return None;
    }
    let matches = |at: &usize| {
        let whole =
            answer[*at].begins_word && answer.get(at + wanted.len()).is_none_or(|next| next.begins_word);
        whole && answer[*at..].iter().zip(&wanted).all(|(said, wanted)| said.letter == *wanted)
    };
    let at = (0..=answer.len().checked_sub(wanted.len())?).find(matches)?;
    let said = &answer[at..at + wanted.len()];
    let (first, last) = (said.first()?, said.last()?);
    let words = if first.segment == last.segment {
        segments[first.segment].text[first.from..last.to].to_owned()
    } else {
        let between = segments[first.segment + 1..last.segment].iter().map(|segment| segment.text.as_str());
        let all = [&segments[first.segment].text[first.from..]].into_iter();
        let all = all.chain(between).chain([&segments[last.segment].text[..last.to]]);
        all.collect::<Vec<_>>().join(" ")
    };
    Some(Quote {
        start_ms: segments[first.segment].start_ms,
        end_ms: segments[last.segment].end_ms,
        quote: words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(texts: &[&str]) -> Transcript {
        let segments = texts.iter().zip(0..).map(|(text, index)| Segment {
            start_ms: index * 1000,
            end_ms: index * 1000 + 900,
            text: (*text).into(),
            confidence: 0.9,
            ..Segment::default()
        });
        Transcript { segments: segments.collect(), ..Transcript::default() }
    }

    fn judged(met: Met, quotes: &[&str], texts: &[&str]) -> Result<Verdict, String> {
        let said = ModelVerdict {
            met,
            quotes: quotes.iter().map(|quote| (*quote).into()).collect(),
            reason: "He names no result.".into(),
        };
        let judgement =
            Judgement { model: "m".into(), asked_sha256: String::new(), said: Assessed::Present(said) };
        verdict(Some(&judgement), &transcript(texts))
    }

    const ANSWER: [&str; 3] =
        ["So, I asked her to sit down.", "Then I listened for ten minutes", "and she was calm."];

    #[test]
    fn quotes_are_the_candidates_own_words_with_their_times() {
        let found = judged(
            Met::Fully,
            &["i asked her, to sit down", "LISTENED for ten minutes and she was"],
            &ANSWER,
        );
        let verdict = found.unwrap();
        assert!((verdict.share - 1.0).abs() < f64::EPSILON && verdict.absence.is_none());
        let evidence: Vec<_> =
            verdict.evidence.iter().map(|e| (e.start_ms, e.end_ms, e.quote.as_str())).collect();
        assert_eq!(
            evidence,
            [(0, 900, "I asked her to sit down"), (1000, 2900, "listened for ten minutes and she was")]
        );
    }

    #[test]
    fn what_was_not_said_gives_no_points_and_takes_none() {
        for quotes in [
            &[][..],
            &["I gave her a refund at once"],
            &["I asked her to sit down", "I gave her a refund at once"],
            // Parts of words, and words that stand in any answer.
            &["sked her to sit down"],
            &["I asked her to sit dow"],
            &["she was"],
            &["…", ""],
        ] {
            let refused = judged(Met::Fully, quotes, &ANSWER).err().unwrap();
            assert!(refused.contains("points are not given"), "{quotes:?}: {refused}");
        }
        assert_eq!(verdict(None, &transcript(&ANSWER)).err().as_deref(), Some(NOBODY_ASKED));
    }

    #[test]
    fn chinese_needs_no_spaces() {
        let texts = ["我先请她坐下，", "然后听她说了十分钟。"];
        let verdict = judged(Met::Partly, &["请她坐下 然后听她说"], &texts).unwrap();
        assert_eq!(
            (verdict.evidence[0].quote.as_str(), verdict.evidence[0].end_ms),
            ("请她坐下， 然后听她说", 1900)
        );
        assert!((verdict.share - 0.5).abs() < f64::EPSILON);
        assert!(judged(Met::Partly, &["请她"], &texts).is_err());
    }

    #[test]
    fn no_needs_no_quote_but_a_reason() {
        let verdict = judged(Met::No, &[], &ANSWER).unwrap();
        assert_eq!((verdict.share, verdict.absence.as_deref()), (0.0, Some("He names no result.")));
    }

    #[test]
    fn an_empty_answer_has_nothing_to_quote() {
        assert!(judged(Met::Fully, &["I asked her to sit down"], &[]).is_err());
        assert!(judged(Met::Fully, &["I asked her to sit down"], &["", " "]).is_err());
    }
}
