//! Eyes that move as they do over lines of text: slowly to one side, back in one jump, again and again. Told only from a
//! network for the direction of the gaze, and only where it is plain: whoever thinks looks aside, too, but not in even lines.

use viva_core::time::Span;

/// Degrees from the beginning of a line to its end; less is within the network's own error of 7°.
const LEAST_WIDTH: f32 = 10.0;
/// A jump back takes one frame or two.
const LONGEST_RETURN_MS: u64 = 450;
/// A line takes this long to be read aloud.
const LINE_MS: std::ops::RangeInclusive<u64> = 800..=6000;
/// So many lines one after the other, of lengths that differ by less than half.
const LEAST_LINES: usize = 5;
const MOST_SPREAD: f32 = 0.5;

/// The stretches in which somebody seems to read. `sideways` is the gaze in degrees, to the right positive.
pub(super) fn reading(at: &[u64], sideways: &[Option<f32>]) -> Vec<Span> {
    // Lines run to the right in Chinese and English alike; a mirrored picture has them run to the left.
    let mirrored: Vec<Option<f32>> = sideways.iter().map(|angle| angle.map(|angle| -angle)).collect();
    let mut spans = in_lines(&returns(at, sideways));
    spans.extend(in_lines(&returns(at, &mirrored)));
    spans.sort_by_key(|span| (span.start_ms, span.end_ms));
    spans
}

/// The moments at which the gaze jumps back to the left.
fn returns(at: &[u64], sideways: &[Option<f32>]) -> Vec<u64> {
    let mut moments: Vec<u64> = Vec::new();
    for (end, (&now, angle)) in at.iter().zip(sideways).enumerate() {
        let Some(angle) = angle else { continue };
        let before = (0..end).rev().take_while(|&index| now - at[index] <= LONGEST_RETURN_MS);
        let furthest = before.filter_map(|index| sideways[index]).fold(f32::MIN, f32::max);
        let is_new = moments.last().is_none_or(|&last| now - last > LONGEST_RETURN_MS);
        if furthest - angle >= LEAST_WIDTH && is_new {
            moments.push(now);
        }
    }
    moments
}

/// Runs of returns that follow each other evenly.
fn in_lines(returns: &[u64]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut first = 0;
    while first + LEAST_LINES < returns.len() {
        let mut last = first;
        while last + 1 < returns.len() && is_even(&returns[first..=last + 1]) {
            last += 1;
        }
        if last - first >= LEAST_LINES {
            spans.push(Span::new(returns[first], returns[last]));
            first = last;
        } else {
            first += 1;
        }
    }
    spans
}

fn is_even(returns: &[u64]) -> bool {
    let lines = returns.windows(2).map(|pair| pair[1] - pair[0]);
    let (shortest, longest) = lines.fold((u64::MAX, 0), |(low, high), line| (low.min(line), high.max(line)));
    LINE_MS.contains(&shortest)
        && LINE_MS.contains(&longest)
        && (longest - shortest) as f32 <= longest as f32 * MOST_SPREAD
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gaze at 5 frames per second for `seconds`.
    fn gaze(seconds: u64, angle: impl Fn(f32) -> f32) -> (Vec<u64>, Vec<Option<f32>>) {
        let at: Vec<u64> = (0..seconds * 5).map(|index| index * 200).collect();
        let angles = at.iter().map(|&ms| Some(angle(ms as f32 / 1000.0))).collect();
        (at, angles)
    }

    /// Lines of `line` seconds, `width` degrees wide, with some tremor.
    fn lines(width: f32, line: f32) -> impl Fn(f32) -> f32 {
        move |second| (second % line) / line * width - width / 2.0 + (second * 37.0).sin()
    }

    #[test]
    fn even_lines_are_reading_in_either_direction() {
        for sign in [1.0, -1.0] {
            let line = lines(16.0, 2.2);
            let (at, angles) = gaze(20, |second| sign * line(second));
            let found = reading(&at, &angles);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].start_ms < 3000 && found[0].end_ms > 16_000, "{found:?}");
        }
    }

    #[test]
    fn looking_about_is_not() {
        for (what, angle) in [
            ("at the camera", Box::new(|second: f32| (second * 37.0).sin()) as Box<dyn Fn(f32) -> f32>),
            ("to and fro alike", Box::new(|second: f32| 12.0 * (second * 2.0).sin())),
            ("small lines", Box::new(lines(7.0, 2.0))),
            // Now and then to the side and back, as people do who think.
            (
                "now and then",
                Box::new(
                    |second: f32| {
                        if [1, 2, 5, 6, 11, 17, 18].contains(&(second as u32)) { 20.0 } else { 0.0 }
                    },
                ),
            ),
            (
                "four lines only",
                Box::new(|second: f32| if second < 8.5 { lines(16.0, 2.0)(second) } else { 0.0 }),
            ),
        ] {
            let (at, angles) = gaze(25, angle);
            assert_eq!(reading(&at, &angles), [], "{what}");
        }
        let (at, _) = gaze(10, |_| 0.0);
        assert_eq!(reading(&at, &vec![None; at.len()]), []);
        assert_eq!(reading(&[], &[]), []);
    }
}
