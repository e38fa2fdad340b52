//! What the recogniser heard before. The text of a window follows from its sound and nothing else, so a window that is heard
//! while the recording goes on need not be heard again when it is over: what is left then is the last window.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest, Sha256};

use super::{vad::DetectorProgress, whisper::DecodedToken};

/// A recording of [`super::MAX_SECONDS`] in sentences of three seconds, each heard twice; no more is kept.
const MOST_WINDOWS: usize = 10_000;

/// The windows of one recording that have been heard, by their sound. Of one recogniser: another hears other words.
#[derive(Debug, Default)]
pub struct Recall {
    windows: Mutex<Windows>,
    /// How far the detector of speech has come.
    detector: Mutex<DetectorProgress>,
}

#[derive(Debug, Default)]
struct Windows {
    heard: HashMap<Key, Vec<DecodedToken>>,
    counts: RecallCounts,
}

/// How often windows were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecallCounts {
    /// Heard before.
    pub recalled: u64,
    /// Heard anew.
    pub heard: u64,
}

/// Samples turned into bytes at once.
const AT_ONCE: usize = 4096;

/// SHA-256 of the language and the samples.
type Key = [u8; 32];

impl Recall {
    pub fn counts(&self) -> RecallCounts {
        self.windows().counts
    }

    /// The tokens of a window: those of before, or what `hear` says now.
    pub(super) fn tokens<E>(
        &self,
        sound: &[f32],
        language: &str,
        hear: impl FnOnce() -> Result<Vec<DecodedToken>, E>,
    ) -> Result<Vec<DecodedToken>, E> {
        let key = key(sound, language);
        {
            let mut windows = self.windows();
            if let Some(tokens) = windows.heard.get(&key).cloned() {
                windows.counts.recalled += 1;
                return Ok(tokens);
            }
        }
        let tokens = hear()?;
        let mut windows = self.windows();
        windows.counts.heard += 1;
        if windows.heard.len() < MOST_WINDOWS {
            windows.heard.insert(key, tokens.clone());
        }
        Ok(tokens)
    }

    pub(super) fn detector(&self) -> MutexGuard<'_, DetectorProgress> {
        self.detector.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn windows(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(sound: &[f32], language: &str) -> Key {
    let mut digest = Sha256::new();
    digest.update((language.len() as u64).to_le_bytes());
    digest.update(language);
    absorb(&mut digest, sound);
    digest.finalize().into()
}

/// Adds samples to a digest.
pub(super) fn absorb(digest: &mut Sha256, sound: &[f32]) {
    let mut bytes = Vec::new();
    for part in sound.chunks(AT_ONCE) {
        bytes.clear();
        bytes.extend(part.iter().flat_map(|sample| sample.to_le_bytes()));
        digest.update(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn token(text: &str) -> Vec<DecodedToken> {
        vec![DecodedToken {
            bytes: text.into(),
            probability: 1.0,
            log_probability: 0.0,
            start_ms: 0,
            end_ms: 100,
        }]
    }

    #[test]
    fn a_window_is_heard_once_in_each_language() {
        let recall = Recall::default();
        let ask = |sound: &[f32], language, now| {
            recall.tokens(sound, language, || Ok::<_, Infallible>(token(now))).unwrap()
        };
        assert_eq!(ask(&[0.1, 0.2], "en", "first"), token("first"));
        assert_eq!(ask(&[0.1, 0.2], "en", "again"), token("first"));
        assert_eq!(ask(&[0.1, 0.2], "zh", "other language"), token("other language"));
        assert_eq!(ask(&[0.1, 0.2, 0.0], "en", "longer"), token("longer"));
        assert_eq!(recall.counts(), RecallCounts { recalled: 1, heard: 3 });
    }

    #[test]
    fn what_failed_is_not_remembered() {
        let recall = Recall::default();
        assert_eq!(recall.tokens(&[0.5], "en", || Err("failed")), Err("failed"));
        assert_eq!(recall.tokens(&[0.5], "en", || Ok::<_, &str>(token("now"))), Ok(token("now")));
        assert_eq!(recall.counts(), RecallCounts { recalled: 0, heard: 1 });
    }
}
