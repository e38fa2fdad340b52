//! Points, dimensions and totals of answers whose measures are known.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::float_cmp, reason = "points are rounded to two decimals")]

use viva_core::{
    cue::{Assessed, Cues, KeywordHits, Language, Quote, Segment, Speech, Transcript},
    position::Position,
    rubric::{AnswerMeasures, CriterionScore, Queue, score_answer, total},
};

fn position() -> Position {
    serde_json::from_str(
        r#"{ "id": "p", "title": "P", "languages": ["en"],
             "dimensions": [{ "name": "fit", "weight": 60 }, { "name": "expression", "weight": 40 }],
             "thresholds": { "ready_for_human_interview": 60, "suggest_offer_talk": 90 },
             "questions": [{ "id": "q", "text": "Q?", "answer_seconds": 60, "criteria": [
               { "id": "team", "dimension": "fit", "points": 10, "rule": "mentions", "any": ["team", "colleagues"], "at_least": 2 },
               { "id": "enough", "dimension": "expression", "points": 5, "rule": "duration", "speech_seconds_at_least": 20 }
             ] }] }"#,
    )
    .unwrap()
}

fn transcript(confidence: f32) -> Assessed<Transcript> {
    Assessed::Present(Transcript {
        text: "My team helped.".into(),
        language: "en".into(),
        mean_confidence: confidence,
        segments: vec![Segment {
            start_ms: 1000,
            end_ms: 2500,
            text: "My team helped.".into(),
            ..Segment::default()
        }],
    })
}

/// `team` is said once, and there are ten seconds of speech.
fn cues() -> Cues {
    let hit = Quote { start_ms: 1000, end_ms: 2500, quote: "My team helped.".into() };
    Cues {
        speech: Assessed::Present(Speech {
            speech_ms: 10_000,
            first_word_ms: Some(1000),
            ..Speech::default()
        }),
        face: Assessed::not("no picture"),
        language: Assessed::Present(Language {
            keywords: vec![KeywordHits { term: "team".into(), hits: vec![hit] }],
            ..Language::default()
        }),
    }
}

fn scores(transcript: &Assessed<Transcript>, distrust: Option<&str>) -> Vec<CriterionScore> {
    let cues = cues();
    score_answer(&position().questions[0], AnswerMeasures { transcript, cues: &cues, distrust })
}

#[test]
fn points_are_shares_of_what_was_asked_with_evidence_and_absence() {
    let scores = scores(&transcript(0.9), None);
    assert_eq!((scores[0].points, scores[1].points), (5.0, 2.5));
    assert_eq!(
        (scores[0].evidence[0].start_ms, scores[0].evidence[0].quote.as_str()),
        (1000, "My team helped.")
    );
    assert!(scores[0].absence.as_deref().is_some_and(|absence| absence.contains("colleagues")), "{scores:?}");
    let (dimensions, overall) = total(&position(), &scores);
    assert_eq!(dimensions.iter().map(|d| d.score).collect::<Vec<_>>(), [Some(5.0), Some(5.0)]);
    assert_eq!((overall.score, overall.match_percent, overall.assessed_share), (Some(50.0), Some(50.0), 1.0));
    assert_eq!(overall.queue, Queue::NeedsAPerson);
}

#[test]
fn words_that_may_not_be_trusted_count_neither_for_nor_against() {
    for (transcript, distrust) in [
        (transcript(0.9), Some("a model for demonstration")),
        (transcript(0.3), None),
        (Assessed::not("the model is not installed"), None),
    ] {
        let scores = scores(&transcript, distrust);
        assert!(scores[0].not_assessed.is_some() && scores[0].evidence.is_empty(), "{scores:?}");
        assert_eq!(scores[1].points, 2.5, "how long somebody spoke needs no words");
    }
}

#[test]
fn less_than_half_of_a_rubric_makes_no_total() {
    let scores = scores(&transcript(0.3), None);
    let (dimensions, overall) = total(&position(), &scores);
    assert_eq!(dimensions.iter().map(|d| d.score).collect::<Vec<_>>(), [None, Some(5.0)]);
    assert_eq!((overall.score, overall.match_percent), (None, None));
    assert_eq!((overall.assessed_share, overall.queue), (0.33, Queue::NeedsAPerson));
}
