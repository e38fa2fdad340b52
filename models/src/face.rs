//! The face stage: what the camera saw in an answer, as cues with times.
//!
//! - Tier 1, [`FaceTier::Quality`]: is a face in frame, how many, how large, how lit, how sharp; stretches without a face,
//!   and with another one. Only the detector runs.
//! - Tier 2, [`FaceTier::Cues`]: smiles, camera-facing, head pose, blinks.
//! - Tier 3, [`FaceTier::Expression`]: the seven usual expression classes over time.
//!
//! Frames stream through a [`FaceSession`]; of each, a few numbers stay in memory until the end of the answer. No
//! point of a face is ever written, logged or returned. All is deterministic: the same frames and models give
//! the same result.
//!
//! Limits, to be stated wherever the cues are shown: camera-facing is good to about ±15°, and says nothing on
//! attention; at 5 frames per second most blinks fall between frames; expression classes are right for one half to
//! two thirds of faces. No model here tells character, honesty or fitness for a job.

mod blendshapes;
mod crop;
mod detector;
mod direction;
mod expression;
mod frame;
mod gates;
mod geometry;
mod landmarks;
mod network;
mod observation;
mod progress;
mod quality;
mod reading;
mod series;
mod summary;

use viva_core::{
    cue::{Face, ModelCard},
    profile::FaceTier,
};

use crate::runtime::OnnxRuntime;

pub use frame::{MAX_SIDE, MIN_SIDE, RgbFrame};
pub use network::ModelFile;
pub use progress::FaceProgress;
pub use summary::CURVE_STEP_MS;

use blendshapes::Blendshapes;
use detector::{Detector, Found};
use direction::{GazeNetwork, HeadPoseNetwork};
use expression::ExpressionNetwork;
use frame::Picture;
use geometry::Angles;
use landmarks::{Landmarker, Mesh};
use network::Network;
use observation::{Eyes, Observation, Signals};

/// The longest answer that is looked at, in milliseconds: 6 hours.
pub const MAX_ANSWER_MS: u64 = 6 * 3_600_000;
/// The most frames of one answer.
pub const MAX_FRAMES: usize = 200_000;

/// The newcomer in the picture replaces the face followed so far when it is larger by this factor.
const TAKES_OVER: f32 = 1.5;
/// A face is the one of the frame before when the boxes share this much.
const FOLLOWED_OVERLAP: f32 = 0.3;
/// Irises this far off the middle of the eyes (a share of the eye's width) look aside, about 20° and more.
const GLANCE_ASIDE: f32 = 0.16;
/// How far off a glance aside counts, in degrees.
const GLANCE_DEGREES: f32 = 30.0;
/// The gaze network's own error is 7°: 20° from it count as 15° from a head pose.
const GAZE_ALLOWANCE: f32 = 0.75;

/// The model files of the stage. Tier 1 needs the detector, tier 2 the landmarks; the others refine.
#[derive(Clone, Debug)]
pub struct FaceModels {
    /// MediaPipe face detector, short range, 128 × 128.
    pub detector: ModelFile,
    /// MediaPipe face landmarks, 468 or 478 points.
    pub landmarks: ModelFile,
    /// MediaPipe blendshapes: used with 478 landmarks.
    pub blendshapes: Option<ModelFile>,
    /// face-api.js expression classes: tier 3.
    pub expression: Option<ModelFile>,
    /// Intel head-pose-estimation-adas-0001.
    pub head_pose: Option<ModelFile>,
    /// Intel gaze-estimation-adas-0002: used with the head pose.
    pub gaze: Option<ModelFile>,
}

/// Why a frame or a model was refused. Never carries anything of the picture.
#[derive(Debug, thiserror::Error)]
pub enum FaceError {
    #[error("the face model {model} cannot be used: {reason}")]
    Model { model: String, reason: String },
    #[error("the face model {model} failed: {reason}")]
    Run { model: String, reason: String },
    #[error("a frame of {width}×{height} pixels; sides must have {MIN_SIDE} to {MAX_SIDE}")]
    FrameSize { width: u32, height: u32 },
    #[error("a frame with {actual} bytes instead of {expected}")]
    FrameBytes { expected: usize, actual: usize },
    #[error("a frame at {at_ms} ms after one at {previous_ms} ms; frames must move on in time")]
    FrameOrder { at_ms: u64, previous_ms: u64 },
    #[error("more than {MAX_FRAMES} frames, or more than {MAX_ANSWER_MS} ms, in one answer")]
    TooLong,
    #[error("frames per second must be between 0.1 and 60")]
    FrameRate,
}

/// The networks, each loaded when the first answer asks for its tier: what no profile permits never gets a session.
/// One stage looks at one answer at a time; load another for another thread.
pub struct FaceStage {
    models: FaceModels,
    runtime: OnnxRuntime,
    detector: Detector,
    landmarker: Option<Landmarker>,
    blendshapes: Option<Blendshapes>,
    expression: Option<ExpressionNetwork>,
    head_pose: Option<HeadPoseNetwork>,
    gaze: Option<GazeNetwork>,
}

impl FaceStage {
    /// Loads the detector, which is all of tier 1.
    ///
    /// # Errors
    /// When its file is missing, is not an ONNX model, or is not the model that it is taken for.
    pub fn load(models: &FaceModels, runtime: &OnnxRuntime) -> Result<Self, FaceError> {
        Ok(Self {
            models: models.clone(),
            runtime: runtime.clone(),
            detector: Detector::load(&models.detector, runtime)?,
            landmarker: None,
            blendshapes: None,
            expression: None,
            head_pose: None,
            gaze: None,
        })
    }

    fn load_for(&mut self, tier: FaceTier) -> Result<(), FaceError> {
        let (models, runtime) = (&self.models, &self.runtime);
        if tier >= FaceTier::Cues && self.landmarker.is_none() {
            let blendshapes = models.blendshapes.as_ref().map(|file| Blendshapes::load(file, runtime));
            let head_pose = models.head_pose.as_ref().map(|file| HeadPoseNetwork::load(file, runtime));
            let gaze = models.gaze.as_ref().map(|file| GazeNetwork::load(file, runtime));
            let landmarker = Landmarker::load(&models.landmarks, runtime)?;
            (self.blendshapes, self.head_pose, self.gaze) =
                (blendshapes.transpose()?, head_pose.transpose()?, gaze.transpose()?);
            self.landmarker = Some(landmarker);
        }
        if tier >= FaceTier::Expression && self.expression.is_none() {
            let expression = models.expression.as_ref().map(|file| ExpressionNetwork::load(file, runtime));
            self.expression = expression.transpose()?;
        }
        Ok(())
    }

    /// The names of the networks that have a session.
    pub fn loaded(&self) -> Vec<&str> {
        self.networks().map(|network| network.card().name.as_str()).collect()
    }

    /// Begins an answer of which `fps` frames per second will be shown, and loads what its tier needs.
    ///
    /// # Errors
    /// When `fps` is not between 0.1 and 60, or a model of this tier is missing or not what it is taken for.
    pub fn start(&mut self, tier: FaceTier, fps: f32) -> Result<FaceSession<'_>, FaceError> {
        self.go_on(FaceProgress::new(tier, fps)?)
    }

    /// Goes on with an answer that was put aside.
    ///
    /// # Errors
    /// When a model of its tier is missing or not what it is taken for.
    pub fn go_on(&mut self, progress: FaceProgress) -> Result<FaceSession<'_>, FaceError> {
        self.load_for(progress.tier)?;
        self.networks_mut().for_each(Network::forget_runs);
        Ok(FaceSession { stage: self, progress })
    }

    fn networks(&self) -> impl Iterator<Item = &Network> {
        let optional = [
            self.landmarker.as_ref().map(|one| &one.network),
            self.blendshapes.as_ref().map(|one| &one.network),
            self.head_pose.as_ref().map(|one| &one.network),
            self.gaze.as_ref().map(|one| &one.network),
            self.expression.as_ref().map(|one| &one.network),
        ];
        [&self.detector.network].into_iter().chain(optional.into_iter().flatten())
    }

    fn networks_mut(&mut self) -> impl Iterator<Item = &mut Network> {
        let optional = [
            self.landmarker.as_mut().map(|one| &mut one.network),
            self.blendshapes.as_mut().map(|one| &mut one.network),
            self.head_pose.as_mut().map(|one| &mut one.network),
            self.gaze.as_mut().map(|one| &mut one.network),
            self.expression.as_mut().map(|one| &mut one.network),
        ];
        [&mut self.detector.network].into_iter().chain(optional.into_iter().flatten())
    }

    /// Tiers 2 and 3: what the points of the face tell.
    fn signals(&mut self, picture: &Picture<'_>, mesh: &Mesh, tier: FaceTier) -> Result<Signals, FaceError> {
        let shapes = match &mut self.blendshapes {
            Some(network) => network.shapes(mesh)?,
            None => None,
        };
        let geometric = geometry::smile(mesh);
        let landmark_angles = geometry::head_angles(mesh);
        let network_angles = match &mut self.head_pose {
            Some(network) => network.angles(picture, mesh)?,
            None => None,
        };
        let gaze = match (&mut self.gaze, network_angles) {
            (Some(network), Some(head)) => network.gaze(picture, mesh, head)?,
            _ => None,
        };
        let expression = match &mut self.expression {
            Some(network) if tier >= FaceTier::Expression => network.probabilities(picture, mesh)?,
            _ => None,
        };
        // The eyes' line gives the tilt better than any network.
        let head = match (network_angles, landmark_angles) {
            (Some(network), Some(landmarks)) => Some(Angles { roll: landmarks.roll, ..network }),
            (network, landmarks) => network.or(landmarks),
        };
        let head_off = head.map(|head| head.yaw.abs().max(head.pitch.abs()));
        let gaze_off = gaze.map(|gaze| gaze.sideways.abs().max(gaze.upward.abs()) * GAZE_ALLOWANCE);
        let glances_aside = geometry::iris_offset(mesh).is_some_and(|offset| offset.abs() > GLANCE_ASIDE);
        Ok(Signals {
            gaze_sideways: gaze.map(|gaze| gaze.sideways),
            // The blendshapes alone take a mouth that falls open for a smile; the geometry does not.
            smile: match (shapes, geometric) {
                (Some(shapes), Some(geometric)) => Some(f32::midpoint(shapes.smile, geometric)),
                (shapes, geometric) => shapes.map(|shapes| shapes.smile).or(geometric),
            },
            eyes: match shapes {
                Some(shapes) => Some(Eyes::Blink(shapes.blink)),
                None => geometry::eye_openness(mesh).map(Eyes::Openness),
            },
            head,
            off_camera: match (gaze_off, head_off) {
                (Some(gaze), _) => Some(gaze),
                (None, Some(head)) if glances_aside => Some(head.max(GLANCE_DEGREES)),
                (None, head) => head,
            },
            expression,
        })
    }
}

/// One answer on its way through the stage.
pub struct FaceSession<'a> {
    stage: &'a mut FaceStage,
    progress: FaceProgress,
}

impl FaceSession<'_> {
    /// Looks at one frame. Any size up to 4096 × 4096; times must increase.
    ///
    /// # Errors
    /// When the frame is malformed or out of order, the answer is too long, or a network fails. The session stays
    /// usable: a refused frame is as if it had not been shown.
    pub fn frame(&mut self, frame: RgbFrame<'_>) -> Result<(), FaceError> {
        let picture = Picture::new(&frame)?;
        if self.progress.frames.len() >= MAX_FRAMES || frame.at_ms > MAX_ANSWER_MS {
            return Err(FaceError::TooLong);
        }
        if let Some(last) = self.progress.frames.last().filter(|last| frame.at_ms <= last.at_ms) {
            return Err(FaceError::FrameOrder { at_ms: frame.at_ms, previous_ms: last.at_ms });
        }
        let faces = self.stage.detector.faces(&picture, self.progress.followed.as_ref())?;
        let face = follow(&faces, self.progress.followed.as_ref());
        let signals = match (&face, &mut self.stage.landmarker) {
            (Some(face), Some(landmarker)) if self.progress.tier >= FaceTier::Cues => {
                match landmarker.mesh(&picture, face)? {
                    Some(mesh) => Some(self.stage.signals(&picture, &mesh, self.progress.tier)?),
                    None => None,
                }
            }
            _ => None,
        };
        self.progress.frames.push(Observation {
            at_ms: frame.at_ms,
            faces: faces.len() as u32,
            quality: quality::measure(&picture, face.as_ref()),
            height_pixels: face.map(|face| face.size[1]),
            height_share: face.map(|face| (face.size[1] / frame.height as f32).min(1.0)),
            signals,
        });
        self.progress.followed = face;
        Ok(())
    }

    /// How often each network has run since the answer was begun or gone on with, by the name on its card.
    pub fn runs(&self) -> Vec<(&str, u64)> {
        self.stage.networks().map(|network| (network.card().name.as_str(), network.runs())).collect()
    }

    /// Puts the answer aside, so that others can be looked at.
    pub fn put_aside(self) -> FaceProgress {
        let Self { stage, mut progress } = self;
        let took_part =
            stage.networks().filter(|network| network.runs() > 0 || progress.models.contains(network.card()));
        progress.models = took_part.map(|network| network.card().clone()).collect();
        progress
    }

    /// The cues of the answer, which lasted `duration_ms`.
    pub fn finish(self, duration_ms: u64) -> FaceResult {
        let progress = self.put_aside();
        let duration_ms = duration_ms.min(MAX_ANSWER_MS);
        let summary = summary::summarise(&progress.frames, progress.tier, progress.interval_ms, duration_ms);
        FaceResult {
            cues: summary.cues,
            smile: summary.smile,
            camera_facing: summary.camera_facing,
            models: progress.models,
        }
    }
}

/// What the stage found. Cues that were never observed (no face, tier too low, no model) are absent, not zero.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceResult {
    pub cues: Face,
    /// How much of a smile, 0–1, for each [`CURVE_STEP_MS`]; absent where no face was seen.
    pub smile: Vec<Option<f32>>,
    /// 1 facing the camera, 0 not, for each [`CURVE_STEP_MS`]; absent where no face was seen.
    pub camera_facing: Vec<Option<f32>>,
    /// The models that took part.
    pub models: Vec<ModelCard>,
}

/// The face of the frame before where it is still there, unless another has become clearly larger; else the
/// largest. `faces` are sorted, the largest first.
fn follow(faces: &[Found], followed: Option<&Found>) -> Option<Found> {
    let largest = faces.first()?;
    let same =
        followed.and_then(|followed| faces.iter().find(|face| face.overlap(followed) > FOLLOWED_OVERLAP));
    same.filter(|same| same.side() * TAKES_OVER >= largest.side()).or(Some(largest)).copied()
}
