//! VP8 and VP9 through libvpx.
//!
//! With the encoder the only unsafe code of this crate. There is no sound wrapper to use instead: `vpx-rs` 0.2.1, the one that
//! exists, hands out pictures that outlive their decoder, and slices that reach beyond the end of the picture.

#![allow(unsafe_code)]

use std::ptr::NonNull;

use super::{DecodeError, Picture, VideoDecoder};

/// `struct viva_vpx` of libvpx.c, whose inside is no business of Rust.
#[repr(C)]
struct Context {
    _opaque: [u8; 0],
}

/// `struct viva_vpx_picture` of libvpx.c.
#[repr(C)]
struct RawPicture {
    planes: [*const u8; 3],
    strides: [i32; 3],
    width: u32,
    height: u32,
    chroma_shift_x: u32,
    chroma_shift_y: u32,
    bit_depth: u32,
}

/// `enum viva_vpx_outcome` of libvpx.c; anything else is corruption.
const NO_PICTURE: i32 = 0;
const PICTURE: i32 = 1;
const TOO_LARGE: i32 = 3;

unsafe extern "C" {
    fn viva_vpx_open(vp9: i32, max_pixels: u64) -> *mut Context;
    fn viva_vpx_close(vpx: *mut Context);
    fn viva_vpx_decode(vpx: *mut Context, data: *const u8, size: u32, picture: *mut RawPicture) -> i32;
}

/// A decoder of one VP8 or VP9 stream.
pub(super) struct Vpx {
    context: NonNull<Context>,
}

// SAFETY: libvpx ties a decoder to no thread, and all access goes through `&mut self`.
unsafe impl Send for Vpx {}

impl Vpx {
    /// A decoder of VP9, or else of VP8.
    pub(super) fn new(vp9: bool, max_pixels: u32) -> Result<Self, DecodeError> {
        // SAFETY: the function takes plain numbers, and returns null where it fails.
        let context = unsafe { viva_vpx_open(i32::from(vp9), u64::from(max_pixels)) };
        NonNull::new(context).map(|context| Self { context }).ok_or(DecodeError::Corrupt)
    }

    fn decode_picture(&mut self, data: &[u8]) -> Result<Option<Picture<'_>>, DecodeError> {
        // To libvpx, no bytes mean "repeat the last picture".
        if data.is_empty() {
            return Err(DecodeError::Corrupt);
        }
        let size = u32::try_from(data.len()).map_err(|_| DecodeError::Corrupt)?;
        let mut raw = RawPicture {
            planes: [std::ptr::null(); 3],
            strides: [0; 3],
            width: 0,
            height: 0,
            chroma_shift_x: 0,
            chroma_shift_y: 0,
            bit_depth: 0,
        };
        // SAFETY: `context` came from `viva_vpx_open` and is open until drop; `data` is readable for `size` bytes;
        // `raw` has the layout that C writes.
        match unsafe { viva_vpx_decode(self.context.as_ptr(), data.as_ptr(), size, &raw mut raw) } {
            NO_PICTURE => return Ok(None),
            PICTURE => {}
            TOO_LARGE => return Err(DecodeError::TooLarge),
            _ => return Err(DecodeError::Corrupt),
        }
        if raw.bit_depth != 8 {
            return Err(DecodeError::Unsupported("VP9 with more than 8 bits"));
        }
        let (width, height) = (raw.width as usize, raw.height as usize);
        let chroma_width = width.div_ceil(1 << raw.chroma_shift_x);
        let chroma_height = height.div_ceil(1 << raw.chroma_shift_y);
        let sizes = [(width, height), (chroma_width, chroma_height), (chroma_width, chroma_height)];
        let mut planes = [&[][..]; 3];
        let mut strides = [0; 3];
        for (index, (width, height)) in sizes.into_iter().enumerate() {
            let stride = usize::try_from(raw.strides[index]).map_err(|_| DecodeError::Corrupt)?;
            if raw.planes[index].is_null() || width == 0 || height == 0 || stride < width {
                return Err(DecodeError::Corrupt);
            }
            // SAFETY: libvpx's image holds `height` rows of `width` bytes, `stride` apart, until the next call of
            // the decoder, which the borrow of `self` by the picture keeps from happening.
            planes[index] =
                unsafe { std::slice::from_raw_parts(raw.planes[index], stride * (height - 1) + width) };
            strides[index] = stride;
        }
        Ok(Some(Picture {
            width: raw.width,
            height: raw.height,
            planes,
            strides,
            chroma_shift: (raw.chroma_shift_x, raw.chroma_shift_y),
        }))
    }
}

impl Drop for Vpx {
    fn drop(&mut self) {
        // SAFETY: opened by `viva_vpx_open`, and closed only here.
        unsafe { viva_vpx_close(self.context.as_ptr()) }
    }
}

impl VideoDecoder for Vpx {
    fn decode(
        &mut self,
        data: &[u8],
        at_ns: i64,
        show: &mut dyn FnMut(i64, &Picture<'_>),
    ) -> Result<(), DecodeError> {
        if let Some(picture) = self.decode_picture(data)? {
            show(at_ns, &picture);
        }
        Ok(())
    }

    fn finish(&mut self, _show: &mut dyn FnMut(i64, &Picture<'_>)) {}
}
