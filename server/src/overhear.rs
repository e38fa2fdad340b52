//! Understands answers while they are recorded, in time that nobody else needs: what was said a minute ago need not be heard
//! when the answer is over, and the report is there the sooner. What comes of it stays in memory, only makes the measuring
//! quicker, and is forgotten with it. It changes no result: a window of speech has one text, whenever it is heard.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use viva_core::{
    id::{InterviewId, TakeId},
    interview::Interview,
    profile::analysis_permitted,
};
use viva_media::finalise::{FinaliseError, sound_so_far};
use viva_models::speech::Recall;

use crate::{app::App, clock, live::Session, recording::Place, worker};

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// So much more is recorded before a take is heard again: its journal is read from the beginning each time. Of a long
/// one it is a share of what is there.
const LEAST_STEP_MS: u64 = 12_000;
const STEP_SHARE: u64 = 8;

/// What was heard of the take of an interview that runs or ran last.
#[derive(Default)]
pub struct Overheard(Mutex<Option<Heard>>);

struct Heard {
    take: TakeId,
    until_ms: u64,
    recall: Arc<Recall>,
}

impl Overheard {
    /// What was heard of `take`, if anything; and forgets it.
    pub fn take(&self, take: TakeId) -> Option<Arc<Recall>> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner).take_if(|heard| heard.take == take);
        heard.map(|heard| heard.recall)
    }

    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn until_ms(&self, take: TakeId) -> u64 {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.as_ref().filter(|heard| heard.take == take).map_or(0, |heard| heard.until_ms)
    }

    /// From here on `take` counts as heard up to `until_ms`; nothing of another stays.
    fn begin(&self, take: TakeId, until_ms: u64) -> Arc<Recall> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recall = slot.take_if(|heard| heard.take == take).map(|heard| heard.recall).unwrap_or_default();
        *slot = Some(Heard { take, until_ms, recall: Arc::clone(&recall) });
        recall
    }
}

/// Runs until the server stops.
pub async fn run(app: Arc<App>) {
    while !app.stopping.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = app.stopping.cancelled() => break,
        }
        if app.analyser.is_measuring() {
            continue;
        }
        let Some(next) = most_unheard(&app) else { continue };
        let (interview, take) = (next.interview, next.take);
        if let Err(error) = overhear(&app, next).await {
            tracing::debug!(%interview, %take, error = format!("{error:#}"), "a take is heard when it is over");
        }
    }
}

/// A running take of which there is more to hear.
struct Next {
    interview: InterviewId,
    session: Arc<Session>,
    take: TakeId,
    saved_ms: u64,
}

fn most_unheard(app: &App) -> Option<Next> {
    let running = app.live.all().into_iter().filter_map(|(interview, session)| {
        let (take, saved_ms) = session.media.saved_up_to()?;
        let unheard_ms = unheard_ms(session.overheard.until_ms(take), saved_ms)?;
        Some((unheard_ms, Next { interview, session, take, saved_ms }))
    });
    running.max_by_key(|(unheard_ms, _)| *unheard_ms).map(|(_, next)| next)
}

/// How much there is to hear, where it is enough.
fn unheard_ms(until_ms: u64, saved_ms: u64) -> Option<u64> {
    let unheard_ms = saved_ms.saturating_sub(until_ms);
    (unheard_ms >= LEAST_STEP_MS.max(saved_ms / STEP_SHARE)).then_some(unheard_ms)
}

async fn overhear(app: &Arc<App>, next: Next) -> Result<()> {
    let Next { interview: id, session, take, saved_ms } = next;
    // Also where nothing may be heard: it is not asked again before there is more.
    let recall = session.overheard.begin(take, saved_ms);
    let interview = app.store.interview(id).await?.context("no such interview")?;
    let Some(language) = language(&interview, take) else { return Ok(()) };
    let journal = app.journal_place(id, take).await?;
    let app = Arc::clone(app);
    let hear = move || match sound_so_far(&journal.path, &journal.key, &beside(&journal)) {
        Ok(sound) => app.analyser.overhear(sound, &language, &recall),
        Err(FinaliseError::NoMedia) => Ok(()),
        Err(error) => Err(error.into()),
    };
    worker::in_background(hear).await?
}

/// What is kept for a moment must not meet the finaliser's own.
fn beside(journal: &Place) -> std::path::PathBuf {
    journal.path.with_extension("overheard")
}

/// The language to hear a take in; none where it must not be heard, or will not be measured as soon as it is over.
fn language(interview: &Interview, take: TakeId) -> Option<String> {
    let now = clock::now();
    let answer = interview.answers.iter().find(|answer| answer.takes.iter().any(|one| one.id == take))?;
    let question = interview.position.question(&answer.question_id)?;
    let may = interview.measures_early(question, now) && analysis_permitted(interview, now).is_ok();
    may.then(|| interview.answer_language(question).to_owned())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn it_is_heard_again_when_there_is_enough() {
        assert_eq!(unheard_ms(0, LEAST_STEP_MS - 1), None);
        assert_eq!(unheard_ms(0, LEAST_STEP_MS), Some(LEAST_STEP_MS));
        assert_eq!(unheard_ms(20_000, 30_000), None);
        assert_eq!(unheard_ms(600_000, 640_000), None, "long takes in longer steps");
        assert_eq!(unheard_ms(600_000, 700_000), Some(100_000));
        assert_eq!(unheard_ms(600_000, 0), None);
    }

    #[test]
    fn what_was_heard_is_of_one_take_and_taken_once() {
        let overheard = Overheard::default();
        let [first, second] = [1, 2].map(|n| TakeId(Uuid::from_u128(n)));
        let recall = overheard.begin(first, 10_000);
        assert!(Arc::ptr_eq(&recall, &overheard.begin(first, 20_000)));
        assert_eq!((overheard.until_ms(first), overheard.until_ms(second)), (20_000, 0));
        assert!(overheard.take(second).is_none());
        assert!(overheard.take(first).is_some_and(|taken| Arc::ptr_eq(&taken, &recall)));
        assert!(overheard.take(first).is_none());
        overheard.begin(first, 10_000);
        let other = overheard.begin(second, 10_000);
        assert!(!Arc::ptr_eq(&other, &recall) && overheard.take(first).is_none());
        overheard.forget();
        assert!(overheard.take(second).is_none());
    }
}
