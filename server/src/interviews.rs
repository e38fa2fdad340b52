//! Turns events into stored changes, and carries out what follows from them.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use viva_core::{
    error::Refused,
    id::{InterviewId, TakeId},
    interview::{Effect, Event, Interview, next},
    profile::analysis_permitted,
    report::AiMode,
    retention::{ANSWER_CLASSES, DataClass},
    time::Timestamp,
};
use viva_store::{Change, NewEvent, NewJob};

use crate::{
    app::App,
    clock,
    live::{Notice, Session},
    notify::{self, Occasion},
    worker,
};

/// Who caused a change, and what it was, for the audit.
#[derive(Clone, Copy, Debug)]
pub struct Cause<'a> {
    pub actor: &'a str,
    pub action: &'static str,
}

/// How long a disk that refused a journal is left alone.
const TRY_DISK_AGAIN: Duration = Duration::from_secs(1);

pub const SERVER: &str = "server";
pub const CANDIDATE: &str = "candidate";

impl App {
    /// Applies `event` to an interview: stored with its audit row, events and jobs in one transaction, then
    /// its effects in this process are carried out.
    pub async fn apply(
        self: &Arc<Self>,
        id: InterviewId,
        cause: Cause<'_>,
        event: Event,
    ) -> Result<Interview, viva_store::Error> {
        let (app, actor, action) = (Arc::clone(self), cause.actor.to_owned(), cause.action);
        // On a task of its own: a page that leaves in the middle must not take the effects with it.
        let applied =
            tokio::spawn(async move { app.apply_here(id, Cause { actor: &actor, action }, event).await });
        applied.await.unwrap_or_else(|ended| match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime went away under it: what was not stored by then is not done.
            Err(_) => Err(viva_store::Error::Stopping),
        })
    }

    async fn apply_here(
        self: &Arc<Self>,
        id: InterviewId,
        cause: Cause<'_>,
        event: Event,
    ) -> Result<Interview, viva_store::Error> {
        // A take that this starts begins now, however long storing it takes.
        let gathering = self.live.find(id).map(|session| session.media.gather(&self.recorder));
        let now = clock::now();
        let mut effects = Vec::new();
        let mut decide = |stored: &Interview| -> Result<Change, Refused> {
            let (after, caused) = next(stored, event.clone(), now)?;
            let change = change(after, &caused, cause, now);
            effects = caused;
            Ok(change)
        };
        let interview = self.store.change_interview(id, &mut decide).await?;
        for effect in &effects {
            self.carry_out(&interview, effect, now).await;
        }
        drop(gathering);
        if let Some(session) = self.live.find(id) {
            session.notify(Notice::Changed);
            if analysis_permitted(&interview, now).is_err() {
                session.ahead.forget();
            }
        }
        self.deadlines_changed.notify_one();
        if !effects.is_empty() {
            self.jobs_changed.notify_waiters();
        }
        if !interview.state.is_open() {
            self.end_live(id);
        }
        Ok(interview)
    }

    /// The part of an effect that is not in the database.
    async fn carry_out(self: &Arc<Self>, interview: &Interview, effect: &Effect, now: Timestamp) {
        match effect {
            Effect::RecordTake(take) => self.record_take(interview, *take, now).await,
            Effect::SealTake { take_id, at, reason } => {
                let session = self.live.session(interview.id);
                let _turn = session.journal_turn.lock().await;
                if session.media.needs_file(*take_id) {
                    self.give_file(&session, interview.id, *take_id).await;
                }
                let (media, take_id, at, reason) = (Arc::clone(&session.media), *take_id, *at, *reason);
                let closed = tokio::task::spawn_blocking(move || media.stop(take_id, at, reason)).await;
                if let Ok(Err(error)) = closed {
                    tracing::error!(take = %take_id, %error, "a journal could not be closed yet");
                }
                self.jobs_changed.notify_waiters();
            }
            Effect::Analyse { .. }
            | Effect::AnalyseEarly { .. }
            | Effect::Finalise(_)
            | Effect::HandIn { .. }
            | Effect::Remeasure
            | Effect::Report
            | Effect::Delete(_)
            | Effect::Erase
            | Effect::Forget
            | Effect::Notify(_) => {}
        }
    }

    async fn record_take(self: &Arc<Self>, interview: &Interview, take: TakeId, now: Timestamp) {
        let Some((_, state)) = interview.take(take) else { return };
        let started_at = state.started_at.unwrap_or(now);
        let (session, id) = (self.live.session(interview.id), interview.id);
        let before = session.media.start(&self.recorder, take, started_at);
        if let Some(publisher) = session.publisher() {
            publisher.request_key_frame();
        }
        if let Some(before) = before {
            let closed = tokio::task::spawn_blocking(move || before.close()).await;
            if let Ok(Err(error)) = closed {
                tracing::error!(%error, "a journal could not be closed yet");
            }
        }
        let turn = session.journal_turn.lock().await;
        let done = self.give_file(&session, id, take).await;
        drop(turn);
        if !done {
            tokio::spawn(Arc::clone(self).give_file_later(session, id, take));
        }
    }

    /// What arrives waits in memory until the disk takes it, also when the take is over by then.
    async fn give_file_later(self: Arc<Self>, session: Arc<Session>, id: InterviewId, take: TakeId) {
        while session.media.needs_file(take) && !self.stopping.is_cancelled() {
            tokio::time::sleep(TRY_DISK_AGAIN).await;
            let _turn = session.journal_turn.lock().await;
            self.give_file(&session, id, take).await;
        }
        self.jobs_changed.notify_waiters();
    }

    /// Opens the journal file of a running take; false when that has to be tried again.
    async fn give_file(self: &Arc<Self>, session: &Session, id: InterviewId, take: TakeId) -> bool {
        let (app, media) = (Arc::clone(self), Arc::clone(&session.media));
        // Pieces of a copy that came while nothing was connected have opened it themselves.
        if let Err(error) = session.backfill.close() {
            tracing::error!(take = %take, %error, "pieces of a copy could not be closed");
        }
        let opened = async {
            let place = self.journal_place(id, take).await?;
            let open = move || {
                std::fs::create_dir_all(app.interview_dir(id))?;
                media.give_file(&app.recorder, take, &place, clock::now())
            };
            Ok::<_, anyhow::Error>(tokio::task::spawn_blocking(open).await??)
        };
        match opened.await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(take = %take, error = format!("{error:#}"), "a journal could not be opened; what arrives waits in memory");
                false
            }
        }
    }

    /// Ends the connection of an interview that is over.
    fn end_live(&self, id: InterviewId) {
        if let Some(session) = self.live.find(id)
            && let Some(publisher) = session.take_publisher(None)
        {
            tokio::spawn(async move { publisher.close().await });
        }
    }
}

/// The change to store: the interview, its webhook events, and its jobs.
pub fn change(interview: Interview, effects: &[Effect], cause: Cause<'_>, now: Timestamp) -> Change {
    let mut action = cause.action;
    let mut events = Vec::new();
    let mut jobs = Vec::new();
    for effect in effects {
        match effect {
            Effect::Notify(kind) => {
                events.push(event(&interview, kind, now));
                let occasion = Occasion::of_event(kind);
                jobs.extend(
                    occasion.into_iter().flat_map(|occasion| notify::job::jobs(occasion, &interview, now)),
                );
            }
            Effect::SealTake { take_id, .. } | Effect::Finalise(take_id) => {
                jobs.push(job(&interview, worker::FINALISE, json!({ "take": take_id }), now));
            }
            Effect::Analyse { question_id } if interview.ai_mode != AiMode::HumanOnly => {
                jobs.push(analyse_job(&interview, question_id, now));
            }
            Effect::AnalyseEarly { question_id, take_id } => {
                let payload = json!({ "question": question_id, "take": take_id });
                jobs.push(job(&interview, worker::ANALYSE, payload, now));
            }
            Effect::HandIn { question_id } => {
                jobs.push(job(&interview, worker::HAND_IN, json!({ "question": question_id }), now));
            }
            Effect::Remeasure => jobs.push(job(&interview, worker::REMEASURE, json!({}), now)),
            Effect::Report => jobs.push(report_job(&interview, now)),
            Effect::Delete(class) => {
                action = deleted(*class);
                events.push(deletion(&interview, &[*class], now));
                // One job for all classes: two that run at once would each write back what the other took out of a report.
                jobs.push(job(&interview, worker::DELETE, json!({}), now));
            }
            Effect::Erase => {
                events.push(deletion(&interview, &ANSWER_CLASSES, now));
                jobs.push(job(&interview, worker::ERASE, json!({ "by": cause.actor }), now));
            }
            Effect::Forget => {
                // Not among the interview's own events: those go with it.
                let class = DataClass::DecisionRecord;
                events.push(NewEvent { interview_id: None, ..deletion(&interview, &[class], now) });
                jobs.push(job(&interview, worker::FORGET, json!({}), now));
            }
            Effect::Analyse { .. } | Effect::RecordTake(_) => {}
        }
    }
    Change { interview, at: now, actor: cause.actor.to_owned(), action, events, jobs }
}

/// What the audit says of a class whose time is over.
fn deleted(class: DataClass) -> &'static str {
    match class {
        DataClass::Recordings => "recordings_deleted",
        DataClass::Transcripts => "transcripts_deleted",
        DataClass::Cues => "cues_deleted",
        DataClass::Reports => "reports_deleted",
        DataClass::Demographics => "demographics_deleted",
        DataClass::Biometrics => "biometrics_deleted",
        DataClass::DecisionRecord => "record_deleted",
    }
}

fn deletion(interview: &Interview, classes: &[DataClass], now: Timestamp) -> NewEvent {
    let mut told = event(interview, "data.deleted", now);
    told.data["classes"] = json!(classes);
    told
}

/// A webhook event about an interview, with what every such event carries.
pub fn event(interview: &Interview, kind: &str, now: Timestamp) -> NewEvent {
    NewEvent {
        id: clock::id(),
        kind: kind.to_owned(),
        interview_id: Some(interview.id),
        at: now,
        data: json!({
            "interview_id": interview.id,
            "external_id": interview.external_id,
            "candidate": { "ref": interview.candidate.reference },
            "position": { "id": interview.position_id, "external_id": interview.position.id },
            "state": interview.state,
            "sequence": interview.sequence,
        }),
    }
}

/// Named by its recording: another one is another job, also while the first still runs.
pub fn analyse_job(interview: &Interview, question_id: &str, now: Timestamp) -> NewJob {
    let recording = interview.chosen_recording(question_id).map(|recording| &recording.sha256);
    job(interview, worker::ANALYSE, json!({ "question": question_id, "recording": recording }), now)
}

pub fn report_job(interview: &Interview, now: Timestamp) -> NewJob {
    job(interview, worker::REPORT, json!({}), now)
}

pub fn job(interview: &Interview, kind: &'static str, mut payload: Value, now: Timestamp) -> NewJob {
    payload["interview"] = json!(interview.id);
    NewJob {
        id: clock::id(),
        kind,
        dedupe_key: Some(format!("{kind}:{payload}")),
        payload,
        interview_id: Some(interview.id),
        max_attempts: worker::max_attempts(kind),
        run_at: now,
    }
}
