//! The engine against people: answers with the points that a fair examiner gave before the engine saw them. See
//! `golden/README.md` for how the points were set.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/golden.rs"]
mod golden;

use std::{collections::BTreeMap, fmt::Write as _};

use viva_core::rubric::CriterionScore;

use golden::{Answer, POSITIONS, agrees, read, score};

/// Share of the points that must agree.
const WANTED: f64 = 0.95;

struct Judged {
    answer: Answer,
    scores: Vec<CriterionScore>,
}

fn judged() -> Vec<Judged> {
    POSITIONS
        .iter()
        .flat_map(|name| {
            let (position, answers) = read(name);
            answers.into_iter().map(move |answer| {
                let question = position.question(&answer.question).unwrap();
                let scores = score(question, &answer, None);
                Judged { answer, scores }
            })
        })
        .collect()
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
