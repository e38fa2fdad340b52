//! VP8 from pictures, through libvpx.

#![allow(unsafe_code)]

use std::ptr::NonNull;

use super::Picture;

/// `struct viva_vp8` of `vp8_encoder.c`, whose inside is no business of Rust.
#[repr(C)]
struct Context {
    _opaque: [u8; 0],
}

/// `struct viva_vp8_picture` of `vp8_encoder.c`.
#[repr(C)]
struct RawPicture {
    planes: [*const u8; 3],
    strides: [i32; 3],
}

unsafe extern "C" {
    fn viva_vp8_open(width: u32, height: u32, kilobits_per_second: u32) -> *mut Context;
    fn viva_vp8_close(vp8: *mut Context);
    fn viva_vp8_encode(
        vp8: *mut Context,
        picture: *const RawPicture,
        at_us: i64,
        duration_us: u32,
        key: i32,
        data: *mut *const u8,
    ) -> i64;
}

/// Bits per pixel and second: 1.5 Mbit/s for 1280×720, somewhat more than a phone's H.264, since this is the second loss.
const BITS_PER_PIXEL: f64 = 1.63;
/// VP8's own limit (RFC 6386, section 9.1).
const MOST_ACROSS: u32 = (1 << 14) - 1;
/// To libvpx's rate control, each picture lasts a thirtieth of a second.
const DURATION_US: u32 = 33_333;

/// An encoder of pictures of one size.
pub(crate) struct Vp8Encoder {
    context: NonNull<Context>,
    width: u32,
    height: u32,
    last_us: Option<i64>,
}

// SAFETY: libvpx ties an encoder to no thread, and all access goes through `&mut self`.
unsafe impl Send for Vp8Encoder {}

impl Vp8Encoder {
    /// `None` where there is no such size.
    pub(crate) fn new(width: u32, height: u32) -> Option<Self> {
        if !(1..=MOST_ACROSS).contains(&width) || !(1..=MOST_ACROSS).contains(&height) {
            return None;
        }
        let kilobits = f64::from(width) * f64::from(height) * BITS_PER_PIXEL / 1000.0;
        // SAFETY: the function takes plain numbers, and returns null where it fails.
        let context = unsafe { viva_vp8_open(width, height, (kilobits as u32).max(200)) };
        NonNull::new(context).map(|context| Self { context, width, height, last_us: None })
    }

    /// Whether this picture has the size that is encoded.
    pub(crate) fn fits(&self, picture: &Picture<'_>) -> bool {
        (picture.width, picture.height) == (self.width, self.height)
    }

    /// Encodes a 4:2:0 picture that is shown at `at_us`; `None` where that is not possible, or the picture is not later
    /// than the one before.
    pub(crate) fn encode(&mut self, picture: &Picture<'_>, at_us: i64, key: bool) -> Option<&[u8]> {
        if !self.fits(picture)
            || picture.chroma_shift != (1, 1)
            || self.last_us.is_some_and(|last| at_us <= last)
        {
            return None;
        }
        let (width, height) = (self.width as usize, self.height as usize);
        let chroma = (width.div_ceil(2), height.div_ceil(2));
        let mut raw = RawPicture { planes: [std::ptr::null(); 3], strides: [0; 3] };
        for (index, (width, height)) in [(width, height), chroma, chroma].into_iter().enumerate() {
            let (plane, stride) = (picture.planes[index], picture.strides[index]);
            if stride < width || plane.len() < stride * (height - 1) + width {
                return None;
            }
            raw.planes[index] = plane.as_ptr();
            raw.strides[index] = i32::try_from(stride).ok()?;
        }
        self.last_us = Some(at_us);
        let mut data = std::ptr::null();
        // SAFETY: `context` came from `viva_vp8_open` and is open until drop; each plane holds the rows and columns of
        // the encoder's size, which is all that libvpx reads of it; `data` is written where the result is positive.
        let size = unsafe {
            viva_vp8_encode(
                self.context.as_ptr(),
                &raw const raw,
                at_us,
                DURATION_US,
                key.into(),
                &raw mut data,
            )
        };
        let size = usize::try_from(size).ok().filter(|size| *size > 0 && !data.is_null())?;
        // SAFETY: libvpx holds `size` bytes there until the next call of the encoder, which the borrow of `self` by the
        // result keeps from happening.
        Some(unsafe { std::slice::from_raw_parts(data, size) })
    }
}

impl Drop for Vp8Encoder {
    fn drop(&mut self) {
        // SAFETY: opened by `viva_vp8_open`, and closed only here.
        unsafe { viva_vp8_close(self.context.as_ptr()) }
    }
}
