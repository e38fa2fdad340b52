//! The engine against people: answers with the points that a fair examiner gave before the engine saw them. See
//! `golden/README.md` for how the points were set.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use serde::Deserialize;
use viva_core::{
    cue::{Assessed, Cues, Segment, Transcript},
    position::{Position, Question},
    rubric::{AnswerMeasures, CriterionScore, score_answer},
};
use viva_models::language::{LanguageQuery, analyse, chinese};

/// Share of the points that must agree.
const WANTED: f64 = 0.95;
const POSITIONS: [&str; 4] = ["sales", "service", "engineering", "public-service"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    id: String,
    question: String,
    language: String,
    kind: String,
    #[serde(default)]
    held_out: bool,
    text: String,
    points: BTreeMap<String, Expected>,
}

#[derive(Clone, Deserialize, Debug)]
#[serde(untagged)]
enum Expected {
    Points(f64),
    NotAssessed(String),
}

struct Judged {
    answer: Answer,
    scores: Vec<CriterionScore>,
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn judged() -> Vec<Judged> {
    POSITIONS
        .iter()
        .flat_map(|name| {
            let read = |file: String| fs::read_to_string(folder().join(file)).unwrap();
            let position: Position = serde_saphyr::from_str(&read(format!("{name}.yaml"))).unwrap();
            assert_eq!(position.problems(), [], "{name}");
            let answers: Vec<Answer> = serde_saphyr::from_str(&read(format!("{name}.answers.yaml"))).unwrap();
            answers.into_iter().map(move |mut answer| {
                answer.text = unfolded(&answer.text);
                let question = position.question(&answer.question).unwrap();
                let scores = score(question, &answer);
                Judged { answer, scores }
            })
        })
        .collect()
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
fn transcript(answer: &Answer) -> Transcript {
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

fn score(question: &Question, answer: &Answer) -> Vec<CriterionScore> {
    let transcript = transcript(answer);
    let keywords: Vec<_> = question.criteria.iter().flat_map(|c| c.rule.terms()).map(str::to_owned).collect();
    let query = LanguageQuery {
        question: question.text.in_language(&answer.language),
        keywords: &keywords,
        language: &answer.language,
    };
    let cues = Cues {
        speech: Assessed::not("text only"),
        face: Assessed::not("text only"),
        language: Assessed::Present(analyse(&transcript, &query)),
    };
    let transcript = Assessed::Present(transcript);
    score_answer(
        question,
        AnswerMeasures { transcript: &transcript, cues: &cues, distrust: None, judgements: None },
    )
}

/// Within half a point or a tenth of the criterion, or both not assessed.
fn agrees(score: &CriterionScore, expected: &Expected) -> bool {
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

#[derive(Default)]
struct Tally {
    agree: usize,
    all: usize,
}

impl Tally {
    fn share(&self) -> f64 {
        self.agree as f64 / self.all.max(1) as f64
    }
}

#[test]
fn the_engine_agrees_with_the_examiner() {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut disagreements = String::new();
    let judged = judged();
    for Judged { answer, scores } in &judged {
        assert_eq!(scores.len(), answer.points.len(), "{}", answer.id);
        for score in scores {
            let expected = &answer.points[&score.criterion];
            let agree = agrees(score, expected);
            let set = if answer.held_out { "held out" } else { "in sight" };
            for name in
                ["all", &format!("kind {}", answer.kind), &format!("language {}", answer.language), set]
            {
                let tally = tallies.entry(name.to_owned()).or_default();
                tally.all += 1;
                tally.agree += usize::from(agree);
            }
            let show = !answer.held_out || std::env::var_os("VIVA_GOLDEN_HELD_OUT").is_some();
            if !agree && show {
                writeln!(
                    disagreements,
                    "  {} {}: {} of {} (examiner: {expected:?}) {:?} {:?}",
                    answer.id,
                    score.criterion,
                    score.points,
                    score.max_points,
                    score.evidence.iter().map(|e| &e.quote).collect::<Vec<_>>(),
                    score.absence.as_ref().or(score.not_assessed.as_ref()),
                )
                .unwrap();
            }
        }
    }
    println!("{} answers", judged.len());
    for (name, tally) in &tallies {
        println!("{name:24} {:>3} of {:>3}  {:.1} %", tally.agree, tally.all, 100.0 * tally.share());
    }
    println!("{disagreements}");
    for set in ["all", "language zh", "language en"] {
        assert!(
            tallies[set].share() >= WANTED,
            "{set}: {:.1} %\n{disagreements}",
            100.0 * tallies[set].share()
        );
    }
}

/// Points of the whole answer; nothing for what was not assessed.
fn total(scores: &[CriterionScore]) -> f64 {
    scores.iter().map(|score| score.points).sum()
}

#[test]
fn stuffing_and_reading_out_never_pay() {
    let judged = judged();
    let mut compared = 0;
    for idle in judged.iter().filter(|j| matches!(j.answer.kind.as_str(), "stuffed" | "recital")) {
        let honest = judged.iter().filter(|j| {
            matches!(j.answer.kind.as_str(), "good" | "fair")
                && (&j.answer.question, &j.answer.language) == (&idle.answer.question, &idle.answer.language)
        });
        for honest in honest {
            compared += 1;
            let (earned, stuffed) = (total(&honest.scores), total(&idle.scores));
            assert!(stuffed < earned, "{} {stuffed} against {} {earned}", idle.answer.id, honest.answer.id);
        }
    }
    assert!(compared > 40, "{compared}");
}

/// Every point has a quote, and every missing one a reason.
#[test]
fn points_have_evidence_and_gaps_have_words() {
    for Judged { answer, scores } in judged() {
        for score in scores {
            let at = format!("{} {}", answer.id, score.criterion);
            assert!(score.points == 0.0 || !score.evidence.is_empty(), "{at}");
            assert!(
                score.points >= score.max_points || score.absence.is_some() || score.not_assessed.is_some(),
                "{at}"
            );
            for quote in &score.evidence {
                assert!(
                    answer.text.contains(&quote.quote) && quote.start_ms < quote.end_ms,
                    "{at} {quote:?}"
                );
            }
        }
    }
}
