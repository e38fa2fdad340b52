//! Frames whose face cannot be read: too dark, too bright, blurred, too small, covered. Nothing is told of them.

use viva_core::{
    cue::{Unassessed, Unreadable},
    time::Span,
};

use super::{observation::Observation, series};

/// Luma of the face: below and above, features drown.
const DARK: f32 = 28.0;
const OVEREXPOSED: f32 = 235.0;
/// Variance of the Laplacian below which corners of mouth and eyes have run together …
const BLURRED: f32 = 4.0;
/// … unless the face is so large that it is made smaller by half and more to be looked at, which takes the blur away.
const LARGE_PIXELS: f32 = 400.0;
/// Height of a face in pixels that the networks were made for is 100 and more; with less than this they guess.
const SMALL_PIXELS: f32 = 40.0;
/// Shorter stretches are left out of the list; nothing is read from them all the same.
const LEAST_LISTED_MS: u64 = 400;

/// Why nothing may be read of a frame; `None` where it may, and where there is no face. `read` says whether the points
/// of the face were found.
pub(super) fn unreadable(frame: &Observation, read: bool) -> Option<Unreadable> {
    let height = frame.height_pixels?;
    let quality = &frame.quality;
    if quality.light < DARK {
        Some(Unreadable::Dark)
    } else if quality.light > OVEREXPOSED {
        Some(Unreadable::Overexposed)
    } else if height < SMALL_PIXELS {
        Some(Unreadable::TooSmall)
    } else if quality.sharpness < BLURRED && height < LARGE_PIXELS {
        Some(Unreadable::Blurred)
    } else {
        (!read).then_some(Unreadable::Occluded)
    }
}

/// The stretches that could not be read, in the order of time.
pub(super) fn stretches(reach: &[Span], reasons: &[Option<Unreadable>]) -> Vec<Unassessed> {
    let all = [
        Unreadable::Dark,
        Unreadable::Overexposed,
        Unreadable::Blurred,
        Unreadable::TooSmall,
        Unreadable::Occluded,
    ];
    let mut found = Vec::new();
    for reason in all {
        let states: Vec<bool> = reasons.iter().map(|one| *one == Some(reason)).collect();
        let spans = series::spans(reach, &states, LEAST_LISTED_MS);
        found.extend(spans.into_iter().map(|span| Unassessed {
            start_ms: span.start_ms,
            end_ms: span.end_ms,
            reason,
        }));
    }
    found.sort_by_key(|one| (one.start_ms, one.end_ms));
    found
}
