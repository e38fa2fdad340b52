//! Everything that a report was made of, kept beside it: whoever doubts a report can make it again from this.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use viva_core::{
    correction::{Correction, corrected},
    cue::{Assessed, Language, Transcript},
    interview::{Interview, SubmittedAnswer},
    observation::{Comment, PageTrace},
    position::{Question, QuestionKind},
    rubric::{AnswerMeasures, CriterionScore, Judgements, score_answer},
};
use viva_models::language::{self, LanguageQuery};

use super::{judge, report::corrections};
use crate::{
    analysis::{Analyser, Analysis, Relevance},
    app::App,
    clock,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Basis {
    /// As it was when the report was made, the position with its rubric included.
    pub interview: Interview,
    /// By question.
    pub analyses: BTreeMap<String, Analysis>,
    #[serde(default)]
    pub corrections: Vec<Correction>,
    /// What a language model said, by question.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub judgements: BTreeMap<String, Judgements>,
    /// How near the answers come to their questions, where a model of sentences compared them, by question.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relevances: BTreeMap<String, Relevance>,
    /// What happened to the candidate's page, by question.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pages: BTreeMap<String, PageTrace>,
    /// What the candidate says to observations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Comment>,
    pub result_url: String,
    /// Why transcribed words must not be judged.
    pub distrust: Option<String>,
    /// The recogniser is for demonstrations.
    pub demonstration: bool,
}

impl Basis {
    /// What a report made now rests on, but for what a language model says and for relevances.
    pub async fn gather(
        app: &App,
        interview: Interview,
        analyses: BTreeMap<String, Analysis>,
    ) -> Result<Self> {
        let mut pages = BTreeMap::new();
        for answer in &interview.answers {
            let trace = app.page_trace(&interview, answer).await?;
            if trace != PageTrace::default() {
                pages.insert(answer.question_id.clone(), trace);
            }
        }
        Ok(Self {
            analyses,
            pages,
            comments: app.comments(interview.id).await?,
            corrections: corrections(app, interview.id).await?,
            judgements: BTreeMap::new(),
            relevances: BTreeMap::new(),
            result_url: app.report_link(interview.id, clock::now()),
            distrust: app.analyser.distrust().map(str::to_owned),
            demonstration: app.analyser.is_demonstration(),
            interview,
        })
    }

    /// An answer's analysis as it counts: with its corrections, and its language read by the rubric of now.
    pub fn analysis(&self, question: &Question) -> Option<Analysis> {
        let mut analysis = self.analyses.get(&question.id)?.clone();
        if let Assessed::Present(transcript) = &analysis.transcript {
            let its_own = self.corrections.iter().filter(|one| one.question_id == question.id);
            let transcript = corrected(transcript, its_own);
            // What software may not read stays unread.
            if matches!(analysis.cues.language, Assessed::Present(_)) {
                analysis.cues.language = Assessed::Present(read(&self.interview, question, &transcript));
            }
            analysis.transcript = Assessed::Present(transcript);
        }
        if let Some(relevance) = self.relevances.get(&question.id) {
            analysis.compared(relevance, &query(&self.interview, question, &terms(question)));
        }
        Some(analysis)
    }

    /// Has every answer that software may read compared with its question. Blocks.
    pub fn compare(&mut self, analyser: &Analyser) {
        self.relevances.clear();
        for question in &self.interview.position.questions {
            let Some(analysis) = self.analysis(question) else { continue };
            if let (Assessed::Present(transcript), Assessed::Present(_)) =
                (&analysis.transcript, &analysis.cues.language)
                && let Some(relevance) =
                    analyser.relevance(transcript, &query(&self.interview, question, &terms(question)))
            {
                self.relevances.insert(question.id.clone(), relevance);
            }
        }
    }

    /// What its criteria judge of an answer.
    pub fn measures<'a>(
        &'a self,
        submitted: Option<&SubmittedAnswer>,
        analysis: &'a Analysis,
    ) -> AnswerMeasures<'a> {
        let is_take = matches!(submitted, Some(SubmittedAnswer::Take(_)));
        AnswerMeasures {
            transcript: &analysis.transcript,
            cues: &analysis.cues,
            distrust: self.distrust.as_deref().filter(|_| is_take),
            judgements: None,
        }
    }

    /// The points of an answer, each with the models that it rests on.
    pub fn scores(
        &self,
        question: &Question,
        submitted: Option<&SubmittedAnswer>,
        analysis: &Analysis,
    ) -> Vec<CriterionScore> {
        let judgements = judge::valid(self, question, analysis);
        let measures = AnswerMeasures { judgements: Some(&judgements), ..self.measures(submitted, analysis) };
        let mut scores = score_answer(question, measures);
        for (score, criterion) in scores.iter_mut().zip(&question.criteria) {
            if score.not_assessed.is_some() {
                continue;
            }
            if criterion.rule.uses_speech() {
                score.models.extend(analysis.sources.speech.iter().cloned());
            }
            if criterion.rule.uses_relevance() {
                score.models.extend(analysis.sources.relevance.iter().cloned());
            }
            if criterion.rule.uses_face() {
                score.models.extend(analysis.sources.face.iter().cloned());
            }
        }
        scores
    }
}

/// What the language stage finds in an answer to `question`.
pub fn read(interview: &Interview, question: &Question, transcript: &Transcript) -> Language {
    language::analyse(transcript, &query(interview, question, &terms(question)))
}

fn query<'a>(interview: &'a Interview, question: &'a Question, terms: &'a [String]) -> LanguageQuery<'a> {
    LanguageQuery {
        question: question.text.in_language(&interview.locale),
        keywords: terms,
        // A program is in no language that people speak.
        language: match question.kind {
            QuestionKind::Code => "auto",
            _ => interview.answer_language(question),
        },
    }
}

/// The terms that the rubric of a question looks for.
pub fn terms(question: &Question) -> Vec<String> {
    question.criteria.iter().flat_map(|c| c.rule.terms()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;
    use viva_core::{
        cue::{Cues, Face, ModelCard, Segment},
        id::{InterviewId, TakeId},
        interview::{Candidate, Invitation},
        observation::ObservationKind,
        report::{Difference, Report},
        time::{Span, Timestamp},
    };

    use super::*;
    use crate::{
        analysis::{Sources, compared_sha256},
        worker::{analyse::nothing, assemble},
    };

    fn basis() -> Basis {
        let position = json!({
            "id": "p", "title": "P", "languages": ["en"], "dimensions": [{ "name": "all", "weight": 100 }],
            "questions": [{ "id": "q", "text": "What did you do for your team?", "answer_seconds": 60, "criteria": [
                { "id": "led", "dimension": "all", "points": 7, "rule": "mentions", "any": ["led a team"] },
                { "id": "people", "dimension": "all", "points": 3, "rule": "number_at_least", "value": 5, "unit": "people" },
                { "id": "smile", "dimension": "all", "points": 3, "rule": "smiles", "at_least": 1 }
            ] }]
        });
        let invitation = Invitation {
            id: InterviewId(Uuid::from_u128(1)),
            position_id: Uuid::from_u128(2).into(),
            position: serde_json::from_value(position).unwrap(),
            external_id: None,
            candidate: Candidate::default(),
            locale: None,
            channel: None,
            expires_at: None,
        };
        let mut interview = Interview::invite(invitation, Timestamp(0));
        interview.answers[0].submitted = Some(SubmittedAnswer::Take(TakeId(Uuid::from_u128(3))));
        let segment = |start_ms, text: &str| Segment {
            start_ms,
            end_ms: start_ms + 3900,
            text: text.into(),
            confidence: 0.87,
            ..Segment::default()
        };
        let transcript = Transcript {
            text: "Last year I let a team in Berlin. We were eight people.".into(),
            language: "en".into(),
            mean_confidence: 0.87,
            segments: vec![
                segment(0, "Last year I let a team in Berlin."),
                segment(4000, "We were eight people."),
            ],
        };
        // As the stage left it; the rubric of now reads the words again.
        let read = language::analyse(&transcript, &LanguageQuery::default());
        let analysis = Analysis {
            transcript: Assessed::Present(transcript),
            cues: Cues {
                speech: Assessed::not("no sound"),
                face: Assessed::not("no picture"),
                language: Assessed::Present(read),
            },
            sources: Sources {
                speech: vec!["vad".into(), "whisper".into()],
                face: vec!["detector".into()],
                relevance: Vec::new(),
            },
            ..nothing("")
        };
        Basis {
            interview,
            analyses: [("q".to_owned(), analysis)].into(),
            corrections: Vec::new(),
            judgements: BTreeMap::new(),
            relevances: BTreeMap::new(),
            pages: BTreeMap::new(),
            comments: Vec::new(),
            result_url: "https://example.com/r/1".into(),
            distrust: None,
            demonstration: false,
        }
    }

    fn points(report: &Report) -> Vec<(f64, bool)> {
        report.answers[0].scores.iter().map(|s| (s.points, s.not_assessed.is_none())).collect()
    }

    #[test]
    fn the_same_basis_makes_the_same_report_to_the_last_bit() {
        let basis = basis();
        let first = serde_json::to_vec(&assemble(&basis)).unwrap();
        let kept: Basis = serde_json::from_slice(&serde_json::to_vec(&basis).unwrap()).unwrap();
        assert_eq!(serde_json::to_vec(&assemble(&kept)).unwrap(), first);
        let read: Report = serde_json::from_slice(&first).unwrap();
        assert_eq!(serde_json::to_vec(&read).unwrap(), first);
    }

    #[test]
    fn points_name_the_models_that_they_rest_on() {
        let report = assemble(&basis());
        assert_eq!(points(&report), [(0.0, true), (3.0, true), (0.0, false)]);
        let scores = &report.answers[0].scores;
        assert_eq!(scores[1].models, ["vad", "whisper"]);
        assert!(scores[2].models.is_empty() && scores[2].not_assessed.is_some(), "{:?}", scores[2]);
        for score in scores.iter().filter(|score| score.points > 0.0) {
            assert!(!score.evidence.is_empty() && score.evidence[0].end_ms > score.evidence[0].start_ms);
        }
    }

    #[test]
    fn a_correction_revises_the_report_and_asks_for_a_person() {
        let (mut basis, before) = (basis(), assemble(&basis()));
        let said = "Last year I led a team in Berlin.";
        let transcript = basis.analyses["q"].transcript.present().unwrap().clone();
        let correction = Correction::new(&transcript, ("q", 0), said.into(), "candidate", Timestamp(1));
        basis.corrections.extend(correction);
        let after = assemble(&basis);
        assert_eq!(points(&after), [(7.0, true), (3.0, true), (0.0, false)]);
        let difference = Difference::between(&before, &after);
        assert_eq!(difference.transcripts[0].after, said);
        assert_eq!(difference.criteria.len(), 1, "{difference:?}");
        assert_eq!(difference.score.unwrap().after, Some(100.0));
        assert!(after.human_review.required && after.corrections.len() == 1);
        assert!(Difference::between(&after, &assemble(&basis)).is_empty());
    }

    #[test]
    fn what_a_model_of_sentences_said_counts_for_these_very_words_and_is_named() {
        let mut basis = basis();
        let rule =
            json!({ "id": "on-topic", "dimension": "all", "points": 8, "rule": "relevance", "full_at": 1.0 });
        basis.interview.position.questions[0].criteria.push(serde_json::from_value(rule).unwrap());
        let by_words = assemble(&basis);
        let method = |report: &Report| {
            let language = report.answers[0].cues.language.present().cloned();
            language.and_then(|language| language.relevance_method)
        };
        assert_eq!(method(&by_words).as_deref(), Some("word_overlap"));
        let question = basis.interview.position.questions[0].clone();
        let transcript = basis.analyses["q"].transcript.present().unwrap().clone();
        let terms = terms(&question);
        let query = query(&basis.interview, &question, &terms);
        let model =
            ModelCard { name: "sentences".into(), sha256: "of the model".into(), ..ModelCard::default() };
        let relevance = Relevance {
            compared_sha256: compared_sha256(&transcript, &query),
            value: 0.625,
            model: model.clone(),
        };
        basis.relevances.insert("q".into(), relevance);
        let by_meaning = assemble(&basis);
        assert_eq!(method(&by_meaning).as_deref(), Some("word_overlap+sentences"));
        let relevance = |report: &Report| {
            report.answers[0].cues.language.present().and_then(|language| language.relevance)
        };
        assert_eq!(relevance(&by_meaning), relevance(&by_words).map(|words| f32::midpoint(words, 0.625)));
        let score = &by_meaning.answers[0].scores[3];
        assert_eq!(score.models.last(), Some(&"of the model".to_owned()));
        assert_ne!(points(&by_meaning)[3], points(&by_words)[3]);
        assert!(by_meaning.models.contains(&model) && !by_words.models.contains(&model));
        // Other criteria earn what they did.
        assert_eq!(points(&by_meaning)[..3], points(&by_words)[..3]);
        assert_eq!(by_meaning.answers[0].scores[0], by_words.answers[0].scores[0], "it does not rest on it");
        let kept: Basis = serde_json::from_slice(&serde_json::to_vec(&basis).unwrap()).unwrap();
        assert_eq!(serde_json::to_vec(&assemble(&kept)).unwrap(), serde_json::to_vec(&by_meaning).unwrap());
        // Corrected words were not compared.
        let said = "Last year I led a team in Berlin.";
        let correction = Correction::new(&transcript, ("q", 0), said.into(), "candidate", Timestamp(1));
        basis.corrections.extend(correction);
        let corrected = assemble(&basis);
        assert_eq!(method(&corrected).as_deref(), Some("word_overlap"));
        assert!(!corrected.models.contains(&model));
    }

    #[test]
    fn another_rubric_reads_the_same_words_again() {
        let (mut basis, before) = (basis(), assemble(&basis()));
        let criteria = &mut basis.interview.position.questions[0].criteria;
        criteria[0] = serde_json::from_value(
            json!({ "id": "place", "dimension": "all", "points": 7, "rule": "mentions", "any": ["Berlin"] }),
        )
        .unwrap();
        let after = assemble(&basis);
        let difference = Difference::between(&before, &after);
        let named: Vec<_> = difference.criteria.iter().map(|change| change.criterion.as_str()).collect();
        assert_eq!(named, ["place", "led"]);
        assert!(difference.criteria[0].after.as_ref().is_some_and(|after| after.points > 6.9));
        assert_ne!(before.rubric_version, after.rubric_version);
    }

    #[test]
    fn what_is_observed_is_told_to_people_and_changes_nothing_else() {
        let mut basis = basis();
        basis.interview.position.observations = true;
        let before = assemble(&basis);
        let analysis = basis.analyses.get_mut("q").unwrap();
        // As pictures and sound would have it: the same cues, but for what is observed.
        let face = Face { in_frame_share: 0.7, faces_max: 2, ..Face::default() };
        analysis.cues.face = Assessed::Present(face);
        let plain = assemble(&basis);
        let analysis = basis.analyses.get_mut("q").unwrap();
        let Assessed::Present(face) = &mut analysis.cues.face else { panic!("no face") };
        face.absent = vec![Span::new(1000, 5000)];
        face.others = vec![Span::new(6000, 8000)];
        face.reading = vec![Span::new(2000, 9000)];
        basis.pages.insert("q".into(), PageTrace { away: vec![Span::new(0, 9000)], pasted: vec![(3, 900)] });
        basis.comments.push(Comment {
            question_id: "q".into(),
            kind: ObservationKind::SecondFace,
            start_ms: 6000,
            text: "My son came in.".into(),
            at: "2026-11-28T12:00:00.000Z".into(),
        });
        let noted = assemble(&basis);
        let told: Vec<_> =
            noted.integrity_flags.iter().map(|flag| (flag.kind.as_str(), flag.end_ms)).collect();
        assert_eq!(
            told,
            [
                ("focus_lost", Some(9000)),
                ("pasted_code", None),
                ("nobody_in_frame", Some(5000)),
                ("reading_pattern", Some(9000)),
                ("second_face", Some(8000)),
            ]
        );
        assert_eq!(noted.integrity_flags[4].comment.as_deref(), Some("My son came in."));
        // All that is judged is the same, to the last bit, whatever was observed.
        let judged = |report: &Report| {
            let scores: Vec<_> = report.answers.iter().map(|answer| &answer.scores).collect();
            json!([
                report.overall,
                report.dimensions,
                scores,
                report.strengths,
                report.concerns,
                report.human_review
            ])
        };
        assert_eq!(judged(&noted), judged(&plain));
        assert_eq!(judged(&noted)[0], judged(&before)[0]);
        assert!(Difference::between(&plain, &noted).is_empty());
        // And nothing is told where the position does not ask for it.
        basis.interview.position.observations = false;
        assert_eq!(assemble(&basis).integrity_flags, []);
    }
}
