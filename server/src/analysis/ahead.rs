//! What is known of an answer from the time when it was recorded. It changes no result, only how long one waits for it.

use std::{
    io::Cursor,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use anyhow::Result;
use viva_core::profile::FaceTier;
use viva_media::{
    audio,
    frames::{Beginning, FrameReader},
    read::Limits,
};
use viva_models::{
    face::FaceProgress,
    speech::{Recall, SpeechError},
};

use super::{
    Analyser, Open,
    look::{FACE_FPS, show},
};

/// What was heard and seen of one take so far. Clones share it.
#[derive(Clone, Default)]
pub struct Known {
    pub recall: Arc<Recall>,
    pub seen: Arc<Mutex<Seen>>,
}

impl Known {
    /// Whether there is a decoder with its pictures.
    pub fn holds_pictures(&self) -> bool {
        // Whoever has it just now looks at pictures.
        self.seen.try_lock().map_or(true, |seen| seen.0.is_some())
    }
}

/// The pictures of a take as far as they were looked at.
#[derive(Default)]
pub struct Seen(Option<(Beginning, FaceProgress)>);

impl Seen {
    /// Sizes of the frames that were decoded, in bytes.
    pub fn sizes(&self) -> Vec<u32> {
        self.0.as_ref().map(|(beginning, _)| beginning.sizes()).unwrap_or_default()
    }

    /// The rest of the pictures of a recording, and what was seen of those before; nothing where they were not looked at in
    /// the same way, or are others.
    pub(super) fn begins(
        self,
        open: &Open<'_>,
        tier: FaceTier,
    ) -> Result<Option<(FrameReader, FaceProgress)>> {
        let Some((beginning, mut progress)) = self.0.filter(|(_, progress)| progress.tier() == tier) else {
            return Ok(None);
        };
        let Some((frames, times)) = beginning.of(open()?)? else { return Ok(None) };
        Ok(progress.move_to(&times).then_some((frames, progress)))
    }
}

impl Analyser {
    /// Hears what will not change any more of an answer that is still recorded; `sound` is all of it so far, in a file. Stops
    /// as soon as an answer is measured. Blocks.
    ///
    /// # Errors
    /// When the sound cannot be read, or a network fails.
    pub fn overhear(&self, sound: Vec<u8>, language: &str, recall: &Recall) -> Result<Outcome> {
        let Ok(stage) = &self.speech else { return Ok(Outcome::All) };
        let pcm = audio::decode_input(Box::new(Cursor::new(sound)), &Limits::default())?;
        let before = recall.counts();
        let outcome = stage.overhear(&pcm.samples, language, recall, &self.measuring);
        self.windows.ahead.fetch_add(recall.counts().heard - before.heard, Ordering::Relaxed);
        match outcome {
            Err(SpeechError::Cancelled) => Ok(Outcome::Interrupted),
            other => Ok(other.map(|()| Outcome::All)?),
        }
    }

    /// Looks at the next pictures of an answer that is still recorded. Stops as soon as an answer is measured. Blocks.
    ///
    /// # Errors
    /// When a frame cannot be decoded at all, or a network fails; nothing counts as seen then.
    pub fn look_ahead(
        &self,
        tier: FaceTier,
        seen: &mut Seen,
        frames: impl FnOnce(&mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>) -> Result<()>,
    ) -> Result<Outcome> {
        let Ok(stage) = &self.face else { return Ok(Outcome::All) };
        let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = seen.0.take().filter(|(_, progress)| progress.tier() == tier);
        let (mut beginning, progress) = match begun {
            Some(begun) => begun,
            None => (Beginning::new(FACE_FPS, &Limits::default())?, FaceProgress::new(tier, FACE_FPS)?),
        };
        let mut session = stage.go_on(progress)?;
        let mut failure: Option<anyhow::Error> = None;
        let mut outcome = Outcome::All;
        frames(&mut |at_ms, data| {
            if self.is_measuring() {
                outcome = Outcome::Interrupted;
                return ControlFlow::Break(());
            }
            let looked = beginning.push(at_ms, data).map_err(anyhow::Error::from).and_then(|frame| {
                let Some(frame) = frame else { return Ok(()) };
                self.pictures.ahead.fetch_add(1, Ordering::Relaxed);
                Ok(show(&mut session, &frame)?)
            });
            match looked {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        failure.map_or(Ok(()), Err)?;
        seen.0 = Some((beginning, session.put_aside()));
        Ok(outcome)
    }
}

/// How far one came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    All,
    /// Somebody waits for something else.
    Interrupted,
}
