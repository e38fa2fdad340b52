//! How good the picture is: light and sharpness. About the camera, never about the person.

use super::{detector::Found, frame::Picture};

/// Pixels looked at per row and per column, at most.
const GRID: usize = 256;

/// Light and sharpness of the face, or of the whole picture where there is no face.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Quality {
    /// Mean luma, 0–255.
    pub light: f32,
    /// Variance of the Laplacian of luma, at the picture's own resolution.
    pub sharpness: f32,
}

pub(super) fn measure(picture: &Picture<'_>, face: Option<&Found>) -> Quality {
    let (columns, rows) = match face {
        Some(face) => (
            span(face.centre[0], face.size[0], picture.width),
            span(face.centre[1], face.size[1], picture.height),
        ),
        None => ((0, picture.width), (0, picture.height)),
    };
    let step = ((columns.1 - columns.0).max(rows.1 - rows.0)).div_ceil(GRID).max(1);
    let (mut luma, mut edges) = (Moments::default(), Moments::default());
    for y in (rows.0..rows.1).step_by(step) {
        for x in (columns.0..columns.1).step_by(step) {
            let (x, y) = (x as i32, y as i32);
            let around = [(x, y), (x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)];
            let [Some(here), left, right, above, below] = around.map(|(x, y)| picture.luma(x, y)) else {
                continue;
            };
            luma.add(here);
            if let (Some(left), Some(right), Some(above), Some(below)) = (left, right, above, below) {
                edges.add(left + right + above + below - 4.0 * here);
            }
        }
    }
    Quality { light: luma.mean(), sharpness: edges.variance() }
}

/// First pixel and the one past the last.
fn span(centre: f32, size: f32, limit: usize) -> (usize, usize) {
    let first = (centre - size / 2.0).clamp(0.0, limit as f32 - 1.0) as usize;
    let end = (centre + size / 2.0).clamp(1.0, limit as f32) as usize;
    (first, end.max(first + 1))
}

#[derive(Default)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f32) {
        self.count += 1.0;
        self.sum += f64::from(value);
        self.squares += f64::from(value) * f64::from(value);
    }

    fn mean(&self) -> f32 {
        if self.count > 0.0 { (self.sum / self.count) as f32 } else { 0.0 }
    }

    fn variance(&self) -> f32 {
        if self.count > 0.0 {
            (self.squares / self.count - (self.sum / self.count).powi(2)).max(0.0) as f32
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::frame::RgbFrame;

    fn measured(luma: impl Fn(u32, u32) -> u8) -> Quality {
        let bytes: Vec<u8> = (0..64)
            .flat_map(|y| {
                (0..64).flat_map({
                    let luma = &luma;
                    move |x| [luma(x, y); 3]
                })
            })
            .collect();
        measure(&Picture::new(&RgbFrame { at_ms: 0, width: 64, height: 64, rgb: &bytes }).unwrap(), None)
    }

    #[test]
    fn flat_is_blurred_and_a_chessboard_is_sharp() {
        let flat = measured(|_, _| 90);
        assert!((flat.light - 90.0).abs() < 0.1 && flat.sharpness < 0.01);
        let slope = measured(|x, _| (x * 2) as u8);
        assert!(slope.sharpness < 0.1, "a slope has no edges: {slope:?}");
        assert!(measured(|x, y| if (x / 8 + y / 8) % 2 == 0 { 200 } else { 50 }).sharpness > 1000.0);
    }

    #[test]
    fn a_face_half_outside_is_measured_where_it_is_visible() {
        let bytes = vec![100; 64 * 64 * 3];
        let picture = Picture::new(&RgbFrame { at_ms: 0, width: 64, height: 64, rgb: &bytes }).unwrap();
        for centre in [[0.0, 0.0], [64.0, 64.0], [-100.0, 500.0]] {
            let face = Found { score: 1.0, centre, size: [40.0, 40.0], eyes: [[0.0; 2]; 2] };
            assert!((measure(&picture, Some(&face)).light - 100.0).abs() < 0.1);
        }
    }
}
