//! What comes before a question, what comes of an answer, and what a candidate says about themselves.
#![expect(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use uuid::Uuid;
use viva_core::{
    consent::{Consent, Purpose},
    cue::{KeywordHits, Language, Quote},
    id::{InterviewId, TakeId},
    interview::{Candidate, Checks, Effect, Event, Interview, Invitation, State, SubmittedAnswer, next},
    position::{Position, Reason},
    take::Recording,
    time::Timestamp,
};

const START: Timestamp = Timestamp(1_700_000_000_000);

fn position() -> Value {
    json!({
        "id": "p", "title": "P", "profile": "cn", "languages": ["zh", "en"],
        "dimensions": [{ "name": "all", "weight": 100 }],
        "questions": [
            { "id": "a", "text": "A?", "think_seconds": 10, "answer_seconds": 30, "takes": 2,
              "prompt": { "speech": { "zh": "喂？", "en": "Hello?" } },
              "follow_ups": [
                { "when": { "mentions": ["team", "团队"] }, "ask": "How large was the team?", "answer_seconds": 20 },
                { "when": { "lacks": ["percent"] }, "ask": "What came of it, in numbers?" }] },
            { "id": "b", "kind": "text", "text": "B?" }]
    })
}

fn invited(position: Value) -> Interview {
    let position: Position = serde_json::from_value(position).unwrap();
    assert_eq!(position.problems(), []);
    let invitation = Invitation {
        id: InterviewId(Uuid::from_u128(1)),
        position_id: Uuid::from_u128(2).into(),
        position,
        external_id: None,
        candidate: Candidate::default(),
        locale: None,
        channel: None,
        expires_at: None,
    };
    Interview::invite(invitation, START)
}

fn consents(analysis: bool) -> Event {
    let consent = |(purpose, granted)| Consent {
        purpose,
        granted,
        text_version: "1".into(),
        text_sha256: None,
        language: None,
        at: START,
    };
    Event::Consented([(Purpose::Recording, true), (Purpose::Analysis, analysis)].map(consent).to_vec())
}

fn must(interview: Interview, event: Event, now: Timestamp) -> (Interview, Vec<Effect>) {
    next(&interview, event.clone(), now).unwrap_or_else(|refused| panic!("{event:?}: {refused}"))
}

fn all(mut interview: Interview, events: Vec<Event>) -> Interview {
    for event in events {
        interview = must(interview, event, START).0;
    }
    interview
}

fn take(n: u128) -> TakeId {
    TakeId(Uuid::from_u128(n))
}

fn opened(analysis: bool) -> Interview {
    let open = Event::QuestionOpened { question_id: "a".into(), take_id: take(1) };
    let events = vec![
        Event::Opened,
        consents(analysis),
        Event::Checked(Checks::default()),
        Event::MediaConnected,
        open,
    ];
    all(invited(position()), events)
}

fn prompt_over() -> Event {
    Event::PromptOver { question_id: "a".into() }
}

/// Recorded, and handed in at `START + 9 s`.
fn answered(analysis: bool) -> (Interview, Vec<Effect>) {
    let recorded = all(
        opened(analysis),
        vec![
            prompt_over(),
            Event::TakeStarted { question_id: "a".into(), take_id: take(2) },
            Event::TakeStopped { take_id: take(1), reason: viva_core::take::StopReason::Candidate },
        ],
    );
    let recording = Some(Recording { sha256: "00".into(), ..Recording::default() });
    let finalised = Event::TakeFinalised { take_id: take(1), recording, backfills: 0 };
    let (recorded, effects) = must(recorded, finalised, START);
    let early = Effect::AnalyseEarly { question_id: "a".into(), take_id: take(1) };
    assert_eq!(effects.contains(&early), analysis);
    let answer = Event::Answered { question_id: "a".into(), answer: SubmittedAnswer::Take(take(1)) };
    must(recorded, answer, START + 9_000)
}

fn found(rules: &[usize]) -> Event {
    let because = |number: &usize| (*number, Reason::Mentioned("team".into()));
    Event::FollowUpsFound { question_id: "a".into(), found: rules.iter().map(because).collect() }
}

fn questions(interview: &Interview) -> Vec<&str> {
    let of_position: Vec<_> = interview.position.questions.iter().map(|q| q.id.as_str()).collect();
    let of_answers: Vec<_> = interview.answers.iter().map(|a| a.question_id.as_str()).collect();
    assert_eq!(of_position, of_answers);
    of_position
}

#[test]
fn no_clock_runs_beside_a_prompt() {
    let interview = opened(true);
    assert_eq!(interview.answers[0].takes[0].think_deadline, None);
    let early = Event::TakeStarted { question_id: "a".into(), take_id: take(2) };
    assert_eq!(next(&interview, early, START + 1_000).unwrap_err().code, "prompt_first");
    // However long it takes; and more time that is asked for meanwhile counts from the end of the prompt.
    let (heard, effects) = must(interview, prompt_over(), START + 100_000);
    assert!(effects.is_empty());
    assert_eq!(heard.next_deadline(), Some(START + 110_000));
    let wish = viva_core::interview::Accommodations { time_factor: 2.0, ..Default::default() };
    let (longer, _) = must(heard, Event::AccommodationsChanged(wish), START + 101_000);
    assert_eq!(longer.next_deadline(), Some(START + 120_000));
    // A reload says it again.
    let (again, _) = must(longer, prompt_over(), START + 115_000);
    assert_eq!(again.next_deadline(), Some(START + 120_000));
    let (recording, effects) = must(again, Event::Tick, START + 120_000);
    assert_eq!(effects, [Effect::RecordTake(take(1))]);
    assert_eq!(recording.answers[0].takes[0].answer_deadline, Some(START + 180_000));
}

#[test]
fn follow_ups_come_right_behind_their_question_and_without_criteria() {
    let (interview, _) = answered(true);
    assert_eq!(interview.next_deadline(), Some(START + 12_000));
    let (asked, _) = must(interview, found(&[0, 1]), START + 11_900);
    assert_eq!(questions(&asked), ["a", "a.follow-up-1", "a.follow-up-2", "b"]);
    let further = asked.current_question().unwrap();
    assert_eq!((further.think_seconds, further.answer_seconds), (Some(10), Some(20)));
    assert!(further.criteria.is_empty() && further.follow_ups.is_empty() && further.prompt.is_none());
    assert!(asked.follow_ups.iter().all(|further| further.after == "a"));
    // The same finding twice asks nothing twice.
    let (again, _) = must(asked.clone(), found(&[0, 1]), START + 11_950);
    assert_eq!(again, asked);
    let early = next(&asked, Event::Submitted, START + 12_000).unwrap_err();
    assert_eq!(early.code, "question_unanswered");
}

#[test]
fn nobody_waits_longer_than_three_seconds() {
    let (interview, _) = answered(true);
    let (late, _) = must(interview.clone(), found(&[0]), START + 12_000);
    assert_eq!(questions(&late), ["a", "b"]);
    // Whoever goes on before is not asked.
    let open = Event::QuestionOpened { question_id: "b".into(), take_id: take(9) };
    let (gone_on, _) = must(interview, open, START + 9_500);
    let (gone_on, _) = must(gone_on, found(&[0]), START + 9_600);
    assert_eq!(questions(&gone_on), ["a", "b"]);
}

#[test]
fn without_consent_nothing_is_read_for_follow_ups() {
    let (interview, effects) = answered(false);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::AnalyseEarly { .. })));
    assert_eq!(interview.follow_up_until(), None);
    // Taken back while it was read.
    let (waiting, _) = answered(true);
    let (back, _) = must(waiting, consents(false), START + 9_100);
    assert_eq!(questions(&must(back, found(&[0]), START + 9_200).0), ["a", "b"]);
}

#[test]
fn an_unasked_follow_up_never_keeps_an_interview_from_being_sent() {
    let (interview, _) = answered(true);
    let (asked, _) = must(interview, found(&[0]), START + 10_000);
    let further = Event::Answered { question_id: "b".into(), answer: SubmittedAnswer::Text("yes".into()) };
    let mut asked = asked;
    asked.answers[2].opened_at = Some(START);
    let (asked, _) = must(asked, further, START + 10_000);
    assert_eq!(questions(&asked), ["a", "a.follow-up-1", "b"]);
    let mut ending = asked;
    ending.expires_at = START + 20_000;
    ending.answers[0].takes[0].stopped_at = Some(START + 20_001);
    let (ended, _) = must(ending, Event::Tick, START + 20_002);
    assert_eq!((questions(&ended).len(), ended.follow_ups.len()), (2, 0));
    assert_eq!(must(ended, Event::Submitted, START + 20_003).0.state, State::Submitted);
}

#[test]
fn a_rule_says_why_it_asks() {
    let position: Position = serde_json::from_value(position()).unwrap();
    let rules = &position.questions[0].follow_ups;
    let hit = |term: &str, start_ms| KeywordHits {
        term: term.into(),
        hits: vec![Quote { start_ms, ..Quote::default() }],
    };
    let said = Language {
        keywords: vec![hit("team", 900), hit("团队", 300), hit("percent", 1)],
        ..Language::default()
    };
    assert_eq!(rules[0].reason(&said), Some(Reason::Mentioned("团队".into())));
    assert_eq!(rules[1].reason(&said), None);
    assert_eq!(rules[1].reason(&Language::default()), Some(Reason::Lacking(vec!["percent".into()])));
    assert_eq!(rules[0].reason(&Language::default()), None);
}

#[test]
fn what_the_position_asks_for_comes_between_consent_and_check() {
    let mut asking = position();
    asking["identity"] = json!([{ "id": "name", "kind": "full_name", "label": "Name" }]);
    let interview = invited(asking);
    assert_eq!(next(&interview, Event::Identified, START).unwrap_err().code, "consent_first");
    let consented = all(interview, vec![Event::Opened, consents(true)]);
    let check = Event::Checked(Checks::default());
    assert_eq!(next(&consented, check.clone(), START).unwrap_err().code, "identity_first");
    let (said, effects) = must(consented, Event::Identified, START);
    assert_eq!((said.identified_at, effects), (Some(START), vec![]));
    assert_eq!(must(said, check, START).0.state, State::Checked);
}

/// `(what is changed, where, a word of the message)`.
#[test]
fn every_mistake_is_told_with_its_field() {
    let media = |prompt: Value| json!({ "prompt": prompt });
    let field = |kind: &str| json!([{ "id": "n", "kind": kind, "label": "N" }]);
    for (question, identity, profile, at, words) in [
        (media(json!({})), json!([]), "cn", "questions[0].prompt", "neither"),
        (media(json!({ "media": "a.mp4" })), json!([]), "cn", "questions[0].prompt.captions", "`zh`, `en`"),
        (media(json!({ "media": "a.exe" })), json!([]), "cn", "questions[0].prompt.media", "a.exe"),
        (
            media(json!({ "media": "a.mp4", "captions": { "zh": "a.srt", "en": "a.vtt" } })),
            json!([]),
            "cn",
            "questions[0].prompt.captions.zh",
            "a.srt",
        ),
        (media(json!({ "speech": { "zh": "喂" } })), json!([]), "cn", "questions[0].prompt.speech", "`en`"),
        (
            json!({ "follow_ups": [{ "when": {}, "ask": "?" }] }),
            json!([]),
            "cn",
            "questions[0].follow_ups[0].when",
            "either",
        ),
        (
            json!({ "follow_ups": [{ "when": { "lacks": ["x"], "judged": "It is short." }, "ask": "?" }] }),
            json!([]),
            "cn",
            "questions[0].follow_ups[0].when",
            "either",
        ),
        (
            json!({ "kind": "code", "prompt": null, "follow_ups": [{ "when": { "mentions": ["x"] }, "ask": "?" }] }),
            json!([]),
            "cn",
            "questions[0].follow_ups",
            "in words",
        ),
        (json!({}), field("mainland_id"), "eu", "identity[0].kind", "only under `cn`"),
        (json!({}), json!([{ "id": "n", "kind": "text", "label": " " }]), "cn", "identity[0].label", "empty"),
    ] {
        let mut bad = position();
        for (key, value) in question.as_object().unwrap() {
            bad["questions"][0][key] = value.clone();
        }
        bad["identity"] = identity;
        bad["profile"] = json!(profile);
        let problems = serde_json::from_value::<Position>(bad).unwrap().problems();
        let found = problems.iter().find(|problem| problem.field == at);
        assert!(found.is_some_and(|problem| problem.message.contains(words)), "{at}: {problems:?}");
    }
    let mut good = position();
    good["identity"] = field("mainland_id");
    assert_eq!(serde_json::from_value::<Position>(good).unwrap().problems(), []);
}
