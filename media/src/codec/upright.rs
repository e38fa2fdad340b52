//! Pictures as they are shown: a phone's camera lies on its side, and its recordings say by how much to turn them.

use super::{DecodeError, Picture, VideoDecoder};
use crate::read::Turn;

/// A decoder whose pictures are turned.
pub(super) struct Upright {
    decoder: Box<dyn VideoDecoder>,
    turner: Turner,
}

struct Turner {
    turn: Turn,
    planes: [Vec<u8>; 3],
}

impl Upright {
    /// `decoder` itself where nothing is to be turned.
    pub(super) fn of(decoder: Box<dyn VideoDecoder>, turn: Turn) -> Box<dyn VideoDecoder> {
        if turn == Turn::None {
            return decoder;
        }
        Box::new(Self { decoder, turner: Turner { turn, planes: Default::default() } })
    }
}

impl VideoDecoder for Upright {
    fn decode(
        &mut self,
        data: &[u8],
        at_ns: i64,
        show: &mut dyn FnMut(i64, &Picture<'_>),
    ) -> Result<(), DecodeError> {
        let Self { decoder, turner } = self;
        decoder.decode(data, at_ns, &mut |at_ns, picture| show(at_ns, &turner.turned(picture)))
    }

    fn finish(&mut self, show: &mut dyn FnMut(i64, &Picture<'_>)) {
        let Self { decoder, turner } = self;
        decoder.finish(&mut |at_ns, picture| show(at_ns, &turner.turned(picture)));
    }
}

impl Turner {
    fn turned(&mut self, picture: &Picture<'_>) -> Picture<'_> {
        let (across, down) = picture.chroma_shift;
        let chroma = (picture.width.div_ceil(1 << across), picture.height.div_ceil(1 << down));
        let sizes = [(picture.width, picture.height), chroma, chroma];
        for (index, (width, height)) in sizes.into_iter().enumerate() {
            let rows = picture.planes[index].chunks(picture.strides[index].max(1)).take(height as usize);
            turn_rows(self.turn, rows, (width as usize, height as usize), &mut self.planes[index]);
        }
        let [luma, blue, red] = &self.planes;
        let swap =
            |(one, other): (u32, u32)| if self.turn.is_sideways() { (other, one) } else { (one, other) };
        let (width, height) = swap((picture.width, picture.height));
        let chroma_width = swap(chroma).0 as usize;
        Picture {
            width,
            height,
            planes: [luma, blue, red],
            strides: [width as usize, chroma_width, chroma_width],
            chroma_shift: swap(picture.chroma_shift),
        }
    }
}

fn turn_rows<'a>(
    turn: Turn,
    rows: impl Iterator<Item = &'a [u8]>,
    (width, height): (usize, usize),
    into: &mut Vec<u8>,
) {
    into.clear();
    into.resize(width * height, 0);
    for (y, row) in rows.enumerate() {
        for (x, sample) in row.iter().take(width).enumerate() {
            let place = match turn {
                Turn::None => y * width + x,
                Turn::Quarter => x * height + (height - 1 - y),
                Turn::Half => (height - 1 - y) * width + (width - 1 - x),
                Turn::ThreeQuarters => (width - 1 - x) * height + y,
            };
            into[place] = *sample;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_turned_clockwise() {
        let turned = |turn| {
            let mut into = Vec::new();
            // Rows of a wider buffer: what lies beyond the picture is not part of it.
            turn_rows(turn, [&[1, 2, 3, 9][..], &[4, 5, 6, 9]].into_iter(), (3, 2), &mut into);
            into
        };
        assert_eq!(turned(Turn::None), [1, 2, 3, 4, 5, 6]);
        assert_eq!(turned(Turn::Quarter), [4, 1, 5, 2, 6, 3]);
        assert_eq!(turned(Turn::Half), [6, 5, 4, 3, 2, 1]);
        assert_eq!(turned(Turn::ThreeQuarters), [3, 6, 2, 5, 1, 4]);
    }
}
