//! How well relevance tells answers to a question from answers to another one: by words and by meaning. Prints the
//! figures of BENCHMARKS.md.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/golden.rs"]
mod golden;
#[path = "support/models.rs"]
mod support;

use std::cmp::Ordering;

use viva_core::cue::{ModelCard, Segment, Transcript};
use viva_models::{
    catalog::Catalog,
    embedding::SentenceEmbedding,
    language::{LanguageQuery, analyse, sentences},
};

/// A real model of sentences, with the scale that the catalog has for it; or nothing, loudly.
fn embedding() -> Option<SentenceEmbedding> {
    let entry = Catalog::embedded().get("all-minilm-l6-v2-int8").unwrap();
    let (path, runtime) = (support::built(&format!("models/{}", entry.file))?, support::runtime()?);
    let card = ModelCard { name: entry.name.clone(), ..ModelCard::default() };
    Some(SentenceEmbedding::load(&path, card, entry.embedding.clone().unwrap(), &runtime).unwrap())
}

fn said(text: &str, language: &str) -> Transcript {
    let segment = Segment { text: text.into(), end_ms: 4000, confidence: 0.9, ..Segment::default() };
    Transcript { text: text.into(), language: language.into(), mean_confidence: 0.9, segments: vec![segment] }
}

/// One answer beside one question.
struct Pair {
    held_out: bool,
    /// The answer is one to this question.
    related: bool,
    words: f32,
    /// By the question's words alone, without the rubric's terms.
    question_words: f32,
    meaning: Option<f32>,
    cosine: Option<f32>,
}

/// Good, fair and off-topic answers of the golden set beside every question.
fn pairs(language: &str, embedding: Option<&SentenceEmbedding>) -> Vec<Pair> {
    let set: Vec<_> = golden::POSITIONS.iter().map(|name| golden::read(name)).collect();
    let answers = set.iter().flat_map(|(_, answers)| answers).filter(|answer| {
        answer.language == language && matches!(answer.kind.as_str(), "good" | "fair" | "off_topic")
    });
    let questions: Vec<_> = set.iter().flat_map(|(position, _)| &position.questions).collect();
    let mut pairs = Vec::new();
    for answer in answers {
        let transcript = golden::transcript(answer);
        for question in &questions {
            let terms: Vec<_> =
                question.criteria.iter().flat_map(|c| c.rule.terms()).map(str::to_owned).collect();
            let query =
                LanguageQuery { question: question.text.in_language(language), keywords: &terms, language };
            let words = analyse(&transcript, &query).relevance.unwrap_or_default();
            let bare = LanguageQuery { keywords: &[], ..query };
            let question_words = analyse(&transcript, &bare).relevance.unwrap_or_default();
            let sentences = sentences(&transcript, &query);
            let cosine = embedding.and_then(|model| model.cosine(query.question, &sentences).unwrap());
            let meaning =
                embedding.and_then(|model| model.relevance(query.question, &sentences, language).unwrap());
            pairs.push(Pair {
                held_out: answer.held_out,
                related: answer.kind != "off_topic" && answer.question == question.id,
                words,
                question_words,
                meaning,
                cosine,
            });
        }
    }
    pairs
}

/// The chance that an answer to the question has more than one to another: the area under the ROC curve.
fn auc(pairs: &[&Pair], value: impl Fn(&Pair) -> f32) -> f64 {
    let (related, other): (Vec<&Pair>, Vec<&Pair>) = pairs.iter().partition(|pair| pair.related);
    let wins = related.iter().flat_map(|a| other.iter().map(|b| (value(a), value(b))));
    let counts = wins.map(|(a, b)| match a.total_cmp(&b) {
        Ordering::Greater => 1.0,
        Ordering::Equal => 0.5,
        Ordering::Less => 0.0,
    });
    let sum: f64 = counts.sum();
    sum / (related.len() * other.len()) as f64
}

fn quantile(mut values: Vec<f32>, share: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    values[((values.len() - 1) as f32 * share).round() as usize]
}

#[test]
fn how_well_words_and_meaning_tell_answers_to_the_question_from_others() {
    let model = embedding();
    for language in ["en", "zh"] {
        let all =
            pairs(language, model.as_ref().filter(|model| model.languages().any(|one| one == language)));
        let sets: [(&str, Vec<&Pair>); 3] = [
            ("all", all.iter().collect()),
            ("in sight", all.iter().filter(|pair| !pair.held_out).collect()),
            ("held out", all.iter().filter(|pair| pair.held_out).collect()),
        ];
        for (name, set) in &sets {
            let related = set.iter().filter(|pair| pair.related).count();
            println!("{language} {name}: {related} pairs related, {} not", set.len() - related);
            let words = auc(set, |pair| pair.words);
            let question_words = auc(set, |pair| pair.question_words);
            println!("  word overlap   AUC {words:.3}; without the rubric's terms {question_words:.3}");
            if set.iter().all(|pair| pair.cosine.is_none()) {
                continue;
            }
            let cosine = auc(set, |pair| pair.cosine.unwrap_or(-1.0));
            let of = |related: bool| {
                let some = set.iter().filter(|pair| pair.related == related);
                some.filter_map(|pair| pair.cosine).collect::<Vec<_>>()
            };
            println!(
                "  embedding      AUC {cosine:.3}; cosine: p90 of others {:.3}, median of related {:.3}",
                quantile(of(false), 0.9),
                quantile(of(true), 0.5)
            );
            let scaled = auc(set, |pair| pair.meaning.unwrap_or_default());
            let larger = auc(set, |pair| pair.meaning.unwrap_or_default().max(pair.words));
            let mean = auc(set, |pair| f32::midpoint(pair.meaning.unwrap_or_default(), pair.words));
            println!(
                "  on its scale   AUC {scaled:.3}; the larger of both {larger:.3}, their mean {mean:.3}"
            );
            let passes = |value: &dyn Fn(&Pair) -> f32, related: bool| {
                let some: Vec<_> = set.iter().filter(|pair| pair.related == related).collect();
                let reach = some.iter().filter(|pair| value(pair) >= 0.3).count();
                format!("{reach} of {}", some.len())
            };
            for (how, value) in [
                ("words", &(|pair: &Pair| pair.words) as &dyn Fn(&Pair) -> f32),
                ("meaning", &|pair: &Pair| pair.meaning.unwrap_or_default()),
            ] {
                println!(
                    "  0.3 and more by {how}: related {}, others {}",
                    passes(value, true),
                    passes(value, false)
                );
            }
            assert!(cosine > 0.85, "{name}: {cosine} against {words}");
        }
    }
}

#[test]
fn points_agree_with_the_examiner_as_often_with_meaning_as_with_words() {
    let Some(model) = embedding() else { return };
    let mut agree = [0, 0];
    let mut all = 0;
    for (position, answers) in golden::POSITIONS.map(golden::read) {
        for answer in answers.iter().filter(|answer| answer.language == "en") {
            let question = position.question(&answer.question).unwrap();
            let [words, meaning] = [None, Some(&model)].map(|model| golden::score(question, answer, model));
            for (words, meaning) in words.iter().zip(&meaning) {
                let expected = &answer.points[&words.criterion];
                all += 1;
                agree[0] += usize::from(golden::agrees(words, expected));
                agree[1] += usize::from(golden::agrees(meaning, expected));
                if (words.points - meaning.points).abs() > 1e-9 {
                    println!(
                        "{} {}: {} by words, {} by meaning (examiner: {expected:?})",
                        answer.id, words.criterion, words.points, meaning.points
                    );
                }
            }
        }
    }
    println!("of {all} points in English {} agree by words, {} by meaning", agree[0], agree[1]);
    assert!(agree[1] * 100 >= all * 95, "{agree:?} of {all}");
}

#[test]
fn a_paraphrase_is_relevant_and_another_subject_is_not() {
    let Some(model) = embedding() else { return };
    let question = "How do you deal with an angry customer?";
    let ask = |text: &str| {
        let query = LanguageQuery { question, keywords: &[], language: "en" };
        model.relevance(question, &sentences(&said(text, "en"), &query), "en").unwrap()
    };
    let paraphrase = "I stay calm when a client shouts at me. First I listen, and I say that I am sorry.";
    let overlap =
        analyse(&said(paraphrase, "en"), &LanguageQuery { question, keywords: &[], language: "en" });
    assert_eq!(overlap.relevance, Some(0.0));
    assert!(ask(paraphrase) > Some(0.3), "{:?}", ask(paraphrase));
    assert_eq!(ask("My garden has roses and apple trees. In autumn we make jam."), Some(0.0));
    // Reading the question out, or naming terms, is no answer, and another language is not judged.
    assert_eq!(ask(question), None);
    assert_eq!(ask("How do you deal with an angry customer? An angry customer, how do you deal with?"), None);
    assert_eq!(ask("我会先道歉，然后问清楚原因，再想办法解决。"), None);
    assert_eq!(model.relevance(question, &["Je reste calme.".to_owned()], "fr").unwrap(), None);
    assert_eq!(model.relevance("  ", &["I stay calm.".to_owned()], "en").unwrap(), None);
}

#[test]
fn the_same_sentences_are_as_near_to_the_last_bit() {
    let (Some(model), Some(again)) = (embedding(), embedding()) else { return };
    let question = "Tell us about a project that went wrong.";
    let sentences: Vec<_> =
        ["We lost the data of a customer.", "Then we wrote a backup plan."].map(str::to_owned).to_vec();
    let first = model.cosine(question, &sentences).unwrap().unwrap();
    for other in [&model, &again] {
        assert_eq!(other.cosine(question, &sentences).unwrap().unwrap().to_bits(), first.to_bits());
    }
    // The nearest one counts, wherever it stands.
    let turned: Vec<_> = sentences.iter().rev().cloned().collect();
    assert_eq!(model.cosine(question, &turned).unwrap(), Some(first));
}

#[test]
fn long_answers_are_cut_and_bounded() {
    let Some(model) = embedding() else { return };
    let question = "How do you deal with an angry customer?";
    let near = "When a customer is angry I listen, I stay calm and I apologise.";
    let near_alone = model.cosine(question, &[near.to_owned()]).unwrap().unwrap();
    let far = "We watched the river.".to_owned();
    // Beyond what the model reads at once a second piece of the same sentence is heard by itself.
    let long = format!("{}{near}", "river ".repeat(126));
    let far_alone = model.cosine(question, std::slice::from_ref(&far)).unwrap().unwrap();
    let of_long = model.cosine(question, &[long]).unwrap().unwrap();
    assert!(far_alone < near_alone - 0.2 && (of_long - near_alone).abs() < 1e-3, "{of_long} {near_alone}");
    // A hostile answer ends: what comes after so many sentences, or in one without end, is not compared.
    let mut many = vec![far; 300];
    many.push(near.to_owned());
    assert!(model.cosine(question, &many).unwrap().unwrap() < near_alone - 0.1);
    let endless = format!("{}{near}", "river ".repeat(100_000));
    assert!(model.cosine(question, &[endless]).unwrap().unwrap() < near_alone - 0.1);
}
