//! Who connects next when every place of the ingest is taken: first come, first served. Pure; the caller brings the time.

use std::collections::VecDeque;

use viva_core::{id::InterviewId, time::Timestamp};

/// Who waits asks again this often.
pub const ASK_EVERY_S: u16 = 3;
/// Who has not asked for so long is passed over …
const PRESENT_MS: u64 = 12_000;
/// … and after so long has no place in the queue any more: a browser lets a page in the background ask once a minute.
const KEPT_MS: u64 = 150_000;
const MOST_WAITING: usize = 2_000;
/// How long a place is held, as long as nothing was seen of it.
const TYPICAL_MS: u64 = 15 * 60 * 1000;
const MOST_PACES: usize = 16;

/// The queue of one node.
#[derive(Debug, Default)]
pub struct Admission {
    waiting: VecDeque<Waiting>,
    /// When the queue last moved on, or began.
    moved: Timestamp,
    /// How long it took to move on, in milliseconds; the newest last.
    paces: VecDeque<u64>,
}

#[derive(Debug)]
struct Waiting {
    who: InterviewId,
    is_urgent: bool,
    heard: Timestamp,
    has_waited: bool,
}

/// The places of the ingest.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    pub free: usize,
    pub total: usize,
}

/// What somebody who asks is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A place is free; it is kept until [`Admission::admit`] or [`Admission::leave`], or until nothing is heard any more.
    Now,
    /// `place` counts from 1; `seconds` is a guess.
    Wait { place: usize, seconds: u64 },
    /// Even the queue is full.
    Crowded,
}

impl Admission {
    /// `is_urgent`: in the middle of an interview and without another way to record. These come first.
    pub fn ask(&mut self, who: InterviewId, is_urgent: bool, places: Places, now: Timestamp) -> Turn {
        self.waiting.retain(|waiting| now.since(waiting.heard) < KEPT_MS);
        let known = self.waiting.iter().position(|waiting| waiting.who == who);
        let Some(at) = known.or_else(|| self.join(who, is_urgent, now)) else { return Turn::Crowded };
        let ahead = self.waiting.iter().take(at).filter(|waiting| now.since(waiting.heard) < PRESENT_MS);
        let ahead = ahead.count();
        let waiting = &mut self.waiting[at];
        waiting.heard = now;
        if ahead < places.free {
            return Turn::Now;
        }
        waiting.has_waited = true;
        let place = ahead - places.free + 1;
        Turn::Wait { place, seconds: (place as u64 * self.pace_ms(places.total)).div_ceil(1000) }
    }

    fn join(&mut self, who: InterviewId, is_urgent: bool, now: Timestamp) -> Option<usize> {
        if self.waiting.len() >= MOST_WAITING {
            return None;
        }
        if self.waiting.is_empty() {
            self.moved = now;
        }
        let before = |waiting: &Waiting| waiting.is_urgent || !is_urgent;
        let at = self.waiting.iter().rposition(before).map_or(0, |last| last + 1);
        self.waiting.insert(at, Waiting { who, is_urgent, heard: now, has_waited: false });
        Some(at)
    }

    /// Has connected.
    pub fn admit(&mut self, who: InterviewId, now: Timestamp) {
        if !self.leave(who) {
            return;
        }
        if self.paces.len() == MOST_PACES {
            self.paces.pop_front();
        }
        self.paces.push_back(now.since(self.moved));
        self.moved = now;
    }

    /// Will not connect; says whether it had to wait.
    pub fn leave(&mut self, who: InterviewId) -> bool {
        let at = self.waiting.iter().position(|waiting| waiting.who == who);
        at.and_then(|at| self.waiting.remove(at)).is_some_and(|waiting| waiting.has_waited)
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What was seen, weighed with one guess: that a place is held for the typical time.
    fn pace_ms(&self, total: usize) -> u64 {
        let guess = TYPICAL_MS / total.max(1) as u64;
        (guess + self.paces.iter().sum::<u64>()) / (1 + self.paces.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const START: Timestamp = Timestamp(1_700_000_000_000);
    const FULL: Places = Places { free: 0, total: 10 };
    const ONE_FREE: Places = Places { free: 1, total: 10 };

    fn candidate(number: u128) -> InterviewId {
        InterviewId(Uuid::from_u128(number))
    }

    fn place(turn: Turn) -> Option<usize> {
        match turn {
            Turn::Wait { place, .. } => Some(place),
            Turn::Now | Turn::Crowded => None,
        }
    }

    #[test]
    fn who_comes_first_connects_first() {
        let mut queue = Admission::default();
        for number in 1..=3 {
            assert_eq!(place(queue.ask(candidate(number), false, FULL, START)), Some(number as usize));
        }
        // Asking again, or late, gains nothing.
        let later = START + 3_000;
        assert_eq!(place(queue.ask(candidate(3), false, ONE_FREE, later)), Some(2));
        assert_eq!(place(queue.ask(candidate(2), false, ONE_FREE, later)), Some(1));
        assert_eq!(queue.ask(candidate(1), false, ONE_FREE, later), Turn::Now);
        // The place is kept while the connection is made.
        assert_eq!(place(queue.ask(candidate(2), false, ONE_FREE, later)), Some(1));
        queue.admit(candidate(1), later);
        assert_eq!(place(queue.ask(candidate(2), false, FULL, later)), Some(1));
        assert_eq!(queue.ask(candidate(2), false, ONE_FREE, later), Turn::Now);
    }

    #[test]
    fn nobody_waits_where_there_is_room() {
        let mut queue = Admission::default();
        let room = Places { free: 5, total: 10 };
        for number in 1..=5 {
            assert_eq!(queue.ask(candidate(number), false, room, START), Turn::Now);
        }
        assert_eq!(place(queue.ask(candidate(6), false, room, START)), Some(1));
        for number in 1..=5 {
            queue.admit(candidate(number), START);
        }
        assert_eq!(queue.waiting(), 1);
        assert!(queue.paces.is_empty(), "who did not wait says nothing of the queue");
    }

    #[test]
    fn who_is_gone_is_passed_over_and_later_forgotten() {
        let mut queue = Admission::default();
        for number in 1..=2 {
            queue.ask(candidate(number), false, FULL, START);
        }
        let soon = START + PRESENT_MS;
        assert_eq!(queue.ask(candidate(2), false, ONE_FREE, soon), Turn::Now);
        // A page that slept is first again …
        assert_eq!(queue.ask(candidate(1), false, ONE_FREE, soon), Turn::Now);
        // … and one that was away too long begins at the end.
        for _ in 0..3 {
            queue.ask(candidate(3), false, FULL, soon);
        }
        let late = soon + KEPT_MS;
        assert_eq!(place(queue.ask(candidate(4), false, FULL, late)), Some(1));
        assert_eq!(place(queue.ask(candidate(1), false, FULL, late)), Some(2));
        assert_eq!(queue.waiting(), 2);
    }

    #[test]
    fn who_is_in_the_middle_of_an_answer_goes_first() {
        let mut queue = Admission::default();
        assert_eq!(place(queue.ask(candidate(1), false, FULL, START)), Some(1));
        assert_eq!(place(queue.ask(candidate(2), true, FULL, START)), Some(1));
        assert_eq!(place(queue.ask(candidate(3), true, FULL, START)), Some(2));
        assert_eq!(place(queue.ask(candidate(1), false, FULL, START)), Some(3));
    }

    #[test]
    fn the_guess_follows_what_is_seen() {
        let mut queue = Admission::default();
        let seconds = |turn| match turn {
            Turn::Wait { seconds, .. } => seconds,
            other => panic!("{other:?}"),
        };
        // Ten places of a quarter of an hour: one every 90 seconds.
        assert_eq!(seconds(queue.ask(candidate(0), false, FULL, START)), 90);
        assert_eq!(seconds(queue.ask(candidate(1), false, FULL, START)), 180);
        let mut now = START;
        for number in 0..40 {
            queue.ask(candidate(number + 1), false, FULL, now);
            now = now + 10_000;
            queue.ask(candidate(number), false, ONE_FREE, now);
            queue.admit(candidate(number), now);
        }
        let turn = queue.ask(candidate(40), false, FULL, now);
        assert!((10..20).contains(&seconds(turn)), "{turn:?}");
        assert_eq!(queue.paces.len(), MOST_PACES);
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut queue = Admission::default();
        for number in 0..MOST_WAITING as u128 {
            queue.ask(candidate(number), false, FULL, START);
        }
        let late = candidate(MOST_WAITING as u128);
        assert_eq!(queue.ask(late, false, FULL, START), Turn::Crowded);
        assert!(!queue.leave(late) && queue.leave(candidate(7)));
        assert_eq!(place(queue.ask(late, false, FULL, START)), Some(MOST_WAITING));
    }
}
