//! MediaPipe's short-range face detector (BlazeFace, <https://arxiv.org/abs/1907.05047>): a box and six points
//! per face, from a picture of 128 × 128.

use super::{
    FaceError,
    crop::{self, Format, Order, Point, Window},
    frame::Picture,
    network::{ModelFile, Network},
};
use crate::runtime::OnnxRuntime;

const SIDE: usize = 128;
const FORMAT: Format = Format { side: SIDE, order: Order::PackedRgb, scale: 1.0 / 127.5, shift: -1.0 };
const ANCHORS: usize = 896;
/// Centre, size and six points, each x and y.
const NUMBERS: usize = 16;

/// What the first look, at the whole picture, takes for a candidate.
const CANDIDATE_SCORE: f32 = 0.4;
/// What the second look, at the candidate alone, takes for a face. Faces score 0.8 and more there; lettering,
/// clouds and patterns that pass the first look stay below 0.71.
const FACE_SCORE: f32 = 0.75;
/// The same, for a face that was there in the frame before: it may blur or turn without being lost.
const KNOWN_FACE_SCORE: f32 = 0.6;
/// Boxes that share more of their area than this are one face.
const SAME_FACE_OVERLAP: f32 = 0.3;
/// The second look sees this many times the candidate's size.
const SECOND_LOOK: f32 = 2.0;
/// Faces below these shares of the picture's height, and of the largest face's height, belong to posters and
/// passers-by far away.
const LEAST_OF_PICTURE: f32 = 0.06;
const LEAST_OF_LARGEST: f32 = 0.3;
/// Candidates that get a second look, the likeliest first.
const MAX_CANDIDATES: usize = 8;

/// A face in the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// 0–1.
    pub score: f32,
    pub centre: Point,
    /// Width and height from brow to chin, in pixels of the picture.
    pub size: Point,
    /// The eye at the left of the picture, then the one at the right.
    pub eyes: [Point; 2],
}

impl Found {
    /// Longer side of the box.
    pub fn side(&self) -> f32 {
        self.size[0].max(self.size[1])
    }

    /// How far the line through the eyes is turned clockwise, in radians.
    pub fn tilt(&self) -> f32 {
        let [left, right] = self.eyes;
        (right[1] - left[1]).atan2(right[0] - left[0])
    }

    /// Intersection over union.
    pub fn overlap(&self, other: &Self) -> f32 {
        let shared: f32 = (0..2)
            .map(|axis| {
                let low = |face: &Self| face.centre[axis] - face.size[axis] / 2.0;
                let high = |face: &Self| face.centre[axis] + face.size[axis] / 2.0;
                (high(self).min(high(other)) - low(self).max(low(other))).max(0.0)
            })
            .product();
        let area = |face: &Self| face.size[0] * face.size[1];
        let union = area(self) + area(other) - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }
}

pub(super) struct Detector {
    pub network: Network,
    anchors: Vec<Point>,
    pixels: Vec<f32>,
}

impl Detector {
    pub fn load(file: &ModelFile, runtime: &OnnxRuntime) -> Result<Self, FaceError> {
        Ok(Self { network: Network::load(file, runtime)?, anchors: anchors(), pixels: Vec::new() })
    }

    /// Every face that is sure, distinct and not tiny; the largest first. `known` is the face of the frame before.
    pub fn faces(&mut self, picture: &Picture<'_>, known: Option<&Found>) -> Result<Vec<Found>, FaceError> {
        let candidates = self.look(picture, Window::whole(picture), CANDIDATE_SCORE)?;
        let mut faces: Vec<Found> = Vec::new();
        for candidate in candidates.iter().take(MAX_CANDIDATES) {
            let window = Window {
                centre: candidate.centre,
                side: candidate.side() * SECOND_LOOK,
                angle: candidate.tilt(),
            };
            let is_known = known.is_some_and(|known| known.overlap(candidate) > SAME_FACE_OVERLAP);
            let least = if is_known { KNOWN_FACE_SCORE } else { FACE_SCORE };
            // Of two faces in the window, the candidate is the one in the middle.
            let nearest = self.look(picture, window, least)?.into_iter().min_by(|one, other| {
                distance(one.centre, candidate.centre).total_cmp(&distance(other.centre, candidate.centre))
            });
            if let Some(face) = nearest
                && distance(face.centre, candidate.centre) < candidate.side() / 2.0
            {
                faces.push(face);
            }
        }
        Ok(distinct(faces, picture.height as f32))
    }

    fn look(&mut self, picture: &Picture<'_>, window: Window, least: f32) -> Result<Vec<Found>, FaceError> {
        crop::sample(picture, window, &FORMAT, &mut self.pixels);
        let outputs = self.network.run(&[1, SIDE, SIDE, 3], &self.pixels)?;
        let (Some(boxes), Some(scores)) = (outputs.of_length(ANCHORS * NUMBERS), outputs.of_length(ANCHORS))
        else {
            return Err(self.network.unexpected("boxes and scores for 896 anchors"));
        };
        let mut raw: Vec<Raw> = boxes
            .chunks_exact(NUMBERS)
            .zip(scores)
            .zip(&self.anchors)
            .filter_map(|((numbers, &score), &anchor)| Raw::decode(numbers, score, anchor, least))
            .collect();
        raw.sort_by(|one, other| other.score.total_cmp(&one.score));
        Ok(suppress(raw).iter().map(|raw| raw.in_picture(window)).collect())
    }
}

/// One anchor's face, in shares of the window's side.
#[derive(Clone, Copy)]
struct Raw {
    score: f32,
    /// Centre x, y, width, height, then the points: first the eye at the left, then the one at the right.
    numbers: [f32; NUMBERS],
}

impl Raw {
    fn decode(numbers: &[f32], logit: f32, anchor: Point, least: f32) -> Option<Self> {
        let score = 1.0 / (1.0 + (-logit.clamp(-80.0, 80.0)).exp());
        let mut decoded = [0.0; NUMBERS];
        for (index, (value, &number)) in decoded.iter_mut().zip(numbers).enumerate() {
            let is_size = index == 2 || index == 3;
            *value = number / SIDE as f32 + if is_size { 0.0 } else { anchor[index % 2] };
        }
        // Not a number compares as false, so a broken network finds nothing.
        let plausible =
            decoded.iter().all(|value| value.abs() < 4.0) && decoded[2] > 0.01 && decoded[3] > 0.01;
        (score >= least && plausible).then_some(Self { score, numbers: decoded })
    }

    fn in_picture(&self, window: Window) -> Found {
        let placing = window.placing();
        let point = |at: usize| placing.to_picture(self.numbers[at], self.numbers[at + 1]);
        Found {
            score: self.score,
            centre: point(0),
            size: [self.numbers[2] * window.side, self.numbers[3] * window.side],
            eyes: [point(4), point(6)],
        }
    }

    fn overlap(&self, other: &Self) -> f32 {
        let flat = |raw: &Self| Found {
            score: raw.score,
            centre: [raw.numbers[0], raw.numbers[1]],
            size: [raw.numbers[2], raw.numbers[3]],
            eyes: [[0.0; 2]; 2],
        };
        flat(self).overlap(&flat(other))
    }
}

/// Weighted non-maximum suppression: overlapping boxes become their mean, weighted by score, which is steadier
/// from frame to frame than the best of them. `raw` is sorted, best first.
fn suppress(mut raw: Vec<Raw>) -> Vec<Raw> {
    let mut kept = Vec::new();
    while let Some(best) = raw.first().copied() {
        let (same, others): (Vec<Raw>, Vec<Raw>) =
            raw.into_iter().partition(|other| best.overlap(other) > SAME_FACE_OVERLAP);
        let weight: f32 = same.iter().map(|one| one.score).sum();
        let mut numbers = [0.0; NUMBERS];
        for one in &same {
            for (sum, number) in numbers.iter_mut().zip(one.numbers) {
                *sum += number * one.score / weight;
            }
        }
        kept.push(Raw { score: best.score, numbers });
        raw = others;
    }
    kept
}

/// Leaves out what is another view of the same face, and what is too small to matter; the largest first.
fn distinct(mut faces: Vec<Found>, picture_height: f32) -> Vec<Found> {
    faces.sort_by(|one, other| other.score.total_cmp(&one.score));
    let mut kept: Vec<Found> = Vec::new();
    for face in faces {
        if kept.iter().all(|other| other.overlap(&face) <= SAME_FACE_OVERLAP) {
            kept.push(face);
        }
    }
    kept.sort_by(|one, other| other.side().total_cmp(&one.side()));
    let largest = kept.first().map_or(0.0, Found::side);
    let least = (picture_height * LEAST_OF_PICTURE).max(largest * LEAST_OF_LARGEST);
    kept.retain(|face| face.side() >= least);
    kept
}

/// Centres in shares of the side: two anchors on each point of a 16 × 16 grid, six on each of an 8 × 8 grid.
fn anchors() -> Vec<Point> {
    [(16, 2), (8, 6)]
        .into_iter()
        .flat_map(|(grid, each)| {
            (0..grid * grid * each).map(move |index| {
                let cell = index / each;
                [((cell % grid) as f32 + 0.5) / grid as f32, ((cell / grid) as f32 + 0.5) / grid as f32]
            })
        })
        .collect()
}

fn distance(one: Point, other: Point) -> f32 {
    (one[0] - other[0]).hypot(one[1] - other[1])
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the grid's places are exact in binary")]
mod tests {
    use super::*;

    fn raw(score: f32, x: f32, side: f32) -> Raw {
        let mut numbers = [0.0; NUMBERS];
        numbers[..4].copy_from_slice(&[x, 0.5, side, side]);
        Raw { score, numbers }
    }

    fn found(score: f32, x: f32, side: f32) -> Found {
        Found { score, centre: [x, 100.0], size: [side, side], eyes: [[x - 1.0, 0.0], [x + 1.0, 0.0]] }
    }

    #[test]
    fn there_are_896_anchors() {
        let anchors = anchors();
        assert_eq!(anchors.len(), ANCHORS);
        assert_eq!(anchors[0], [0.5 / 16.0, 0.5 / 16.0]);
        assert_eq!(anchors[2], [1.5 / 16.0, 0.5 / 16.0]);
        assert_eq!(anchors[512], [0.5 / 8.0, 0.5 / 8.0]);
        assert_eq!(anchors[895], [7.5 / 8.0, 7.5 / 8.0]);
    }

    #[test]
    fn overlapping_boxes_become_their_weighted_mean() {
        let kept = suppress(vec![raw(0.9, 0.50, 0.2), raw(0.45, 0.53, 0.2), raw(0.4, 0.9, 0.2)]);
        assert_eq!(kept.len(), 2);
        assert!((kept[0].numbers[0] - 0.51).abs() < 1e-5);
        assert!((kept[0].score - 0.9).abs() < 1e-6);
    }

    #[test]
    fn broken_numbers_are_no_face() {
        for bad in [f32::NAN, f32::INFINITY, -1e30] {
            let mut numbers = [64.0; NUMBERS];
            assert!(Raw::decode(&numbers, 5.0, [0.5, 0.5], 0.5).is_some());
            numbers[0] = bad;
            assert!(Raw::decode(&numbers, 5.0, [0.5, 0.5], 0.5).is_none());
            assert!(Raw::decode(&[64.0; NUMBERS], f32::NAN, [0.5, 0.5], 0.5).is_none());
        }
    }

    #[test]
    fn one_face_seen_twice_counts_once_and_tiny_ones_do_not_count() {
        let faces = vec![
            found(0.9, 100.0, 50.0),
            found(0.95, 105.0, 52.0),
            found(0.9, 300.0, 40.0),
            found(0.9, 500.0, 9.0),
        ];
        let kept = distinct(faces, 200.0);
        assert_eq!(kept.len(), 2);
        assert!((kept[0].side() - 52.0).abs() < 1e-5, "the largest first, the surer of two views");
    }
}
