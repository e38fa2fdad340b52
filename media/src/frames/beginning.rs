//! The beginning of a video of which more is to come, decoded as it comes, so that the whole of it can be read from there.

use sha2::{Digest, Sha256};

use super::{Frame, FrameReader, VideoReader, frame, pass_over, sampler::Sampler, shown_at_ms};
use crate::codec::{self, Converter, VideoDecoder};
use crate::read::{Codec, Error, Input, Limits, Turn};

/// The decoder of a recording (VP8, upright) after its first frames, and what these were. Holds some pictures in memory.
pub struct Beginning {
    decoder: Box<dyn VideoDecoder>,
    sampler: Sampler,
    converter: Converter,
    fps: f32,
    limits: Limits,
    passed: Vec<Passed>,
}

/// A frame that was decoded.
struct Passed {
    sha256: [u8; 32],
    bytes: u32,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Taken,
    Shown,
    /// Decoded without being shown.
    Hidden,
    Corrupt,
}

impl Beginning {
    /// Nothing yet, of a recording to be sampled `fps` times a second.
    ///
    /// # Errors
    /// When the decoder does not start.
    pub fn new(fps: f32, limits: &Limits) -> Result<Self, Error> {
        Ok(Self {
            decoder: codec::vp8(limits)?,
            sampler: Sampler::new(fps),
            converter: Converter::new(limits.max_frame_width),
            fps,
            limits: limits.clone(),
            passed: Vec::new(),
        })
    }

    /// Sizes of the frames so far, in bytes.
    pub fn sizes(&self) -> Vec<u32> {
        self.passed.iter().map(|passed| passed.bytes).collect()
    }

    /// Decodes the next frame, shown at `at_ms` of the recording; its picture, if it is one of those that are sampled.
    ///
    /// # Errors
    /// When there are too many, it is too large, or of a kind that is not decoded. There is no going on from here then.
    pub fn push(&mut self, at_ms: u64, data: &[u8]) -> Result<Option<Frame>, Error> {
        let Self { decoder, sampler, converter, passed, limits, .. } = self;
        if passed.len() >= limits.max_coded_frames as usize {
            return Err(Error::TooManyFrames { limit: limits.max_coded_frames });
        }
        let (mut taken, mut outcome) = (None, Outcome::Hidden);
        let decoded = decoder.decode(data, at_ms as i64 * 1_000_000, &mut |_, picture| {
            outcome = Outcome::Shown;
            if sampler.takes(at_ms) {
                outcome = Outcome::Taken;
                taken = Some(frame(at_ms, picture, converter));
            }
        });
        if let Err(error) = decoded {
            pass_over(error, limits)?;
            outcome = Outcome::Corrupt;
        }
        passed.push(Passed { sha256: Sha256::digest(data).into(), bytes: data.len() as u32, outcome });
        Ok(taken)
    }

    /// The whole of `input`, with the pictures after this beginning still to be read, and the times of those that were
    /// sampled so far, which may differ a little from what they seemed to be. Nothing where `input` begins otherwise: other
    /// frames, or other ones to be sampled.
    ///
    /// # Errors
    /// When `input` is no video that can be read.
    pub fn of(self, input: Box<dyn Input>) -> Result<Option<(FrameReader, Vec<u64>)>, Error> {
        let mut video = VideoReader::open(input, &self.limits)?;
        if video.track.codec != Codec::Vp8 || video.track.turn != Turn::None {
            return Ok(None);
        }
        let mut sampler = Sampler::new(self.fps);
        let mut times = Vec::new();
        for passed in &self.passed {
            let Some((packet, _)) = video.next_packet()? else { return Ok(None) };
            let Some(at_ms) = packet.start_ns.and_then(shown_at_ms) else { return Ok(None) };
            let is_shown = matches!(passed.outcome, Outcome::Taken | Outcome::Shown);
            let takes = is_shown && sampler.takes(at_ms);
            let is_same = packet.data.len() as u32 == passed.bytes
                && <[u8; 32]>::from(Sha256::digest(&packet.data)) == passed.sha256
                && takes == (passed.outcome == Outcome::Taken)
                && at_ms <= self.limits.max_duration_ms;
            if !is_same {
                return Ok(None);
            }
            times.extend(takes.then_some(at_ms));
        }
        video.packets = self.passed.len() as u64;
        video.bad = self.passed.iter().filter(|passed| passed.outcome == Outcome::Corrupt).count() as u64;
        video.decoder = self.decoder;
        Ok(Some((FrameReader::new(video, sampler, self.converter), times)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::codec::{Picture, Vp8Encoder};
    use crate::frames::sample_input;
    use crate::webm::{self, Block, Description, TrackNumber, VideoTrack};

    const SIDE: usize = 64;
    const FPS: f32 = 5.0;

    /// Pictures that grow lighter, 30 a second.
    fn encoded(count: usize) -> Vec<Vec<u8>> {
        let mut encoder = Vp8Encoder::new(SIDE as u32, SIDE as u32).unwrap();
        let pictures = (0..count).map(|number| {
            let luma = vec![(number * 2) as u8; SIDE * SIDE];
            let chroma = vec![128; SIDE * SIDE / 4];
            let picture = Picture {
                width: SIDE as u32,
                height: SIDE as u32,
                planes: [&luma, &chroma, &chroma],
                strides: [SIDE, SIDE / 2, SIDE / 2],
                chroma_shift: (1, 1),
            };
            encoder.encode(&picture, number as i64 * 33_333, number == 0).unwrap().to_vec()
        });
        pictures.collect()
    }

    fn at_ms(number: usize) -> u64 {
        number as u64 * 100 / 3
    }

    /// A recording of these frames, each shown so much later.
    fn recording(frames: &[Vec<u8>], later_ms: u64) -> Box<dyn Input> {
        let description = Description {
            duration_us: at_ms(frames.len()) * 1000,
            started_at_us: 0,
            video: Some(VideoTrack { width: SIDE as u16, height: SIDE as u16 }),
            audio: None,
        };
        let block = |number: usize| Block {
            track: TrackNumber::Video,
            time_ms: (at_ms(number) + later_ms) as u32,
            key: number == 0,
            payload_bytes: frames[number].len() as u32,
            source: number,
        };
        let mut file = Vec::new();
        let blocks = || (0..frames.len()).map(block);
        webm::write(&mut file, &description, blocks, |block, payload| {
            payload.extend_from_slice(&frames[block.source]);
            Ok(())
        })
        .unwrap();
        Box::new(Cursor::new(file))
    }

    fn whole(input: Box<dyn Input>) -> Vec<Frame> {
        sample_input(input, FPS, &Limits::default()).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn decoded(frames: &[Vec<u8>]) -> (Beginning, Vec<Frame>) {
        let mut beginning = Beginning::new(FPS, &Limits::default()).unwrap();
        let mut taken = Vec::new();
        for (number, data) in frames.iter().enumerate() {
            taken.extend(beginning.push(at_ms(number), data).unwrap());
        }
        (beginning, taken)
    }

    #[test]
    fn going_on_is_the_same_as_reading_it_all() {
        let frames = encoded(90);
        for later_ms in [0, 3] {
            let expected = whole(recording(&frames, later_ms));
            for count in [0, 1, 6, 7, 50, 89, 90] {
                let (beginning, mut taken) = decoded(&frames[..count]);
                assert_eq!(beginning.sizes().len(), count);
                let (rest, times) = beginning.of(recording(&frames, later_ms)).unwrap().unwrap();
                for (frame, at_ms) in taken.iter_mut().zip(&times) {
                    frame.at_ms = *at_ms;
                }
                assert_eq!(times.len(), taken.len());
                taken.extend(rest.map(Result::unwrap));
                assert_eq!(taken, expected, "{count} frames, {later_ms} ms later");
            }
        }
    }

    #[test]
    fn a_recording_that_begins_otherwise_is_read_from_its_start() {
        let frames = encoded(60);
        let differs = |other: &[Vec<u8>]| decoded(&frames[..40]).0.of(recording(other, 0)).unwrap().is_none();
        assert!(!differs(&frames));
        assert!(differs(&frames[..39]), "it ends before");
        assert!(differs(&frames[1..]), "a frame is missing");
        let mut other = frames.clone();
        *other[39].last_mut().unwrap() ^= 1;
        assert!(differs(&other), "a frame is another");
        let (mut beginning, _) = decoded(&frames[..3]);
        beginning.push(190, &frames[3]).unwrap();
        assert!(beginning.of(recording(&frames, 0)).unwrap().is_none(), "another picture would be sampled");
    }

    #[test]
    fn what_cannot_be_decoded_counts_as_in_the_whole() {
        let mut frames = encoded(30);
        frames[10].truncate(2);
        let (beginning, taken) = decoded(&frames[..20]);
        let (rest, times) = beginning.of(recording(&frames, 0)).unwrap().unwrap();
        assert_eq!((rest.corrupt_packets(), times.len()), (1, taken.len()));
        let mut reader = sample_input(recording(&frames, 0), FPS, &Limits::default()).unwrap();
        let count = reader.by_ref().map(Result::unwrap).count();
        assert_eq!((reader.corrupt_packets(), count), (1, taken.len() + rest.count()));
    }
}
