//! How near an answer comes to its question in meaning. Measured once, when a report is made, and kept with what the
//! report was made of: made again, a report asks no model.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use viva_core::cue::{Language, ModelCard, Transcript};
use viva_models::{
    embedding::SentenceEmbedding,
    language::{self, LanguageQuery},
};

use super::Analyser;

/// What a model of sentences says of one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relevance {
    /// SHA-256 of the question and the sentences that were compared; it says nothing of others.
    pub compared_sha256: String,
    /// How near the nearest sentence comes, 0–1.
    pub value: f32,
    pub model: ModelCard,
}

/// What is compared.
struct Compared<'a> {
    question: &'a str,
    sentences: Vec<String>,
    language: &'a str,
}

impl<'a> Compared<'a> {
    fn of(transcript: &'a Transcript, query: &LanguageQuery<'a>) -> Self {
        Self {
            question: query.question,
            sentences: language::sentences(transcript, query),
            language: language::read_as(transcript, query),
        }
    }

    fn sha256(&self) -> String {
        let compared = json!([self.question, self.language, self.sentences]);
        hex::encode(Sha256::digest(compared.to_string().as_bytes()))
    }
}

impl Analyser {
    /// Compares an answer with what was asked; nothing where no model for its language is installed.
    pub fn relevance(&self, transcript: &Transcript, query: &LanguageQuery<'_>) -> Option<Relevance> {
        let embedding: &SentenceEmbedding = self.embedding.as_ref()?;
        let compared = Compared::of(transcript, query);
        match embedding.relevance(compared.question, &compared.sentences, compared.language) {
            Ok(value) => value.map(|value| Relevance {
                compared_sha256: compared.sha256(),
                value,
                model: embedding.card().clone(),
            }),
            Err(error) => {
                // Words that overlap are counted alone, and the report says so.
                tracing::error!(%error, "an answer could not be compared with its question");
                None
            }
        }
    }
}

/// What tells one comparison from another.
pub fn compared_sha256(transcript: &Transcript, query: &LanguageQuery<'_>) -> String {
    Compared::of(transcript, query).sha256()
}

impl Relevance {
    /// Is added to the overlap of words in what was read of the same answer; tells whether it was of the same.
    pub fn add_to(&self, read: &mut Language, transcript: &Transcript, query: &LanguageQuery<'_>) -> bool {
        let is_of_it = compared_sha256(transcript, query) == self.compared_sha256;
        if is_of_it {
            read.compared_by(&self.model.name, self.value);
        }
        is_of_it
    }
}
