//! The ends of links, of data, of thinking and of writing.

use super::*;

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

#[test]
fn the_end_of_the_link_does_not_come_while_the_server_is_full() {
    const MINUTE_MS: u64 = 60_000;
    let mut waiting = invited();
    waiting.expires_at = START + MINUTE_MS;
    let (kept, _) = must(&waiting, Event::Queued, START);
    assert_eq!(kept.expires_at, START + 60 * MINUTE_MS);
    // Asking again changes nothing until it comes close again.
    assert_eq!(must(&kept, Event::Queued, START + 20 * MINUTE_MS), (kept.clone(), vec![]));
    let (later, _) = must(&kept, Event::Queued, START + 50 * MINUTE_MS);
    assert_eq!(later.expires_at, START + 110 * MINUTE_MS);
    // One that is far away stays as it is, and one that has passed stays passed.
    assert_eq!(must(&invited(), Event::Queued, START).0, invited());
    assert_eq!(next(&waiting, Event::Queued, START + 2 * MINUTE_MS).unwrap_err().code, "interview_expired");
}
