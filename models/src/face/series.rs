//! Values over time: smoothing, switching with hysteresis, spans, curves. Pure, and the same for every cue.

use viva_core::{cue::Spread, time::Span};

/// The median of the values within half of `window_ms` on either side of each; nothing where there was nothing.
/// Keeps steps where they are and drops single outliers.
pub(super) fn median_around(at: &[u64], values: &[Option<f32>], window_ms: u64) -> Vec<Option<f32>> {
    around(at, values, window_ms, |near| percentile(near, 0.5))
}

/// The same with the mean.
pub(super) fn mean_around(at: &[u64], values: &[Option<f32>], window_ms: u64) -> Vec<Option<f32>> {
    around(at, values, window_ms, |near| near.iter().sum::<f32>() / near.len() as f32)
}

fn around(
    at: &[u64],
    values: &[Option<f32>],
    window_ms: u64,
    combine: impl Fn(&mut [f32]) -> f32,
) -> Vec<Option<f32>> {
    let mut first = 0;
    let mut near = Vec::new();
    at.iter()
        .zip(values)
        .map(|(&now, value)| {
            while at[first] + window_ms / 2 < now {
                first += 1;
            }
            (*value)?;
            let within = at[first..]
                .iter()
                .zip(&values[first..])
                .take_while(|&(&then, _)| then <= now + window_ms / 2);
            near.clear();
            near.extend(within.filter_map(|(_, value)| *value));
            Some(combine(&mut near))
        })
        .collect()
}

/// On from `on` upwards, then on until the value falls below `off`; off where there is no value.
pub(super) fn switch(values: &[Option<f32>], on: f32, off: f32) -> Vec<bool> {
    values
        .iter()
        .scan(false, |state, value| {
            *state = value.is_some_and(|value| value >= if *state { off } else { on });
            Some(*state)
        })
        .collect()
}

/// The stretches in which the state is on, at least `least_ms` long. `reach` is the time each frame speaks for;
/// a hole between two frames ends a stretch.
pub(super) fn spans(reach: &[Span], states: &[bool], least_ms: u64) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (frame, _) in reach.iter().zip(states).filter(|&(_, &on)| on) {
        match spans.last_mut() {
            Some(last) if last.end_ms == frame.start_ms => last.end_ms = frame.end_ms,
            _ => spans.push(*frame),
        }
    }
    spans.retain(|span| span.duration_ms() >= least_ms);
    spans
}

/// The time that frames speak for: from each to the next, but not across a hole of more than two intervals.
pub(super) fn reach(at: &[u64], interval_ms: u64, duration_ms: u64) -> Vec<Span> {
    at.iter()
        .enumerate()
        .map(|(index, &start)| {
            let end = match at.get(index + 1) {
                Some(&next) if next - start <= interval_ms * 2 => next,
                _ => (start + interval_ms).min(duration_ms.max(start)),
            };
            Span::new(start, end)
        })
        .collect()
}

/// The mean of the values in each step of `step_ms`; nothing where no frame has one.
pub(super) fn curve(at: &[u64], values: &[Option<f32>], step_ms: u64, duration_ms: u64) -> Vec<Option<f32>> {
    let mut sums = vec![(0.0_f32, 0_u32); duration_ms.div_ceil(step_ms) as usize];
    for (&at, value) in at.iter().zip(values) {
        if let (Some(value), Some((sum, count))) = (value, sums.get_mut((at / step_ms) as usize)) {
            *sum += value;
            *count += 1;
        }
    }
    sums.into_iter().map(|(sum, count)| (count > 0).then(|| sum / count as f32)).collect()
}

/// The value that `share` of the values lie below. The values come out sorted.
pub(super) fn percentile(values: &mut [f32], share: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    match values.len() {
        0 => 0.0,
        length => {
            let place = share * (length - 1) as f32;
            let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
            low + (high - low) * place.fract()
        }
    }
}

pub(super) fn spread(mut values: Vec<f32>) -> Spread {
    Spread {
        median: percentile(&mut values, 0.5),
        range: percentile(&mut values, 0.95) - percentile(&mut values, 0.05),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn every(interval_ms: u64, count: u64) -> Vec<u64> {
        (0..count).map(|index| index * interval_ms).collect()
    }

    #[test]
    fn the_median_keeps_steps_and_drops_outliers() {
        let values = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0].map(Some);
        let smooth = median_around(&every(200, 8), &values, 400);
        assert_eq!(smooth, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0].map(Some));
        assert_eq!(median_around(&every(200, 3), &[Some(1.0), None, Some(1.0)], 400)[1], None);
    }

    #[test]
    fn switching_has_hysteresis() {
        let values = [Some(0.4), Some(0.5), Some(0.4), Some(0.3), Some(0.4), Some(0.6), None, Some(0.4)];
        assert_eq!(switch(&values, 0.5, 0.35), [false, true, true, false, false, true, false, false]);
    }

    #[test]
    fn short_spans_and_holes() {
        let at = [0, 200, 400, 600, 800, 5000, 5200];
        let reach = reach(&at, 200, 5300);
        assert_eq!(reach[4], Span::new(800, 1000), "not across the hole");
        assert_eq!(reach[6], Span::new(5200, 5300), "not past the end");
        let on = [true, false, true, true, true, true, true];
        assert_eq!(spans(&reach, &on, 300), [Span::new(400, 1000), Span::new(5000, 5300)]);
    }

    #[test]
    fn curves_leave_gaps_open() {
        let values = [Some(0.0), Some(1.0), None, Some(1.0)];
        assert_eq!(curve(&[0, 400, 600, 1100], &values, 500, 1600), [Some(0.5), None, Some(1.0), None]);
        assert!(curve(&[], &[], 500, 0).is_empty());
    }

    proptest! {
        #[test]
        fn spans_are_ordered_apart_and_within_the_answer(
            steps in prop::collection::vec((0_u64..2000, any::<bool>()), 0..60), least in 0_u64..1000,
        ) {
            let mut now = 0;
            let (at, on): (Vec<u64>, Vec<bool>) = steps.into_iter().map(|(step, on)| { now += step; (now, on) }).unzip();
            let reach = reach(&at, 200, now);
            let spans = spans(&reach, &on, least);
            for span in &spans {
                prop_assert!(span.start_ms <= span.end_ms && span.duration_ms() >= least);
                prop_assert!(span.end_ms <= now.max(span.start_ms));
            }
            for pair in spans.windows(2) {
                prop_assert!(pair[0].end_ms <= pair[1].start_ms);
            }
        }

        #[test]
        fn smoothing_stays_within_the_values(values in prop::collection::vec(prop::option::of(-9.0_f32..9.0), 0..40)) {
            let at = every(130, values.len() as u64);
            let known = || values.iter().flatten().copied();
            let (low, high) = (known().fold(f32::MAX, f32::min), known().fold(f32::MIN, f32::max));
            for smooth in [median_around(&at, &values, 500), mean_around(&at, &values, 500)] {
                prop_assert_eq!(smooth.len(), values.len());
                for (smooth, value) in smooth.iter().zip(&values) {
                    prop_assert_eq!(smooth.is_some(), value.is_some());
                    prop_assert!(smooth.is_none_or(|smooth| smooth >= low - 1e-4 && smooth <= high + 1e-4));
                }
            }
        }
    }
}
