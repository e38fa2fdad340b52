//! An answer that was looked at in part.

use viva_core::{cue::ModelCard, profile::FaceTier};

use super::{FaceError, detector::Found, observation::Observation};

/// What was seen so far: numbers, and where the face was last. No picture.
#[derive(Clone, Debug)]
pub struct FaceProgress {
    pub(super) tier: FaceTier,
    pub(super) interval_ms: u64,
    pub(super) followed: Option<Found>,
    pub(super) frames: Vec<Observation>,
    /// Those that took part.
    pub(super) models: Vec<ModelCard>,
}

impl FaceProgress {
    /// Nothing yet, of an answer of which `fps` frames per second will be shown.
    ///
    /// # Errors
    /// When `fps` is not between 0.1 and 60.
    pub fn new(tier: FaceTier, fps: f32) -> Result<Self, FaceError> {
        if !(0.1..=60.0).contains(&fps) {
            return Err(FaceError::FrameRate);
        }
        let interval_ms = (1000.0 / fps).round() as u64;
        Ok(Self { tier, interval_ms, followed: None, frames: Vec::new(), models: Vec::new() })
    }

    pub fn tier(&self) -> FaceTier {
        self.tier
    }

    /// How many frames were shown.
    pub fn pictures(&self) -> usize {
        self.frames.len()
    }

    /// The same frames at other times, in milliseconds; false, and nothing changed, where these are not as many or do not
    /// increase.
    pub fn move_to(&mut self, times: &[u64]) -> bool {
        let fits = times.len() == self.frames.len() && times.is_sorted_by(|before, after| before < after);
        if fits {
            for (frame, &at_ms) in self.frames.iter_mut().zip(times) {
                frame.at_ms = at_ms;
            }
        }
        fits
    }
}
