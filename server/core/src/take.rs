//! One attempt at a video question, as a pure state machine:
//! `thinking → recording ⇄ interrupted → recorded → chosen | discarded`, and `faulted` for a technical fault,
//! which never counts against the allowance.

mod fault;

use serde::{Deserialize, Serialize};

pub use fault::{Fault, FaultCause};

use crate::{
    id::TakeId,
    time::{Span, Timestamp},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Take {
    pub id: TakeId,
    /// From 1, per question.
    pub number: u32,
    pub state: TakeState,
    /// When thinking ends by itself; absent for unlimited thinking.
    pub think_deadline: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    /// The server stops the recording here, whatever the browser does. Absent while thinking, or when untimed.
    pub answer_deadline: Option<Timestamp>,
    pub stopped_at: Option<Timestamp>,
    pub stop_reason: Option<StopReason>,
    /// Known once the recording is finalised.
    pub recording: Option<Recording>,
    /// In the order of their beginnings.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// Seconds that were lost have come in from the browser's own copy, and the recording is being made again.
    #[serde(default)]
    pub backfilling: bool,
    /// How often that has happened.
    #[serde(default)]
    pub backfills: u32,
    /// Given by voice alone, as the candidate wished, or from some moment on: no picture is missed.
    #[serde(default)]
    pub sound_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeState {
    Thinking,
    Recording,
    /// No media arrives; the deadline stands.
    Interrupted,
    /// Stopped; the candidate has not chosen yet.
    Recorded,
    Chosen,
    Discarded,
    Faulted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    Candidate,
    Deadline,
    /// The server was shut down, or found the take open when it started.
    Server,
    Withdrawn,
}

/// What the finaliser found in a take; the candidate sees exactly this before submitting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    pub duration_ms: u64,
    pub bytes: u64,
    pub sha256: String,
    pub has_video: bool,
    pub has_audio: bool,
    /// Whether anything louder than the noise floor is on the audio track.
    pub sound_detected: bool,
    pub width: u32,
    pub height: u32,
    /// Milliseconds without video and without audio, inside the take.
    pub video_gap_ms: u64,
    pub audio_gap_ms: u64,
    /// The spans without sound or picture, which the browser's own copy may fill.
    #[serde(default)]
    pub missing: Vec<Span>,
}

impl Take {
    pub fn new(id: TakeId, number: u32, think_deadline: Option<Timestamp>) -> Self {
        Self {
            id,
            number,
            state: TakeState::Thinking,
            think_deadline,
            started_at: None,
            answer_deadline: None,
            stopped_at: None,
            stop_reason: None,
            recording: None,
            faults: Vec::new(),
            backfilling: false,
            backfills: 0,
            sound_only: false,
        }
    }

    /// Whether media that arrives now belongs to this take.
    pub fn is_open(&self) -> bool {
        matches!(self.state, TakeState::Recording | TakeState::Interrupted)
    }

    /// Whether its recording is still to be made, or to be made again.
    pub fn is_unfinished(&self) -> bool {
        let is_over = matches!(self.state, TakeState::Recorded | TakeState::Chosen);
        self.backfilling || is_over && self.recording.is_none()
    }

    /// The spans, in milliseconds of the take, that the server has no media of; `None` while that is not known.
    pub fn missing(&self) -> Option<Vec<Span>> {
        match (self.state, &self.recording) {
            _ if self.backfilling => None,
            (TakeState::Recorded | TakeState::Chosen, Some(recording)) => Some(recording.missing.clone()),
            (TakeState::Faulted, _) => {
                let end_ms = self.stopped_at?.since(self.started_at?);
                Some(vec![Span { start_ms: 0, end_ms }])
            }
            _ => None,
        }
    }

    pub(crate) fn start(&mut self, now: Timestamp, answer_ms: Option<u64>, sound_only: bool) {
        self.sound_only = sound_only;
        self.state = TakeState::Recording;
        self.started_at = Some(now);
        self.answer_deadline = answer_ms.map(|ms| now + ms);
    }

    pub(crate) fn stop(&mut self, at: Timestamp, reason: StopReason) {
        self.state = TakeState::Recorded;
        self.stopped_at = Some(at);
        self.stop_reason = Some(reason);
    }

    /// Thinking or recording that is over at `now`.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next_deadline().is_some_and(|deadline| deadline <= now)
    }

    pub fn next_deadline(&self) -> Option<Timestamp> {
        match self.state {
            TakeState::Thinking => self.think_deadline,
            TakeState::Recording | TakeState::Interrupted => self.answer_deadline,
            _ => None,
        }
    }
}
