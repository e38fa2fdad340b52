//! Pictures to RGB (BT.601, limited range: what cameras and browsers send), and to a smaller size.

use image::RgbImage;
use image::imageops::thumbnail;

use super::Picture;

/// Three bytes a pixel, row by row, without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rgb {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

/// Converts a picture, and reduces it to `max_width` where it is wider.
pub(crate) fn convert(picture: &Picture<'_>, max_width: u32) -> Rgb {
    reduce(to_rgb(picture), max_width.max(1))
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

fn reduce(rgb: Rgb, max_width: u32) -> Rgb {
    if rgb.width <= max_width {
        return rgb;
    }
    let scaled = u64::from(rgb.height) * u64::from(max_width) / u64::from(rgb.width);
    let (width, height) = (max_width, (scaled as u32).max(1));
    // The buffer has the size it states, so the picture is there; black stands for the impossible.
    let source = RgbImage::from_raw(rgb.width, rgb.height, rgb.pixels);
    debug_assert!(source.is_some());
    let pixels = match source {
        Some(source) => thumbnail(&source, width, height).into_raw(),
        None => vec![0; width as usize * height as usize * 3],
    };
    Rgb { width, height, pixels }
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
        convert(&picture, 640)
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
    fn wide_pictures_are_reduced_in_proportion() {
        let rgb = flat(1280, 720, [235, 128, 128], (1, 1));
        assert_eq!((rgb.width, rgb.height, rgb.pixels.len()), (640, 360, 640 * 360 * 3));
        assert_eq!(rgb.pixels[100_000], 255);
        let sliver = flat(4000, 2, [16, 128, 128], (1, 1));
        assert_eq!((sliver.width, sliver.height), (640, 1));
    }
}
