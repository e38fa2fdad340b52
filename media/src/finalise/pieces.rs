//! A stream cut into pieces on which one line maps media time to the sender's wall clock.

use std::ops::Range;

use super::line::Line;
use super::packet::{Packet, Report, Stream};
use super::reports::{self, Fit};
use super::rows::Rows;
use super::staircase;
use super::steps::{self, delay_us};

/// A run of packets on one clock line.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Indices into the stream's packets.
    pub packets: Range<usize>,
    /// Media time to the sender's wall clock, or to itself where no report says anything.
    pub line: Line,
}

/// A stream's pieces, in order; together they hold all its packets.
#[derive(Debug)]
pub(super) struct Pieces {
    pub pieces: Vec<Piece>,
    /// Whether the lines lead to the sender's wall clock.
    pub reported: bool,
}

/// A single report is believed if it arrived about as late as the packets around it.
const SINGLE_REPORT_TOLERANCE_US: i64 = 500_000;

/// A wall clock that is set more often says nothing; and every line costs a search through the packets.
const MOST_LINES: usize = 64;

impl Pieces {
    pub(super) fn of(stream: &Stream) -> Self {
        if let Some(pieces) = staircase::climb(stream) {
            return Self { pieces, reported: true };
        }
        let mut drafts = Vec::new();
        for section in sections(stream) {
            draft_section(stream, section, &mut drafts);
        }
        let Some(slope) = best_slope(&drafts) else {
            let pieces = drafts.into_iter().map(|(packets, _)| Piece { packets, line: Line::IDENTITY });
            return Self { pieces: pieces.collect(), reported: false };
        };
        Self { pieces: fill_lines(drafts, slope), reported: true }
    }
}

type Draft = (Range<usize>, Option<Fit>);

/// Parts between the steps, each with the reports that arrived during it.
fn sections(stream: &Stream) -> Vec<(Range<usize>, &[Report])> {
    let packets = &stream.packets;
    let mut starts = vec![0];
    starts.extend(steps::find(packets));
    let mut remaining = &stream.reports[..];
    let mut sections = Vec::new();
    for (position, &start) in starts.iter().enumerate() {
        let next = starts.get(position + 1).copied();
        let end_us = next.map_or(i64::MAX, |next| packets.get(next).arrival_us);
        let (during, later) =
            remaining.split_at(remaining.partition_point(|report| report.arrival_us < end_us));
        remaining = later;
        sections.push((start..next.unwrap_or(packets.len()), during));
    }
    sections
}

/// Cuts a section where its reports begin a new line.
fn draft_section(stream: &Stream, (packets, reports): (Range<usize>, &[Report]), drafts: &mut Vec<Draft>) {
    let mut fits = reports::fit(reports);
    if let [single] = fits[..]
        && single.reports == 1
        && !is_plausible(stream.packets.range(packets.clone()), &single)
    {
        fits.clear();
    }
    if fits.len() > MOST_LINES {
        fits.clear();
    }
    let mut start = packets.start;
    for pair in fits.windows(2) {
        let cut = cut_between(&stream.packets, start..packets.end, &pair[0], &pair[1]);
        drafts.push((start..cut, Some(pair[0])));
        start = cut;
    }
    drafts.push((start..packets.end, fits.last().copied()));
}

fn is_plausible(packets: impl Iterator<Item = Packet>, fit: &Fit) -> bool {
    let least_us =
        packets.map(|packet| packet.arrival_us.saturating_sub(fit.line.map(packet.media_us))).min();
    // A report's own delay is its arrival against the sender's clock at the media time that it names.
    least_us.is_some_and(|least_us| {
        let own_us = fit.first_arrival_us.saturating_sub(fit.sender_us);
        own_us.saturating_sub(least_us).saturating_abs() <= SINGLE_REPORT_TOLERANCE_US
    })
}

/// Index of the packet among those `within` from which the second line holds: between the reports that it must lie
/// between, the one whose delay changes most in the direction in which the clock was set.
fn cut_between(packets: &Rows<Packet>, within: Range<usize>, before: &Fit, after: &Fit) -> usize {
    let media_us = packets.range(within.clone()).next().map_or(0, |packet| packet.media_us);
    let forward = after.line.map(media_us) >= before.line.map(media_us);
    let (mut best, mut first_after) = (None, within.end);
    let mut last_delay_us = None;
    for (index, packet) in within.clone().zip(packets.range(within)) {
        let own_delay_us = delay_us(&packet);
        let last_us: Option<i64> = last_delay_us.replace(own_delay_us);
        if packet.arrival_us > before.last_arrival_us {
            first_after = first_after.min(index);
        }
        let Some(last_us) = last_us else { continue };
        let is_between =
            packet.arrival_us > before.last_arrival_us && packet.arrival_us <= after.first_arrival_us;
        let change_us = own_delay_us.saturating_sub(last_us);
        let change_us = if forward { change_us } else { change_us.saturating_neg() };
        if is_between && best.is_none_or(|(best_us, _)| change_us > best_us) {
            best = Some((change_us, index));
        }
    }
    best.map_or(first_after, |(_, index)| index)
}

/// The slope of the longest fit; `None` when there is no fit at all.
fn best_slope(drafts: &[Draft]) -> Option<f64> {
    let longest = drafts
        .iter()
        .filter_map(|(_, fit)| *fit)
        .max_by_key(|fit| (fit.measured_slope, fit.last_arrival_us.saturating_sub(fit.first_arrival_us)))?;
    Some(longest.line.slope)
}

/// Gives every piece a line: its own, else its predecessor's, else the first that comes.
fn fill_lines(drafts: Vec<Draft>, slope: f64) -> Vec<Piece> {
    let mut line =
        drafts.iter().find_map(|(_, fit)| *fit).map_or(Line::IDENTITY, |fit| fit.with_slope(slope));
    let mut pieces = Vec::new();
    for (packets, fit) in drafts {
        if let Some(fit) = fit {
            line = fit.with_slope(slope);
        }
        pieces.push(Piece { packets, line });
    }
    pieces
}
