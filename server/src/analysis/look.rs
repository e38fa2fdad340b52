//! The picture of an answer: what the camera saw.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use anyhow::Result;
use viva_core::profile::FaceTier;
use viva_media::{
    frames::{self, Frame, FrameReader},
    read::{self, Limits},
};
use viva_models::face::{FaceError, FaceProgress, FaceResult, FaceSession, RgbFrame};

use super::{Analyser, Open, ahead::Seen};

/// Sampled frames per second.
pub(super) const FACE_FPS: f32 = frames::DEFAULT_FPS;
/// Decoded frames that wait for the networks.
const FRAMES_AHEAD: usize = 4;

impl Analyser {
    /// The picture alone. `seen_ms` tells how far it is.
    pub(super) fn look(
        &self,
        open: &Open<'_>,
        tier: FaceTier,
        seen: Option<&Mutex<Seen>>,
        cancel: &AtomicBool,
        seen_ms: &AtomicU64,
        duration_ms: u64,
    ) -> Result<FaceResult, String> {
        let stage = self.face.as_ref().map_err(Clone::clone)?;
        // Before the stage: whoever looks ahead has both, and lets go of both where somebody waits.
        let seen = seen.map(|seen| std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner)));
        let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
        let watch = || -> Result<FaceResult> {
            let known = seen.map(|seen| seen.begins(open, tier)).transpose()?.flatten();
            let (frames, progress) = if let Some((frames, progress)) = known {
                self.pictures.recalled.fetch_add(progress.pictures() as u64, Ordering::Relaxed);
                (frames, progress)
            } else {
                let frames = frames::sample_input(open()?, FACE_FPS, &Limits::default())?;
                (frames, FaceProgress::new(tier, FACE_FPS)?)
            };
            let mut session = stage.go_on(progress)?;
            thread::scope(|scope| -> Result<()> {
                // Decoding takes a quarter of the time; beside the networks it takes none.
                let (decoded, sampled) = mpsc::sync_channel(FRAMES_AHEAD);
                scope.spawn(move || send(frames, &decoded));
                for frame in sampled {
                    anyhow::ensure!(!cancel.load(Ordering::Relaxed), "cancelled");
                    let frame = frame?;
                    seen_ms.store(frame.at_ms, Ordering::Relaxed);
                    show(&mut session, &frame)?;
                    self.pictures.afterwards.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })?;
            Ok(session.finish(duration_ms))
        };
        watch().map_err(|error| format!("the picture cannot be read: {error}"))
    }
}

pub(super) fn show(session: &mut FaceSession<'_>, frame: &Frame) -> Result<(), FaceError> {
    session.frame(RgbFrame { at_ms: frame.at_ms, width: frame.width, height: frame.height, rgb: &frame.rgb })
}

/// Sends the sampled frames until there are no more, or nobody wants them.
fn send(mut frames: FrameReader, decoded: &mpsc::SyncSender<Result<Frame, read::Error>>) {
    while frames.next().is_some_and(|frame| decoded.send(frame).is_ok()) {}
}
