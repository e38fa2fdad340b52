//! Intel's head pose and gaze networks (Open Model Zoo, head-pose-estimation-adas-0001 and
//! gaze-estimation-adas-0002): a second opinion on where a person looks, where they are installed.

use super::{
    FaceError,
    crop::{self, Format, Order, Window},
    frame::Picture,
    geometry::Angles,
    landmarks::Mesh,
    network::{ModelFile, Network},
};
use crate::runtime::OnnxRuntime;

const FORMAT: Format = Format { side: 60, order: Order::PlanarBgr, scale: 1.0, shift: 0.0 };
const SHAPE: [usize; 4] = [1, 3, 60, 60];
/// An eye's crop is its width times this.
const EYE_CROP: f32 = 1.8;
/// Corners of the person's own left eye (at the right of the picture) and right eye.
const LEFT_EYE: [usize; 2] = [362, 263];
const RIGHT_EYE: [usize; 2] = [33, 133];

pub(super) struct HeadPoseNetwork {
    pub network: Network,
    pixels: Vec<f32>,
}

impl HeadPoseNetwork {
    pub fn load(file: &ModelFile, runtime: &OnnxRuntime) -> Result<Self, FaceError> {
        Ok(Self { network: Network::load(file, runtime)?, pixels: Vec::new() })
    }

    /// Mean error on BIWI: 5.4° yaw, 5.5° pitch, 4.6° roll (model card).
    pub fn angles(&mut self, picture: &Picture<'_>, mesh: &Mesh) -> Result<Option<Angles>, FaceError> {
        crop::sample(picture, mesh.square(), &FORMAT, &mut self.pixels);
        let outputs = self.network.run(&SHAPE, &self.pixels)?;
        let angle = |name: &str| outputs.scalar(name).ok_or_else(|| self.network.unexpected("head angles"));
        // The network counts a lowered head as positive.
        let angles =
            Angles { yaw: angle("angle_y_fc")?, pitch: -angle("angle_p_fc")?, roll: angle("angle_r_fc")? };
        Ok([angles.yaw, angles.pitch, angles.roll].iter().all(|angle| angle.is_finite()).then_some(angles))
    }
}

/// Where the eyes look, in degrees off the line to the camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gaze {
    pub sideways: f32,
    pub upward: f32,
}

pub(super) struct GazeNetwork {
    pub network: Network,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl GazeNetwork {
    pub fn load(file: &ModelFile, runtime: &OnnxRuntime) -> Result<Self, FaceError> {
        Ok(Self { network: Network::load(file, runtime)?, left: Vec::new(), right: Vec::new() })
    }

    /// Mean error 7° (model card). `head` is what the head pose network said of the same face.
    pub fn gaze(
        &mut self,
        picture: &Picture<'_>,
        mesh: &Mesh,
        head: Angles,
    ) -> Result<Option<Gaze>, FaceError> {
        // Eyes are shown upright, as the network's own demonstration does: so the head is untilted for it.
        let (Some(left), Some(right)) = (eye(mesh, LEFT_EYE), eye(mesh, RIGHT_EYE)) else { return Ok(None) };
        crop::sample(picture, left, &FORMAT, &mut self.left);
        crop::sample(picture, right, &FORMAT, &mut self.right);
        let outputs = self.network.run_named(&[
            ("left_eye_image", &SHAPE, &self.left),
            ("right_eye_image", &SHAPE, &self.right),
            ("head_pose_angles", &[1, 3], &[head.yaw, -head.pitch, 0.0]),
        ])?;
        let Some(&[x, y, z]) = outputs.of_length(3) else {
            return Err(self.network.unexpected("gaze vector"));
        };
        let gaze = Gaze { sideways: x.atan2(-z).to_degrees(), upward: y.atan2(x.hypot(z)).to_degrees() };
        Ok((gaze.sideways.is_finite() && gaze.upward.is_finite()).then_some(gaze))
    }
}

fn eye(mesh: &Mesh, corners: [usize; 2]) -> Option<Window> {
    let [left, right] = [mesh.points.get(corners[0])?, mesh.points.get(corners[1])?];
    let (x, y) = (right[0] - left[0], right[1] - left[1]);
    Some(Window {
        centre: [f32::midpoint(left[0], right[0]), f32::midpoint(left[1], right[1])],
        side: x.hypot(y) * EYE_CROP,
        angle: y.atan2(x),
    })
}
