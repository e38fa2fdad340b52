//! A report after a class of data in it was deleted: what it says beside that stays.

use super::Report;
use crate::{cue::Assessed, retention::DataClass};

/// In the place of what was deleted.
pub const DELETED: &str = "deleted, as the time it is kept for is over";

impl Report {
    /// Takes out what belongs to `class`.
    pub fn delete(&mut self, class: DataClass) {
        match class {
            DataClass::Recordings => self.delete_recordings(),
            DataClass::Transcripts => self.delete_transcripts(),
            DataClass::Cues => self.delete_cues(),
            DataClass::Reports
            | DataClass::Demographics
            | DataClass::Biometrics
            | DataClass::DecisionRecord => {}
        }
    }

    fn delete_recordings(&mut self) {
        for answer in &mut self.answers {
            answer.recording_url = None;
        }
    }

    /// Every word of the candidate, in quotes, too.
    fn delete_transcripts(&mut self) {
        for answer in &mut self.answers {
            answer.transcript = Assessed::not(DELETED);
            answer.cues.language = Assessed::not(DELETED);
            if let Assessed::Present(speech) = &mut answer.cues.speech {
                speech.fillers.clear();
                speech.restarts.clear();
            }
            for score in &mut answer.scores {
                score.evidence.clear();
            }
        }
        for finding in self.strengths.iter_mut().chain(&mut self.concerns) {
            finding.quote = None;
        }
        for flag in &mut self.integrity_flags {
            flag.comment = None;
        }
        self.corrections.clear();
        if let Some(revision) = &mut self.revision {
            revision.difference.transcripts.clear();
        }
    }

    fn delete_cues(&mut self) {
        for answer in &mut self.answers {
            answer.cues.speech = Assessed::not(DELETED);
            answer.cues.face = Assessed::not(DELETED);
        }
    }
}
