//! Where a copy lies in the recording: its sound is compared with what is there already.
//!
//! The page's estimate is off by up to a second. But before and after most holes both the recording and the copy hold the
//! same sound, so a few seconds of both are decoded and laid over one another. Sound is compared, not packets: the
//! browser encodes twice, with delays of its own.

use std::io;
use std::ops::Range;

use super::correlate::{self, Sound};
use super::{Clock, Copy};
use crate::audio::{AudioDecoder, SAMPLE_RATE};
use crate::finalise::JournalBytes;
use crate::finalise::packet::Stream;
use crate::finalise::rows::Rows;
use crate::finalise::units::Unit;
use crate::read::{Codec, Track, TrackKind, Turn};

/// Sound of the recording that is compared, on either side of a hole.
const WINDOW_US: i64 = 4_000_000;
/// The estimate is wrong by no more.
const LARGEST_ERROR_US: i64 = 1_500_000;
/// The two must have at least this much in common.
const LEAST_OVERLAP_US: i64 = 500_000;
/// Nearer than this, a second peak is a wave of the same sound, which the highest one stands out of.
const WAVES_US: i64 = 20_000;
/// Packets follow one another without a seam where their times say so up to this much. Clocks may differ by some samples
/// a second, sound does not.
const LARGEST_SEAM_US: i64 = 8_000;
/// Windows this near to one another tell the same.
const LEAST_DISTANCE_US: i64 = 2_000_000;
/// The decoder needs some sound before it is exact (RFC 7845, section 4.6).
const PRE_ROLL_US: i64 = 80_000;
/// A window takes some tens of milliseconds of work. With more holes than these, neighbours must do.
const MOST_WINDOWS: usize = 64;

/// Compares `copy` with the recording's sound, before and after each of `holes` (spans of the recording in order), and
/// tells its `clock`.
pub(in crate::finalise) fn measure(
    copy: &Copy,
    recording: &Rows<Unit>,
    holes: &[Range<i64>],
    clock: &mut Clock,
    packets: &Packets<'_>,
) -> io::Result<()> {
    let (least_overlap, blur) = (samples(LEAST_OVERLAP_US) as usize, samples(WAVES_US) as usize);
    let mut measured: Vec<Measured> = Vec::new();
    // What was measured on either side counts from the edge on, so that any difference is spread over the hole alone.
    let windows = holes.iter().flat_map(|hole| [(hole.start - WINDOW_US, hole.start), (hole.end, hole.end)]);
    for (from_us, edge_us) in windows {
        let near = measured.iter().find(|other| other.from_us.abs_diff(from_us) < LEAST_DISTANCE_US as u64);
        let offset_us = match near {
            Some(near) => near.offset_us,
            None if measured.len() == MOST_WINDOWS => None,
            None => {
                let copy_us =
                    from_us.saturating_sub(clock.offset_us(edge_us)).saturating_sub(LARGEST_ERROR_US);
                let sought = within(recording, from_us, WINDOW_US);
                let sought_in = within(&copy.audio, copy_us, WINDOW_US + 2 * LARGEST_ERROR_US);
                if !is_enough(&sought) || !is_enough(&sought_in) {
                    continue;
                }
                let short = packets.decode(&sought, from_us, WINDOW_US)?;
                let long = packets.decode(&sought_in, copy_us, WINDOW_US + 2 * LARGEST_ERROR_US)?;
                let at = correlate::find(&short, &long, least_overlap, blur);
                let at_us = at.map(|at| at as i64 * 1_000_000 / i64::from(SAMPLE_RATE));
                let offset_us = at_us.map(|at_us| from_us.saturating_sub(copy_us.saturating_add(at_us)));
                measured.push(Measured { from_us, offset_us });
                offset_us
            }
        };
        if let Some(offset_us) = offset_us {
            clock.learn(edge_us, offset_us);
        }
    }
    Ok(())
}

/// A window that was compared.
struct Measured {
    from_us: i64,
    /// By how much the recording's time is ahead of the copy's; `None` when that is not clear.
    offset_us: Option<i64>,
}

fn is_enough(packets: &[Unit]) -> bool {
    packets.iter().map(|packet| packet.duration_us).sum::<i64>() >= LEAST_OVERLAP_US
}

/// The packets that sound between `from_us` and `length_us` later, and some before for the decoder.
fn within(units: &Rows<Unit>, from_us: i64, length_us: i64) -> Vec<Unit> {
    let start_us = from_us.saturating_sub(PRE_ROLL_US);
    let end_us = from_us.saturating_add(length_us);
    let start = units.partition_point(|unit| unit.end_us() <= start_us);
    let end = units.partition_point(|unit| unit.time_us < end_us).max(start);
    units.range(start..end).collect()
}

fn samples(us: i64) -> i64 {
    us.saturating_mul(i64::from(SAMPLE_RATE)).div_euclid(1_000_000)
}

/// The bytes of packets, wherever in the journal they lie.
pub(in crate::finalise) struct Packets<'a> {
    pub streams: &'a [Stream],
    pub journal: &'a dyn JournalBytes,
}

impl Packets<'_> {
    /// The sound of `units` from `from_us` on. Damaged packets are left out.
    fn decode(&self, units: &[Unit], from_us: i64, length_us: i64) -> io::Result<Sound> {
        let mut sound = Sound::unknown(samples(length_us) as usize);
        let kind = TrackKind::Audio { channels: 1, sample_rate: SAMPLE_RATE };
        let track = Track { id: 0, kind, codec: Codec::Opus, setup: Vec::new(), turn: Turn::None };
        let Ok(mut decoder) = AudioDecoder::new(&track) else { return Ok(sound) };
        let seam = samples(LARGEST_SEAM_US).unsigned_abs();
        let mut next: Option<i64> = None;
        let (mut bytes, mut decoded) = (Vec::new(), Vec::new());
        for unit in units {
            bytes.clear();
            decoded.clear();
            for packet in self.streams[unit.stream].packets.range(unit.packets.clone()) {
                let start = bytes.len();
                bytes.resize(start + packet.bytes as usize, 0);
                self.journal.read_exact_at(&mut bytes[start..], packet.offset)?;
            }
            if decoder.decode(&bytes, 2, &mut decoded).is_none() {
                continue;
            }
            let stated = samples(unit.time_us.saturating_sub(from_us));
            let at = next.filter(|next| stated.abs_diff(*next) <= seam).unwrap_or(stated);
            next = Some(at + decoded.len() as i64);
            sound.learn(at, &decoded);
        }
        Ok(sound)
    }
}
