//! Which bytes of the copies the journal holds, and where.

use std::collections::BTreeMap;

/// A copy's pieces take some tens of bytes of memory each; a take of twelve hours in pieces of a second has fewer.
const MAX_EXTENTS: usize = 1 << 17;
/// A page that is loaded anew this often does not record.
const MAX_COPIES: usize = 64;
/// Far beyond any recording, and positions can be added without care.
const MAX_COPY_BYTES: u64 = 1 << 40;

/// The pieces of every copy, by the copy's number.
#[derive(Debug, Default)]
pub(in crate::finalise) struct Chunks {
    copies: BTreeMap<u32, Pieces>,
    extents: usize,
}

/// What is known of one copy. Where two chunks claim the same bytes, those that came first count.
#[derive(Debug)]
pub(in crate::finalise) struct Pieces {
    /// The estimate that came with the lowest offset: pages may correct theirs, and the order of arrival must not matter.
    started: (u64, i64),
    /// By offset; no two overlap.
    extents: BTreeMap<u64, Extent>,
}

/// Bytes of a copy that lie together in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::finalise) struct Extent {
    /// Where they begin in the copy.
    pub offset: u64,
    /// Where they begin in the journal.
    pub journal_offset: u64,
    pub bytes: u64,
}

impl Chunks {
    /// Notes that the journal holds `bytes` bytes of a copy at `journal_offset`. What exceeds the limits is left out.
    pub(in crate::finalise) fn take(&mut self, copy: u32, started_us: i64, extent: Extent) {
        let is_known = self.copies.contains_key(&copy);
        let end = extent.offset.saturating_add(extent.bytes);
        if extent.bytes == 0 || end > MAX_COPY_BYTES || !is_known && self.copies.len() == MAX_COPIES {
            return;
        }
        let started = (extent.offset, started_us);
        let pieces = self.copies.entry(copy).or_insert_with(|| Pieces { started, extents: BTreeMap::new() });
        if started.0 < pieces.started.0 {
            pieces.started = started;
        }
        for new in pieces.lacking(extent) {
            if self.extents < MAX_EXTENTS {
                self.extents += 1;
                pieces.extents.insert(new.offset, new);
            }
        }
    }

    /// The copies in the order in which they were made.
    pub(in crate::finalise) fn copies(&self) -> impl Iterator<Item = &Pieces> {
        self.copies.values()
    }
}

impl Pieces {
    /// When the copy's time zero was by the page's estimate, in microseconds since the Unix epoch.
    pub(in crate::finalise) fn started_us(&self) -> i64 {
        self.started.1
    }

    /// The parts of `extent` that no other covers.
    fn lacking(&self, extent: Extent) -> Vec<Extent> {
        let end = extent.offset + extent.bytes;
        let before = self.extents.range(..extent.offset).next_back();
        let within = self.extents.range(extent.offset..end);
        let mut lacking = Vec::new();
        let mut from = extent.offset;
        let mut note = |from: u64, to: u64| {
            if from < to {
                let journal_offset = extent.journal_offset + (from - extent.offset);
                lacking.push(Extent { offset: from, journal_offset, bytes: to - from });
            }
        };
        for known in before.into_iter().chain(within).map(|(_, known)| known) {
            note(from, known.offset);
            from = from.max(known.offset + known.bytes);
        }
        note(from, end);
        lacking
    }

    /// Runs of extents without a hole, in order.
    pub(super) fn stretches(&self) -> Vec<Vec<Extent>> {
        let mut stretches: Vec<Vec<Extent>> = Vec::new();
        for extent in self.extents.values() {
            let continued = stretches
                .last_mut()
                .filter(|run| run.last().is_some_and(|last| last.offset + last.bytes == extent.offset));
            match continued {
                Some(run) => run.push(*extent),
                None => stretches.push(vec![*extent]),
            }
        }
        stretches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(offset: u64, bytes: u64, journal_offset: u64) -> Extent {
        Extent { offset, journal_offset, bytes }
    }

    fn stretches(chunks: &[Extent]) -> Vec<Vec<Extent>> {
        let mut known = Chunks::default();
        for extent in chunks {
            known.take(1, 0, *extent);
        }
        known.copies().next().unwrap().stretches()
    }

    #[test]
    fn pieces_join_in_any_order() {
        let (a, b, c) = (chunk(0, 10, 100), chunk(10, 5, 200), chunk(20, 5, 300));
        let expected = [vec![a, b], vec![c]];
        assert_eq!(stretches(&[a, b, c]), expected);
        assert_eq!(stretches(&[c, b, a, b, a]), expected);
    }

    #[test]
    fn the_first_to_claim_bytes_keeps_them() {
        let found = stretches(&[chunk(10, 10, 1000), chunk(0, 30, 2000)]);
        assert_eq!(found, [vec![chunk(0, 10, 2000), chunk(10, 10, 1000), chunk(20, 10, 2020)]]);
        let within = stretches(&[chunk(0, 30, 1000), chunk(10, 10, 2000)]);
        assert_eq!(within, [vec![chunk(0, 30, 1000)]]);
    }

    #[test]
    fn the_estimate_with_the_lowest_offset_counts() {
        for order in [[0, 1, 2], [2, 1, 0]] {
            let mut chunks = Chunks::default();
            for number in order {
                chunks.take(1, 77 + number as i64, chunk(number * 10, 10, 0));
            }
            assert_eq!(chunks.copies().next().unwrap().started_us(), 77);
        }
    }

    #[test]
    fn impossible_pieces_are_passed_over() {
        let mut chunks = Chunks::default();
        chunks.take(1, 0, chunk(u64::MAX - 3, 10, 0));
        chunks.take(1, 0, chunk(5, 0, 0));
        assert_eq!(chunks.copies().count(), 0);
    }
}
