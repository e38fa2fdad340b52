//! What both tracks have in common: units of media with their times in the recording.

use std::iter;
use std::ops::Range;

use super::packet::Packet;
use super::rows::{Fields, Row, Rows, Scratch};

/// A frame or a packet of sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub stream: usize,
    /// Indices into the stream's packets.
    pub packets: Range<usize>,
    /// Time in the recording, in microseconds.
    pub time_us: i64,
    /// Length of a packet's sound in microseconds; a frame shows until the next one.
    pub duration_us: i64,
    pub bytes: u32,
    /// Decodable on its own.
    pub key: bool,
}

impl Unit {
    /// When its sound ends, in microseconds of the recording.
    pub(super) fn end_us(&self) -> i64 {
        self.time_us.saturating_add(self.duration_us)
    }
}

/// The stretch of the server's time that the recording shows, in microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub start_us: i64,
    pub end_us: i64,
}

impl Window {
    /// Length of the recording in microseconds; negative when its end is before its beginning.
    pub(super) fn duration_us(&self) -> i64 {
        self.end_us.saturating_sub(self.start_us)
    }

    /// The time in the recording, or `None` outside of it.
    pub(super) fn time_us(&self, server_us: i64) -> Option<i64> {
        (self.start_us..self.end_us).contains(&server_us).then(|| server_us - self.start_us)
    }
}

impl Row for Unit {
    const BYTES: usize = 33;

    fn put(&self, out: &mut Vec<u8>) {
        for number in [self.stream, self.packets.start, self.packets.end] {
            out.extend((number as u32).to_le_bytes());
        }
        self.time_us.put(out);
        self.duration_us.put(out);
        out.extend(self.bytes.to_le_bytes());
        out.push(self.key.into());
    }

    fn take(mut fields: Fields<'_>) -> Self {
        Self {
            stream: fields.u32() as usize,
            packets: fields.u32() as usize..fields.u32() as usize,
            time_us: fields.i64(),
            duration_us: fields.i64(),
            bytes: fields.u32(),
            key: fields.u8() == 1,
        }
    }
}

/// Where one stream ends and its successor begins, a new one is preferred from its first unit on. Streams come in order
/// of their beginning; the result is in order of time.
pub(super) fn join(streams: Vec<Rows<Unit>>, least_units: usize, scratch: &Scratch) -> Rows<Unit> {
    let mut joined = Rows::<Unit>::new(scratch);
    for units in streams {
        let Some(first) = units.first() else { continue };
        if units.len() >= least_units {
            joined.truncate(joined.partition_point(|unit| unit.time_us < first.time_us));
        }
        let from_us = joined.last().map_or(i64::MIN, |unit| unit.time_us);
        // A short stray must not interrupt its predecessor, and a picture must begin with a key frame.
        joined.extend(units.iter().skip_while(|unit| unit.time_us <= from_us || !unit.key));
    }
    joined
}

/// Packets missing from the sequence between the first and the last of `packets`, where the one after them is `shown` (by
/// its index).
pub(super) fn count_lost(packets: &Rows<Packet>, shown: impl Fn(usize, &Packet) -> bool) -> u64 {
    let mut last: Option<i64> = None;
    let lost = packets.iter().enumerate().map(|(index, packet)| {
        let missing = last.replace(packet.sequence).map_or(0, |last| packet.sequence - last - 1);
        if missing > 0 && shown(index, &packet) { missing as u64 } else { 0 }
    });
    lost.sum()
}

/// The spans without media, in milliseconds of the recording: before the first, between any two, and after the last of
/// the `covered` spans (microseconds, in order), where nothing shows for at least `least_us`.
pub(super) fn gaps(
    covered: impl Iterator<Item = Range<i64>>,
    duration_us: i64,
    least_us: i64,
) -> Vec<(u64, u64)> {
    let spans = between(covered, duration_us, least_us).into_iter();
    spans.map(|span| ((span.start / 1000) as u64, (span.end / 1000) as u64)).collect()
}

/// The spans of at least `least_us` between the `covered` ones (in order), from the start of the recording to its end, in
/// microseconds.
pub(super) fn between(
    covered: impl Iterator<Item = Range<i64>>,
    duration_us: i64,
    least_us: i64,
) -> Vec<Range<i64>> {
    let mut end_us = 0;
    let mut spans = Vec::new();
    for span in covered.chain(iter::once(duration_us..duration_us)) {
        if span.start.saturating_sub(end_us) >= least_us {
            spans.push(end_us..span.start);
        }
        end_us = end_us.max(span.end);
    }
    spans
}
