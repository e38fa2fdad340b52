//! Every packet's place on the server's clock.
//!
//! The lines of all pieces of a connection lead to one clock, the sender's, so sound and picture keep their distance.
//! One more line leads from there to the server's clock: the lowest one over all packets' delays, since the least
//! delayed packets tell the clocks apart from the network. Streams without reports skip the middle and are placed by
//! their own least delays.
//!
//! Where a piece arrives much later (or earlier) against the piece before it than its line says, arrivals win: the
//! sender's reports then do not know of a stall.

use std::collections::BTreeMap;

use super::line::Line;
use super::packet::{Content, Packet, Stream};
use super::pieces::{Piece, Pieces};
use super::reports::STEEPEST_SLOPE;
use super::rows::Walk;

/// A stream's packets on the server's clock.
#[derive(Debug)]
pub(super) struct Placement {
    /// Each piece's end (index into the packets, exclusive) and its map from media time to server time.
    pieces: Vec<(usize, Line, Line)>,
}

/// Disagreement between arrivals and a piece's line that makes arrivals win.
const LARGEST_DISAGREEMENT_US: i64 = 200_000;
/// Tracks of one sender whose delays differ by more cannot share a wall clock.
const LARGEST_TRACK_DIFFERENCE_US: i64 = 1_000_000;
/// Span of arrivals at the edge of a piece that is compared with its neighbour's.
const EDGE_US: i64 = 5_000_000;
/// Below this span the drift between two clocks is lost in the noise of the network.
const SHORTEST_DRIFT_BASELINE_US: i64 = 10_000_000;

/// Places all streams; the result is parallel to them.
pub(super) fn place(streams: &[Stream]) -> Vec<Placement> {
    let pieces: Vec<Pieces> = streams.iter().map(Pieces::of).collect();
    let mut placements: Vec<Option<Placement>> = streams.iter().map(|_| None).collect();
    for members in clocks(streams, &pieces) {
        let tracks = members.into_iter().map(|track| shift_pieces(streams, &pieces, track));
        for clock in split_disagreeing(tracks.collect()) {
            let points = clock.iter().flat_map(|track| &track.pieces).flat_map(|shifted| {
                let packets = streams[shifted.stream].packets.range(shifted.piece.packets.clone());
                carrying(packets).map(|packet| {
                    let sender_us = shifted.piece.line.map(packet.media_us);
                    (sender_us, packet.arrival_us.saturating_sub(sender_us))
                })
            });
            let to_server = lowest_line(points);
            for shifted in clock.iter().flat_map(|track| &track.pieces) {
                placements[shifted.stream]
                    .get_or_insert_with(|| Placement { pieces: Vec::new() })
                    .pieces
                    .push((shifted.piece.packets.end, shifted.piece.line, to_server));
            }
        }
    }
    placements.into_iter().map(|placement| placement.unwrap_or(Placement { pieces: Vec::new() })).collect()
}

impl Placement {
    /// When the media of the packet at `index` was captured, on the server's clock, in microseconds since the Unix
    /// epoch (later by the least delay of the network).
    pub(super) fn server_us(&self, index: usize, packet: &Packet) -> i64 {
        let piece = self.pieces.partition_point(|&(end, _, _)| end <= index);
        self.pieces
            .get(piece)
            .map_or(packet.arrival_us, |(_, line, to_server)| to_server.map(line.map(packet.media_us)))
    }
}

/// The streams of one track that share a clock, by index, in order of their beginning.
type TrackStreams = Vec<usize>;

/// For each clock, its tracks: all reported streams of a connection share the sender's; each track without reports has
/// its own.
fn clocks(streams: &[Stream], pieces: &[Pieces]) -> Vec<Vec<TrackStreams>> {
    let mut clocks: BTreeMap<_, BTreeMap<_, TrackStreams>> = BTreeMap::new();
    for (index, stream) in streams.iter().enumerate() {
        let own_clock = (!pieces[index].reported).then_some(stream.track);
        let tracks = clocks.entry((stream.epoch, own_clock)).or_default();
        tracks.entry(stream.track).or_default().push(index);
    }
    clocks.into_values().map(|tracks| tracks.into_values().collect()).collect()
}

struct ShiftedTrack {
    pieces: Vec<ShiftedPiece>,
    /// Least delay at the beginning; `None` when nothing carries media.
    first_delay_us: Option<i64>,
}

struct ShiftedPiece {
    stream: usize,
    piece: Piece,
}

/// Sets each piece's line forward or back where arrivals contradict it.
fn shift_pieces(streams: &[Stream], pieces: &[Pieces], track: TrackStreams) -> ShiftedTrack {
    let mut shifted = ShiftedTrack { pieces: Vec::new(), first_delay_us: None };
    let mut last_delay_us = None;
    for stream in track {
        for piece in &pieces[stream].pieces {
            let mut piece = piece.clone();
            let packets = streams[stream].packets.range(piece.packets.clone());
            if let Some((head_us, tail_us)) = edge_delays(&packets, piece.line) {
                let shift_us = last_delay_us
                    .map(|last_us: i64| head_us.saturating_sub(last_us))
                    .filter(|shift_us| shift_us.saturating_abs() > LARGEST_DISAGREEMENT_US)
                    .unwrap_or(0);
                piece.line = piece.line.shifted(shift_us);
                last_delay_us = Some(tail_us.saturating_sub(shift_us));
                shifted.first_delay_us.get_or_insert(head_us);
            }
            shifted.pieces.push(ShiftedPiece { stream, piece });
        }
    }
    shifted
}

/// The least delays against `line` over the first and the last seconds of a piece.
fn edge_delays(packets: &impl Walk<Packet>, line: Line) -> Option<(i64, i64)> {
    let arrivals = || carrying(packets.clone()).map(|packet| packet.arrival_us);
    let (first_us, last_us) = arrivals().min().zip(arrivals().max())?;
    let least = |from_us: i64, to_us: i64| {
        carrying(packets.clone())
            .filter(|packet| (from_us..=to_us).contains(&packet.arrival_us))
            .map(|packet| packet.arrival_us.saturating_sub(line.map(packet.media_us)))
            .min()
    };
    let head_us = least(first_us, first_us.saturating_add(EDGE_US))?;
    let tail_us = least(last_us.saturating_sub(EDGE_US), last_us)?;
    Some((head_us, tail_us))
}

/// Tracks that claim one wall clock but plainly do not share it get a clock each.
fn split_disagreeing(tracks: Vec<ShiftedTrack>) -> Vec<Vec<ShiftedTrack>> {
    let delays = || tracks.iter().filter_map(|track| track.first_delay_us);
    let spread = delays().max().zip(delays().min()).map_or(0, |(most, least)| most.saturating_sub(least));
    if spread > LARGEST_TRACK_DIFFERENCE_US {
        tracks.into_iter().map(|track| vec![track]).collect()
    } else {
        vec![tracks]
    }
}

fn carrying(packets: impl Iterator<Item = Packet>) -> impl Iterator<Item = Packet> {
    packets.filter(|packet| packet.content != Content::Padding)
}

/// The line below all points (time, delay) that comes closest to them (Moon, Skelly, Towsley: Estimation and Removal of
/// Clock Skew from Network Delay Measurements, 1999): the edge of their lower convex hull above the mean time.
fn lowest_line(points: impl Iterator<Item = (i64, i64)>) -> Line {
    let mut least_by_second: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for (time_us, delay_us) in points {
        let least = least_by_second.entry(time_us.div_euclid(1_000_000)).or_insert((time_us, delay_us));
        if delay_us < least.1 {
            *least = (time_us, delay_us);
        }
    }
    let points: Vec<(i64, i64)> = least_by_second.into_values().collect();
    let Some(&(least_at_us, least_us)) = points.iter().min_by_key(|&&(_, delay_us)| delay_us) else {
        return Line::IDENTITY;
    };
    let level = Line::new(least_at_us, least_at_us.saturating_add(least_us), 0.0);
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return level };
    if last.0.saturating_sub(first.0) < SHORTEST_DRIFT_BASELINE_US {
        return level;
    }
    let sum: i128 = points.iter().map(|&(time_us, _)| i128::from(time_us)).sum();
    let mean_us = (sum / points.len() as i128) as i64;
    let hull = lower_hull(&points);
    let edge = hull.windows(2).find(|edge| (edge[0].0..=edge[1].0).contains(&mean_us));
    let Some(&[from, to]) = edge else { return level };
    let slope = to.1.saturating_sub(from.1) as f64 / to.0.saturating_sub(from.0) as f64;
    if slope.abs() > STEEPEST_SLOPE {
        return level;
    }
    Line::new(from.0, from.0.saturating_add(from.1), slope)
}

/// The lower convex hull of points in order of time (Andrew's monotone chain).
fn lower_hull(points: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut hull: Vec<(i64, i64)> = Vec::new();
    for &point in points {
        while let [.., a, b] = hull[..] {
            let [ax, ay, bx, by, px, py] = [a.0, a.1, b.0, b.1, point.0, point.1].map(|value| value as f64);
            if (bx - ax) * (py - ay) > (by - ay) * (px - ax) {
                break;
            }
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_line_sees_drift_through_jitter() {
        let points = (0..600_i64).map(|s| (s * 1_000_000, 50_000 + s * 300 + (s * 7919 % 97) * 400));
        let line = lowest_line(points);
        for s in [0, 300, 599] {
            let delay_us = line.map(s * 1_000_000) - s * 1_000_000;
            assert!((delay_us - 50_000 - s * 300).abs() < 3000, "{s}: {delay_us}");
        }
    }

    #[test]
    fn a_queue_is_no_drift() {
        let points = (0..60_i64).map(|s| (s * 1_000_000, if s < 20 { 1000 } else { 400_000 }));
        assert_eq!(lowest_line(points).map(59_000_000), 59_001_000);
    }

    #[test]
    fn extremes_do_not_overflow() {
        lowest_line([(i64::MIN, i64::MAX), (0, 0), (i64::MAX, i64::MIN)].into_iter());
    }
}
