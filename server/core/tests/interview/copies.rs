//! The browser's own copy: what it fills, and where it is the only way.

use super::*;

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
