//! Room on the disk of the recordings: reserved before a take starts, and used in named steps as it gets less.
//!
//! `ample` → `low`: operators are warned → `narrow`: recordings get a lower bitrate → `full`: no new take starts. What
//! runs already is never cut off: the last of the room is kept for it.

use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Serialize;
use viva_core::{id::InterviewId, time::Timestamp};

use crate::{app::App, clock};

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Ample,
    Low,
    Narrow,
    Full,
}

impl Step {
    /// The step for so many bytes that are free and not reserved, where `least` are kept for takes that run.
    fn of(unreserved: u64, least: u64) -> Self {
        match unreserved {
            bytes if bytes < least => Self::Full,
            bytes if bytes < least.saturating_mul(2) => Self::Narrow,
            bytes if bytes < least.saturating_mul(4) => Self::Low,
            _ => Self::Ample,
        }
    }
}

/// A take without an answer time is expected to last this long, in seconds.
const UNTIMED_S: u64 = 30 * 60;
/// Opus at its usual rate, with headers, in kbit/s.
const AUDIO_KBPS: u64 = 64;
/// The journal, and the recording made of it.
const COPIES: u64 = 2;
/// Of the room kept for takes that run, this part is not even for pieces of copies.
const LAST_PART: u64 = 8;
const WATCH_EVERY: Duration = Duration::from_secs(15);

/// Enough to see a face speak, at 360 lines or so.
const NARROW_KBPS: u32 = 600;

/// What a look at the disk shows.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Reserved or not, in bytes.
    pub free: u64,
    pub step: Step,
}

/// The data folder's room.
pub struct Room {
    folder: PathBuf,
    /// Kept for takes that run, in bytes.
    least: u64,
    max_bitrate_kbps: u32,
    bytes_per_second: u64,
    reserved: Mutex<HashMap<InterviewId, Reservation>>,
}

#[derive(Clone, Copy, Debug)]
struct Reservation {
    bytes: u64,
    until: Timestamp,
}

impl Room {
    pub fn new(folder: PathBuf, least_free_mb: u64, max_bitrate_kbps: u32) -> Self {
        let bytes_per_second = (u64::from(max_bitrate_kbps) + AUDIO_KBPS) * 1000 / 8 * COPIES;
        Self {
            folder,
            least: least_free_mb << 20,
            max_bitrate_kbps,
            bytes_per_second,
            reserved: Mutex::default(),
        }
    }

    fn free(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.folder)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// A disk that cannot even be asked has no room.
    pub fn look(&self, now: Timestamp) -> Look {
        let free = self.free().unwrap_or(0);
        Look { free, step: Step::of(free.saturating_sub(self.reserved(now, None)), self.least) }
    }

    /// The bitrate a new recording's picture may have, in kbit/s.
    pub fn max_bitrate_kbps(&self, now: Timestamp) -> u32 {
        let is_narrow = self.look(now).step >= Step::Narrow;
        if is_narrow { self.max_bitrate_kbps.min(NARROW_KBPS) } else { self.max_bitrate_kbps }
    }

    /// Reserves what a take of `answer_s` seconds needs (`None`: no limit) that begins after at most `think_s`, in place of
    /// what the interview had reserved before. Ends by itself with that time. False when there is no room for it.
    pub fn reserve(
        &self,
        interview: InterviewId,
        think_s: u64,
        answer_s: Option<u64>,
        now: Timestamp,
    ) -> io::Result<bool> {
        let unreserved = self.free()?.saturating_sub(self.reserved(now, Some(interview)));
        let answer_s = answer_s.unwrap_or(UNTIMED_S);
        let bytes = answer_s * self.bytes_per_second;
        if Step::of(unreserved.saturating_sub(bytes), self.least) == Step::Full {
            return Ok(false);
        }
        let until = now + (think_s + answer_s) * 1000;
        self.lock().insert(interview, Reservation { bytes, until });
        Ok(true)
    }

    /// Whether even a piece of a copy of a take that runs has no room any more.
    pub fn is_exhausted(&self) -> io::Result<bool> {
        Ok(self.free()? < self.least / LAST_PART)
    }

    fn reserved(&self, now: Timestamp, except: Option<InterviewId>) -> u64 {
        let mut reserved = self.lock();
        reserved.retain(|_, reservation| reservation.until > now);
        reserved.iter().filter(|(id, _)| Some(**id) != except).map(|(_, held)| held.bytes).sum()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<InterviewId, Reservation>> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells operators whenever the step changes, until the server stops.
pub async fn watch(app: Arc<App>) {
    let mut told = Step::Ample;
    while !app.stopping.is_cancelled() {
        let Look { free, step } = app.room.look(clock::now());
        if step != told {
            let free_mb = free >> 20;
            match step {
                Step::Ample => tracing::info!(free_mb, "disk room: ample again"),
                Step::Low => tracing::warn!(free_mb, "disk room: low; free some soon"),
                Step::Narrow => {
                    tracing::warn!(free_mb, "disk room: narrow; new recordings get a lower bitrate");
                }
                Step::Full => {
                    tracing::error!(free_mb, "disk room: full; no new take starts, running ones go on");
                }
            }
            told = step;
        }
        tokio::select! {
            () = tokio::time::sleep(WATCH_EVERY) => {}
            () = app.stopping.cancelled() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    #[test]
    fn less_room_is_used_in_steps() {
        let step = |unreserved| Step::of(unreserved, 100);
        assert_eq!([0, 99, 100, 199, 200, 399, 400].map(step), {
            use Step::{Ample, Full, Low, Narrow};
            [Full, Full, Narrow, Narrow, Low, Low, Ample]
        });
    }

    #[test]
    fn what_is_reserved_is_not_given_twice() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let of = |least_free_mb| Room::new(folder.path().into(), least_free_mb, 2500);
        let free_mb = of(0).free()? >> 20;
        // 60 s need 37 MB; others may use the disk meanwhile.
        let room = of(free_mb - 600);
        let id = |n| InterviewId(Uuid::from_u128(n));
        let mut held = 0;
        while room.reserve(id(held), 0, Some(60), NOW)? {
            held += 1;
        }
        assert!((5..20).contains(&held), "{held} takes of 37 MB in 600 MB");
        // Again for the same interview is no second reservation.
        assert!(room.reserve(id(0), 0, Some(60), NOW)?);
        // When their time is over, there is room for others.
        assert!(room.reserve(id(100), 0, Some(60), NOW + 61_000)?);
        assert!(!of(free_mb + 600).reserve(id(1), 0, Some(1), NOW)?);
        assert!(!room.is_exhausted()?);
        Ok(())
    }
}
