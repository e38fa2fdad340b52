//! What a person may want to look at: another face, another voice, a page that was left, pasted code. Each is a stretch of
//! an answer, open to the candidate's comment. None is ever counted: no rule of a rubric can read them.

use serde::{Deserialize, Serialize};

use crate::{cue::Cues, time::Span, writing::Writing};

/// One stretch of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    pub question_id: String,
    pub kind: ObservationKind,
    /// In the recording; for a written answer since its question was opened.
    #[serde(flatten)]
    pub span: Span,
    /// Characters that appeared at once; only of pasted code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub characters: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservationKind {
    NobodyInFrame,
    SecondFace,
    SecondVoice,
    ReadingPattern,
    FocusLost,
    PastedCode,
}

/// What happened to the candidate's page during one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageTrace {
    /// The page was hidden, or another window was used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub away: Vec<Span>,
    /// Text that appeared at once: when, and how many characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pasted: Vec<(u64, usize)>,
}

/// What the candidate says to an observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    pub question_id: String,
    pub kind: ObservationKind,
    pub start_ms: u64,
    pub text: String,
    /// RFC 3339.
    pub at: String,
}

/// Longest comment, in characters.
pub const MAX_COMMENT_CHARS: usize = 2000;

/// Who leans over to a glass of water is back sooner.
const LEAST_NOBODY_MS: u64 = 3000;
/// A passer-by, or a picture on the wall that the detector takes for a face once.
const LEAST_SECOND_FACE_MS: u64 = 1000;
/// A notification, or a click beside the page.
const LEAST_AWAY_MS: u64 = 3000;
/// Completions of an editor and short snippets stay below.
const LEAST_PASTED_CHARS: usize = 80;
/// Nobody reads more.
const MOST_OF_AN_ANSWER: usize = 100;

impl ObservationKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::NobodyInFrame => "nobody_in_frame",
            Self::SecondFace => "second_face",
            Self::SecondVoice => "second_voice",
            Self::ReadingPattern => "reading_pattern",
            Self::FocusLost => "focus_lost",
            Self::PastedCode => "pasted_code",
        }
    }
}

impl PageTrace {
    /// What `writing` has of pasted text.
    #[must_use]
    pub fn with_pasted(mut self, writing: &Writing) -> Self {
        // Code that is moved within the text was there before.
        let mut known = String::new();
        for edit in &writing.edits {
            let characters = edit.inserted.chars().count();
            if characters >= LEAST_PASTED_CHARS && !known.contains(edit.inserted.as_str()) {
                self.pasted.push((edit.at_ms, characters));
            }
            known.push_str(&edit.inserted);
        }
        self
    }
}

/// Everything that is to be looked at in one answer, in the order of time.
pub fn observations(question_id: &str, cues: &Cues, page: &PageTrace) -> Vec<Observation> {
    let mut found = Vec::new();
    let mut add = |kind, spans: &[Span], least_ms: u64| {
        let long = spans.iter().filter(|span| span.duration_ms() >= least_ms);
        found.extend(long.map(|span| Observation {
            question_id: question_id.to_owned(),
            kind,
            span: *span,
            characters: None,
        }));
    };
    if let Some(face) = cues.face.present() {
        // A camera that never saw anybody is a camera that looks elsewhere: the quality of the picture says so.
        if face.in_frame_share > 0.0 {
            add(ObservationKind::NobodyInFrame, &face.absent, LEAST_NOBODY_MS);
        }
        add(ObservationKind::SecondFace, &face.others, LEAST_SECOND_FACE_MS);
        add(ObservationKind::ReadingPattern, &face.reading, 0);
    }
    if let Some(speech) = cues.speech.present() {
        add(ObservationKind::SecondVoice, &speech.other_voices, 0);
    }
    add(ObservationKind::FocusLost, &page.away, LEAST_AWAY_MS);
    found.extend(page.pasted.iter().map(|(at_ms, characters)| Observation {
        question_id: question_id.to_owned(),
        kind: ObservationKind::PastedCode,
        span: Span::new(*at_ms, *at_ms),
        characters: Some(*characters),
    }));
    found.sort_by_key(|one| (one.span.start_ms, one.span.end_ms));
    found.truncate(MOST_OF_AN_ANSWER);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cue::{Assessed, Face, Speech},
        writing::Edit,
    };

    fn cues(face: Face, speech: Speech) -> Cues {
        Cues {
            face: Assessed::Present(face),
            speech: Assessed::Present(speech),
            language: Assessed::not("no sound"),
        }
    }

    #[test]
    fn short_moments_are_nobodys_business() {
        let face = Face {
            in_frame_share: 0.8,
            absent: vec![Span::new(0, 2999), Span::new(5000, 8000)],
            others: vec![Span::new(1000, 1999), Span::new(3000, 4000)],
            ..Face::default()
        };
        let speech = Speech { other_voices: vec![Span::new(9000, 11_000)], ..Speech::default() };
        let page = PageTrace {
            away: vec![Span::new(100, 3000), Span::new(20_000, 24_000)],
            pasted: vec![(30_000, 90)],
        };
        let found = observations("q", &cues(face.clone(), speech), &page);
        let kinds: Vec<_> = found.iter().map(|one| (one.kind.name(), one.span.start_ms)).collect();
        assert_eq!(
            kinds,
            [
                ("second_face", 3000),
                ("nobody_in_frame", 5000),
                ("second_voice", 9000),
                ("focus_lost", 20_000),
                ("pasted_code", 30_000)
            ]
        );
        // A camera that is covered says nothing of the person.
        let covered = Face { in_frame_share: 0.0, ..face };
        let found = observations("q", &cues(covered, Speech::default()), &PageTrace::default());
        assert!(found.iter().all(|one| one.kind != ObservationKind::NobodyInFrame), "{found:?}");
    }

    #[test]
    fn pasting_is_told_from_typing_and_from_moving() {
        let block =
            "fn main() { println!(\"a line of a program that is long enough to be noticed here\"); }\n";
        let edit = |at_ms, inserted: &str| Edit { at_ms, from: 0, removed: 0, inserted: inserted.into() };
        let writing = Writing {
            edits: vec![
                edit(0, "let a = 1;"),
                edit(5000, block),
                edit(9000, block),
                edit(9500, &"x".repeat(79)),
            ],
            ..Writing::default()
        };
        let trace = PageTrace::default().with_pasted(&writing);
        assert_eq!(trace.pasted, [(5000, block.chars().count())]);
    }
}
