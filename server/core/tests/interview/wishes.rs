//! What a candidate may ask for at any moment: other conditions, people alone, a yes taken back.

use super::*;

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
