//! Sentence embeddings: how near the sentences of an answer come to a question in meaning.
//!
//! A sentence becomes one vector: the network's vectors of its tokens, averaged, of length one. Two sentences are as
//! near as the cosine between theirs. Deterministic on one machine: one thread, one sentence at a time.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ort::session::{Session, SessionInputValue};
use ort::value::TensorRef;
use tokenizers::Tokenizer;
use viva_core::cue::ModelCard;

use crate::catalog::{Embedding, Scale};
use crate::convert::tokenizer::TOKENIZER;
use crate::runtime::{OnnxRuntime, RuntimeError};

/// What is longer is cut into several: the models are made for sentences.
const MAX_TOKENS: usize = 128;
/// More pieces of an answer than this are not compared: a few minutes of speech have some thirty sentences.
const MAX_PIECES: usize = 128;
/// Of one sentence; a text without any full stop is cut here.
const MAX_SENTENCE_CHARS: usize = 4000;

/// Why sentences could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddingError {
    /// The file is no model.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// It is a model, but not one of sentences.
    #[error("{model} cannot be used: {reason}")]
    Model {
        /// Its name.
        model: String,
        /// What is wrong.
        reason: String,
    },
    /// The network or its tokenizer failed.
    #[error("{model} failed: {reason}")]
    Run {
        /// Its name.
        model: String,
        /// Its words.
        reason: String,
    },
}

/// A model of sentences, loaded.
pub struct SentenceEmbedding {
    session: Mutex<Session>,
    inputs: Vec<String>,
    tokenizer: Tokenizer,
    embedding: Embedding,
    card: ModelCard,
}

impl SentenceEmbedding {
    /// Loads the model at `path` with the tokenizer that it carries.
    ///
    /// # Errors
    /// When it is not such a model.
    pub fn load(
        path: &Path,
        card: ModelCard,
        embedding: Embedding,
        runtime: &OnnxRuntime,
    ) -> Result<Self, EmbeddingError> {
        let session = runtime.session(path)?;
        let wrong = |reason: String| EmbeddingError::Model { model: card.name.clone(), reason };
        let carried = session.metadata().map_err(|error| wrong(error.to_string()))?.custom(TOKENIZER);
        let carried = carried.ok_or_else(|| wrong("it carries no tokenizer".to_owned()))?;
        let mut tokenizer =
            Tokenizer::from_bytes(carried.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        tokenizer.with_padding(None).with_truncation(None).map_err(|error| wrong(error.to_string()))?;
        let inputs = session.inputs().iter().map(|input| input.name().to_owned()).collect();
        Ok(Self { session: Mutex::new(session), inputs, tokenizer, embedding, card })
    }

    /// What the report says of the model.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// The languages that it is used for.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.embedding.scale.keys().map(String::as_str)
    }

    /// How near the nearest sentence comes to `question`, on the scale of `language`: 0 at a cosine that answers to
    /// other questions have, 1 at one that answers to the question have, even between. Rounded to a thousandth. Absent
    /// where the model is not used for the language, or nothing was asked or said.
    ///
    /// # Errors
    /// When the network fails.
    pub fn relevance(
        &self,
        question: &str,
        sentences: &[String],
        language: &str,
    ) -> Result<Option<f32>, EmbeddingError> {
        let Some(scale) = self.embedding.scale.get(language) else { return Ok(None) };
        Ok(self.cosine(question, sentences)?.map(|cosine| on_scale(cosine, *scale)))
    }

    /// The cosine between `question` and the nearest of `sentences`; absent where nothing was asked or said.
    ///
    /// # Errors
    /// When the network fails.
    pub fn cosine(&self, question: &str, sentences: &[String]) -> Result<Option<f32>, EmbeddingError> {
        if question.trim().is_empty() {
            return Ok(None);
        }
        let Some(asked) = self.vectors(question, 1)?.into_iter().next() else { return Ok(None) };
        let mut nearest: Option<f32> = None;
        let mut pieces = 0;
        for sentence in sentences {
            let said = self.vectors(sentence, MAX_PIECES - pieces)?;
            pieces += said.len();
            for piece in said {
                let cosine = piece.iter().zip(&asked).map(|(a, b)| a * b).sum();
                nearest = Some(nearest.map_or(cosine, |nearest| nearest.max(cosine)));
            }
        }
        Ok(nearest)
    }

    /// The vectors of a text, at most `most`: one, or several where it is longer than the model reads at once.
    fn vectors(&self, text: &str, most: usize) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let text: String = text.chars().take(MAX_SENTENCE_CHARS).collect();
        let encoded = self.tokenizer.encode(format!("{}{text}", self.embedding.prefix), true);
        let encoded = encoded.map_err(|error| self.failed(&error))?;
        // Each piece stands between the marks of a beginning and an end.
        let [begin, words @ .., end] = encoded.get_ids() else { return Ok(Vec::new()) };
        let pieces = words.chunks(MAX_TOKENS - 2).take(most);
        pieces.map(|piece| self.vector(&[&[*begin], piece, &[*end]].concat())).collect()
    }

    fn vector(&self, ids: &[u32]) -> Result<Vec<f32>, EmbeddingError> {
        let shape = [1, ids.len()];
        let ids: Vec<i64> = ids.iter().map(|id| i64::from(*id)).collect();
        let (ones, zeros) = (vec![1_i64; ids.len()], vec![0_i64; ids.len()]);
        let mut fed: Vec<(&str, SessionInputValue<'_>)> = Vec::with_capacity(self.inputs.len());
        for name in &self.inputs {
            let values = match name.as_str() {
                "input_ids" => &ids,
                "attention_mask" => &ones,
                // One text, not a pair.
                _ => &zeros,
            };
            let tensor = TensorRef::from_array_view((shape, values.as_slice()));
            fed.push((name, tensor.map_err(|error| self.failed(&error))?.into()));
        }
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(fed).map_err(|error| self.failed(&error))?;
        let (of, values) = outputs[0].try_extract_tensor::<f32>().map_err(|error| self.failed(&error))?;
        let width = of.last().and_then(|width| usize::try_from(*width).ok()).filter(|width| *width > 0);
        let width = width.ok_or_else(|| self.failed(&"it gave no vectors"))?;
        let mut sum = vec![0_f32; width];
        for token in values.chunks_exact(width) {
            for (sum, value) in sum.iter_mut().zip(token) {
                *sum += value;
            }
        }
        let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        Ok(sum.into_iter().map(|value| value / length).collect())
    }

    fn failed(&self, reason: &impl ToString) -> EmbeddingError {
        EmbeddingError::Run { model: self.card.name.clone(), reason: reason.to_string() }
    }
}

fn on_scale(cosine: f32, scale: Scale) -> f32 {
    let share = (cosine - scale.unrelated) / (scale.related - scale.unrelated);
    (share.clamp(0.0, 1.0) * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosines_are_put_on_the_scale() {
        let scale = Scale { unrelated: 0.25, related: 0.75 };
        let on = |cosine| (on_scale(cosine, scale) * 1000.0) as u32;
        assert_eq!([-1.0, 0.25, 0.2506, 0.5, 0.75, 1.0].map(on), [0, 0, 1, 500, 1000, 1000]);
    }
}
