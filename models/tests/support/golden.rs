//! The golden set: positions, answers, and what a fair examiner would give. See `golden/README.md`.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use viva_core::{
    cue::{Assessed, Cues, Segment, Transcript},
    position::{Position, Question},
    rubric::{AnswerMeasures, CriterionScore, score_answer},
};
use viva_models::{
    embedding::SentenceEmbedding,
    language::{LanguageQuery, analyse, chinese, sentences},
};

pub const POSITIONS: [&str; 4] = ["sales", "service", "engineering", "public-service"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub id: String,
    pub question: String,
    pub language: String,
    pub kind: String,
    #[serde(default)]
    pub held_out: bool,
    pub text: String,
    pub points: BTreeMap<String, Expected>,
}

#[derive(Clone, Deserialize, Debug)]
#[serde(untagged)]
pub enum Expected {
    Points(f64),
    NotAssessed(String),
}

/// A position of the set and its answers.
pub fn read(name: &str) -> (Position, Vec<Answer>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let read = |file: String| fs::read_to_string(folder.join(file)).unwrap();
    let position: Position = serde_saphyr::from_str(&read(format!("{name}.yaml"))).unwrap();
    assert_eq!(position.problems(), [], "{name}");
    let mut answers: Vec<Answer> = serde_saphyr::from_str(&read(format!("{name}.answers.yaml"))).unwrap();
    for answer in &mut answers {
        answer.text = unfolded(&answer.text);
    }
    (position, answers)
}

/// YAML folds lines with a space, which Chinese does not have.
fn unfolded(text: &str) -> String {
    let text = text.trim();
    let mut previous = ' ';
    let mut clean = String::new();
    for c in text.chars() {
        let chinese = |c: char| chinese::is_han(c) || chinese::is_mark(c) && !c.is_ascii();
        if previous == ' ' && chinese(c) || c == ' ' && chinese(previous) {
            clean.truncate(clean.trim_end().len());
        }
        if c != ' ' || !chinese(previous) {
            clean.push(c);
        }
        previous = c;
    }
    clean
}

/// As the recogniser hands an answer over: sentences, four seconds each, without word times.
pub fn transcript(answer: &Answer) -> Transcript {
    let sentences = answer.text.split_inclusive(['.', '。', '?', '？', '!', '！']);
    let segments =
        sentences.map(str::trim).filter(|text| !text.is_empty()).zip(0..).map(|(text, i)| Segment {
            start_ms: i * 4000,
            end_ms: i * 4000 + 3800,
            text: text.to_owned(),
            confidence: 0.9,
            words: Vec::new(),
        });
    Transcript {
        text: answer.text.clone(),
        language: answer.language.clone(),
        mean_confidence: 0.9,
        segments: segments.collect(),
    }
}

/// What the engine gives an answer, its relevance told by a model where one is given.
pub fn score(
    question: &Question,
    answer: &Answer,
    embedding: Option<&SentenceEmbedding>,
) -> Vec<CriterionScore> {
    let transcript = transcript(answer);
    let keywords: Vec<_> = question.criteria.iter().flat_map(|c| c.rule.terms()).map(str::to_owned).collect();
    let query = LanguageQuery {
        question: question.text.in_language(&answer.language),
        keywords: &keywords,
        language: &answer.language,
    };
    let mut language = analyse(&transcript, &query);
    let said = sentences(&transcript, &query);
    let near = embedding.and_then(|model| model.relevance(query.question, &said, &answer.language).unwrap());
    if let Some(near) = near {
        language.compared_by("embedding", near);
    }
    let cues = Cues {
        speech: Assessed::not("text only"),
        face: Assessed::not("text only"),
        language: Assessed::Present(language),
    };
    let transcript = Assessed::Present(transcript);
    score_answer(
        question,
        AnswerMeasures { transcript: &transcript, cues: &cues, distrust: None, judgements: None },
    )
}

/// Within half a point or a tenth of the criterion, or both not assessed.
pub fn agrees(score: &CriterionScore, expected: &Expected) -> bool {
    match (expected, &score.not_assessed) {
        (Expected::NotAssessed(word), reason) => {
            assert_eq!(word, "not_assessed");
            reason.is_some()
        }
        (Expected::Points(points), None) => {
            (score.points - points).abs() <= (score.max_points / 10.0).max(0.5) + 1e-9
        }
        (Expected::Points(_), Some(_)) => false,
    }
}
