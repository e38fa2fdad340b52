//! What [`super::finalise`] would make of a take that may still go on. Copies in MP4, which cost an encoding, are left out.

use std::ops::ControlFlow;
use std::path::Path;

use super::FinaliseError;
use super::copy::Mp4;
use super::rows::Rows;
use super::sources::Sources;
use crate::seal::FileKey;

/// What is lost on its way comes again, or in a piece of the browser's own recording: no frame younger than this is settled.
const SETTLED_AFTER_US: i64 = 3_000_000;

/// The sound so far, as a WebM file in memory. Blocks; `scratch` is a path beside which it may keep something for a moment,
/// sealed with `key`.
///
/// # Errors
/// As those of [`super::finalise`].
pub fn sound_so_far(journal: &Path, key: &FileKey, scratch: &Path) -> Result<Vec<u8>, FinaliseError> {
    let sources = Sources::read(journal, key, scratch, key, Mp4::LeftOut)?;
    let mut recording = sources.recording()?;
    recording.video = Rows::new(&sources.scratch);
    if recording.audio.is_empty() {
        return Err(FinaliseError::NoMedia);
    }
    let mut sound = Vec::new();
    recording.write(&*sources.journal, &mut sound)?;
    sources.scratch.check()?;
    Ok(sound)
}

/// Shows the settled video frames that come after those of the sizes `known`, each with its time in milliseconds of the
/// recording, until `show` has enough. False where the recording does not begin with frames of these sizes. Blocks; `scratch`
/// as for [`sound_so_far`].
///
/// # Errors
/// As those of [`super::finalise`].
pub fn frames_so_far(
    journal: &Path,
    key: &FileKey,
    scratch: &Path,
    known: &[u32],
    show: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> Result<bool, FinaliseError> {
    let sources = Sources::read(journal, key, scratch, key, Mp4::LeftOut)?;
    let recording = sources.recording()?;
    let settled_us = recording.duration_us() - SETTLED_AFTER_US;
    let mut frames = recording.video.iter();
    for &bytes in known {
        if frames.next().is_none_or(|frame| frame.bytes != bytes) {
            return Ok(false);
        }
    }
    let mut payload = Vec::new();
    for frame in frames.take_while(|frame| frame.time_us < settled_us) {
        payload.clear();
        recording.read_payload(&frame, &*sources.journal, &mut payload)?;
        if show((frame.time_us / 1000) as u64, &payload).is_break() {
            break;
        }
    }
    sources.scratch.check()?;
    Ok(true)
}
