//! What is kept of a frame: a few numbers, from which no face can be drawn again.

use super::{expression::Probabilities, geometry::Angles, quality::Quality};

#[derive(Clone, Debug)]
pub(super) struct Observation {
    pub at_ms: u64,
    /// Faces that count.
    pub faces: u32,
    pub quality: Quality,
    /// Absent without a face.
    pub height_pixels: Option<f32>,
    /// Height of the face as a share of the picture's; absent without a face.
    pub height_share: Option<f32>,
    /// Tier 2 and up, where the points of the face could be found.
    pub signals: Option<Signals>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signals {
    /// 0–1.
    pub smile: Option<f32>,
    pub eyes: Option<Eyes>,
    pub head: Option<Angles>,
    /// How far the person looks past the camera, in degrees; the larger of sideways and up or down.
    pub off_camera: Option<f32>,
    /// The direction of the gaze alone, in degrees; right is positive. Only from a network of its own.
    pub gaze_sideways: Option<f32>,
    /// Tier 3.
    pub expression: Option<Probabilities>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Eyes {
    /// `eyeBlink` blendshapes, 0 open to 1 closed.
    Blink(f32),
    /// Eye aspect ratio, to be compared with the person's own.
    Openness(f32),
}
