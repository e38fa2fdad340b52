//! What was found out about an interview, sealed like its recordings.

use std::io::{Read as _, Write as _};

use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use viva_media::seal::{DataKey, FileKey, FileSealer, ReadAt, SealedFile};
use viva_store::{ResultKey, Store};

use crate::{app::App, clock, holdings::Holdings, keys::Keys};

/// The one field of a stored document: the real one, sealed, in base64.
const SEALED: &str = "sealed";

impl Holdings<'_> {
    pub async fn put_result(&self, key: &ResultKey, document: &Value) -> Result<()> {
        put(self.store, self.keys, key, document).await
    }

    pub async fn result(&self, key: &ResultKey) -> Result<Option<Value>> {
        let Some(stored) = self.store.result(key).await? else { return Ok(None) };
        unsealed(&stored, &self.keys.of(key.interview).await?, key).map(Some)
    }
}

impl App {
    pub async fn put_result(&self, key: &ResultKey, document: &Value) -> Result<()> {
        self.holdings().put_result(key, document).await
    }

    pub async fn result(&self, key: &ResultKey) -> Result<Option<Value>> {
        self.holdings().result(key).await
    }
}

/// Seals a document and keeps it.
pub async fn put(store: &dyn Store, keys: &Keys, key: &ResultKey, document: &Value) -> Result<()> {
    let sealed = sealed(document, &keys.of(key.interview).await?, key)?;
    Ok(store.put_result(key, &sealed, clock::now()).await?)
}

/// The row to store for a document.
pub fn sealed(document: &Value, key: &DataKey, result: &ResultKey) -> Result<Value> {
    Ok(json!({ SEALED: seal(document, &file_key(key, result))? }))
}

/// The document that a stored row holds.
pub fn unsealed(stored: &Value, key: &DataKey, result: &ResultKey) -> Result<Value> {
    let sealed = stored[SEALED].as_str().context("a stored result is not sealed")?;
    open(sealed, &file_key(key, result))
}

fn file_key(key: &DataKey, result: &ResultKey) -> FileKey {
    key.file(&format!("result:{}:{}:{}", result.interview, result.kind, result.question))
}

fn seal(document: &Value, key: &FileKey) -> Result<String> {
    let mut sealer = FileSealer::begin(Vec::new(), key)?;
    sealer.write_all(&serde_json::to_vec(document)?)?;
    Ok(STANDARD.encode(sealer.finish()?))
}

fn open(sealed: &str, key: &FileKey) -> Result<Value> {
    let bytes = STANDARD.decode(sealed)?;
    let mut text = Vec::new();
    SealedFile::open(InMemory(&bytes), bytes.len() as u64, key)?.read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

struct InMemory<'a>(&'a [u8]);

impl ReadAt for InMemory<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        self.0.get(from..).unwrap_or_default().read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use viva_core::id::InterviewId;
    use viva_media::seal::Cipher;

    use super::*;

    #[test]
    fn a_result_opens_in_its_own_place_only() -> Result<()> {
        let key = DataKey::random(Cipher::Sm4Gcm)?;
        let place = |question: &str| ResultKey {
            interview: InterviewId(Uuid::nil()),
            question: question.into(),
            kind: "analysis",
        };
        let document = json!({ "transcript": "what was said, 我说的话" });
        let sealed = seal(&document, &file_key(&key, &place("a")))?;
        assert_eq!(open(&sealed, &file_key(&key, &place("a")))?, document);
        assert!(open(&sealed, &file_key(&key, &place("b"))).is_err());
        assert!(!sealed.contains("transcript"));
        Ok(())
    }
}
