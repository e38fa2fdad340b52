//! A capture that keeps losing moments: media time falls behind the sender's wall clock again and again, by steps too
//! small or too many to be told apart one by one. A phone that cannot keep up loses sound this way.
//!
//! Each report tells how far behind the stream is by then. Between two reports arrivals tell where it fell behind: what
//! was not captured never comes back, while a delay of the network does. So the least delay of all packets to come until
//! the next report rises like a staircase, with a step for each loss.

use super::index::{Packet, Report, Stream};
use super::line::Line;
use super::pieces::Piece;
use super::reports::{self, STEEPEST_SLOPE};
use super::steps::{SMALLEST_EVIDENCE_US, carrying, delay_us};

/// A report and the packets around it differ by no more, when both tell the truth.
const LARGEST_DISAGREEMENT_US: i64 = 40_000;
/// Packets that arrive this soon after a report show the delay of its moment.
const AROUND_US: i64 = 100_000;
/// More of them than these show nothing new, and a flood of both packets and reports must not cost their product.
const MOST_AROUND: usize = 64;
/// A packet of sound. Smaller steps are noise.
const SMALLEST_STEP_US: i64 = 20_000;

/// A report whose moment is known among the packets.
#[derive(Clone, Copy)]
struct Anchor {
    /// Position among the carrying packets of the first that arrived after it.
    position: usize,
    report: Report,
    /// Arrival against the sender's wall clock there.
    network_us: i64,
}

/// The stream's pieces, a piece for each step; `None` when one line, or none, does for its reports.
pub(super) fn climb(stream: &Stream) -> Option<Vec<Piece>> {
    if stream.reports.len() < 2 {
        return None;
    }
    let carrying = carrying(&stream.packets);
    let packet = |position: usize| &stream.packets[carrying[position]];
    let anchors = confirmed(&anchors(&stream.reports, carrying.iter().map(|&index| &stream.packets[index])))?;
    let levels = levels(&anchors, carrying.len(), packet);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut level_us = None;
    for (position, &offset_us) in levels.iter().enumerate() {
        let is_step = level_us.is_none_or(|level: i64| level.abs_diff(offset_us) >= SMALLEST_STEP_US as u64);
        if is_step {
            level_us = Some(offset_us);
            let media_us = packet(position).media_us;
            let line = Line::new(media_us, media_us.saturating_add(offset_us), 0.0);
            // What carries nothing belongs to whatever comes before it.
            let start = if let Some(before) = pieces.last_mut() {
                before.packets.end = carrying[position];
                carrying[position]
            } else {
                0
            };
            pieces.push(Piece { packets: start..stream.packets.len(), line });
        }
    }
    Some(pieces)
}

/// Finds the reports' moments among the packets.
fn anchors<'a>(reports: &[Report], packets: impl Iterator<Item = &'a Packet>) -> Vec<Anchor> {
    let mut newest_us = i64::MIN;
    // (newest arrival so far, delay): the first rises, so it can be searched.
    let arrivals: Vec<(i64, i64)> = packets
        .map(|packet| {
            newest_us = newest_us.max(packet.arrival_us);
            (newest_us, delay_us(packet))
        })
        .collect();
    let anchor = |report: &Report| {
        let position = arrivals.partition_point(|&(at_us, _)| at_us <= report.arrival_us);
        let (last_us, last_delay_us) = *arrivals.get(position.checked_sub(1)?)?;
        let until_us = report.arrival_us.saturating_add(AROUND_US);
        let soon = arrivals[position..].iter().take(MOST_AROUND).take_while(|&&(at_us, _)| at_us <= until_us);
        let least_us = soon.map(|&(_, delay_us)| delay_us).fold(last_delay_us, i64::min);
        let is_near = report.arrival_us.saturating_sub(last_us) <= 2 * AROUND_US;
        let network_us = least_us.saturating_sub(report.offset_us());
        is_near.then_some(Anchor { position, report: *report, network_us })
    };
    reports.iter().filter_map(anchor).collect()
}

/// The reports that arrivals confirm, if nearly all are and they do not lie on one line.
fn confirmed(anchors: &[Anchor]) -> Option<Vec<Anchor>> {
    let mut by_network = anchors.to_vec();
    by_network.sort_by_key(|anchor| anchor.network_us);
    let middle = by_network.get(anchors.len() / 2)?;
    let agrees = |anchor: &&Anchor| {
        let apart_us = anchor.report.arrival_us.abs_diff(middle.report.arrival_us) as f64;
        let tolerance_us = LARGEST_DISAGREEMENT_US as f64 + apart_us * STEEPEST_SLOPE;
        anchor.network_us.abs_diff(middle.network_us) as f64 <= tolerance_us
    };
    let confirmed: Vec<Anchor> = anchors.iter().filter(agrees).copied().collect();
    if confirmed.len() < 2 || confirmed.len() * 4 < anchors.len() * 3 {
        return None;
    }
    let reports: Vec<Report> = confirmed.iter().map(|anchor| anchor.report).collect();
    let on_lines = reports::fit(&reports);
    let one_line = matches!(on_lines[..], [line] if line.reports == reports.len());
    (!one_line).then_some(confirmed)
}

/// For each carrying packet, by how much the sender's wall clock is ahead of its media time.
fn levels<'a>(anchors: &[Anchor], count: usize, packet: impl Fn(usize) -> &'a Packet) -> Vec<i64> {
    let mut levels = vec![0; count];
    let mut end = count;
    let mut next: Option<&Anchor> = None;
    let befores = anchors.iter().rev().map(Some).chain([None]);
    for before in befores {
        let start = before.map_or(0, |anchor| anchor.position).min(end);
        let network_us = match (before, next) {
            (Some(one), Some(other)) => one.network_us.midpoint(other.network_us),
            (Some(one), None) | (None, Some(one)) => one.network_us,
            (None, None) => return levels,
        };
        let highest_us = next.map_or(i64::MAX, |anchor| anchor.report.offset_us());
        let lowest_us = before.map_or(i64::MIN, |anchor| anchor.report.offset_us()).min(highest_us);
        let mut least_us = highest_us;
        for position in (start..end).rev() {
            least_us = least_us.min(delay_us(packet(position)).saturating_sub(network_us));
            levels[position] = least_us.max(lowest_us);
        }
        if next.is_none() && start < end {
            let settled_us = packet(end - 1).arrival_us.saturating_sub(SMALLEST_EVIDENCE_US);
            let last = (start..end).rev().take_while(|&position| packet(position).arrival_us > settled_us);
            if let Some(from) = last.last() {
                let level = levels[from];
                levels[from..end].fill(level);
            }
        }
        (end, next) = (start, before);
    }
    levels
}
