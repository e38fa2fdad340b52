//! Points, dimensions and totals of answers whose measures are known.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::float_cmp, reason = "points are rounded to two decimals")]

use viva_core::{
    cue::{Assessed, Cues, KeywordHits, Language, Quote, Segment, Speech, Transcript},
    position::Position,
    rubric::{AnswerMeasures, CriterionScore, Judgements, Queue, score_answer, total},
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
    score_answer(
        &position().questions[0],
        AnswerMeasures { transcript, cues: &cues, distrust, judgements: None },
    )
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

mod rules {
    use viva_core::cue::{Comparison, Number, SetAside, SetAsideReason, StructureMarker, StructurePart};

    use super::*;

    fn quote(text: &str) -> Quote {
        Quote { start_ms: 1000, end_ms: 2500, quote: text.into() }
    }

    fn number(value: f64, unit: &str, comparison: Option<Comparison>) -> Number {
        Number { value, unit: unit.into(), comparison, quote: quote("so many") }
    }

    fn said(terms: &[&str]) -> Vec<KeywordHits> {
        terms.iter().map(|term| KeywordHits { term: (*term).into(), hits: vec![quote(term)] }).collect()
    }

    fn judge(rule: &str, language: Language) -> CriterionScore {
        let criterion = format!(r#"{{ "id": "c", "dimension": "fit", "points": 10, {rule} }}"#);
        let mut question = position().questions[0].clone();
        question.criteria = vec![serde_json::from_str(&criterion).unwrap()];
        assert_eq!(question.criteria[0].problems(viva_core::profile::FaceTier::Quality), [], "{rule}");
        let cues = Cues { language: Assessed::Present(language), ..cues() };
        let transcript = transcript(0.9);
        score_answer(
            &question,
            AnswerMeasures { transcript: &transcript, cues: &cues, distrust: None, judgements: None },
        )
        .remove(0)
    }

    fn with_number(number: Number) -> Language {
        Language { numbers: vec![number], ..Language::default() }
    }

    #[test]
    fn thresholds_mind_what_was_really_said() {
        use Comparison::{AtLeast, AtMost, LessThan, MoreThan};
        let rule = r#""rule": "number_at_least", "value": 50, "unit": "customers", "bands": [{ "value": 20, "points": 4 }]"#;
        for (value, comparison, points) in [
            (50.0, None, 10.0),
            (49.0, None, 4.0),
            (50.0, Some(MoreThan), 10.0),
            (50.0, Some(AtLeast), 10.0),
            (50.0, Some(LessThan), 4.0),
            (50.0, Some(AtMost), 4.0),
            (60.0, Some(LessThan), 10.0),
            (19.0, None, 0.0),
        ] {
            let score = judge(rule, with_number(number(value, "customers", comparison)));
            assert_eq!(score.points, points, "{value} {comparison:?}");
            assert_eq!(score.absence.is_some(), points < 10.0);
            assert_eq!(score.evidence.is_empty(), points == 0.0);
        }
        assert_eq!(judge(rule, with_number(number(80.0, "people", None))).points, 0.0);
        let above = r#""rule": "number_at_least", "value": 5, "unit": "people", "above": true"#;
        for (value, comparison, points) in
            [(5.0, None, 0.0), (6.0, None, 10.0), (5.0, Some(MoreThan), 10.0), (5.0, Some(AtLeast), 0.0)]
        {
            let score = judge(above, with_number(number(value, "people", comparison)));
            assert_eq!(score.points, points, "above: {value} {comparison:?}");
        }
    }

    #[test]
    fn a_number_may_be_wanted_near_a_word() {
        let rule = r#""rule": "number_at_least", "value": 20, "unit": "percent", "near": ["growth"]"#;
        let mut language = with_number(number(30.0, "percent", None));
        assert_eq!(judge(rule, language.clone()).points, 0.0);
        language.keywords = said(&["growth"]);
        assert_eq!(judge(rule, language.clone()).points, 10.0);
        language.keywords[0].hits[0] = Quote { start_ms: 9000, end_ms: 9500, quote: "elsewhere".into() };
        assert_eq!(judge(rule, language).points, 0.0);
    }

    #[test]
    fn steps_are_worth_what_the_rubric_says() {
        let marker = |part| StructureMarker { part, quote: quote("then") };
        let language = Language {
            structure: vec![marker(StructurePart::Steps)],
            keywords: said(&["b"]),
            ..Language::default()
        };
        let structure =
            r#""rule": "structure", "parts": ["situation", "steps", "result"], "part_points": [2, 5, 3]"#;
        let score = judge(structure, language.clone());
        assert_eq!(score.points, 5.0);
        assert_eq!(score.absence.as_deref(), Some("not heard: situation, result"));
        let covers = r#""rule": "covers", "points_to_cover": [
            { "name": "A", "any": ["a"], "points": 1 }, { "name": "B", "any": ["b"], "points": 9 }]"#;
        assert_eq!(judge(covers, language).points, 9.0);
    }

    #[test]
    fn a_story_about_something_else_earns_nothing() {
        let marker = StructureMarker { part: StructurePart::Steps, quote: quote("then") };
        let rule = r#""rule": "structure", "parts": ["steps"]"#;
        for (relevance, points) in [(None, 10.0), (Some(0.5), 10.0), (Some(0.01), 0.0)] {
            let language = Language { structure: vec![marker.clone()], relevance, ..Language::default() };
            let score = judge(rule, language);
            assert_eq!(score.points, points, "{relevance:?}");
            assert_eq!(
                score.evidence.is_empty(),
                points == 0.0,
                "points that are not given have no evidence"
            );
        }
        // Told by a model: only what is about something else by its words, too.
        for (by_words, points) in [(0.5, 10.0), (0.0, 0.0)] {
            let mut language = Language {
                structure: vec![marker.clone()],
                relevance: Some(by_words),
                ..Language::default()
            };
            language.compared_by("sentences", 0.0);
            assert_eq!(judge(rule, language).points, points, "{by_words}");
        }
    }

    const EITHER: &str = r#""rule": "any_of", "rules": [
        { "rule": "mentions", "any": ["a"] }, { "rule": "mentions", "any": ["b", "c"], "at_least": 2 }]"#;
    const BOTH: &str = r#""rule": "all_of", "rules": [
        { "rule": "mentions", "any": ["a"] }, { "rule": "mentions", "any": ["b", "c"], "at_least": 2 }]"#;

    #[test]
    fn the_best_or_the_worst_of_several_rules() {
        for (terms, either, both) in [
            (&["a", "b", "c"][..], 10.0, 10.0),
            (&["a"], 10.0, 0.0),
            (&["b"], 5.0, 0.0),
            (&["a", "b"], 10.0, 5.0),
            (&[], 0.0, 0.0),
        ] {
            let language = Language { keywords: said(terms), ..Language::default() };
            for (rule, points) in [(EITHER, either), (BOTH, both)] {
                let score = judge(rule, language.clone());
                assert_eq!(score.points, points, "{rule} {terms:?}");
                assert_eq!(score.absence.is_some(), points < 10.0, "{rule} {terms:?}");
            }
        }
    }

    #[test]
    fn a_rule_that_cannot_be_judged_decides_only_what_is_certain() {
        // `fillers` cannot be judged where speech was not measured.
        let unknown = r#"{ "rule": "fillers", "per_minute_at_most": 5 }"#;
        let judge_without_speech = |kind: &str, terms: &[&str]| {
            let criterion = format!(
                r#"{{ "id": "c", "dimension": "fit", "points": 10, "rule": "{kind}",
                      "rules": [{{ "rule": "mentions", "any": ["a"] }}, {unknown}] }}"#
            );
            let mut question = position().questions[0].clone();
            question.criteria = vec![serde_json::from_str(&criterion).unwrap()];
            let language = Language { keywords: said(terms), ..Language::default() };
            let cues =
                Cues { language: Assessed::Present(language), speech: Assessed::not("no sound"), ..cues() };
            let transcript = transcript(0.9);
            score_answer(
                &question,
                AnswerMeasures { transcript: &transcript, cues: &cues, distrust: None, judgements: None },
            )
            .remove(0)
        };
        let points = |kind, terms: &[&str]| {
            let score = judge_without_speech(kind, terms);
            score.not_assessed.is_none().then_some(score.points)
        };
        assert_eq!(points("any_of", &["a"]), Some(10.0));
        assert_eq!(points("any_of", &[]), None);
        assert_eq!(points("all_of", &["a"]), None);
        assert_eq!(points("all_of", &[]), Some(0.0));
    }

    #[test]
    fn what_was_set_aside_is_told_and_another_language_is_not_judged() {
        let rule = r#""rule": "mentions", "any": ["team"]"#;
        let aside = |reason| Language {
            set_aside: vec![SetAside { reason, quote: quote("team, team, team") }],
            ..Language::default()
        };
        let score = judge(rule, aside(SetAsideReason::BareTerms));
        assert_eq!(score.absence.as_deref(), Some("needs 1 of: team; no evidence: terms without sentences"));
        let score = judge(rule, aside(SetAsideReason::OtherLanguage));
        assert_eq!(score.not_assessed.as_deref(), Some("answered in another language than asked"));
    }

    #[test]
    fn silence_is_not_judged() {
        let silent = Assessed::Present(Transcript { mean_confidence: 0.9, ..Transcript::default() });
        let cues = cues();
        let measures = AnswerMeasures { transcript: &silent, cues: &cues, distrust: None, judgements: None };
        let scores = score_answer(&position().questions[0], measures);
        assert_eq!(scores[0].not_assessed.as_deref(), Some("no words were heard"));
    }

    #[test]
    fn a_language_model_is_believed_only_about_words_that_may_be_judged() {
        let mut question = position().questions[0].clone();
        let criterion =
            r#"{ "id": "c", "dimension": "fit", "points": 10, "rule": "judge", "asks": "Was there help?" }"#;
        question.criteria = vec![serde_json::from_str(criterion).unwrap()];
        let said = r#"{ "c": { "model": "m", "asked_sha256": "", "said": {
            "met": "partly", "quotes": ["my team helped"], "reason": "Not with what." } } }"#;
        let judgements: Judgements = serde_json::from_str(said).unwrap();
        let cues = cues();
        let score = |transcript: &Assessed<Transcript>, judgements: Option<&Judgements>| {
            let measures = AnswerMeasures { transcript, cues: &cues, distrust: None, judgements };
            score_answer(&question, measures).remove(0)
        };
        let judged = score(&transcript(0.9), Some(&judgements));
        assert_eq!((judged.points, judged.judged_by.as_deref()), (5.0, Some("m")));
        assert_eq!((judged.evidence[0].start_ms, judged.absence.as_deref()), (1000, Some("Not with what.")));
        let unsure = score(&transcript(0.3), Some(&judgements));
        assert!(unsure.points == 0.0 && unsure.not_assessed.unwrap().contains("confidence"));
        let nobody = score(&transcript(0.9), None);
        assert_eq!(nobody.not_assessed.as_deref(), Some("no language model was asked"));
        assert!(nobody.judged_by.is_none());
    }

    #[test]
    fn a_question_may_weigh_more_than_another() {
        let mut position = position();
        let mut second = position.questions[0].clone();
        (second.id, second.weight) = ("q2".into(), 3.0);
        position.questions.push(second);
        let (transcript, cues) = (transcript(0.9), cues());
        let measures =
            AnswerMeasures { transcript: &transcript, cues: &cues, distrust: None, judgements: None };
        let mut scores: Vec<_> =
            position.questions.iter().flat_map(|question| score_answer(question, measures)).collect();
        // 5 of 10 in the first question, nothing in the second: (5 + 3 × 0) of (10 + 3 × 10).
        scores[2].points = 0.0;
        let (dimensions, _) = total(&position, &scores);
        assert_eq!(dimensions[0].score, Some(1.25));
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_named() {
        for (rule, field, words) in [
            (
                r#""rule": "structure", "parts": ["steps", "result"], "part_points": [5]"#,
                "part_points",
                "1 of 2",
            ),
            (
                r#""rule": "structure", "parts": ["steps", "result"], "part_points": [5, 6]"#,
                "part_points",
                "sum to 11",
            ),
            (r#""rule": "structure", "parts": ["steps", "steps"]"#, "parts[1]", "twice"),
            (
                r#""rule": "covers", "points_to_cover": [{ "name": "A", "any": ["a"], "points": 4 }, { "name": "B", "any": ["b"] }]"#,
                "points_to_cover",
                "1 of 2",
            ),
            (
                r#""rule": "number_at_least", "value": 50, "bands": [{ "value": 60, "points": 5 }]"#,
                "bands[0].value",
                "less than value (50)",
            ),
            (
                r#""rule": "number_at_least", "value": 50, "bands": [{ "value": 20, "points": 10 }]"#,
                "bands[0].points",
                "less than 10",
            ),
            (r#""rule": "mentions", "any": ["a |"]"#, "any[0]", "`a |`"),
            (r#""rule": "any_of", "rules": [{ "rule": "mentions", "any": ["a"] }]"#, "rules", "at least two"),
            (
                r#""rule": "any_of", "rules": [{ "rule": "mentions", "any": ["a"] }, { "rule": "smiles", "at_least": 1 }]"#,
                "rules[1].rule",
                "face.tier",
            ),
            (r#""rule": "judge", "asks": " ""#, "asks", "1 to 2000"),
            (
                r#""rule": "any_of", "rules": [{ "rule": "mentions", "any": ["a"] }, { "rule": "judge", "asks": "A" }]"#,
                "rules[1].rule",
                "a criterion of its own",
            ),
        ] {
            let criterion = format!(r#"{{ "id": "c", "dimension": "fit", "points": 10, {rule} }}"#);
            let criterion: viva_core::rubric::Criterion = serde_json::from_str(&criterion).unwrap();
            let problems = criterion.problems(viva_core::profile::FaceTier::Quality);
            assert!(
                problems.iter().any(|(found, message)| found == field && message.contains(words)),
                "{rule}: {problems:?}"
            );
        }
    }
}
