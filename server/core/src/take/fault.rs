//! Technical faults of a take: never the candidate's doing, never counted, and shown to people with their cause.

use serde::{Deserialize, Serialize};

use super::{Take, TakeState};
use crate::time::{Span, Timestamp};

/// Something technical that disturbed a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub cause: FaultCause,
    /// Milliseconds of the take.
    pub at_ms: u64,
    /// Absent while it lasts, and when it outlasted the take.
    pub until_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCause {
    /// The network, or the whole device.
    ConnectionLost,
    ServerRestarted,
    /// Unplugged, or taken away by another program or a call.
    CameraLost,
    MicrophoneLost,
    /// Silenced by the device, not by the candidate.
    MicrophoneMuted,
}

impl FaultCause {
    /// Whether it is the candidate's page that knows of it.
    pub fn is_of_device(self) -> bool {
        matches!(self, Self::CameraLost | Self::MicrophoneLost | Self::MicrophoneMuted)
    }
}

/// So many are remembered of a take.
const MOST_FAULTS: usize = 50;
/// Less than this may be lost without harm to an answer, in milliseconds.
const HARMLESS_MS: u64 = 2_000;

impl Take {
    /// A fault begins; one of the same cause that lasts already is the same.
    pub(crate) fn fault_begins(&mut self, cause: FaultCause, now: Timestamp) {
        let lasts = self.faults.iter().any(|fault| fault.cause == cause && fault.until_ms.is_none());
        if let Some(started_at) = self.started_at
            && !lasts
            && self.faults.len() < MOST_FAULTS
        {
            self.faults.push(Fault { cause, at_ms: now.since(started_at), until_ms: None });
        }
    }

    /// What lasts of the faults that `ended` names is over.
    pub(crate) fn fault_ends(&mut self, ended: impl Fn(FaultCause) -> bool, now: Timestamp) {
        let Some(started_at) = self.started_at else { return };
        for fault in &mut self.faults {
            if fault.until_ms.is_none() && ended(fault.cause) {
                fault.until_ms = Some(now.since(started_at));
            }
        }
    }

    /// Whether a technical fault has spoilt a take that is over: then the candidate may have another one.
    pub fn is_spoilt(&self) -> bool {
        let Some(recording) = self.recording.as_ref().filter(|_| self.state == TakeState::Recorded) else {
            return false;
        };
        let length = |spans: &[Span]| spans.iter().map(|span| span.end_ms - span.start_ms).sum::<u64>();
        let silent = self.faults.iter().filter(|fault| fault.cause.is_of_device());
        let silent_ms = silent
            .map(|fault| fault.until_ms.unwrap_or(recording.duration_ms).saturating_sub(fault.at_ms))
            .sum::<u64>();
        !self.faults.is_empty() && length(&recording.missing).max(silent_ms) > HARMLESS_MS
    }
}
