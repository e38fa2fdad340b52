//! Takes: their deadlines, what interrupts them, and which one is handed in.

use super::*;

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
fn the_last_take_is_measured_before_it_is_handed_in() {
    let early = |consents: Vec<Consent>| {
        let mut interview = must(&ready_to_answer(), Event::Consented(consents), START).0;
        (1..=2).map(move |n| {
            for event in [
                Event::TakeStarted { question_id: "a".into(), take_id: take(n) },
                Event::TakeStopped { take_id: take(n), reason: StopReason::Candidate },
            ] {
                interview = must(&interview, event, START).0;
            }
            let finalised = Event::TakeFinalised {
                take_id: take(n),
                recording: Some(Recording::default()),
                backfills: 0,
            };
            let (made, effects) = must(&interview, finalised, START);
            interview = made;
            effects
        })
    };
    let measured = [Effect::AnalyseEarly { question_id: "a".into(), take_id: take(2) }];
    assert_eq!(early(all_consents(true)).collect::<Vec<_>>(), [vec![], measured.to_vec()]);
    assert!(early(all_consents(false)).flatten().next().is_none(), "not without consent");
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
