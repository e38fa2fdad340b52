//! A second voice, as far as pitch alone can tell: somebody speaks for a second or more at clearly another pitch than the
//! voice that is heard most. No print of a voice is taken, so nobody can be recognised by it, and two voices of like pitch
//! are one here. One voice that plays another (a quote in falsetto) may pass for two: it is for people to listen to.

use viva_core::time::Span;

use super::{activity::Activity, pitch};

/// Octaves: six semitones and a half. Within one sentence a voice moves as far, but not the median of whole stretches, which
/// keeps within four semitones of the usual one in reading.
const APART: f32 = 0.55;
/// Stretches nearer than this are the same voice.
const ALIKE: f32 = 0.35;
/// Stretches of speech that are compared, at most.
const STRETCH_MS: u64 = 2000;
/// A stretch needs so many voiced frames of 40 ms, and most of them near its median: two voices at once, creaking and
/// laughter have no pitch of their own.
const LEAST_FRAMES: usize = 8;
const STEADY: f32 = 0.2;
const LEAST_STEADY_SHARE: f32 = 0.75;
/// All stretches of the other voice together.
const LEAST_OTHER_FRAMES: usize = 20;
/// What belongs to one voice is in one span across pauses of up to this.
const JOIN_MS: u64 = 2000;

struct Stretch {
    span: Span,
    /// Octaves.
    height: f32,
    frames: usize,
}

/// The stretches of 16 kHz mono sound in which another voice seems to speak.
pub fn other_voices(pcm: &[f32], activity: &Activity) -> Vec<Span> {
    let stretches: Vec<Stretch> =
        activity.speech.iter().flat_map(|span| parts(*span)).filter_map(|span| stretch(pcm, span)).collect();
    let Some(usual) = usual(&stretches) else { return Vec::new() };
    let distance = |stretch: &&Stretch| (stretch.height - usual).abs();
    let others: Vec<&Stretch> = stretches.iter().filter(|one| distance(one) >= APART).collect();
    let between = stretches.iter().filter(|one| (ALIKE..APART).contains(&distance(one))).count();
    let frames: usize = others.iter().map(|one| one.frames).sum();
    let heights = || others.iter().map(|one| one.height);
    let spread = heights().fold(f32::MIN, f32::max) - heights().fold(f32::MAX, f32::min);
    // One voice of great range has stretches at every height, two voices have two heights.
    if frames < LEAST_OTHER_FRAMES || between >= others.len() || spread > ALIKE {
        return Vec::new();
    }
    let mut spans: Vec<Span> = Vec::new();
    for one in others {
        match spans.last_mut() {
            Some(last) if one.span.start_ms.saturating_sub(last.end_ms) <= JOIN_MS => {
                last.end_ms = one.span.end_ms;
            }
            _ => spans.push(one.span),
        }
    }
    spans
}

/// Equal parts of at most [`STRETCH_MS`].
fn parts(span: Span) -> impl Iterator<Item = Span> {
    let count = span.duration_ms().div_ceil(STRETCH_MS).max(1);
    let at = move |part: u64| span.start_ms + span.duration_ms() * part / count;
    (0..count).map(move |part| Span::new(at(part), at(part + 1)))
}

fn stretch(pcm: &[f32], span: Span) -> Option<Stretch> {
    let mut heights: Vec<f32> = pitch::periods(pcm, span).map(f32::log2).collect();
    if heights.len() < LEAST_FRAMES {
        return None;
    }
    heights.sort_by(f32::total_cmp);
    let height = heights[heights.len() / 2];
    let near = heights.iter().filter(|one| (*one - height).abs() <= STEADY).count();
    let steady = near as f32 >= heights.len() as f32 * LEAST_STEADY_SHARE;
    steady.then_some(Stretch { span, height, frames: heights.len() })
}

/// The height of the voice that speaks longest: the mean around the stretch that has the most speech near it.
fn usual(stretches: &[Stretch]) -> Option<f32> {
    let company = |one: &Stretch| -> (u64, f32) {
        let near = stretches.iter().filter(|other| (other.height - one.height).abs() <= ALIKE / 2.0);
        near.fold((0, 0.0), |(all_ms, sum), other| {
            let ms = other.span.duration_ms();
            (all_ms + ms, sum + other.height * ms as f32)
        })
    };
    let (all_ms, sum) = stretches.iter().map(company).max_by_key(|(all_ms, _)| *all_ms)?;
    Some(sum / all_ms as f32)
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;
    use crate::speech::SAMPLE_RATE;

    /// Tones with harmonics, each with its pitch in Hz and its length in seconds, with half a second between.
    fn said(voices: &[(f32, f32)]) -> (Vec<f32>, Activity) {
        let mut pcm = Vec::new();
        let mut speech = Vec::new();
        for (hertz, seconds) in voices {
            let start_ms = pcm.len() as u64 / 16;
            for i in 0..(seconds * SAMPLE_RATE as f32) as usize {
                let phase = TAU * hertz * i as f32 / SAMPLE_RATE as f32;
                pcm.push((1..8).map(|n| 0.2 / n as f32 * (phase * n as f32).sin()).sum());
            }
            speech.push(Span::new(start_ms, pcm.len() as u64 / 16));
            pcm.resize(pcm.len() + SAMPLE_RATE / 2, 0.0);
        }
        (pcm, Activity { speech, ..Activity::default() })
    }

    fn found(voices: &[(f32, f32)]) -> Vec<Span> {
        let (pcm, activity) = said(voices);
        other_voices(&pcm, &activity)
    }

    #[test]
    fn another_pitch_for_a_while_is_another_voice() {
        let spans = found(&[(110.0, 4.0), (115.0, 3.0), (200.0, 1.5), (108.0, 3.0)]);
        assert_eq!(spans, [Span::new(8000, 9500)]);
        // Who speaks most is the candidate, whichever is higher.
        let spans = found(&[(110.0, 1.5), (200.0, 4.0), (210.0, 4.0)]);
        assert_eq!(spans, [Span::new(0, 1500)]);
    }

    #[test]
    fn one_voice_stays_one() {
        for voices in [
            &[(110.0, 4.0)][..],
            // Lively, but one.
            &[(110.0, 2.0), (130.0, 2.0), (150.0, 2.0), (120.0, 2.0)],
            &[(110.0, 3.0), (140.0, 2.0), (150.0, 2.0), (175.0, 2.0)],
            // A word.
            &[(110.0, 4.0), (200.0, 0.5)],
            // No two stretches alike: a song.
            &[(110.0, 4.0), (180.0, 1.0), (250.0, 1.0), (370.0, 1.0)],
            &[],
        ] {
            assert_eq!(found(voices), [], "{voices:?}");
        }
    }
}
