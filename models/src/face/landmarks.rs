//! MediaPipe's face mesh: 468 points (or 478, with the irises) in three dimensions, from a crop of the face
//! (<https://arxiv.org/abs/1907.06724>).

use super::{
    FaceError,
    crop::{self, Format, Order, Window},
    detector::Found,
    frame::Picture,
    network::{ModelFile, Network},
};
use crate::runtime::OnnxRuntime;

/// Points without and with the irises.
const POINTS: [usize; 2] = [468, 478];
/// The crop is the detector's box, turned by the eyes, times this.
const CROP: f32 = 1.5;
/// Below this the network itself doubts that the crop holds a face.
const LEAST_PRESENCE: f32 = 0.5;
/// Sides of the network's input that are accepted, in pixels. Known ones have 192 and 256.
const SIDES: std::ops::RangeInclusive<usize> = 64..=512;

/// The points of one face, in pixels of the picture; the third coordinate is depth, larger when farther away.
/// It lives as long as the frame and is never stored.
pub(super) struct Mesh {
    pub points: Vec<[f32; 3]>,
}

impl Mesh {
    /// The upright square that holds every point with a twentieth to spare on each side.
    pub fn square(&self) -> Window {
        let mut low = [f32::INFINITY; 2];
        let mut high = [f32::NEG_INFINITY; 2];
        for point in &self.points {
            for axis in 0..2 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        Window {
            centre: [f32::midpoint(low[0], high[0]), f32::midpoint(low[1], high[1])],
            side: (high[0] - low[0]).max(high[1] - low[1]) * 1.1,
            angle: 0.0,
        }
    }

    pub fn has_irises(&self) -> bool {
        self.points.len() == POINTS[1]
    }
}

pub(super) struct Landmarker {
    pub network: Network,
    format: Format,
    pixels: Vec<f32>,
}

impl Landmarker {
    pub fn load(file: &ModelFile, runtime: &OnnxRuntime) -> Result<Self, FaceError> {
        let network = Network::load(file, runtime)?;
        let side = network.input_size(1).filter(|side| SIDES.contains(side));
        let side = side.ok_or_else(|| network.unexpected("square colour input"))?;
        let format = Format { side, order: Order::PackedRgb, scale: 1.0 / 255.0, shift: 0.0 };
        Ok(Self { network, format, pixels: Vec::new() })
    }

    /// The points of a face; `None` where the network finds no face in the crop.
    pub fn mesh(&mut self, picture: &Picture<'_>, face: &Found) -> Result<Option<Mesh>, FaceError> {
        let window = Window { centre: face.centre, side: face.side() * CROP, angle: face.tilt() };
        crop::sample(picture, window, &self.format, &mut self.pixels);
        let side = self.format.side;
        let outputs = self.network.run(&[1, side, side, 3], &self.pixels)?;
        let points = POINTS.iter().find_map(|count| outputs.of_length(count * 3));
        let (Some(points), Some(&[presence])) = (points, outputs.of_length(1)) else {
            return Err(self.network.unexpected("468 or 478 points and a presence"));
        };
        let present = 1.0 / (1.0 + (-presence.clamp(-80.0, 80.0)).exp()) >= LEAST_PRESENCE;
        if !present || !points.iter().all(|value| value.is_finite()) {
            return Ok(None);
        }
        let (placing, scale) = (window.placing(), window.side / side as f32);
        let points = points
            .chunks_exact(3)
            .map(|point| {
                let [x, y] = placing.to_picture(point[0] / side as f32, point[1] / side as f32);
                [x, y, point[2] * scale]
            })
            .collect();
        Ok(Some(Mesh { points }))
    }
}
