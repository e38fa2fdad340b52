//! What the recogniser hears at once: neighbouring spans of speech together, long ones cut where it is quietest.

use viva_core::time::Span;

use super::activity::{Activity, FRAME_MS};

/// Sound kept before and after speech, where there is room: soft first and last consonants lie there.
const PADDING_MS: u64 = 200;

/// The detector's last frames may still change, and speech that has only begun is not yet a span: too short to be one.
const UNSETTLED_MS: u64 = 500;

/// How windows are made.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest window, padding included.
    pub longest_ms: u64,
    /// Longer silences part windows. Whisper invents words in long silences.
    pub silence_ms: u64,
}

impl Limits {
    /// The most speech in a window.
    fn room(self) -> u64 {
        self.longest_ms.saturating_sub(2 * PADDING_MS).max(FRAME_MS)
    }
}

/// Windows over all the speech, in order and without overlap.
pub fn windows(activity: &Activity, limits: Limits, duration_ms: u64) -> Vec<Span> {
    pad(&joined(activity, limits), duration_ms)
}

/// Those windows of a recording that goes on after `duration_ms` which nothing that follows can change: all but the last, and
/// that too once enough silence has parted it from whatever comes.
pub fn settled(activity: &Activity, limits: Limits, duration_ms: u64) -> Vec<Span> {
    let joined = joined(activity, limits);
    let mut settled = pad(&joined, duration_ms);
    let parting_ms = limits.silence_ms.max(2 * PADDING_MS) + UNSETTLED_MS;
    let is_parted =
        activity.speech.last().is_none_or(|last| duration_ms.saturating_sub(last.end_ms) > parting_ms);
    if !is_parted {
        settled.pop();
        // As its speech goes on, it may be cut so that its first piece still fits to the one before.
        if let [.., before, last] = joined[..]
            && last.start_ms - before.end_ms <= limits.silence_ms
            && last.start_ms + limits.room() / 2 <= before.start_ms + limits.room()
        {
            settled.pop();
        }
    }
    settled.retain(|window| window.end_ms + UNSETTLED_MS <= duration_ms);
    settled
}

/// The windows without their padding.
fn joined(activity: &Activity, limits: Limits) -> Vec<Span> {
    let room = limits.room();
    let pieces = activity.speech.iter().flat_map(|span| pieces(*span, room, activity));
    let mut joined: Vec<Span> = Vec::new();
    for piece in pieces {
        match joined.last_mut() {
            Some(last)
                if piece.end_ms - last.start_ms <= room
                    && piece.start_ms.saturating_sub(last.end_ms) <= limits.silence_ms =>
            {
                last.end_ms = piece.end_ms;
            }
            _ => joined.push(piece),
        }
    }
    joined
}

/// Cuts a span into pieces of at most `room`, each at the frame least like speech in its second half.
fn pieces(mut span: Span, room: u64, activity: &Activity) -> Vec<Span> {
    let mut pieces = Vec::new();
    while span.duration_ms() > room {
        let (first, last) = (activity.frame(span.start_ms + room / 2), activity.frame(span.start_ms + room));
        // Three frames together, so that the cut lands inside a gap and not on one odd frame.
        let speech_likeness = |at: usize| -> f32 {
            let around = at.saturating_sub(1)..=at + 1;
            around.map(|at| activity.probabilities.get(at).copied().unwrap_or(0.0)).sum()
        };
        let quietest = (first..last).min_by(|a, b| speech_likeness(*a).total_cmp(&speech_likeness(*b)));
        let middle = |frame: usize| activity.begins_ms + frame as u64 * FRAME_MS + FRAME_MS / 2;
        let cut = quietest.map_or(span.start_ms + room, middle);
        let cut = cut.clamp(span.start_ms + room / 2, span.start_ms + room);
        pieces.push(Span::new(span.start_ms, cut));
        span.start_ms = cut;
    }
    pieces.push(span);
    pieces
}

/// Widens each window by the padding, or by half of the gap to its neighbour.
fn pad(windows: &[Span], duration_ms: u64) -> Vec<Span> {
    let gap_before = |at: usize| match at.checked_sub(1) {
        Some(before) => (windows[at].start_ms - windows[before].end_ms) / 2,
        None => windows[at].start_ms,
    };
    let gap_after = |at: usize| match windows.get(at + 1) {
        Some(next) => (next.start_ms - windows[at].end_ms) / 2,
        None => duration_ms.saturating_sub(windows[at].end_ms),
    };
    let padded = windows.iter().enumerate().map(|(at, window)| {
        Span::new(
            window.start_ms - gap_before(at).min(PADDING_MS),
            window.end_ms + gap_after(at).min(PADDING_MS),
        )
    });
    padded.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { longest_ms: 10_000, silence_ms: 2000 };

    fn activity(speech: &[(u64, u64)]) -> Activity {
        let speech = speech.iter().map(|(a, b)| Span::new(*a, *b)).collect();
        Activity { speech, ..Activity::default() }
    }

    /// Speech after each gap, and where the last of it ends.
    fn laid_out(lengths: Vec<(u64, u64)>) -> (Vec<(u64, u64)>, u64) {
        let (mut at, mut speech) = (0, Vec::new());
        for (gap, length) in lengths {
            speech.push((at + gap, at + gap + length));
            at += gap + length;
        }
        (speech, at)
    }

    #[test]
    fn neighbours_join_until_full_or_far() {
        let activity = activity(&[(1000, 3000), (3500, 6000), (7000, 12_000), (15_000, 16_000)]);
        let found = windows(&activity, LIMITS, 16_100);
        assert_eq!(found, [Span::new(800, 6200), Span::new(6800, 12_200), Span::new(14_800, 16_100)]);
    }

    #[test]
    fn long_speech_is_cut_where_it_is_quietest() {
        let mut probabilities = vec![0.9; 400];
        probabilities[250] = 0.6;
        let activity = Activity { probabilities, ..activity(&[(0, 12_800)]) };
        let found = windows(&activity, LIMITS, 12_800);
        assert_eq!(found.len(), 2);
        assert!(found[0].end_ms.abs_diff(250 * FRAME_MS) <= 64, "{found:?}");
    }

    proptest! {
        #[test]
        fn windows_hold_all_speech_within_the_limit(
            lengths in proptest::collection::vec((100u64..5000, 250u64..40_000), 0..20),
            longest_ms in 1000u64..29_000,
            silence_ms in 0u64..3000,
        ) {
            let (speech, at) = laid_out(lengths);
            let activity = activity(&speech);
            let windows = windows(&activity, Limits { longest_ms, silence_ms }, at);
            for pair in windows.windows(2) {
                prop_assert!(pair[0].end_ms <= pair[1].start_ms);
            }
            for window in &windows {
                prop_assert!(window.duration_ms() <= longest_ms && window.end_ms <= at);
            }
            let covered: u64 = windows.iter().map(|w| activity.speech_within(w.start_ms, w.end_ms)).sum();
            prop_assert_eq!(covered, activity.speech_ms());
        }
    }

    proptest! {
        #[test]
        fn what_is_settled_stays(
            lengths in proptest::collection::vec((100u64..5000, 250u64..12_000), 1..20),
            cut in 0u64..120_000,
            longest_ms in 1000u64..29_000,
            silence_ms in 0u64..3000,
        ) {
            let (speech, at) = laid_out(lengths);
            let limits = Limits { longest_ms, silence_ms };
            let probabilities: Vec<f32> =
                (0..at / FRAME_MS + 2).map(|frame| (frame * 7919 % 97) as f32 / 97.0).collect();
            let whole = Activity { probabilities: probabilities.clone(), ..activity(&speech) };
            // As the detector finds it in the first part: speech that has only begun shows after a quarter of a second.
            let begun = speech.iter().filter(|(start, _)| start + 250 <= cut).map(|(start, end)| (*start, *end.min(&cut)));
            let frames = usize::try_from(cut / FRAME_MS).unwrap();
            let part = Activity {
                probabilities: probabilities.into_iter().take(frames).collect(),
                ..activity(&begun.collect::<Vec<_>>())
            };
            let all = windows(&whole, limits, at);
            for window in settled(&part, limits, cut.min(at)) {
                prop_assert!(all.contains(&window), "{window:?} of {all:?}");
            }
        }
    }
}
