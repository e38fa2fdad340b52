//! Video decoders behind one trait, pictures on their way to RGB, and an encoder for what browsers without VP8 recorded.

mod h264;
mod libvpx;
mod rgb;
mod upright;
mod vp8_encoder;

use crate::read::{Codec, Error, Limits, Track};

pub(crate) use rgb::Converter;
pub(crate) use vp8_encoder::Vp8Encoder;

/// A decoded picture: planes of luma and chroma, 8 bits a sample.
pub(crate) struct Picture<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) planes: [&'a [u8]; 3],
    /// Bytes from one row to the next.
    pub(crate) strides: [usize; 3],
    /// By how many powers of two chroma is smaller than luma, across and down.
    pub(crate) chroma_shift: (u32, u32),
}

/// Why a packet gave no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// The packet, or one that it refers to, is broken or missing.
    Corrupt,
    TooLarge,
    Unsupported(&'static str),
}

/// Decodes the packets of one track, in their order.
pub(crate) trait VideoDecoder: Send {
    /// Decodes a packet whose picture is shown at `at_ns`, and calls `show` with each picture that is complete, in
    /// the order of showing.
    fn decode(
        &mut self,
        data: &[u8],
        at_ns: i64,
        show: &mut dyn FnMut(i64, &Picture<'_>),
    ) -> Result<(), DecodeError>;

    /// Shows what is still held back for reordering.
    fn finish(&mut self, show: &mut dyn FnMut(i64, &Picture<'_>));
}

/// A decoder for the track. Its pictures are upright.
pub(crate) fn open(track: &Track, limits: &Limits) -> Result<Box<dyn VideoDecoder>, Error> {
    let unavailable = |_| unavailable(&track.codec);
    let decoder: Box<dyn VideoDecoder> = match &track.codec {
        Codec::Vp8 => vp8(limits)?,
        Codec::Vp9 => Box::new(libvpx::Vpx::new(true, limits.max_pixels).map_err(unavailable)?),
        Codec::H264 => Box::new(h264::H264::new(&track.setup, limits.max_pixels).map_err(unavailable)?),
        other => return Err(Error::UnsupportedCodec(other.name().to_owned())),
    };
    Ok(upright::Upright::of(decoder, track.turn))
}

/// A decoder of VP8.
pub(crate) fn vp8(limits: &Limits) -> Result<Box<dyn VideoDecoder>, Error> {
    let decoder = libvpx::Vpx::new(false, limits.max_pixels).map_err(|_| unavailable(&Codec::Vp8))?;
    Ok(Box::new(decoder))
}

fn unavailable(codec: &Codec) -> Error {
    Error::UnsupportedCodec(format!("{} (its decoder does not start)", codec.name()))
}

/// Whether decoding can start with this packet.
pub(crate) fn is_key_frame(track: &Track, data: &[u8]) -> bool {
    match &track.codec {
        // RFC 6386, section 9.1: the lowest bit of the frame tag.
        Codec::Vp8 => data.first().is_some_and(|byte| byte & 1 == 0),
        Codec::Vp9 => data.first().is_some_and(|byte| is_vp9_key_frame(*byte)),
        Codec::H264 => h264::holds_idr(&track.setup, data),
        _ => false,
    }
}

/// VP9 bitstream specification, section 6.2: frame marker (2 bits), profile (2, and a reserved one after profile 3),
/// `show_existing_frame`, then `frame_type`.
fn is_vp9_key_frame(first: u8) -> bool {
    let profile_3 = first & 0b0011_0000 == 0b0011_0000;
    let (existing, frame_type) = if profile_3 { (0b100, 0b010) } else { (0b1000, 0b0100) };
    first >> 6 == 0b10 && first & existing == 0 && first & frame_type == 0
}
