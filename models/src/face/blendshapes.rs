//! MediaPipe's blendshapes: 52 muscle movements, each 0–1, from 146 points of the mesh
//! (`face_blendshapes_graph.cc` fixes both orders).

use super::{
    FaceError,
    landmarks::Mesh,
    network::{ModelFile, Network},
};
use crate::runtime::OnnxRuntime;

const SHAPES: usize = 52;
const EYE_BLINK: [usize; 2] = [9, 10];
const MOUTH_SMILE: [usize; 2] = [44, 45];

#[rustfmt::skip]
const POINTS: [u16; 146] = [
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249,
    251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314,
    317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382,
    384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473,
    474, 475, 476, 477,
];

/// The movements that Viva uses, 0–1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shapes {
    /// Mean of `mouthSmileLeft` and `mouthSmileRight`.
    pub smile: f32,
    /// Mean of `eyeBlinkLeft` and `eyeBlinkRight`.
    pub blink: f32,
}

pub(super) struct Blendshapes {
    pub network: Network,
}

impl Blendshapes {
    pub fn load(file: &ModelFile, runtime: &OnnxRuntime) -> Result<Self, FaceError> {
        Ok(Self { network: Network::load(file, runtime)? })
    }

    /// `None` for a mesh without irises, which the network needs.
    pub fn shapes(&mut self, mesh: &Mesh) -> Result<Option<Shapes>, FaceError> {
        let mut values = Vec::with_capacity(POINTS.len() * 2);
        for index in POINTS {
            let Some([x, y, _]) = mesh.points.get(usize::from(index)) else { return Ok(None) };
            values.extend([*x, *y]);
        }
        let outputs = self.network.run(&[1, POINTS.len(), 2], &values)?;
        let shapes = outputs.of_length(SHAPES).ok_or_else(|| self.network.unexpected("52 blendshapes"))?;
        let mean = |[left, right]: [usize; 2]| f32::midpoint(shapes[left], shapes[right]);
        let (smile, blink) = (mean(MOUTH_SMILE), mean(EYE_BLINK));
        Ok((smile.is_finite() && blink.is_finite()).then_some(Shapes { smile, blink }))
    }
}
