//! A capture that keeps losing moments: media time falls behind the sender's wall clock again and again, by steps too
//! small or too many to be told apart one by one. A phone that cannot keep up loses sound this way.
//!
//! Each report tells how far behind the stream is by then. Between two reports arrivals tell where it fell behind: what
//! was not captured never comes back, while a delay of the network does. So the least delay of all packets to come until
//! the next report rises like a staircase, with a step for each loss.

use super::line::Line;
use super::packet::{Packet, Report, Stream};
use super::pieces::Piece;
use super::reports::{self, STEEPEST_SLOPE};
use super::rows::Rows;
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
    let anchors = confirmed(&anchors(&stream.reports, &stream.packets))?;
    let levels = levels(&anchors, &stream.packets);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut level_us = None;
    for ((index, packet), offset_us) in carrying(&stream.packets).zip(levels.iter().rev()) {
        let is_step = level_us.is_none_or(|level: i64| level.abs_diff(offset_us) >= SMALLEST_STEP_US as u64);
        if is_step {
            level_us = Some(offset_us);
            let line = Line::new(packet.media_us, packet.media_us.saturating_add(offset_us), 0.0);
            // What carries nothing belongs to whatever comes before it.
            let start = if let Some(before) = pieces.last_mut() {
                before.packets.end = index;
                index
            } else {
                0
            };
            pieces.push(Piece { packets: start..stream.packets.len(), line });
        }
    }
    Some(pieces)
}

/// Finds the moments of the reports, which are in order of arrival, among the carrying packets.
fn anchors(reports: &[Report], packets: &Rows<Packet>) -> Vec<Anchor> {
    let mut newest_us = i64::MIN;
    // (newest arrival so far, delay): the first rises.
    let arrivals = carrying(packets).map(|(_, packet)| {
        newest_us = newest_us.max(packet.arrival_us);
        (newest_us, delay_us(&packet))
    });
    let arrivals = Rows::of(packets.scratch(), arrivals);
    let mut position = 0;
    let anchor = |report: &Report| {
        position = arrivals
            .range(position..arrivals.len())
            .position(|(at_us, _)| at_us > report.arrival_us)
            .map_or(arrivals.len(), |passed| position + passed);
        let (last_us, last_delay_us) = arrivals.get(position.checked_sub(1)?);
        let until_us = report.arrival_us.saturating_add(AROUND_US);
        let around = position..arrivals.len().min(position + MOST_AROUND);
        let soon = arrivals.range(around).take_while(|&(at_us, _)| at_us <= until_us);
        let least_us = soon.map(|(_, delay_us)| delay_us).fold(last_delay_us, i64::min);
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

/// For each carrying packet, the last one first: by how much the sender's wall clock is ahead of its media time.
fn levels(anchors: &[Anchor], packets: &Rows<Packet>) -> Rows<i64> {
    let mut levels = Rows::new(packets.scratch());
    let mut end = carrying(packets).count();
    let mut left = carrying(packets).rev().map(|(_, packet)| packet).peekable();
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
        let mut level_us = |packet: &Packet| {
            least_us = least_us.min(delay_us(packet).saturating_sub(network_us));
            least_us.max(lowest_us)
        };
        if next.is_none() && start < end {
            // The last moments are too few to tell a loss from a delay.
            let settled_us =
                left.peek().map_or(0, |last| last.arrival_us.saturating_sub(SMALLEST_EVIDENCE_US));
            let mut last_us = 0;
            let mut count = 0;
            while start + count < end
                && let Some(packet) = left.next_if(|packet| packet.arrival_us > settled_us)
            {
                last_us = level_us(&packet);
                count += 1;
            }
            levels.extend(std::iter::repeat_n(last_us, count));
            end -= count;
        }
        levels.extend(left.by_ref().take(end - start).map(|packet| level_us(&packet)));
        (end, next) = (start, before);
    }
    levels
}
