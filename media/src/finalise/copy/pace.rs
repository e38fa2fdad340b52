//! Times of a copy's sound. Browsers stamp a packet with the moment at which they got hold of it, up to 10 ms off. The
//! sound itself has no seams: within a run, packet follows packet, and a line tells when.

use crate::finalise::line::Line;
use crate::finalise::reports::STEEPEST_SLOPE;
use crate::finalise::rows::Rows;
use crate::finalise::units::Unit;

/// Where a packet begins this much earlier or later than the one before ends, sound is missing.
const LARGEST_SEAM_US: i64 = 30_000;
/// Shorter runs say nothing of the rate.
const SHORTEST_BASELINE_US: i64 = 10_000_000;
/// Packets that are placed by one line at most: some minutes of sound.
const LONGEST_RUN: usize = 8192;

/// Puts the packets (in order of time) where their sound was.
pub(super) fn even_out(packets: &Rows<Unit>) -> Rows<Unit> {
    let mut even = Rows::new(packets.scratch());
    let mut run: Vec<Unit> = Vec::new();
    for packet in packets.iter() {
        let goes_on = run.last().is_some_and(|last| {
            packet.time_us.saturating_sub(last.end_us()).saturating_abs() <= LARGEST_SEAM_US
        });
        if !goes_on || run.len() == LONGEST_RUN {
            even_out_run(&mut run);
            even.extend(run.drain(..));
        }
        run.push(packet);
    }
    even_out_run(&mut run);
    even.extend(run);
    even
}

/// A run that was interrupted again and again, each time by less than a seam, lies on no line: its halves may.
fn even_out_run(run: &mut [Unit]) {
    if !place_on_line(run) {
        let (one, other) = run.split_at_mut(run.len() / 2);
        even_out_run(one);
        even_out_run(other);
    }
}

/// False, and nothing is changed, when the packets lie on no line.
fn place_on_line(packets: &mut [Unit]) -> bool {
    let mut counted_us = 0;
    let points: Vec<(i64, i64)> = packets
        .iter()
        .map(|packet| {
            let point = (counted_us, packet.time_us);
            counted_us += packet.duration_us;
            point
        })
        .collect();
    let steepest = if counted_us >= SHORTEST_BASELINE_US { STEEPEST_SLOPE } else { 0.0 };
    let Some(line) = Line::fit(&points, steepest) else { return true };
    let residual_us = |&(counted_us, time_us): &(i64, i64)| (line.map(counted_us) - time_us).abs();
    if points.len() > 1 && points.iter().any(|point| residual_us(point) > LARGEST_SEAM_US) {
        return false;
    }
    for (packet, (counted_us, _)) in packets.iter_mut().zip(points) {
        packet.time_us = line.map(counted_us);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finalise::rows::tests::scratch;

    fn even_out(packets: &[Unit]) -> Vec<Unit> {
        super::even_out(&Rows::of(&scratch(), packets.iter().cloned())).iter().collect()
    }

    fn packets(times_ms: impl Iterator<Item = i64>) -> Vec<Unit> {
        times_ms
            .map(|ms| Unit {
                stream: 0,
                packets: 0..0,
                time_us: ms * 1000,
                duration_us: 60_000,
                bytes: 0,
                key: true,
            })
            .collect()
    }

    fn largest_seam_us(packets: &[Unit]) -> i64 {
        packets.windows(2).map(|pair| (pair[1].time_us - pair[0].end_us()).abs()).max().unwrap()
    }

    #[test]
    fn jitter_goes_and_the_mean_stays() {
        let wobbly = packets((0..200).map(|number| 45 + number * 60 + [0, 9, -9, 3][number as usize % 4]));
        let wobbly = even_out(&wobbly);
        assert!(largest_seam_us(&wobbly) <= 10, "{}", largest_seam_us(&wobbly));
        assert!((wobbly[100].time_us - 6_045_750).abs() < 1000, "{}", wobbly[100].time_us);
    }

    #[test]
    fn missing_sound_stays_missing() {
        let holed = packets((0..40).map(|number| number * 60 + if number < 20 { 0 } else { 500 }));
        let holed = even_out(&holed);
        assert_eq!((holed[19].end_us(), holed[20].time_us), (1_200_000, 1_700_000));
    }

    #[test]
    fn a_slow_clock_is_followed() {
        let slow = packets((0..2000).map(|number| number * 60_030 / 1000));
        let slow = even_out(&slow);
        assert!((slow[1999].time_us - 1999 * 60_030).abs() < 2000);
        assert!(largest_seam_us(&slow) < 100);
    }

    #[test]
    fn small_losses_again_and_again_bend_the_line_without_end() {
        let stuttering = packets((0..400).map(|number| number * 60 + number / 10 * 25));
        let stuttering = even_out(&stuttering);
        for (number, packet) in (0..400).zip(&stuttering) {
            let error_us = packet.time_us - (number * 60 + number / 10 * 25) * 1000;
            assert!(error_us.abs() <= LARGEST_SEAM_US, "{number}: {error_us}");
        }
    }
}
