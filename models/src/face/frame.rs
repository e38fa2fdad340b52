//! Pictures as they come from the decoder, checked before anything else looks at them.

use super::FaceError;

/// Longest side that is accepted, in pixels.
pub const MAX_SIDE: u32 = 4096;
/// Shortest side in which a face could be found at all, in pixels.
pub const MIN_SIDE: u32 = 32;

/// One sampled frame: packed red, green, blue, one byte each, rows from the top, no padding.
#[derive(Clone, Copy)]
pub struct RgbFrame<'a> {
    /// Milliseconds from the start of the answer.
    pub at_ms: u64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Exactly `width · height · 3` bytes.
    pub rgb: &'a [u8],
}

/// A frame whose size has been checked.
#[derive(Clone, Copy)]
pub(super) struct Picture<'a> {
    pub width: usize,
    pub height: usize,
    rgb: &'a [u8],
}

impl<'a> Picture<'a> {
    pub fn new(frame: &RgbFrame<'a>) -> Result<Self, FaceError> {
        let sides = MIN_SIDE..=MAX_SIDE;
        if !sides.contains(&frame.width) || !sides.contains(&frame.height) {
            return Err(FaceError::FrameSize { width: frame.width, height: frame.height });
        }
        let (width, height) = (frame.width as usize, frame.height as usize);
        let expected = width * height * 3;
        if frame.rgb.len() != expected {
            return Err(FaceError::FrameBytes { expected, actual: frame.rgb.len() });
        }
        Ok(Self { width, height, rgb: frame.rgb })
    }

    /// Red, green and blue of a pixel; black outside the picture, as in the letterbox that the networks were trained with.
    #[inline]
    pub fn pixel(&self, x: i32, y: i32) -> [u8; 3] {
        self.offset(x, y).and_then(|at| self.rgb.get(at..)?.first_chunk()).copied().unwrap_or_default()
    }

    /// The pixels at (x, y), (x + 1, y), (x, y + 1) and (x + 1, y + 1), as numbers.
    #[inline]
    pub fn square(&self, x: i32, y: i32) -> [[f32; 3]; 4] {
        let (right, below) = (x.wrapping_add(1), y.wrapping_add(1));
        let pair = |at: usize| self.rgb.get(at..)?.first_chunk::<6>();
        // Where the first and the last of them lie inside, all do, and two reads are enough.
        let inside = self.offset(right, below).and_then(|_| self.offset(x, y));
        let pixels = match inside.and_then(|at| pair(at).zip(pair(at + self.width * 3))) {
            Some((upper, lower)) => {
                let pixel = |row: &[u8; 6], at: usize| [row[at], row[at + 1], row[at + 2]];
                [pixel(upper, 0), pixel(upper, 3), pixel(lower, 0), pixel(lower, 3)]
            }
            None => [(x, y), (right, y), (x, below), (right, below)].map(|(x, y)| self.pixel(x, y)),
        };
        pixels.map(|pixel| pixel.map(f32::from))
    }

    /// Luma (BT.601, full range) of a pixel, 0–255; `None` outside the picture.
    pub fn luma(&self, x: i32, y: i32) -> Option<f32> {
        let at = self.offset(x, y)?;
        let [red, green, blue] = self.rgb.get(at..)?.first_chunk::<3>()?.map(f32::from);
        Some(0.299 * red + 0.587 * green + 0.114 * blue)
    }

    #[inline]
    fn offset(&self, x: i32, y: i32) -> Option<usize> {
        // A negative number becomes a huge one, which is outside too.
        let (x, y) = (x as usize, y as usize);
        if x < self.width && y < self.height { Some((y * self.width + x) * 3) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: u32, height: u32, rgb: &[u8]) -> RgbFrame<'_> {
        RgbFrame { at_ms: 0, width, height, rgb }
    }

    #[test]
    fn hostile_sizes_are_refused() {
        let bytes = vec![0; 64 * 64 * 3];
        assert!(Picture::new(&frame(64, 64, &bytes)).is_ok());
        for (width, height) in [(0, 0), (0, 64), (64, 0), (1, 1), (31, 64), (4097, 64), (u32::MAX, u32::MAX)]
        {
            assert!(matches!(Picture::new(&frame(width, height, &bytes)), Err(FaceError::FrameSize { .. })));
        }
        for length in [0, 1, bytes.len() - 1] {
            let short = frame(64, 64, &bytes[..length]);
            assert!(matches!(Picture::new(&short), Err(FaceError::FrameBytes { .. })));
        }
        assert!(Picture::new(&frame(64, 63, &bytes)).is_err(), "too long is wrong as well");
    }

    #[test]
    fn outside_is_black() {
        let bytes = vec![255; 32 * 32 * 3];
        let picture = Picture::new(&frame(32, 32, &bytes)).unwrap();
        assert_eq!(picture.pixel(31, 31), [255; 3]);
        for (x, y) in [(-1, 0), (0, -1), (32, 0), (0, 32), (i32::MIN, i32::MAX)] {
            assert_eq!(picture.pixel(x, y), [0; 3]);
            assert_eq!(picture.luma(x, y), None);
        }
    }

    #[test]
    fn a_square_is_its_four_pixels() {
        let bytes: Vec<u8> = (0..32 * 32 * 3).map(|at| (at % 251) as u8).collect();
        let picture = Picture::new(&frame(32, 32, &bytes)).unwrap();
        for (x, y) in
            [(0, 0), (17, 5), (30, 30), (-1, 3), (31, 4), (4, 31), (31, 31), (-2, -2), (i32::MAX, 0)]
        {
            let [right, below] = [x, y].map(|value: i32| value.wrapping_add(1));
            let pixels = [(x, y), (right, y), (x, below), (right, below)];
            let pixels = pixels.map(|(x, y)| picture.pixel(x, y).map(f32::from));
            assert_eq!(picture.square(x, y), pixels, "{x}, {y}");
        }
    }
}
