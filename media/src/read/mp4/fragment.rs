//! Movie fragments (`moof`): the samples they hold of one track.

use super::boxes::{Boxes, Fields};
use super::movie::Defaults;
use super::table::Sample;

/// More samples than this in one fragment, of all its tracks and runs, are not believed (a fragment of a minute of speech
/// has 3000). A run can claim any number of them in 16 bytes.
const MAX_SAMPLES: usize = 1 << 18;

const BASE_DATA_OFFSET: u32 = 0x1;
const SAMPLE_DESCRIPTION: u32 = 0x2;
const DEFAULT_DURATION: u32 = 0x8;
const DEFAULT_SIZE: u32 = 0x10;
const DEFAULT_BASE_IS_MOOF: u32 = 0x2_0000;
const DATA_OFFSET: u32 = 0x1;
const FIRST_FLAGS: u32 = 0x4;
const DURATION: u32 = 0x100;
const SIZE: u32 = 0x200;
const FLAGS: u32 = 0x400;
const COMPOSITION_OFFSET: u32 = 0x800;

/// The samples of `track` in the fragment whose box starts at `moof_start`. `decode_time` is where the fragment
/// before it ended, and is moved on; a `tfdt` box overrides it, which is how a hole in time is written.
/// What is malformed ends the list.
pub(super) fn samples(
    moof: &[u8],
    moof_start: u64,
    track: u64,
    defaults: Defaults,
    decode_time: &mut i64,
) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut data_end = moof_start;
    let mut room = MAX_SAMPLES;
    for (_, traf) in Boxes(moof).filter(|(kind, _)| kind == b"traf") {
        let Some(header) = TrackFragment::parse(traf, moof_start, data_end, defaults) else { break };
        let wanted = header.track == track;
        if wanted && let Some(start) = header.decode_time {
            *decode_time = start;
        }
        let mut position = header.base;
        for (_, trun) in Boxes(traf).filter(|(kind, _)| kind == b"trun") {
            let before = samples.len();
            let wanted = wanted.then_some(&mut samples);
            if header.read_run(trun, &mut position, decode_time, wanted, &mut room).is_none() {
                samples.truncate(before);
                break;
            }
        }
        data_end = position;
    }
    samples
}

struct TrackFragment {
    track: u64,
    /// What data offsets count from.
    base: u64,
    defaults: Defaults,
    decode_time: Option<i64>,
}

impl TrackFragment {
    fn parse(traf: &[u8], moof_start: u64, data_end: u64, mut defaults: Defaults) -> Option<Self> {
        let mut fields = Fields(Boxes(traf).find(b"tfhd")?);
        let (_, flags) = fields.version_and_flags()?;
        let track = u64::from(fields.u32()?);
        let base = if flags & BASE_DATA_OFFSET != 0 {
            fields.u64()?
        } else if flags & DEFAULT_BASE_IS_MOOF != 0 {
            moof_start
        } else {
            data_end
        };
        if flags & SAMPLE_DESCRIPTION != 0 {
            fields.u32()?;
        }
        if flags & DEFAULT_DURATION != 0 {
            defaults.duration = fields.u32()?;
        }
        if flags & DEFAULT_SIZE != 0 {
            defaults.size = fields.u32()?;
        }
        let decode_time = Boxes(traf).find(b"tfdt").and_then(|tfdt| {
            let mut fields = Fields(tfdt);
            let (version, _) = fields.version_and_flags()?;
            i64::try_from(fields.sized(version)?).ok()
        });
        Some(Self { track, base, defaults, decode_time })
    }

    fn read_run(
        &self,
        trun: &[u8],
        position: &mut u64,
        decode_time: &mut i64,
        mut wanted: Option<&mut Vec<Sample>>,
        room: &mut usize,
    ) -> Option<()> {
        let mut fields = Fields(trun);
        let (_, flags) = fields.version_and_flags()?;
        let count = fields.u32()? as usize;
        if flags & DATA_OFFSET != 0 {
            *position = self.base.checked_add_signed(i64::from(fields.u32()? as i32))?;
        }
        if flags & FIRST_FLAGS != 0 {
            fields.u32()?;
        }
        *room = room.checked_sub(count)?;
        for _ in 0..count {
            let duration = if flags & DURATION != 0 { fields.u32()? } else { self.defaults.duration };
            let size = if flags & SIZE != 0 { fields.u32()? } else { self.defaults.size };
            if flags & FLAGS != 0 {
                fields.u32()?;
            }
            let offset = if flags & COMPOSITION_OFFSET != 0 { fields.u32()? as i32 } else { 0 };
            if let Some(samples) = &mut wanted {
                let start = decode_time.saturating_add(i64::from(offset));
                samples.push(Sample { offset: *position, size, start, duration });
                *decode_time = decode_time.saturating_add(i64::from(duration));
            }
            *position = position.checked_add(u64::from(size))?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(8 + body.len() as u32).to_be_bytes()[..], kind, body].concat()
    }

    /// A fragment of track 1 whose runs claim so many samples each, all of the default size.
    fn fragment(counts: &[u32]) -> Vec<u8> {
        let header = boxed(b"tfhd", &[0, 0, 0, 0, 0, 0, 0, 1]);
        let runs = counts.iter().map(|count| boxed(b"trun", &[&[0; 4], &count.to_be_bytes()[..]].concat()));
        boxed(b"traf", &[header, runs.collect::<Vec<_>>().concat()].concat())
    }

    fn count(counts: &[u32]) -> usize {
        samples(&fragment(counts), 0, 1, Defaults { duration: 1, size: 1 }, &mut 0).len()
    }

    #[test]
    fn runs_cannot_claim_samples_without_end() {
        assert_eq!(count(&[3, 4]), 7);
        assert_eq!(count(&[5, u32::MAX, 6]), 5);
        assert_eq!(count(&[100_000; 1000]), 200_000);
    }
}
