//! Properties under any sequence of events.

use proptest::prelude::*;

use super::*;

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
        1 => Just(Event::Queued),
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
