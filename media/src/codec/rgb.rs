//! Pictures to RGB (BT.601, limited range: what cameras and browsers send), and to a smaller size.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::Picture;

/// Three bytes a pixel, row by row, without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rgb {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

/// Converts pictures one after the other, and reduces those that are too wide. It keeps its buffers: to get them from the system
/// for each picture costs as much as to fill them.
pub(crate) struct Converter {
    max_width: u32,
    resizer: Resizer,
    /// A plane without the decoder's padding.
    source: Vec<u8>,
    planes: [Vec<u8>; 3],
}

impl Converter {
    pub(crate) fn new(max_width: u32) -> Self {
        Self {
            max_width: max_width.max(1),
            resizer: Resizer::new(),
            source: Vec::new(),
            planes: Default::default(),
        }
    }

    /// The picture, no wider than wanted.
    pub(crate) fn convert(&mut self, picture: &Picture<'_>) -> Rgb {
        let width = self.max_width;
        if picture.width <= width {
            return to_rgb(picture);
        }
        let scaled = u64::from(picture.height) * u64::from(width) / u64::from(picture.width);
        let height = (scaled as u32).max(1);
        // Before the colours are mixed: a third of the bytes, and each only once.
        for plane in 0..3 {
            self.reduce(picture, plane, (width, height));
        }
        to_rgb(&Picture {
            width,
            height,
            planes: self.planes.each_ref().map(Vec::as_slice),
            strides: [width as usize; 3],
            chroma_shift: (0, 0),
        })
    }

    /// Makes a plane of another size: each sample is the mean of those it covers.
    fn reduce(&mut self, picture: &Picture<'_>, plane: usize, (width, height): (u32, u32)) {
        let (across, down) = if plane == 0 { (0, 0) } else { picture.chroma_shift };
        let (from_width, from_height) =
            (picture.width.div_ceil(1 << across), picture.height.div_ceil(1 << down));
        // A decoder need not pad the last row, and the resizer knows no strides.
        self.source.clear();
        for row in picture.planes[plane].chunks(picture.strides[plane]).take(from_height as usize) {
            self.source.extend_from_slice(&row[..from_width as usize]);
        }
        let target = &mut self.planes[plane];
        target.clear();
        target.resize(width as usize * height as usize, 0);
        let source = ImageRef::new(from_width, from_height, &self.source, PixelType::U8);
        let resized = source.and_then(|source| {
            let mut target = Image::from_slice_u8(width, height, target, PixelType::U8)?;
            let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box));
            Ok(self.resizer.resize(&source, &mut target, &options))
        });
        // Both buffers have the sizes that they state, so there is nothing to fail; black stands for the impossible.
        debug_assert!(matches!(resized, Ok(Ok(()))));
    }
}

fn to_rgb(picture: &Picture<'_>) -> Rgb {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let (shift_x, shift_y) = picture.chroma_shift;
    let chroma_width = width.div_ceil(1 << shift_x);
    let mut pixels = vec![0; width * height * 3];
    for (y, target) in pixels.chunks_exact_mut(width * 3).enumerate() {
        let row = |plane: usize, y: usize, width: usize| {
            let start = y * picture.strides[plane];
            &picture.planes[plane][start..start + width]
        };
        let luma = row(0, y, width);
        let (u, v) = (row(1, y >> shift_y, chroma_width), row(2, y >> shift_y, chroma_width));
        if shift_x == 1 {
            // The common case, in pairs that share their chroma.
            let pairs = target.chunks_mut(6).zip(luma.chunks(2)).zip(u.iter().zip(v));
            for ((target, luma), (u, v)) in pairs {
                for (target, luma) in target.chunks_exact_mut(3).zip(luma) {
                    target.copy_from_slice(&pixel(*luma, *u, *v));
                }
            }
        } else {
            for (x, (target, luma)) in target.chunks_exact_mut(3).zip(luma).enumerate() {
                target.copy_from_slice(&pixel(*luma, u[x >> shift_x], v[x >> shift_x]));
            }
        }
    }
    Rgb { width: picture.width, height: picture.height, pixels }
}

/// ITU-R BT.601, limited range, in 8-bit fixed point.
fn pixel(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (luma, blue, red) = (298 * (i32::from(y) - 16) + 128, i32::from(u) - 128, i32::from(v) - 128);
    let channel = |value: i32| (value >> 8).clamp(0, 255) as u8;
    [channel(luma + 409 * red), channel(luma - 100 * blue - 208 * red), channel(luma + 516 * blue)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(width: u32, height: u32, [y, u, v]: [u8; 3], shift: (u32, u32)) -> Rgb {
        let chroma = (width.div_ceil(1 << shift.0) * height.div_ceil(1 << shift.1)) as usize;
        let (y, u, v) = (vec![y; (width * height) as usize], vec![u; chroma], vec![v; chroma]);
        let chroma_stride = width.div_ceil(1 << shift.0) as usize;
        let picture = Picture {
            width,
            height,
            planes: [&y, &u, &v],
            strides: [width as usize, chroma_stride, chroma_stride],
            chroma_shift: shift,
        };
        Converter::new(640).convert(&picture)
    }

    #[test]
    fn the_corners_of_the_colour_space() {
        for shift in [(1, 1), (0, 0), (1, 0)] {
            let white = flat(5, 3, [235, 128, 128], shift);
            assert!(white.pixels.iter().all(|byte| *byte == 255), "{shift:?}");
            let black = flat(5, 3, [16, 128, 128], shift);
            assert!(black.pixels.iter().all(|byte| *byte == 0));
            let [r, g, b] = flat(5, 3, [81, 90, 240], shift).pixels[..3] else { panic!() };
            assert!(r > 250 && g < 5 && b < 5, "red: {r} {g} {b}");
        }
    }

    #[test]
    fn a_reduced_pixel_is_the_mean_of_those_it_covers() {
        // Columns of 16, 56, 96, 136 …: pairs have the means 36, 116 ….
        let luma: Vec<u8> = (0..4).flat_map(|_| [16, 56, 96, 136]).collect();
        let chroma = [128; 4];
        let picture = Picture {
            width: 4,
            height: 4,
            planes: [&luma, &chroma, &chroma],
            strides: [4, 2, 2],
            chroma_shift: (1, 1),
        };
        let rgb = Converter::new(2).convert(&picture);
        let expected = [pixel(36, 128, 128), pixel(116, 128, 128)].concat();
        assert_eq!(rgb, Rgb { width: 2, height: 2, pixels: [expected.clone(), expected].concat() });
    }

    #[test]
    fn wide_pictures_are_reduced_in_proportion() {
        let rgb = flat(1280, 720, [235, 128, 128], (1, 1));
        assert_eq!((rgb.width, rgb.height, rgb.pixels.len()), (640, 360, 640 * 360 * 3));
        assert_eq!(rgb.pixels[100_000], 255);
        let sliver = flat(4000, 2, [16, 128, 128], (1, 1));
        assert_eq!((sliver.width, sliver.height), (640, 1));
    }
}
