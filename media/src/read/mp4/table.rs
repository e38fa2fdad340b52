//! The sample table of a track: where each sample lies, and when it is shown.

use super::boxes::{Boxes, Fields, table};

/// Where a sample lies in the file, and its times in ticks of the track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) offset: u64,
    pub(super) size: u32,
    /// Composition time.
    pub(super) start: i64,
    pub(super) duration: u32,
}

#[derive(Debug)]
enum Sizes {
    Same { size: u32, count: u32 },
    Each(Vec<u32>),
}

/// A run of samples with the same value: (count, value).
#[derive(Debug, Default)]
struct Runs {
    runs: Vec<(u32, u32)>,
    run: usize,
    used: u32,
}

impl Runs {
    /// The value of the next sample; beyond the table, the last value goes on.
    fn next_value(&mut self) -> Option<u32> {
        while self.run + 1 < self.runs.len() && self.used >= self.runs[self.run].0 {
            self.run += 1;
            self.used = 0;
        }
        self.used = self.used.saturating_add(1);
        self.runs.get(self.run).map(|(_, value)| *value)
    }
}

/// The table, read from its first sample to its last.
#[derive(Debug)]
pub(super) struct SampleTable {
    durations: Runs,
    /// Composition offsets, as signed numbers: writers use negative ones in either version of the box.
    offsets: Runs,
    sizes: Sizes,
    /// (first chunk, counted from 1; samples per chunk)
    chunk_runs: Vec<(u32, u32)>,
    chunks: Vec<u64>,
    index: u32,
    decode_time: i64,
    chunk_run: usize,
    chunk: usize,
    left_in_chunk: u32,
    position: u64,
}

impl SampleTable {
    /// Reads an `stbl` box.
    pub(super) fn parse(stbl: &[u8]) -> Option<Self> {
        let full = |kind| {
            let mut fields = Fields(Boxes(stbl).find(kind)?);
            fields.version_and_flags()?;
            Some(fields)
        };
        let runs = |mut fields: Fields<'_>| -> Option<Vec<(u32, u32)>> {
            table(&mut fields, 8)?.map(|mut entry| Some((entry.u32()?, entry.u32()?))).collect()
        };
        let chunks: Option<_> = match (full(b"stco"), full(b"co64")) {
            (Some(mut fields), _) => table(&mut fields, 4)?.map(|mut e| e.u32().map(u64::from)).collect(),
            (None, Some(mut fields)) => table(&mut fields, 8)?.map(|mut e| e.u64()).collect(),
            (None, None) => None,
        };
        let chunk_runs: Option<_> =
            table(&mut full(b"stsc")?, 12)?.map(|mut e| Some((e.u32()?, e.u32()?))).collect();
        let mut sizes = full(b"stsz")?;
        let sizes = match sizes.u32()? {
            0 => Sizes::Each(table(&mut sizes, 4)?.filter_map(|mut entry| entry.u32()).collect()),
            size => Sizes::Same { size, count: sizes.u32()? },
        };
        Some(Self {
            durations: Runs { runs: runs(full(b"stts")?)?, ..Runs::default() },
            offsets: Runs { runs: full(b"ctts").and_then(runs).unwrap_or_default(), ..Runs::default() },
            sizes,
            chunk_runs: chunk_runs?,
            chunks: chunks?,
            index: 0,
            decode_time: 0,
            chunk_run: 0,
            chunk: 0,
            left_in_chunk: 0,
            position: 0,
        })
    }

    /// Back to the first sample.
    pub(super) fn rewind(&mut self) {
        for runs in [&mut self.durations, &mut self.offsets] {
            (runs.run, runs.used) = (0, 0);
        }
        (self.index, self.decode_time) = (0, 0);
        (self.chunk_run, self.chunk, self.left_in_chunk, self.position) = (0, 0, 0, 0);
    }

    pub(super) fn next_sample(&mut self) -> Option<Sample> {
        let size = match &self.sizes {
            Sizes::Same { size, count } => (self.index < *count).then_some(*size)?,
            Sizes::Each(sizes) => *sizes.get(self.index as usize)?,
        };
        while self.left_in_chunk == 0 {
            self.enter_next_chunk()?;
        }
        let duration = self.durations.next_value()?;
        let offset = self.offsets.next_value().unwrap_or(0) as i32;
        let sample = Sample {
            offset: self.position,
            size,
            start: self.decode_time.saturating_add(i64::from(offset)),
            duration,
        };
        self.index += 1;
        self.left_in_chunk -= 1;
        self.position = self.position.saturating_add(u64::from(size));
        self.decode_time = self.decode_time.saturating_add(i64::from(duration));
        Some(sample)
    }

    fn enter_next_chunk(&mut self) -> Option<()> {
        self.position = *self.chunks.get(self.chunk)?;
        self.chunk += 1;
        while let Some((first, _)) = self.chunk_runs.get(self.chunk_run + 1)
            && *first as usize <= self.chunk
        {
            self.chunk_run += 1;
        }
        self.left_in_chunk = self.chunk_runs.get(self.chunk_run)?.1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full_box(kind: &[u8; 4], words: &[u32]) -> Vec<u8> {
        let mut bytes = (12 + 4 * words.len() as u32).to_be_bytes().to_vec();
        bytes.extend(kind);
        bytes.extend([0; 4]);
        bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        bytes
    }

    #[test]
    fn samples_come_with_place_and_composition_time() {
        let stbl = [
            full_box(b"stts", &[2, 2, 10, 1, 20]),
            full_box(b"ctts", &[2, 1, 5, 2, (-5_i32) as u32]),
            full_box(b"stsc", &[2, 1, 2, 1, 2, 1, 1]),
            full_box(b"stsz", &[0, 3, 100, 50, 7]),
            full_box(b"stco", &[2, 1000, 5000]),
        ]
        .concat();
        let mut table = SampleTable::parse(&stbl).unwrap();
        let samples: Vec<_> = std::iter::from_fn(|| table.next_sample()).collect();
        let sample = |offset, size, start, duration| Sample { offset, size, start, duration };
        assert_eq!(samples, [sample(1000, 100, 5, 10), sample(1100, 50, 5, 10), sample(5000, 7, 15, 20)]);
    }

    #[test]
    fn counts_beyond_the_box_are_not_believed() {
        let stbl = [
            full_box(b"stts", &[u32::MAX, 1, 1]),
            full_box(b"stsc", &[u32::MAX, 1, u32::MAX, 1]),
            full_box(b"stsz", &[0, u32::MAX, 9]),
            full_box(b"stco", &[u32::MAX, 4]),
        ]
        .concat();
        let mut table = SampleTable::parse(&stbl).unwrap();
        assert!(table.next_sample().is_some());
        assert!(table.next_sample().is_none());
    }
}
