//! Square windows of a picture, turned and scaled to what a network wants to see.

use super::frame::Picture;

const FRACTION_BITS: u32 = 8;

/// A point of the picture, in pixels from its top left corner.
pub(super) type Point = [f32; 2];

/// A square window, turned clockwise by `angle` radians about its centre.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub centre: Point,
    /// Pixels of the picture.
    pub side: f32,
    pub angle: f32,
}

impl Window {
    /// The whole picture, letterboxed.
    pub fn whole(picture: &Picture<'_>) -> Self {
        let (width, height) = (picture.width as f32, picture.height as f32);
        Self { centre: [width / 2.0, height / 2.0], side: width.max(height), angle: 0.0 }
    }

    pub fn placing(self) -> Placing {
        let (sin, cos) = self.angle.sin_cos();
        Placing { centre: self.centre, along: [cos * self.side, sin * self.side] }
    }
}

/// Where the points of a window lie in the picture.
#[derive(Clone, Copy)]
pub(super) struct Placing {
    centre: Point,
    /// The window's upper edge, as a vector in the picture.
    along: Point,
}

impl Placing {
    /// A point given in shares of the window's side, from the window's top left corner.
    #[inline]
    pub fn to_picture(self, u: f32, v: f32) -> Point {
        let [x, y] = self.way(u - 0.5, v - 0.5);
        [self.centre[0] + x, self.centre[1] + y]
    }

    /// How far it is in the picture to go `u` across and `v` down in the window, in shares of its side.
    #[inline]
    fn way(self, u: f32, v: f32) -> Point {
        [u * self.along[0] - v * self.along[1], u * self.along[1] + v * self.along[0]]
    }
}

/// How a network wants its pixels.
pub(super) struct Format {
    /// Width and height, in pixels.
    pub side: usize,
    pub order: Order,
    /// `value = byte · scale + shift`.
    pub scale: f32,
    pub shift: f32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Red, green, blue of one pixel side by side (NHWC).
    PackedRgb,
    /// A plane of red, of green, of blue (NCHW).
    PlanarRgb,
    /// A plane of blue, of green, of red (NCHW).
    PlanarBgr,
}

/// Samples the window into `values`, which is resized to `side² · 3`.
pub(super) fn sample(picture: &Picture<'_>, window: Window, format: &Format, values: &mut Vec<f32>) {
    let side = format.side;
    values.clear();
    values.resize(side * side * 3, 0.0);
    // Shrinking by more than half would alias: then each pixel is the mean of a grid of source pixels.
    let step = window.side / side as f32;
    let grid = (step.round() as usize).clamp(1, 4);
    let placing = window.placing();
    let fine = (side * grid) as f32;
    // Where the source pixels of one pixel lie, seen from the first of them.
    let taps: Vec<_> = (0..grid * grid)
        .map(|tap| fixed(placing.way((tap % grid) as f32 / fine, (tap / grid) as f32 / fine)))
        .collect();
    for row in 0..side {
        for column in 0..side {
            let first = |cell: usize| ((cell * grid) as f32 + 0.5) / fine;
            let at = placing.to_picture(first(column), first(row));
            let colour = if grid == 1 {
                bilinear(picture, at[0] - 0.5, at[1] - 0.5)
            } else {
                mean(picture, fixed(at), &taps)
            };
            for (channel, value) in colour.into_iter().enumerate() {
                let at = match format.order {
                    Order::PackedRgb => (row * side + column) * 3 + channel,
                    Order::PlanarRgb => (channel * side + row) * side + column,
                    Order::PlanarBgr => ((2 - channel) * side + row) * side + column,
                };
                values[at] = value * format.scale + format.shift;
            }
        }
    }
}

/// `x` and `y` are in pixel centres: 0 is the centre of the first pixel.
fn bilinear(picture: &Picture<'_>, x: f32, y: f32) -> [f32; 3] {
    // Rounded down. Before x86-64-v2, `floor` is a call into the C library.
    let [left, top] = [x, y].map(|value| value as i32 - i32::from(value < 0.0));
    let (right_share, bottom_share) = (x - left as f32, y - top as f32);
    let weights = [
        (1.0 - right_share) * (1.0 - bottom_share),
        right_share * (1.0 - bottom_share),
        (1.0 - right_share) * bottom_share,
        right_share * bottom_share,
    ];
    let mut sum = [0.0; 3];
    for (colour, weight) in picture.square(left, top).into_iter().zip(weights) {
        for (total, value) in sum.iter_mut().zip(colour) {
            *total += value * weight;
        }
    }
    sum
}

/// The mean of the pixels at `first` and beside it, as far as they lie in the picture; the rest is black.
fn mean(picture: &Picture<'_>, first: [i32; 2], taps: &[[i32; 2]]) -> [f32; 3] {
    let mut sum = [0; 3];
    for tap in taps {
        // Shifting rounds down: what is negative stays so, and lies outside.
        let x = first[0].wrapping_add(tap[0]) >> FRACTION_BITS;
        let y = first[1].wrapping_add(tap[1]) >> FRACTION_BITS;
        for (total, value) in sum.iter_mut().zip(picture.pixel(x, y)) {
            *total += u32::from(value);
        }
    }
    sum.map(|total| total as f32 / taps.len() as f32)
}

/// A place in the picture in 256ths of a pixel: converting a float for each source pixel costs more than all the rest.
fn fixed(point: Point) -> [i32; 2] {
    point.map(|value| (value * (1 << FRACTION_BITS) as f32).floor() as i32)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "bytes become floats unchanged")]
mod tests {
    use super::*;
    use crate::face::frame::RgbFrame;

    const PACKED: Format = Format { side: 32, order: Order::PackedRgb, scale: 1.0, shift: 0.0 };

    fn gradient(width: u32, height: u32) -> Vec<u8> {
        (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 7])).collect()
    }

    fn picture(bytes: &[u8], width: u32, height: u32) -> Picture<'_> {
        Picture::new(&RgbFrame { at_ms: 0, width, height, rgb: bytes }).unwrap()
    }

    #[test]
    fn same_size_is_the_identity() {
        let bytes = gradient(32, 32);
        let picture = picture(&bytes, 32, 32);
        let mut values = Vec::new();
        sample(&picture, Window::whole(&picture), &PACKED, &mut values);
        assert!(values.iter().zip(&bytes).all(|(value, &byte)| (value - f32::from(byte)).abs() < 1e-3));
    }

    #[test]
    fn letterbox_is_black_above_and_below() {
        let bytes = vec![200; 64 * 32 * 3];
        let picture = picture(&bytes, 64, 32);
        let mut values = Vec::new();
        sample(&picture, Window::whole(&picture), &PACKED, &mut values);
        assert_eq!(values[0..3], [0.0; 3]);
        assert_eq!(values[16 * 32 * 3..16 * 32 * 3 + 3], [200.0; 3]);
    }

    #[test]
    fn a_quarter_turn_turns_clockwise() {
        // What lies at the right of the picture lies at the top of a window turned clockwise by 90°.
        let bytes = gradient(32, 32);
        let picture = picture(&bytes, 32, 32);
        let window = Window { angle: std::f32::consts::FRAC_PI_2, ..Window::whole(&picture) };
        let mut values = Vec::new();
        sample(&picture, window, &PACKED, &mut values);
        let middle_of_top = &values[16 * 3..16 * 3 + 3];
        assert!((middle_of_top[0] - 31.0).abs() < 0.01, "{middle_of_top:?}");
    }

    #[test]
    fn orders() {
        let bytes: Vec<u8> = (0..32 * 32).flat_map(|_| [10, 20, 30]).collect();
        let picture = picture(&bytes, 32, 32);
        let mut values = Vec::new();
        let plane = 32 * 32;
        sample(&picture, Window::whole(&picture), &Format { order: Order::PlanarBgr, ..PACKED }, &mut values);
        assert_eq!([values[0], values[plane], values[2 * plane]], [30.0, 20.0, 10.0]);
        sample(&picture, Window::whole(&picture), &Format { order: Order::PlanarRgb, ..PACKED }, &mut values);
        assert_eq!([values[0], values[plane], values[2 * plane]], [10.0, 20.0, 30.0]);
    }
}
