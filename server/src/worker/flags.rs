//! What a person may want to look at beside the scores: technical faults with their causes, what was observed in the
//! answers, and what the candidate says to it. Nothing here is ever counted.

use viva_core::{
    interview::{AnswerState, Interview},
    observation::{Comment, Observation, ObservationKind, PageTrace, observations},
    report::IntegrityFlag,
    take::{Fault, FaultCause, Take},
};

use super::Basis;
use crate::analysis::Analysis;

/// The faults of all takes.
pub fn technical(interview: &Interview) -> impl Iterator<Item = IntegrityFlag> {
    interview.answers.iter().flat_map(|answer| {
        let of_takes =
            answer.takes.iter().flat_map(|take| take.faults.iter().map(move |fault| (take, fault)));
        of_takes.map(|(take, fault)| of_fault(&answer.question_id, take, *fault))
    })
}

/// What is odd about the recording of one answer.
pub fn incomplete(question: &str, analysis: &Analysis) -> impl Iterator<Item = IntegrityFlag> {
    analysis.warnings.iter().map(move |warning| {
        plain("recording_incomplete", 0, format!("{question}: {warning}; technical, never counted"))
    })
}

pub fn demonstration() -> IntegrityFlag {
    let note = "transcribed by the demonstration model, which must not be used to judge real candidates";
    plain("demonstration_model", 0, note.into())
}

/// What was observed in one answer, where the position asks for that.
pub fn observed<'a>(
    basis: &'a Basis,
    answer: &'a AnswerState,
    analysis: &Analysis,
) -> impl Iterator<Item = IntegrityFlag> + 'a {
    let nothing = PageTrace::default();
    let page = basis.pages.get(&answer.question_id).unwrap_or(&nothing);
    let found = if basis.interview.position.observations {
        observations(&answer.question_id, &analysis.cues, page)
    } else {
        Vec::new()
    };
    found.into_iter().map(|one| of_observation(one, &basis.comments))
}

fn of_observation(observation: Observation, comments: &[Comment]) -> IntegrityFlag {
    let Observation { question_id, kind, span, characters } = observation;
    let seconds = span.duration_ms() as f64 / 1000.0;
    let what = match kind {
        ObservationKind::NobodyInFrame => format!("nobody in the picture for {seconds:.1} s"),
        ObservationKind::SecondFace => format!("a second face in the picture for {seconds:.1} s"),
        ObservationKind::SecondVoice => format!("a voice of another pitch within {seconds:.1} s"),
        ObservationKind::ReadingPattern => format!("eyes moving as over lines of text for {seconds:.1} s"),
        ObservationKind::FocusLost => format!("another window or page in use for {seconds:.1} s"),
        ObservationKind::PastedCode => {
            format!("{} characters appeared at once", characters.unwrap_or_default())
        }
    };
    let comment = comments
        .iter()
        .find(|one| (&one.question_id, one.kind, one.start_ms) == (&question_id, kind, span.start_ms));
    IntegrityFlag {
        comment: comment.map(|one| one.text.clone()),
        end_ms: (span.duration_ms() > 0).then_some(span.end_ms),
        question_id: Some(question_id.clone()),
        ..plain(
            kind.name(),
            span.start_ms,
            format!("{question_id}: {what}; for people to look at, never counted"),
        )
    }
}

fn of_fault(question: &str, take: &Take, fault: Fault) -> IntegrityFlag {
    let (kind, what) = match fault.cause {
        FaultCause::ConnectionLost => ("connection_lost", "the connection was lost"),
        FaultCause::ServerRestarted => ("server_restarted", "the server was restarted"),
        FaultCause::CameraLost => ("camera_lost", "the camera was lost"),
        FaultCause::MicrophoneLost => ("microphone_lost", "the microphone was lost"),
        FaultCause::MicrophoneMuted => ("microphone_muted", "the device muted the microphone"),
    };
    let lasted = match fault.until_ms {
        Some(until_ms) => {
            let seconds = until_ms.saturating_sub(fault.at_ms) as f64 / 1000.0;
            format!("for {seconds:.1} s")
        }
        None => "until its end".to_owned(),
    };
    let note = format!("{question}, take {}: {what} {lasted}; technical, never counted", take.number);
    plain(kind, fault.at_ms, note)
}

fn plain(kind: &str, at_ms: u64, note: String) -> IntegrityFlag {
    IntegrityFlag { kind: kind.into(), at_ms, note, ..IntegrityFlag::default() }
}
