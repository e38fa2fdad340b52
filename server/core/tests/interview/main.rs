//! The interview's state machine: what each event may do, and what no sequence of events may.
#![expect(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "a test fails by panicking")]

mod copies;
mod sequences;
mod takes;
mod time_limits;
mod wishes;

use uuid::Uuid;
use viva_core::{
    consent::{Consent, Purpose},
    id::{InterviewId, TakeId},
    interview::{
        Accommodations, Candidate, Checks, Effect, Event, Interview, Invitation, State, SubmittedAnswer,
        Transport, next,
    },
    position::{Position, QuestionKind, ThinkLimit},
    retention::DataClass,
    take::{Fault, FaultCause, Recording, StopReason, TakeState},
    time::{Span, Timestamp},
};

const START: Timestamp = Timestamp(1_700_000_000_000);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn position() -> Position {
    serde_json::from_str(
        r#"{ "id": "p", "title": "P", "profile": "cn", "languages": ["en"], "face": { "tier": "expression", "impact_assessment": "none: a test" },
             "dimensions": [{ "name": "all", "weight": 100 }],
             "questions": [
               { "id": "a", "text": "A?", "think_seconds": 10, "answer_seconds": 30, "takes": 2 },
               { "id": "b", "text": "B?", "answer_seconds": 20, "takes": 1 } ] }"#,
    )
    .unwrap()
}

fn invited() -> Interview {
    let invitation = Invitation {
        id: InterviewId(Uuid::from_u128(1)),
        position_id: Uuid::from_u128(2).into(),
        position: position(),
        external_id: None,
        candidate: Candidate::default(),
        locale: None,
        channel: None,
        expires_at: None,
    };
    Interview::invite(invitation, START)
}

fn all_consents(granted: bool) -> Vec<Consent> {
    let consent = |purpose| Consent {
        purpose,
        granted: granted || purpose == Purpose::Recording,
        text_version: "1".into(),
        text_sha256: None,
        language: None,
        at: START,
    };
    [Purpose::Recording, Purpose::Analysis, Purpose::FaceCues, Purpose::Expression].map(consent).to_vec()
}

/// Applies an event that must be allowed.
fn must(interview: &Interview, event: Event, now: Timestamp) -> (Interview, Vec<Effect>) {
    next(interview, event.clone(), now).unwrap_or_else(|refused| panic!("{event:?}: {refused}"))
}

fn ready_to_answer() -> Interview {
    let mut interview = invited();
    for event in [
        Event::Opened,
        Event::Consented(all_consents(true)),
        Event::Checked(Checks::default()),
        Event::MediaConnected,
        Event::QuestionOpened { question_id: "a".into(), take_id: take(1) },
    ] {
        interview = must(&interview, event, START).0;
    }
    interview
}

fn take(n: u128) -> TakeId {
    TakeId(Uuid::from_u128(n))
}

fn accommodated(interview: &Interview, wanted: Accommodations, now: Timestamp) -> Interview {
    must(interview, Event::AccommodationsChanged(wanted), now).0
}
