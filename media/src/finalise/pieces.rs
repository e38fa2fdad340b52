//! A stream cut into pieces on which one line maps media time to the sender's wall clock.

use std::ops::Range;

use super::index::{Packet, Report, Stream};
use super::line::Line;
use super::reports::{self, Fit};
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
        let end_us = next.map_or(i64::MAX, |next| packets[next].arrival_us);
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
        && !is_plausible(&stream.packets[packets.clone()], &single)
    {
        fits.clear();
    }
    if fits.len() > MOST_LINES {
        fits.clear();
    }
    let mut start = packets.start;
    for pair in fits.windows(2) {
        let cut = cut_between(&stream.packets[start..packets.end], &pair[0], &pair[1]) + start;
        drafts.push((start..cut, Some(pair[0])));
        start = cut;
    }
    drafts.push((start..packets.end, fits.last().copied()));
}

fn is_plausible(packets: &[Packet], fit: &Fit) -> bool {
    let least_us =
        packets.iter().map(|packet| packet.arrival_us.saturating_sub(fit.line.map(packet.media_us))).min();
    // A report's own delay is its arrival against the sender's clock at the media time that it names.
    least_us.is_some_and(|least_us| {
        let own_us = fit.first_arrival_us.saturating_sub(fit.sender_us);
        own_us.saturating_sub(least_us).saturating_abs() <= SINGLE_REPORT_TOLERANCE_US
    })
}

/// Index of the packet from which the second line holds: between the reports that it must lie between, the one whose
/// delay changes most in the direction in which the clock was set.
fn cut_between(packets: &[Packet], before: &Fit, after: &Fit) -> usize {
    let media_us = packets.first().map_or(0, |packet| packet.media_us);
    let forward = after.line.map(media_us) >= before.line.map(media_us);
    let candidates = (1..packets.len()).filter(|&index| {
        let arrival_us = packets[index].arrival_us;
        arrival_us > before.last_arrival_us && arrival_us <= after.first_arrival_us
    });
    let change = |index: usize| {
        let change = delay_us(&packets[index]).saturating_sub(delay_us(&packets[index - 1]));
        if forward { change } else { change.saturating_neg() }
    };
    candidates
        .rev()
        .max_by_key(|&index| change(index))
        .unwrap_or_else(|| packets.partition_point(|packet| packet.arrival_us <= before.last_arrival_us))
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
