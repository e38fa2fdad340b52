//! What every database of Viva must do. Run on SQLite; PostgreSQL gets the same suite.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use uuid::Uuid;
use viva_core::{
    id::{EndpointId, InterviewId, PositionId},
    interview::{Candidate, Event, Interview, Invitation, next},
    position::Position,
    time::Timestamp,
};
use viva_store::{
    Access as _, Attempt, Change, DELIVER, DataKeys as _, DeliveryStatus, Endpoint, Error, Interviews as _,
    Jobs as _, NewEvent, NewJob, Positions as _, ResultKey, Results as _, Secret, SqliteStore, Webhooks as _,
    WrappedKey,
};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

async fn store() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("test.sqlite")).await.unwrap();
    (folder, store)
}

fn position() -> Position {
    serde_json::from_value(json!({
        "id": "p", "title": "P", "languages": ["en"], "dimensions": [{ "name": "all", "weight": 100 }],
        "questions": [{ "id": "a", "text": "A?", "answer_seconds": 30 }]
    }))
    .unwrap()
}

fn change(interview: Interview, events: Vec<NewEvent>, jobs: Vec<NewJob>) -> Change {
    Change { interview, at: NOW, actor: "test".into(), action: "tested", events, jobs }
}

async fn invited(store: &SqliteStore) -> Interview {
    let id = store.put_position(PositionId(Uuid::new_v4()), &position(), NOW).await.unwrap();
    let interview = Interview::invite(
        Invitation {
            id: InterviewId(Uuid::new_v4()),
            position_id: id,
            position: position(),
            external_id: Some("e".into()),
            candidate: Candidate::default(),
            locale: None,
            channel: None,
            expires_at: None,
        },
        NOW,
    );
    store.insert_interview(&[7; 32], change(interview.clone(), vec![], vec![])).await.unwrap();
    interview
}

fn job(kind: &'static str, key: Option<&str>, run_at: Timestamp) -> NewJob {
    NewJob {
        id: Uuid::new_v4().into(),
        kind,
        payload: json!({ "n": 1 }),
        dedupe_key: key.map(str::to_owned),
        interview_id: None,
        max_attempts: 2,
        run_at,
    }
}

fn event(kind: &str) -> NewEvent {
    NewEvent {
        id: Uuid::new_v4().into(),
        kind: kind.into(),
        interview_id: None,
        at: NOW,
        data: json!({ "a": 1 }),
    }
}

fn endpoint(events: &[&str]) -> Endpoint {
    Endpoint {
        id: EndpointId(Uuid::new_v4()),
        url: "https://example.org/".into(),
        description: String::new(),
        events: events.iter().map(|e| (*e).to_owned()).collect(),
        secrets: vec![Secret { value: "whsec_x".into(), ends_at: None }],
        thin: false,
        enabled: true,
        disabled_reason: None,
        created_at: NOW,
    }
}

#[tokio::test]
async fn a_position_replaces_the_one_of_the_same_name() {
    let (_folder, store) = store().await;
    let first = store.put_position(PositionId(Uuid::new_v4()), &position(), NOW).await.unwrap();
    let mut changed = position();
    changed.retention_days = 7;
    let second = store.put_position(PositionId(Uuid::new_v4()), &changed, NOW).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(store.position(first).await.unwrap(), Some(changed.clone()));
    assert_eq!(store.position_by_external_id("p").await.unwrap(), Some((first, changed)));
}

#[tokio::test]
async fn a_file_is_played_as_long_as_something_names_it() {
    let (_folder, store) = store().await;
    let file = "call.webm";
    let mut playing = position();
    let spoken = json!({ "media": file, "captions": { "en": "call.vtt" } });
    playing.questions[0].prompt = Some(serde_json::from_value(spoken).unwrap());
    let id = store.put_position(PositionId(Uuid::new_v4()), &playing, NOW).await.unwrap();
    assert!(store.is_played(file).await.unwrap() && !store.is_played("other.webm").await.unwrap());
    store.put_position(id, &position(), NOW).await.unwrap();
    assert!(!store.is_played(file).await.unwrap());

    // An interview keeps the position as it was.
    let mut interview = invited(&store).await;
    interview.position = playing;
    interview.sequence += 1;
    let stored = interview.clone();
    let mut keep = |_: &Interview| Ok(change(stored.clone(), vec![], vec![]));
    store.change_interview(interview.id, &mut keep).await.unwrap();
    assert!(store.is_played(file).await.unwrap());
    let mut erase = |stored: &Interview| Ok(change(next(stored, Event::Erased, NOW)?.0, vec![], vec![]));
    store.change_interview(interview.id, &mut erase).await.unwrap();
    assert!(!store.is_played(file).await.unwrap());
}

#[tokio::test]
async fn a_change_is_all_or_nothing() {
    let (_folder, store) = store().await;
    let interview = invited(&store).await;
    store.put_endpoint(&endpoint(&[])).await.unwrap();
    assert_eq!(store.interview_by_token(&[7; 32]).await.unwrap(), Some(interview.clone()));

    let mut submit = |stored: &Interview| {
        next(stored, Event::Submitted, NOW)
            .map(|(after, _)| change(after, vec![event("interview.submitted")], vec![]))
    };
    assert!(matches!(store.change_interview(interview.id, &mut submit).await, Err(Error::Refused(_))));
    assert_eq!(store.interview(interview.id).await.unwrap(), Some(interview.clone()));
    assert!(store.deliveries(None, 10).await.unwrap().is_empty());

    let mut open = |stored: &Interview| {
        let (after, _) = next(stored, Event::Opened, NOW)?;
        Ok(change(after, vec![event("interview.opened")], vec![job("report", None, NOW)]))
    };
    let opened = store.change_interview(interview.id, &mut open).await.unwrap();
    assert_eq!(store.interview(interview.id).await.unwrap(), Some(opened));
    assert_eq!(store.deliveries(None, 10).await.unwrap().len(), 1);
    assert!(store.claim(&["report"], 1000, NOW).await.unwrap().is_some());
}

#[tokio::test]
async fn deadlines_are_found_when_due() {
    let (_folder, store) = store().await;
    let interview = invited(&store).await;
    assert_eq!(store.next_deadline().await.unwrap(), interview.next_deadline());
    assert!(store.due_interviews(NOW, 10).await.unwrap().is_empty());
    assert_eq!(store.due_interviews(interview.expires_at, 10).await.unwrap(), [interview.id]);
}

#[tokio::test]
async fn a_job_is_done_by_one_worker_and_a_lost_lease_writes_nothing() {
    let (_folder, store) = store().await;
    store.enqueue(job("a", Some("k"), NOW), NOW).await.unwrap();
    store.enqueue(job("a", Some("k"), NOW), NOW).await.unwrap();
    store.enqueue(job("b", None, NOW + 5_000), NOW).await.unwrap();
    let first = store.claim(&["a", "b"], 1_000, NOW).await.unwrap().unwrap();
    assert_eq!((first.kind.as_str(), first.attempts), ("a", 1));
    assert!(
        store.claim(&["a", "b"], 1_000, NOW).await.unwrap().is_none(),
        "the key lives, the other is not due"
    );
    assert_eq!(store.next_job_at(&["b"]).await.unwrap(), Some(NOW + 5_000));

    assert_eq!(store.reap(NOW + 1_001).await.unwrap(), 1);
    let second = store.claim(&["a"], 1_000, NOW + 2_000).await.unwrap().unwrap();
    assert_eq!(second.attempts, 2);
    assert!(!store.complete(&first, NOW).await.unwrap(), "the first worker's lease is gone");
    assert!(!store.heartbeat(&first, 1_000, NOW).await.unwrap());
    assert!(store.fail(&second, "no", Some(NOW + 9_000), NOW).await.unwrap());
    let dead = store.jobs_in_state("dead", 10).await.unwrap();
    assert_eq!(dead.len(), 1, "two attempts were allowed");
    assert!(store.requeue(dead[0].id, NOW).await.unwrap());
    let third = store.claim(&["a"], 1_000, NOW).await.unwrap().unwrap();
    assert!(store.complete(&third, NOW).await.unwrap());
    store.enqueue(job("a", Some("k"), NOW), NOW).await.unwrap();
    assert!(store.claim(&["a"], 1_000, NOW).await.unwrap().is_some(), "a finished job frees its key");
}

#[tokio::test]
async fn a_job_that_is_asked_for_while_it_runs_runs_once_more() {
    let (_folder, store) = store().await;
    let ask = || store.enqueue(job("a", Some("k"), NOW), NOW);
    let claim = || store.claim(&["a"], 1_000, NOW);
    ask().await.unwrap();
    ask().await.unwrap();
    let first = claim().await.unwrap().unwrap();
    ask().await.unwrap();
    assert!(claim().await.unwrap().is_none(), "it runs by itself");
    assert!(store.complete(&first, NOW).await.unwrap());
    let again = claim().await.unwrap().expect("what came while it ran was seen by nobody");
    assert_eq!((again.id, again.attempts), (first.id, 1));
    assert!(store.complete(&again, NOW).await.unwrap());
    assert!(claim().await.unwrap().is_none(), "twice asked before it ran is asked once");

    ask().await.unwrap();
    let doomed = claim().await.unwrap().unwrap();
    ask().await.unwrap();
    assert!(store.fail(&doomed, "no", None, NOW).await.unwrap());
    assert!(store.jobs_in_state("dead", 10).await.unwrap().is_empty());
    assert_eq!(claim().await.unwrap().expect("asked for anew").attempts, 1);
}

#[tokio::test]
async fn events_go_to_whom_they_concern_and_can_be_replayed() {
    let (_folder, store) = store().await;
    let (all, some) = (endpoint(&[]), endpoint(&["report.ready"]));
    store.put_endpoint(&all).await.unwrap();
    store.put_endpoint(&some).await.unwrap();
    store.publish(event("interview.opened"), None, NOW).await.unwrap();
    store.publish(event("report.ready"), None, NOW).await.unwrap();
    store.publish(event("endpoint.test"), Some(some.id), NOW).await.unwrap();
    let store = &store;
    let to = |id| async move {
        let deliveries = store.deliveries(None, 10).await.unwrap();
        deliveries.into_iter().filter(|d| d.endpoint_id == id).collect::<Vec<_>>()
    };
    assert_eq!(to(all.id).await.len(), 2);
    assert_eq!(to(some.id).await.len(), 2);
    let delivery = to(all.id).await.remove(0);
    let claimed = store.claim(&[DELIVER], 1_000, NOW).await.unwrap().unwrap();
    assert_eq!(claimed.max_attempts, 10);
    let attempt = Attempt {
        at: NOW,
        status: Some(204),
        error: None,
        outcome: DeliveryStatus::Delivered,
        next_attempt_at: None,
    };
    store.record_attempt(delivery.id, &attempt).await.unwrap();
    let after = store.delivery(delivery.id).await.unwrap().unwrap();
    assert_eq!((after.status, after.attempts, after.last_status), (DeliveryStatus::Delivered, 1, Some(204)));
    assert!(store.replay(delivery.id, NOW).await.unwrap());
    assert_eq!(store.deliveries(Some(DeliveryStatus::Pending), 10).await.unwrap().len(), 4);
    let later = Timestamp(NOW.0 + 1);
    assert_eq!(store.replay_range(later, Timestamp(NOW.0 + 9), None, NOW).await.unwrap(), 0);
    assert_eq!(store.replay_range(NOW, later, Some(some.id), later).await.unwrap(), 2);
    assert_eq!(store.replay_range(NOW, later, None, later).await.unwrap(), 4, "each event once per endpoint");
    assert_eq!(store.deliveries(Some(DeliveryStatus::Pending), 20).await.unwrap().len(), 10);
    assert!(store.delete_endpoint(all.id).await.unwrap());
    assert_eq!(store.deliveries(None, 20).await.unwrap().iter().filter(|d| d.created_at == NOW).count(), 2);
    assert_eq!(store.deliveries(None, 20).await.unwrap().len(), 6);
}

#[tokio::test]
async fn an_idempotency_key_remembers_its_request() {
    let (_folder, store) = store().await;
    assert_eq!(store.idempotent("k", &[1; 32]).await.unwrap(), None);
    store.remember("k", &[1; 32], "answer", NOW).await.unwrap();
    assert_eq!(store.idempotent("k", &[1; 32]).await.unwrap().as_deref(), Some("answer"));
    assert!(matches!(store.idempotent("k", &[2; 32]).await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn results_are_replaced_and_deleted() {
    let (_folder, store) = store().await;
    let interview = invited(&store).await;
    let key = ResultKey { interview: interview.id, question: "a".into(), kind: "analysis" };
    store.put_result(&key, &json!(1), NOW).await.unwrap();
    store.put_result(&key, &json!(2), NOW).await.unwrap();
    assert_eq!(store.result(&key).await.unwrap(), Some(json!(2)));
    store.delete_results(interview.id).await.unwrap();
    assert_eq!(store.result(&key).await.unwrap(), None);
}

#[tokio::test]
async fn a_data_key_is_given_once_rewrapped_and_destroyed_for_good() {
    let (_folder, store) = store().await;
    let interview = invited(&store).await.id;
    assert_eq!(store.data_key(interview).await.unwrap(), None);
    assert!(store.put_data_key(interview, b"one", NOW).await.unwrap());
    assert!(!store.put_data_key(interview, b"another", NOW).await.unwrap());
    assert_eq!(store.data_key(interview).await.unwrap(), Some(WrappedKey::Present(b"one".to_vec())));
    assert_eq!(store.data_keys(None, 10).await.unwrap(), [(interview, b"one".to_vec())]);
    assert!(store.data_keys(Some(interview), 10).await.unwrap().is_empty());

    assert!(!store.rewrap_data_key(interview, b"another", b"two").await.unwrap());
    assert!(store.rewrap_data_key(interview, b"one", b"two").await.unwrap());
    assert_eq!(store.data_key(interview).await.unwrap(), Some(WrappedKey::Present(b"two".to_vec())));

    store.destroy_data_key(interview, NOW).await.unwrap();
    store.destroy_data_key(interview, NOW + 1).await.unwrap();
    assert_eq!(store.data_key(interview).await.unwrap(), Some(WrappedKey::Destroyed));
    assert!(!store.put_data_key(interview, b"three", NOW).await.unwrap());
    assert!(!store.rewrap_data_key(interview, b"two", b"three").await.unwrap());
    assert!(store.data_keys(None, 10).await.unwrap().is_empty());

    let certificate = serde_json::json!({ "interview_id": interview });
    store.put_deletion_certificate(interview, &certificate, NOW).await.unwrap();
    store.put_deletion_certificate(interview, &serde_json::json!({}), NOW).await.unwrap();
    assert_eq!(store.deletion_certificate(interview).await.unwrap(), Some(certificate));
}

#[tokio::test]
async fn a_destroyed_key_is_in_no_file_of_the_database() {
    let (folder, store) = store().await;
    let interview = invited(&store).await.id;
    let key = b"a wrapped key that must go without a trace";
    store.put_data_key(interview, key, NOW).await.unwrap();
    let holds_key = || {
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files
            .filter(|path| std::fs::read(path).unwrap().windows(key.len()).any(|window| window == key))
            .count()
    };
    assert!(holds_key() > 0);
    store.destroy_data_key(interview, NOW).await.unwrap();
    assert_eq!(holds_key(), 0);
}

#[tokio::test]
async fn everything_survives_closing_and_opening() {
    let (folder, store) = store().await;
    let interview = invited(&store).await;
    store.put_api_key(&[1; 32], "first", NOW).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(&folder.path().join("test.sqlite")).await.unwrap();
    assert_eq!(store.interview(interview.id).await.unwrap(), Some(interview));
    assert_eq!(store.api_key(&[1; 32]).await.unwrap().as_deref(), Some("first"));
    assert_eq!(store.api_key(&[2; 32]).await.unwrap(), None);
}
