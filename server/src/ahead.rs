//! Measures answers while they are recorded, in time that nobody else needs: what was said and seen a minute ago need not be
//! heard and looked at when the answer is over, and the report is there the sooner. What comes of it stays in memory, only makes
//! the measuring quicker, and is forgotten with it. It changes no result: a window of speech has one text, whenever it is
//! heard, and pictures count only where the finished recording begins with the same ones.

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use viva_core::{
    id::{InterviewId, TakeId},
    interview::Interview,
    profile::{FaceTier, analysis_permitted},
};
use viva_media::finalise::{FinaliseError, frames_so_far, sound_so_far};

use crate::{
    analysis::ahead::{Known, Outcome},
    app::App,
    clock,
    live::Session,
    recording::Place,
    worker,
};

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// So much more is recorded before a take is heard again: its journal is read from the beginning each time. Of a long
/// one it is a share of what is there.
const LEAST_STEP_MS: u64 = 12_000;
const STEP_SHARE: u64 = 8;
/// As far as a take is measured of which nothing more is to be measured while it is recorded.
const NO_MORE_MS: u64 = u64::MAX;
/// Each has a decoder and its pictures in memory, up to some 10 MB.
const MOST_LOOKED_AT: usize = 16;

/// Sound and picture know nothing of each other: each has its own turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    Sound,
    Picture,
}

/// What is known of the takes of an interview: of the one that runs, and of the one before, which may still wait to be measured.
#[derive(Default)]
pub struct Ahead(Mutex<Vec<Running>>);

const MOST_TAKES: usize = 2;

struct Running {
    take: TakeId,
    heard_ms: u64,
    seen_ms: u64,
    known: Known,
}

impl Ahead {
    /// What is known of `take`, if anything; and forgets it.
    pub fn take(&self, take: TakeId) -> Option<Known> {
        let mut takes = self.lock();
        let place = takes.iter().position(|running| running.take == take)?;
        Some(takes.remove(place).known)
    }

    pub fn forget(&self) {
        self.lock().clear();
    }

    /// The takes of which pictures are held.
    fn looked_at(&self) -> Vec<TakeId> {
        let takes = self.lock();
        takes.iter().filter(|running| running.known.holds_pictures()).map(|running| running.take).collect()
    }

    fn until_ms(&self, take: TakeId, sense: Sense) -> u64 {
        self.lock()
            .iter_mut()
            .find(|running| running.take == take)
            .map_or(0, |running| *running.until_ms(sense))
    }

    /// What is known of `take`, which runs; what is known of takes long before goes.
    fn begin(&self, take: TakeId) -> Known {
        let mut takes = self.lock();
        let place = takes.iter().position(|running| running.take == take).unwrap_or_else(|| {
            let surplus = (takes.len() + 1).saturating_sub(MOST_TAKES);
            takes.drain(..surplus);
            takes.push(Running { take, heard_ms: 0, seen_ms: 0, known: Known::default() });
            takes.len() - 1
        });
        takes[place].known.clone()
    }

    /// So far `take` counts as measured.
    fn reached(&self, take: TakeId, sense: Sense, until_ms: u64) {
        if let Some(running) = self.lock().iter_mut().find(|running| running.take == take) {
            *running.until_ms(sense) = until_ms;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn until_ms(&mut self, sense: Sense) -> &mut u64 {
        match sense {
            Sense::Sound => &mut self.heard_ms,
            Sense::Picture => &mut self.seen_ms,
        }
    }
}

/// Runs until the server stops.
pub async fn run(app: Arc<App>, sense: Sense) {
    let can = match sense {
        Sense::Sound => app.analyser.transcribes(),
        Sense::Picture => app.analyser.sees_faces(),
    };
    while can && !app.stopping.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = app.stopping.cancelled() => break,
        }
        if app.analyser.is_measuring() {
            continue;
        }
        let Some(next) = furthest_behind(&app, sense) else { continue };
        let until_ms = match go_on(&app, sense, &next).await {
            Ok(Outcome::All) => next.saved_ms,
            Ok(Outcome::Interrupted) => continue,
            Err(error) => {
                let (interview, take) = (next.interview, next.take);
                tracing::debug!(%interview, %take, ?sense, error = format!("{error:#}"), "a take is measured when it is over");
                NO_MORE_MS
            }
        };
        next.session.ahead.reached(next.take, sense, until_ms);
    }
}

/// A running take of which there is more to measure.
struct Next {
    interview: InterviewId,
    session: Arc<Session>,
    take: TakeId,
    saved_ms: u64,
}

fn furthest_behind(app: &App, sense: Sense) -> Option<Next> {
    let sessions = app.live.all();
    let looked_at: Vec<TakeId> = sessions.iter().flat_map(|(_, session)| session.ahead.looked_at()).collect();
    let may = |take| sense == Sense::Sound || looked_at.len() < MOST_LOOKED_AT || looked_at.contains(&take);
    let running = sessions.into_iter().filter_map(|(interview, session)| {
        let (take, saved_ms) = session.media.saved_up_to().filter(|(take, _)| may(*take))?;
        let behind_ms = behind_ms(session.ahead.until_ms(take, sense), saved_ms)?;
        Some((behind_ms, Next { interview, session, take, saved_ms }))
    });
    running.max_by_key(|(behind_ms, _)| *behind_ms).map(|(_, next)| next)
}

/// How much there is to measure, where it is enough.
fn behind_ms(until_ms: u64, saved_ms: u64) -> Option<u64> {
    let behind_ms = saved_ms.saturating_sub(until_ms);
    (behind_ms >= LEAST_STEP_MS.max(saved_ms / STEP_SHARE)).then_some(behind_ms)
}

async fn go_on(app: &Arc<App>, sense: Sense, next: &Next) -> Result<Outcome> {
    let (id, take) = (next.interview, next.take);
    let known = next.session.ahead.begin(take);
    let interview = app.store.interview(id).await?.context("no such interview")?;
    let (language, tier) = permitted(&interview, take).context("it may not be measured, or not at once")?;
    let journal = app.journal_place(id, take).await?;
    let app = Arc::clone(app);
    worker::in_background(move || match sense {
        Sense::Sound => hear(&app, &journal, &language, &known),
        Sense::Picture => look(&app, &journal, tier, &known),
    })
    .await?
}

fn hear(app: &App, journal: &Place, language: &str, known: &Known) -> Result<Outcome> {
    match sound_so_far(&journal.path, &journal.key, &beside(journal, "heard")) {
        Ok(sound) => app.analyser.overhear(sound, language, &known.recall),
        Err(FinaliseError::NoMedia) => Ok(Outcome::All),
        Err(error) => Err(error.into()),
    }
}

fn look(app: &App, journal: &Place, tier: FaceTier, known: &Known) -> Result<Outcome> {
    let mut seen = known.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let sizes = seen.sizes();
    app.analyser.look_ahead(tier, &mut seen, |show: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>| {
        match frames_so_far(&journal.path, &journal.key, &beside(journal, "seen"), &sizes, show) {
            Ok(true) | Err(FinaliseError::NoMedia) => Ok(()),
            Ok(false) => bail!("its beginning has changed"),
            Err(error) => Err(error.into()),
        }
    })
}

/// What is kept for a moment must not meet the finaliser's own.
fn beside(journal: &Place, name: &str) -> PathBuf {
    journal.path.with_extension(name)
}

/// The language and the tier to measure a take in; none where it must not be measured, or will not be as soon as it is over.
fn permitted(interview: &Interview, take: TakeId) -> Option<(String, FaceTier)> {
    let now = clock::now();
    let answer = interview.answers.iter().find(|answer| answer.takes.iter().any(|one| one.id == take))?;
    let question = interview.position.question(&answer.question_id)?;
    let tier = analysis_permitted(interview, now).ok().filter(|_| interview.measures_early(question, now))?;
    Some((interview.answer_language(question).to_owned(), tier))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn it_is_measured_again_when_there_is_enough() {
        assert_eq!(behind_ms(0, LEAST_STEP_MS - 1), None);
        assert_eq!(behind_ms(0, LEAST_STEP_MS), Some(LEAST_STEP_MS));
        assert_eq!(behind_ms(20_000, 30_000), None);
        assert_eq!(behind_ms(600_000, 640_000), None, "long takes in longer steps");
        assert_eq!(behind_ms(600_000, 700_000), Some(100_000));
        assert_eq!(behind_ms(600_000, 0), None);
    }

    #[test]
    fn what_is_known_is_of_a_take_and_taken_once() {
        let ahead = Ahead::default();
        let [first, second] = [1, 2].map(|n| TakeId(Uuid::from_u128(n)));
        let known = ahead.begin(first);
        ahead.reached(first, Sense::Sound, 10_000);
        ahead.reached(first, Sense::Picture, 20_000);
        let is_same = |other: &Known| {
            Arc::ptr_eq(&known.recall, &other.recall) && Arc::ptr_eq(&known.seen, &other.seen)
        };
        assert!(is_same(&ahead.begin(first)));
        assert_eq!(ahead.until_ms(first, Sense::Sound), 10_000);
        assert_eq!(ahead.until_ms(first, Sense::Picture), 20_000);
        ahead.reached(first, Sense::Picture, 15_000);
        ahead.reached(second, Sense::Sound, 0);
        assert_eq!(ahead.until_ms(first, Sense::Picture), 15_000);
        assert_eq!((ahead.until_ms(first, Sense::Sound), ahead.until_ms(second, Sense::Sound)), (10_000, 0));
        assert!(ahead.take(second).is_none());
        assert!(!is_same(&ahead.begin(second)));
        assert!(ahead.take(first).is_some_and(|taken| is_same(&taken)), "while the next one runs");
        assert!(ahead.take(first).is_none());
    }

    #[test]
    fn what_is_known_of_takes_long_before_goes() {
        let ahead = Ahead::default();
        let [first, second, third] = [1, 2, 3].map(|n| TakeId(Uuid::from_u128(n)));
        for take in [first, second, third] {
            ahead.begin(take);
        }
        assert!(ahead.take(first).is_none() && ahead.take(second).is_some());
        ahead.forget();
        assert!(ahead.take(third).is_none());
    }
}
