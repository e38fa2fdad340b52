//! H.264 through openh264.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource;

use super::{DecodeError, Picture, VideoDecoder};

const START_CODE: [u8; 4] = [0, 0, 0, 1];
/// Most pictures that H.264 lets a decoder hold back (annex A.3.1, `MaxDpbFrames`).
const MAX_HELD_BACK: usize = 16;
const IDR_SLICE: u8 = 5;

/// The parts of an `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15, section 5.3.3.1) that decoding needs.
#[derive(Debug, PartialEq, Eq)]
struct Setup {
    /// Bytes of the length before each NAL unit.
    length_size: usize,
    /// Parameter sets as a byte stream (annex B).
    parameter_sets: Vec<u8>,
}

impl Setup {
    fn parse(record: &[u8]) -> Option<Self> {
        let length_size = usize::from(record.get(4)? & 0b11) + 1;
        let mut parameter_sets = Vec::new();
        let mut rest = record.get(5..)?;
        for count_mask in [0x1f, 0xff] {
            let (&count, after) = rest.split_first()?;
            rest = after;
            for _ in 0..count & count_mask {
                let (&length, after) = rest.split_first_chunk()?;
                let (unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(length)))?;
                rest = after;
                parameter_sets.extend(START_CODE);
                parameter_sets.extend(unit);
            }
        }
        Some(Self { length_size, parameter_sets })
    }
}

/// The NAL units of a packet, each after its length; ends at the first that overruns the packet.
struct NalUnits<'a> {
    length_size: usize,
    rest: &'a [u8],
}

impl<'a> Iterator for NalUnits<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_at_checked(self.length_size)?;
        let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let (unit, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(unit)
    }
}

/// Whether the packet holds a slice of an IDR picture.
pub(super) fn holds_idr(setup: &[u8], packet: &[u8]) -> bool {
    let length_size = Setup::parse(setup).map_or(4, |setup| setup.length_size);
    NalUnits { length_size, rest: packet }
        .any(|unit| unit.first().is_some_and(|byte| byte & 0x1f == IDR_SLICE))
}

pub(super) struct H264 {
    decoder: Decoder,
    length_size: usize,
    /// Parameter sets still to be decoded.
    parameter_sets: Vec<u8>,
    /// Times of the pictures that the decoder holds. It returns pictures in the order of showing, so the earliest
    /// time belongs to the next picture.
    times: BinaryHeap<Reverse<i64>>,
    max_pixels: u32,
    stream: Vec<u8>,
}

impl H264 {
    pub(super) fn new(setup: &[u8], max_pixels: u32) -> Result<Self, DecodeError> {
        // Without a record (avc3), parameter sets come with the packets and lengths have four bytes.
        let setup = Setup::parse(setup).unwrap_or(Setup { length_size: 4, parameter_sets: Vec::new() });
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let decoder = Decoder::with_api_config(OpenH264API::from_source(), config);
        Ok(Self {
            decoder: decoder.map_err(|_| DecodeError::Corrupt)?,
            length_size: setup.length_size,
            parameter_sets: setup.parameter_sets,
            times: BinaryHeap::new(),
            max_pixels,
            stream: Vec::new(),
        })
    }
}

impl VideoDecoder for H264 {
    fn decode(
        &mut self,
        data: &[u8],
        at_ns: i64,
        show: &mut dyn FnMut(i64, &Picture<'_>),
    ) -> Result<(), DecodeError> {
        self.stream.clear();
        self.stream.append(&mut self.parameter_sets);
        for unit in (NalUnits { length_size: self.length_size, rest: data }) {
            self.stream.extend(START_CODE);
            self.stream.extend(unit);
        }
        if self.stream.is_empty() {
            return Err(DecodeError::Corrupt);
        }
        self.times.push(Reverse(at_ns));
        let decoded = self.decoder.decode(&self.stream);
        let Ok(decoded) = decoded else {
            self.times.retain(|time| time.0 != at_ns);
            return Err(DecodeError::Corrupt);
        };
        if let Some(yuv) = decoded {
            let picture = picture(&yuv).ok_or(DecodeError::Corrupt)?;
            if u64::from(picture.width) * u64::from(picture.height) > u64::from(self.max_pixels) {
                return Err(DecodeError::TooLarge);
            }
            if let Some(Reverse(time)) = self.times.pop() {
                show(time, &picture);
            }
        }
        // A picture that was lost inside the decoder must not shift the times of all that follow.
        while self.times.len() > MAX_HELD_BACK {
            self.times.pop();
        }
        Ok(())
    }

    fn finish(&mut self, show: &mut dyn FnMut(i64, &Picture<'_>)) {
        for yuv in self.decoder.flush_remaining().unwrap_or_default() {
            if let (Some(picture), Some(Reverse(time))) = (picture(&yuv), self.times.pop()) {
                show(time, &picture);
            }
        }
    }
}

/// `None` where the planes are smaller than the picture they should hold.
fn picture<'a>(yuv: &'a DecodedYUV<'_>) -> Option<Picture<'a>> {
    let (width, height) = yuv.dimensions();
    let (y_stride, u_stride, v_stride) = yuv.strides();
    let holds = |plane: &[u8], stride: usize, width: usize, height: usize| {
        width > 0 && height > 0 && stride >= width && plane.len() >= stride * (height - 1) + width
    };
    let (chroma_width, chroma_height) = (width.div_ceil(2), height.div_ceil(2));
    let whole = holds(yuv.y(), y_stride, width, height)
        && holds(yuv.u(), u_stride, chroma_width, chroma_height)
        && holds(yuv.v(), v_stride, chroma_width, chroma_height);
    whole.then(|| Picture {
        width: width as u32,
        height: height as u32,
        planes: [yuv.y(), yuv.u(), yuv.v()],
        strides: [y_stride, u_stride, v_stride],
        chroma_shift: (1, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_record_becomes_a_byte_stream() {
        let record = [1, 66, 0, 30, 0xFF, 0xE1, 0, 2, 0x67, 1, 1, 0, 1, 0x68];
        let setup = Setup::parse(&record).unwrap();
        assert_eq!(setup.length_size, 4);
        assert_eq!(setup.parameter_sets, [0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68]);
        assert_eq!(Setup::parse(&record[..11]), None);
    }

    #[test]
    fn units_beyond_the_packet_are_left_out() {
        let packet = [0, 0, 0, 1, 0x65, 0, 0, 1, 0, 9];
        let units: Vec<_> = NalUnits { length_size: 4, rest: &packet }.collect();
        assert_eq!(units, [&[0x65][..]]);
        assert!(holds_idr(&[], &packet));
    }
}
