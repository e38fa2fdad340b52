//! Properties of the interview's state machine under any sequence of events.
#![expect(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "a test fails by panicking")]

use proptest::prelude::*;
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

#[test]
fn thinking_ends_by_itself_and_the_take_at_its_deadline() {
    let interview = ready_to_answer();
    assert_eq!(interview.next_deadline(), Some(START + 10_000));
    let (interview, effects) = must(&interview, Event::Tick, START + 10_000);
    assert_eq!(effects, [Effect::RecordTake(take(1))]);
    assert_eq!(interview.next_deadline(), Some(START + 40_000));
    // The timer is late, the deadline is not.
    let (interview, effects) = must(&interview, Event::Tick, START + 40_700);
    assert_eq!(
        effects,
        [Effect::SealTake { take_id: take(1), at: START + 40_000, reason: StopReason::Deadline }]
    );
    assert_eq!(interview.answers[0].takes[0].stopped_at, Some(START + 40_000));
}

#[test]
fn without_media_thinking_goes_on_and_no_second_is_lost() {
    let (interview, _) = must(&ready_to_answer(), Event::MediaLost, START + 1_000);
    let (interview, effects) = must(&interview, Event::Tick, START + 20_000);
    assert!(effects.is_empty());
    let (interview, effects) = must(&interview, Event::MediaConnected, START + 25_000);
    assert_eq!(effects, [Effect::RecordTake(take(1))]);
    assert_eq!(interview.answers[0].takes[0].answer_deadline, Some(START + 55_000));
}

#[test]
fn the_customer_is_told_a_day_before_the_link_ends() {
    let interview = invited();
    let at = interview.expires_at.before(24 * 60 * 60 * 1000);
    assert_eq!(interview.next_deadline(), Some(at));
    let (told, effects) = must(&interview, Event::Tick, at);
    assert_eq!(effects, [Effect::Notify("interview.expiring")]);
    assert_eq!(told.next_deadline(), Some(interview.expires_at));
    assert!(must(&told, Event::Tick, at + 1).1.is_empty());
}

#[test]
fn what_was_kept_long_enough_is_erased() {
    let (over, _) = must(&ready_to_answer(), Event::Withdrawn, START + 1_000);
    let at = over.delete_at().unwrap();
    assert_eq!(over.next_deadline(), Some(at));
    assert_eq!(must(&over, Event::Tick, at.before(1)), (over.clone(), vec![]));
    let (erased, effects) = must(&over, Event::Tick, at);
    assert_eq!((erased.state, erased.next_deadline()), (State::Erased, erased.forget_at()));
    assert!(effects.contains(&Effect::Erase), "{effects:?}");

    // The record stays for three years under this profile, counted from the end; then nothing is left to wake up.
    let at = erased.forget_at().unwrap();
    assert_eq!(at, over.over_at() + 3 * 365 * DAY_MS);
    let (forgotten, effects) = must(&erased, Event::Tick, at);
    assert_eq!((forgotten.next_deadline(), effects), (None, vec![Effect::Forget]));
    assert!(must(&forgotten, Event::Tick, at + 1).1.is_empty());
}

#[test]
fn each_class_of_data_goes_at_its_own_time() {
    let mut interview = ready_to_answer();
    interview.position.retention =
        serde_json::from_value(serde_json::json!({ "recordings": 30, "cues": 60 })).unwrap();
    let (over, _) = must(&interview, Event::Withdrawn, START + 1_000);
    let day = |days: u64| over.over_at() + days * DAY_MS;
    assert_eq!(over.next_deadline(), Some(day(30)));
    assert!(must(&over, Event::Tick, day(30).before(1)).1.is_empty());
    let (later, effects) = must(&over, Event::Tick, day(30));
    assert_eq!(effects, [Effect::Delete(DataClass::Recordings)]);
    assert_eq!((later.next_deadline(), later.sequence), (Some(day(60)), over.sequence + 1));
    assert!(must(&later, Event::Tick, day(31)).1.is_empty());
    // Whoever was away for long does one after the other.
    let (next, effects) = must(&over, Event::Tick, day(70));
    assert_eq!(effects, [Effect::Delete(DataClass::Recordings)]);
    assert_eq!(must(&next, Event::Tick, day(70)).1, [Effect::Delete(DataClass::Cues)]);
    let (_, effects) = must(&later, Event::Tick, day(180));
    assert!(effects.contains(&Effect::Erase), "{effects:?}");
}

#[test]
fn an_interruption_keeps_the_deadline() {
    let (interview, _) =
        must(&ready_to_answer(), Event::TakeStarted { question_id: "a".into(), take_id: take(9) }, START);
    let deadline = interview.answers[0].takes[0].answer_deadline;
    let (interview, _) = must(&interview, Event::MediaLost, START + 5_000);
    assert_eq!(interview.answers[0].takes[0].state, TakeState::Interrupted);
    let (interview, effects) = must(&interview, Event::MediaConnected, START + 9_000);
    assert_eq!(effects, [Effect::RecordTake(take(1))]);
    assert_eq!(interview.answers[0].takes[0].answer_deadline, deadline);
    let fault = Fault { cause: FaultCause::ConnectionLost, at_ms: 5_000, until_ms: Some(9_000) };
    assert_eq!(interview.answers[0].takes[0].faults, [fault]);
}

#[test]
fn a_take_that_a_fault_has_spoilt_is_free_but_not_for_ever() {
    let start = |n| Event::TakeStarted { question_id: "b".into(), take_id: take(n) };
    let mut interview = ready_to_answer();
    interview = must(&interview, Event::TakeStarted { question_id: "a".into(), take_id: take(1) }, START).0;
    interview =
        must(&interview, Event::TakeStopped { take_id: take(1), reason: StopReason::Candidate }, START).0;
    let whole =
        |take_id| Event::TakeFinalised { take_id, recording: Some(Recording::default()), backfills: 0 };
    interview = must(&interview, whole(take(1)), START).0;
    let answer = Event::Answered { question_id: "a".into(), answer: SubmittedAnswer::Take(take(1)) };
    interview = must(&interview, answer, START).0;
    interview =
        must(&interview, Event::QuestionOpened { question_id: "b".into(), take_id: take(20) }, START).0;
    let question = interview.position.question("b").unwrap().clone();
    // Two spoilt takes are free; a third one counts, and so does one whose loss the browser's copy has filled.
    for n in 0..3 {
        let take_id = take(20 + n);
        interview = must(&interview, start(20 + n), START).0;
        assert_eq!(interview.takes_left(&question), 0);
        let muted = |is_over| Event::DeviceFault { take_id, cause: FaultCause::MicrophoneMuted, is_over };
        interview = must(&interview, muted(false), START + 1_000).0;
        interview = must(&interview, muted(true), START + 9_000).0;
        let stopped = Event::TakeStopped { take_id, reason: StopReason::Candidate };
        interview = must(&interview, stopped, START + 10_000).0;
        interview = must(&interview, whole(take_id), START + 10_000).0;
        assert_eq!(interview.takes_left(&question), u32::from(n < 2), "{n}");
    }
    assert_eq!(next(&interview, start(30), START).unwrap_err().code, "takes_used_up");
}

#[test]
fn a_loss_that_was_filled_spoils_nothing() {
    let start = Event::TakeStarted { question_id: "a".into(), take_id: take(9) };
    let (interview, _) = must(&ready_to_answer(), start, START);
    let (interview, _) = must(&interview, Event::Restarted, START + 5_000);
    let (interview, _) = must(&interview, Event::MediaConnected, START + 9_000);
    let stopped = Event::TakeStopped { take_id: take(1), reason: StopReason::Candidate };
    let (interview, _) = must(&interview, stopped, START + 20_000);
    let lost = Recording { missing: vec![Span { start_ms: 5_000, end_ms: 9_000 }], ..Recording::default() };
    for (recording, left) in [(lost, 2), (Recording::default(), 1)] {
        let made = Event::TakeFinalised { take_id: take(1), recording: Some(recording), backfills: 0 };
        let (made, _) = must(&interview, made, START + 21_000);
        assert_eq!(made.takes_left(made.position.question("a").unwrap()), left);
        assert_eq!(made.answers[0].takes[0].faults[0].cause, FaultCause::ServerRestarted);
    }
}

#[test]
fn where_no_media_connection_comes_about_pieces_of_the_copy_take_its_place() {
    let start = Event::TakeStarted { question_id: "a".into(), take_id: take(9) };
    let chunks = Event::TransportChosen(Transport::Chunks);
    let (unconnected, _) = must(&ready_to_answer(), Event::MediaLost, START);
    assert_eq!(next(&unconnected, start.clone(), START).unwrap_err().code, "media_not_connected");
    let (interview, effects) = must(&unconnected, chunks.clone(), START + 4_000);
    assert!(effects.is_empty());
    // The timers are the same.
    assert_eq!(interview.next_deadline(), Some(START + 10_000));
    let (thought, effects) = must(&interview, Event::Tick, START + 10_000);
    assert_eq!(effects, [Effect::RecordTake(take(1))]);
    assert_eq!(thought.next_deadline(), Some(START + 40_000));
    let (interview, _) = must(&interview, start, START + 5_000);
    // A restart has lost no connection, but the journal must be opened again.
    let (interview, effects) = must(&interview, Event::MediaLost, START + 8_000);
    assert_eq!(effects, [Effect::RecordTake(take(1))]);
    assert_eq!(interview.answers[0].takes[0].state, TakeState::Recording);
    // A connection that comes about after all is the better way.
    let (interview, _) = must(&interview, Event::MediaConnected, START + 9_000);
    assert_eq!(interview.transport, Transport::Media);
    // The page notices its loss before the server does.
    let (interview, _) = must(&interview, chunks, START + 9_100);
    let (interview, _) = must(&interview, Event::MediaLost, START + 9_200);
    assert_eq!(interview.answers[0].takes[0].state, TakeState::Recording);
    let lost = Fault { cause: FaultCause::ConnectionLost, at_ms: 4_100, until_ms: Some(4_100) };
    assert_eq!(interview.answers[0].takes[0].faults, [lost]);
    let (interview, _) = must(&interview, Event::TransportChosen(Transport::Media), START + 9_300);
    assert_eq!(interview.answers[0].takes[0].state, TakeState::Interrupted);
    assert_eq!(interview.answers[0].takes[0].answer_deadline, Some(START + 35_000));
}

#[test]
fn an_interrupted_take_goes_on_with_the_copy() {
    let start = Event::TakeStarted { question_id: "a".into(), take_id: take(9) };
    let (interview, _) = must(&ready_to_answer(), start, START);
    let (interview, _) = must(&interview, Event::MediaLost, START + 5_000);
    let (interview, effects) = must(&interview, Event::TransportChosen(Transport::Chunks), START + 9_000);
    assert_eq!(effects, [Effect::RecordTake(take(1))]);
    assert_eq!(interview.answers[0].takes[0].state, TakeState::Recording);
    assert_eq!(interview.answers[0].takes[0].faults[0].until_ms, Some(9_000));
}

#[test]
fn a_faulted_take_is_free() {
    let mut interview = ready_to_answer();
    for n in 1..=3 {
        interview =
            must(&interview, Event::TakeStarted { question_id: "a".into(), take_id: take(n) }, START).0;
        interview =
            must(&interview, Event::TakeStopped { take_id: take(n), reason: StopReason::Candidate }, START).0;
        let recording = if n == 1 { None } else { Some(Recording::default()) };
        interview =
            must(&interview, Event::TakeFinalised { take_id: take(n), recording, backfills: 0 }, START).0;
    }
    assert_eq!(interview.answers[0].takes[0].state, TakeState::Faulted);
    let refused = next(&interview, Event::TakeStarted { question_id: "a".into(), take_id: take(4) }, START)
        .unwrap_err();
    assert_eq!(refused.code, "takes_used_up");
}

#[test]
fn an_answer_is_handed_in_once_and_a_repeat_is_harmless() {
    let mut interview = ready_to_answer();
    interview = must(&interview, Event::TakeStarted { question_id: "a".into(), take_id: take(1) }, START).0;
    let stop = Event::TakeStopped { take_id: take(1), reason: StopReason::Candidate };
    interview = must(&interview, stop, START + 5_000).0;
    let answer = Event::Answered { question_id: "a".into(), answer: SubmittedAnswer::Take(take(1)) };
    assert_eq!(next(&interview, answer.clone(), START).unwrap_err().code, "take_not_ready");
    let finalised =
        Event::TakeFinalised { take_id: take(1), recording: Some(Recording::default()), backfills: 0 };
    interview = must(&interview, finalised, START + 6_000).0;
    let (interview, effects) = must(&interview, answer.clone(), START + 7_000);
    assert!(effects.contains(&Effect::Analyse { question_id: "a".into() }));
    let (again, effects) = must(&interview, answer, START + 8_000);
    assert_eq!((again, effects), (interview, vec![]));
}

#[test]
fn choosing_an_earlier_take_ends_the_one_that_records() {
    let mut interview = ready_to_answer();
    interview = must(&interview, Event::TakeStarted { question_id: "a".into(), take_id: take(1) }, START).0;
    let finalised =
        Event::TakeFinalised { take_id: take(1), recording: Some(Recording::default()), backfills: 0 };
    interview = must(&interview, finalised, START + 5_000).0;
    let again = Event::TakeStarted { question_id: "a".into(), take_id: take(2) };
    interview = must(&interview, again, START + 6_000).0;
    let itself = Event::Answered { question_id: "a".into(), answer: SubmittedAnswer::Take(take(2)) };
    assert_eq!(next(&interview, itself, START + 7_000).unwrap_err().code, "take_not_recorded");
    let earlier = Event::Answered { question_id: "a".into(), answer: SubmittedAnswer::Take(take(1)) };
    let (_, effects) = must(&interview, earlier, START + 8_000);
    let sealed = Effect::SealTake { take_id: take(2), at: START + 8_000, reason: StopReason::Candidate };
    assert!(effects.contains(&sealed), "{effects:?}");
}

#[test]
fn refusing_analysis_still_leads_to_an_interview_by_people() {
    let interview = must(&invited(), Event::Consented(all_consents(false)), START).0;
    assert_eq!(interview.ai_mode, viva_core::report::AiMode::HumanOnly);
    assert_eq!(interview.state, State::Consented);
}

#[test]
fn more_time_takes_effect_at_once_and_never_shortens() {
    let interview = ready_to_answer();
    let doubled = Accommodations { time_factor: 2.0, ..Accommodations::default() };
    let (interview, _) = must(&interview, Event::AccommodationsChanged(doubled), START + 1_000);
    assert_eq!(interview.answers[0].takes[0].think_deadline, Some(START + 20_000));
    let back = Event::AccommodationsChanged(Accommodations::default());
    let (interview, _) = must(&interview, back, START + 2_000);
    assert_eq!(interview.answers[0].takes[0].think_deadline, Some(START + 20_000));
}

/// The first take of the first question, recorded for 30 s.
fn recorded(recording: Recording) -> Interview {
    let interview = recording_first_take();
    let stop = Event::TakeStopped { take_id: take(1), reason: StopReason::Candidate };
    let interview = must(&interview, stop, START + 30_000).0;
    let finalised = Event::TakeFinalised { take_id: take(1), recording: Some(recording), backfills: 0 };
    must(&interview, finalised, START + 31_000).0
}

fn recording_first_take() -> Interview {
    must(&ready_to_answer(), Event::TakeStarted { question_id: "a".into(), take_id: take(9) }, START).0
}

/// A recording with a second missing at its third.
fn with_a_gap() -> Recording {
    Recording { sha256: "gap".into(), missing: vec![Span::new(3_000, 4_000)], ..Recording::default() }
}

#[test]
fn a_backfilled_take_is_made_again_and_measured_again() {
    let interview = recorded(with_a_gap());
    assert_eq!(interview.answers[0].takes[0].missing(), Some(vec![Span::new(3_000, 4_000)]));
    let answer = Event::Answered { question_id: "a".into(), answer: SubmittedAnswer::Take(take(1)) };
    let (interview, _) = must(&interview, answer, START + 40_000);
    let (interview, effects) = must(&interview, Event::TakeBackfilled { take_id: take(1) }, START + 41_000);
    assert_eq!(effects, [Effect::Finalise(take(1))]);
    assert_eq!(interview.answers[0].takes[0].missing(), None, "not known until it is made again");

    let whole = Some(Recording { sha256: "whole".into(), ..Recording::default() });
    let finalised = Event::TakeFinalised { take_id: take(1), recording: whole, backfills: 1 };
    let (interview, effects) = must(&interview, finalised.clone(), START + 42_000);
    assert_eq!(interview.answers[0].takes[0].missing(), Some(vec![]));
    assert_eq!(effects, [Effect::Analyse { question_id: "a".into() }]);
    let (_, effects) = must(&interview, finalised, START + 43_000);
    assert_eq!(effects, [], "the same recording is not measured twice");
}

#[test]
fn pieces_that_came_while_the_recording_was_made_again_are_not_forgotten() {
    let mut interview = recorded(with_a_gap());
    for _ in 0..2 {
        interview = must(&interview, Event::TakeBackfilled { take_id: take(1) }, START + 40_000).0;
    }
    let made = |backfills| {
        let recording = Some(Recording::default());
        Event::TakeFinalised { take_id: take(1), recording, backfills }
    };
    let early = must(&interview, made(1), START + 41_000).0;
    assert!(early.answers[0].takes[0].backfilling, "the second ones are not in it");
    assert!(!must(&early, made(2), START + 42_000).0.answers[0].takes[0].backfilling);
}

#[test]
fn a_take_that_no_connection_brought_comes_back_with_its_copy() {
    let stop = Event::TakeStopped { take_id: take(1), reason: StopReason::Candidate };
    let (interview, _) = must(&recording_first_take(), stop, START + 30_000);
    let lost = Event::TakeFinalised { take_id: take(1), recording: None, backfills: 0 };
    let (interview, _) = must(&interview, lost, START + 31_000);
    let lost = &interview.answers[0].takes[0];
    assert_eq!(lost.state, TakeState::Faulted);
    let length_ms = lost.stopped_at.unwrap().since(lost.started_at.unwrap());
    assert_eq!(lost.missing(), Some(vec![Span::new(0, length_ms)]));
    let (interview, _) = must(&interview, Event::TakeBackfilled { take_id: take(1) }, START + 36_000);
    let found =
        Event::TakeFinalised { take_id: take(1), recording: Some(Recording::default()), backfills: 1 };
    let (interview, _) = must(&interview, found, START + 37_000);
    assert_eq!(interview.answers[0].takes[0].state, TakeState::Recorded);
}

#[test]
fn nothing_more_is_taken_for_a_take_that_records_or_was_not_chosen() {
    let recording = recording_first_take();
    let backfilled = Event::TakeBackfilled { take_id: take(1) };
    assert_eq!(next(&recording, backfilled.clone(), START + 1_000).unwrap_err().code, "take_not_over");

    let interview = recorded(Recording::default());
    let again = Event::TakeStarted { question_id: "a".into(), take_id: take(2) };
    let interview = must(&interview, again, START + 40_000).0;
    let answer = Event::Answered { question_id: "a".into(), answer: SubmittedAnswer::Take(take(1)) };
    let interview = must(&interview, answer, START + 50_000).0;
    let other = interview.answers[0].takes[1].id;
    let refused = next(&interview, Event::TakeBackfilled { take_id: other }, START + 51_000).unwrap_err();
    assert_eq!(refused.code, "take_discarded");
}

fn events() -> impl Strategy<Value = Event> {
    let question = prop_oneof![Just("a".to_owned()), Just("b".to_owned()), Just("x".to_owned())];
    let take_id = (1..8_u128).prop_map(take);
    let pair = (question.clone(), take_id.clone());
    prop_oneof![
        2 => Just(Event::Opened),
        3 => any::<bool>().prop_map(|granted| Event::Consented(all_consents(granted))),
        3 => Just(Event::Checked(Checks::default())),
        4 => pair.clone().prop_map(|(question_id, take_id)| Event::QuestionOpened { question_id, take_id }),
        4 => pair.clone().prop_map(|(question_id, take_id)| Event::TakeStarted { question_id, take_id }),
        4 => take_id.clone().prop_map(|take_id| Event::TakeStopped { take_id, reason: StopReason::Candidate }),
        4 => (take_id.clone(), any::<bool>()).prop_map(|(take_id, good)| Event::TakeFinalised { take_id, recording: good.then(Recording::default), backfills: 0 }),
        4 => take_id.clone().prop_map(|take_id| Event::TakeBackfilled { take_id }),
        4 => (question, take_id).prop_map(|(question_id, id)| Event::Answered { question_id, answer: SubmittedAnswer::Take(id) }),
        4 => Just(Event::MediaConnected),
        2 => Just(Event::MediaLost),
        1 => Just(Event::Restarted),
        1 => any::<bool>().prop_map(|is_over| Event::DeviceFault {
            take_id: take(0),
            cause: FaultCause::CameraLost,
            is_over,
        }),
        1 => Just(Event::TransportChosen(Transport::Chunks)),
        4 => Just(Event::Tick),
        2 => Just(Event::Submitted),
        1 => Just(Event::Withdrawn),
        1 => Just(Event::Erased),
        1 => Just(Event::Analysed),
    ]
}

/// New takes get ids of their own, as the server gives them; the others mean takes that are there.
fn name_takes(event: &mut Event, interview: &Interview, fresh: u128) {
    let there: Vec<TakeId> = interview.answers.iter().flat_map(|a| &a.takes).map(|t| t.id).collect();
    match event {
        Event::QuestionOpened { take_id, .. } | Event::TakeStarted { take_id, .. } => *take_id = take(fresh),
        Event::TakeStopped { take_id, .. }
        | Event::TakeFinalised { take_id, .. }
        | Event::TakeBackfilled { take_id }
        | Event::Answered { answer: SubmittedAnswer::Take(take_id), .. } => {
            let index = take_id.0.as_u128() as usize % there.len().max(1);
            *take_id = there.get(index).copied().unwrap_or(*take_id);
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_sequence_of_events_breaks_the_invariants(steps in prop::collection::vec((events(), 0..20_000_u64), 1..80)) {
        let mut interview = invited();
        let mut now = START;
        for (fresh, (mut event, later)) in (100..).zip(steps) {
            now = now + later;
            name_takes(&mut event, &interview, fresh);
            let Ok((after, effects)) = next(&interview, event, now) else { continue };
            let open = after.answers.iter().flat_map(|a| &a.takes).filter(|t| t.is_open()).count();
            prop_assert!(open <= 1, "two takes record at once");
            prop_assert!(after.sequence >= interview.sequence);
            prop_assert_eq!(after == interview, after.sequence == interview.sequence);
            for (before, answer) in interview.answers.iter().zip(&after.answers) {
                for (old, new) in before.takes.iter().zip(&answer.takes) {
                    prop_assert_eq!(old.id, new.id);
                    if let (Some(old), Some(new)) = (old.answer_deadline, new.answer_deadline) {
                        prop_assert_eq!(old, new, "a deadline moved");
                    }
                    if old.recording.is_some() && new.state != TakeState::Faulted {
                        prop_assert!(new.recording.is_some() || old.state == new.state, "a recording was lost");
                    }
                }
                if after.state != State::Erased {
                    prop_assert!(answer.takes.len() >= before.takes.len(), "a take vanished");
                    prop_assert!(before.submitted.is_none() || before.submitted == answer.submitted, "an answer changed");
                }
            }
            // What stops must be sealed, and nothing records without consent.
            let stopped = interview.open_take().map(|(_, t)| t.id).filter(|id| after.take(*id).is_some_and(|(_, t)| !t.is_open()));
            if let Some(id) = stopped {
                let sealed = effects.iter().any(|e| matches!(e, Effect::SealTake { take_id, .. } if *take_id == id));
                let finished = after.take(id).is_some_and(|(_, t)| t.recording.is_some() || t.state == TakeState::Faulted);
                prop_assert!(sealed || finished, "a take ended without being sealed");
            }
            if effects.iter().any(|e| matches!(e, Effect::RecordTake(_))) {
                prop_assert!(after.consents.iter().any(|c| c.purpose == Purpose::Recording && c.granted));
            }
            interview = after;
        }
    }
}

fn accommodated(interview: &Interview, wanted: Accommodations, now: Timestamp) -> Interview {
    must(interview, Event::AccommodationsChanged(wanted), now).0
}

#[test]
fn without_a_clock_a_running_think_time_never_ends_by_itself() {
    let untimed = Accommodations { untimed: true, ..Accommodations::default() };
    let interview = accommodated(&ready_to_answer(), untimed, START + 9_999);
    assert_eq!(interview.answers[0].takes[0].think_deadline, None);
    let (later, _) = must(&interview, Event::Tick, START + 1_000_000);
    assert_eq!(later.answers[0].takes[0].state, TakeState::Thinking);
}

#[test]
fn who_writes_instead_is_never_recorded_and_hands_in_words() {
    let written = |interview: &Interview| {
        let answer = SubmittedAnswer::Text("what I would have said".into());
        next(interview, Event::Answered { question_id: "a".into(), answer }, START + 2_000)
    };
    assert_eq!(written(&ready_to_answer()).unwrap_err().code, "answer_kind");
    let typed = Accommodations { typed_answers: true, ..Accommodations::default() };
    let interview = accommodated(&ready_to_answer(), typed, START + 1_000);
    let (later, _) = must(&interview, Event::Tick, START + 1_000_000);
    assert_eq!(later.answers[0].takes[0].state, TakeState::Thinking);
    let (answered, effects) = written(&interview).unwrap();
    assert_eq!(answered.answers[0].takes[0].state, TakeState::Discarded);
    assert!(effects.contains(&Effect::Analyse { question_id: "a".into() }));
}

#[test]
fn who_speaks_without_a_picture_misses_none() {
    let sound = Accommodations { audio_only: true, ..Accommodations::default() };
    let interview = accommodated(&ready_to_answer(), sound.clone(), START);
    let start = Event::TakeStarted { question_id: "a".into(), take_id: take(9) };
    let from_the_start = must(&interview, start.clone(), START).0;
    assert!(from_the_start.answers[0].takes[0].sound_only);
    // In mid-answer, as where the network does not carry the picture.
    let recording = must(&ready_to_answer(), start, START).0;
    assert!(!recording.answers[0].takes[0].sound_only);
    let later = accommodated(&recording, sound, START + 3_000);
    assert!(later.answers[0].takes[0].sound_only);
    let back = accommodated(&later, Accommodations::default(), START + 4_000);
    assert!(back.answers[0].takes[0].sound_only, "what was without a picture stays so");
}

#[test]
fn a_yes_can_be_taken_back_after_everything_was_sent_and_only_back() {
    let mut interview = ready_to_answer();
    for question in ["a", "b"] {
        let typed = Accommodations { typed_answers: true, ..Accommodations::default() };
        interview = accommodated(&interview, typed, START);
        let open = Event::QuestionOpened { question_id: question.into(), take_id: take(7) };
        interview = must(&interview, open, START).0;
        let answer = SubmittedAnswer::Text("words".into());
        interview = must(&interview, Event::Answered { question_id: question.into(), answer }, START).0;
    }
    let submitted = must(&interview, Event::Submitted, START).0;
    assert_eq!(submitted.consent_history.len(), 4);
    let (after, effects) = must(&submitted, Event::Consented(all_consents(false)), START + 1_000);
    assert!(effects.contains(&Effect::Remeasure), "{effects:?}");
    assert_eq!(after.ai_mode, viva_core::report::AiMode::HumanOnly);
    assert_eq!(after.consent_history.len(), 7, "what held before is kept");
    let again = next(&after, Event::Consented(all_consents(true)), START + 2_000);
    assert_eq!(again.unwrap_err().code, "interview_submitted");
}

#[test]
fn asking_for_a_person_is_told_once_and_ends_nothing() {
    let (interview, effects) = must(&ready_to_answer(), Event::HumanRequested, START);
    assert_eq!(effects, [Effect::Notify("interview.human_requested")]);
    assert_eq!((interview.state, interview.human_requested_at), (State::InProgress, Some(START)));
    let (_, effects) = must(&interview, Event::HumanRequested, START + 1_000);
    assert_eq!(effects, []);
    let withdrawn = must(&interview, Event::Withdrawn, START + 2_000).0;
    assert_eq!(
        next(&withdrawn, Event::HumanRequested, START + 3_000).unwrap_err().code,
        "interview_withdrawn"
    );
}

/// The first question is written in 30 s.
fn writing() -> Interview {
    let mut interview = invited();
    interview.position.questions[0].kind = QuestionKind::Text;
    for event in [
        Event::Opened,
        Event::Consented(all_consents(true)),
        Event::Checked(Checks::default()),
        Event::QuestionOpened { question_id: "a".into(), take_id: take(1) },
    ] {
        interview = must(&interview, event, START).0;
    }
    interview
}

fn time_up(text: &str) -> Event {
    Event::TimeUp { question_id: "a".into(), answer: SubmittedAnswer::Text(text.into()) }
}

#[test]
fn what_was_written_is_handed_in_once_when_the_time_and_a_little_more_is_over() {
    let interview = writing();
    assert_eq!(interview.answers[0].deadline, Some(START + 30_000));
    assert_eq!(interview.next_deadline(), Some(START + 40_000));
    let (early, _) = must(&interview, time_up("too early"), START + 30_000);
    assert_eq!(early.answers[0].submitted, None);
    let (waiting, effects) = must(&interview, Event::Tick, START + 40_000);
    assert_eq!(effects, [Effect::HandIn { question_id: "a".into() }]);
    assert_eq!(must(&waiting, Event::Tick, START + 50_000).1, []);
    let (handed_in, _) = must(&waiting, time_up("half a"), START + 40_500);
    assert_eq!(handed_in.answers[0].submitted, Some(SubmittedAnswer::Text("half a".into())));
    // What the page sent meanwhile goes before it.
    let own = SubmittedAnswer::Text("whole".into());
    let answered = Event::Answered { question_id: "a".into(), answer: own.clone() };
    let (answered, _) = must(&waiting, answered, START + 40_200);
    let (after, effects) = must(&answered, time_up("half a"), START + 40_500);
    assert_eq!((after.answers[0].submitted.as_ref(), effects.len()), (Some(&own), 0));
}

#[test]
fn more_time_holds_for_writing_and_the_links_end_cuts_off_nobody_who_writes() {
    let twice = Accommodations { time_factor: 2.0, ..Accommodations::default() };
    let interview = accommodated(&writing(), twice, START + 5_000);
    assert_eq!(interview.answers[0].deadline, Some(START + 60_000));
    let untimed = Accommodations { untimed: true, ..Accommodations::default() };
    let without = accommodated(&interview, untimed, START + 6_000);
    assert_eq!(without.answers[0].deadline, None);
    let mut ending = interview;
    ending.expires_at = START + 10_000;
    let (going_on, _) = must(&ending, Event::Tick, START + 59_000);
    assert_eq!(going_on.state, State::InProgress);
    let (waiting, _) = must(&going_on, Event::Tick, START + 70_000);
    let (over, _) = must(&waiting, time_up("in time"), START + 70_100);
    assert_eq!(must(&over, Event::Tick, START + 70_200).0.state, State::Expired);
}

#[test]
fn a_soft_time_to_think_starts_nothing_by_itself() {
    let mut interview = invited();
    interview.position.questions[0].think_limit = ThinkLimit::Soft;
    for event in [
        Event::Opened,
        Event::Consented(all_consents(true)),
        Event::Checked(Checks::default()),
        Event::MediaConnected,
        Event::QuestionOpened { question_id: "a".into(), take_id: take(1) },
        Event::Tick,
    ] {
        interview = must(&interview, event, START).0;
    }
    let (interview, effects) = must(&interview, Event::Tick, START + 3_600_000);
    assert_eq!((effects.len(), interview.answers[0].takes[0].state), (0, TakeState::Thinking));
}

#[test]
fn who_records_at_the_links_end_has_time_to_send_it_and_begins_nothing_more() {
    let (mut recording, _) = must(&ready_to_answer(), Event::Tick, START + 10_000);
    recording.expires_at = START + 20_000;
    let (late, _) = must(&recording, Event::Tick, START + 30_000);
    assert_eq!(late.state, State::InProgress);
    let stopped = Event::TakeStopped { take_id: take(1), reason: StopReason::Candidate };
    let (stopped, _) = must(&late, stopped, START + 35_000);
    let again = Event::TakeStarted { question_id: "a".into(), take_id: take(2) };
    assert_eq!(next(&stopped, again, START + 36_000).unwrap_err().code, "interview_ending");
    let finalised =
        Event::TakeFinalised { take_id: take(1), recording: Some(Recording::default()), backfills: 0 };
    let (stopped, _) = must(&stopped, finalised, START + 36_000);
    let answer = Event::Answered { question_id: "a".into(), answer: SubmittedAnswer::Take(take(1)) };
    let (answered, _) = must(&stopped, answer, START + 60_000);
    let end = START + 35_000 + 15 * 60 * 1000;
    assert_eq!(answered.next_deadline(), Some(end));
    assert_eq!(must(&answered, Event::Tick, end).0.state, State::Expired);
}
