//! Corrections of a transcript by the candidate or by a person of the hiring team. What the recogniser wrote stays
//! beside what was made of it.

use serde::{Deserialize, Serialize};

use crate::{
    cue::{Segment, Transcript},
    time::Timestamp,
};

/// Longest corrected segment, in characters.
pub const MAX_TEXT_CHARS: usize = 2000;
/// The most corrections of one interview.
pub const MAX_CORRECTIONS: usize = 500;

/// What one stretch of an answer really says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    pub question_id: String,
    /// The segment, by its start.
    pub start_ms: u64,
    /// What the transcript said before this correction.
    pub was: String,
    pub text: String,
    /// `candidate`, or the person's name.
    pub by: String,
    /// RFC 3339.
    pub at: String,
}

impl Correction {
    /// A correction at `now`; `None` where the transcript has no segment that starts there.
    pub fn new(
        transcript: &Transcript,
        place: (&str, u64),
        text: String,
        by: &str,
        now: Timestamp,
    ) -> Option<Self> {
        let (question_id, start_ms) = place;
        let segment = transcript.segments.iter().find(|segment| segment.start_ms == start_ms)?;
        Some(Self {
            question_id: question_id.to_owned(),
            start_ms,
            was: segment.text.clone(),
            text,
            by: by.to_owned(),
            at: now.to_string(),
        })
    }
}

/// The transcript of an answer with its corrections, in their order. A corrected segment is as sure as a person is, and
/// its words have no times of their own any more.
pub fn corrected<'a>(
    transcript: &Transcript,
    corrections: impl Iterator<Item = &'a Correction>,
) -> Transcript {
    let mut after = transcript.clone();
    for correction in corrections {
        let place = after.segments.iter_mut().find(|segment| segment.start_ms == correction.start_ms);
        if let Some(segment) = place {
            segment.text.clone_from(&correction.text);
            segment.words.clear();
            segment.confidence = 1.0;
        }
    }
    if after != *transcript {
        let separator = if after.language == "zh" { "" } else { " " };
        let texts: Vec<_> = after.segments.iter().map(|segment| segment.text.as_str()).collect();
        after.text = texts.join(separator);
        after.mean_confidence = mean_confidence(&after.segments);
    }
    after
}

/// Weighted by how much each segment says.
fn mean_confidence(segments: &[Segment]) -> f32 {
    let length = |segment: &Segment| segment.text.chars().count() as f32;
    let all: f32 = segments.iter().map(length).sum();
    let sum: f32 = segments.iter().map(|segment| segment.confidence * length(segment)).sum();
    if all > 0.0 { sum / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_changes_its_segment_only() {
        let segment = |start_ms, text: &str| Segment {
            start_ms,
            end_ms: start_ms + 900,
            text: text.into(),
            confidence: 0.4,
            ..Segment::default()
        };
        let transcript = Transcript {
            text: "we let a team of five".into(),
            language: "en".into(),
            mean_confidence: 0.4,
            segments: vec![segment(0, "we let a team"), segment(1000, "of five")],
        };
        let now = Timestamp(0);
        let made = Correction::new(&transcript, ("q", 0), "we led a team".into(), "candidate", now).unwrap();
        assert_eq!((made.was.as_str(), made.by.as_str()), ("we let a team", "candidate"));
        assert_eq!(Correction::new(&transcript, ("q", 7), String::new(), "candidate", now), None);
        let after = corrected(&transcript, [&made].into_iter());
        assert_eq!(after.text, "we led a team of five");
        assert_eq!(after.segments[1], transcript.segments[1]);
        assert!(
            (after.mean_confidence - (13.0 + 7.0 * 0.4) / 20.0).abs() < 1e-6,
            "{}",
            after.mean_confidence
        );
        assert_eq!(corrected(&transcript, [].into_iter()), transcript);
    }
}
