//! A stretch of a copy without a hole, read as if it were a file.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use super::chunks::Extent;
use crate::finalise::JournalBytes;

/// Extents that follow one another in the copy, though not in the journal.
pub(super) struct Stretch {
    journal: Arc<dyn JournalBytes>,
    extents: Arc<[Extent]>,
    /// Counted from the beginning of the stretch.
    position: u64,
}

impl Stretch {
    pub(super) fn new(journal: Arc<dyn JournalBytes>, extents: Arc<[Extent]>) -> Self {
        Self { journal, extents, position: 0 }
    }

    pub(super) fn length(&self) -> u64 {
        let ends = self.extents.first().zip(self.extents.last());
        ends.map_or(0, |(first, last)| last.offset + last.bytes - first.offset)
    }
}

/// Where `bytes` bytes at `position` of a stretch lie in the journal: (offset, bytes), as far as the stretch reaches.
pub(super) fn locate(
    extents: &[Extent],
    position: u64,
    bytes: u64,
) -> impl Iterator<Item = (u64, u64)> + use<'_> {
    let from = extents.first().map_or(0, |first| first.offset) + position;
    let to = from + bytes;
    let first = extents.partition_point(|extent| extent.offset + extent.bytes <= from);
    extents[first..].iter().take_while(move |extent| extent.offset < to).map(move |extent| {
        let start = from.max(extent.offset);
        let end = to.min(extent.offset + extent.bytes);
        (extent.journal_offset + (start - extent.offset), end - start)
    })
}

impl Read for Stretch {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((offset, bytes)) = locate(&self.extents, self.position, buffer.len() as u64).next() else {
            return Ok(0);
        };
        let count = bytes as usize;
        self.journal.read_exact_at(&mut buffer[..count], offset)?;
        self.position += bytes;
        Ok(count)
    }
}

impl Seek for Stretch {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.length().checked_add_signed(by),
        };
        self.position = target.filter(|&at| at <= self.length()).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bytes(&'static [u8]);

    impl JournalBytes for Bytes {
        fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
            let from = offset as usize;
            buffer.copy_from_slice(&self.0[from..from + buffer.len()]);
            Ok(())
        }
    }

    #[test]
    fn reads_across_extents_in_the_order_of_the_copy() {
        let extents: Arc<[Extent]> = Arc::new([
            Extent { offset: 100, journal_offset: 6, bytes: 4 },
            Extent { offset: 104, journal_offset: 1, bytes: 3 },
        ]);
        let mut stretch = Stretch::new(Arc::new(Bytes(b".efg..abcd.")), Arc::clone(&extents));
        let mut all = String::new();
        stretch.read_to_string(&mut all).unwrap();
        assert_eq!(all, "abcdefg");
        stretch.seek(SeekFrom::End(-5)).unwrap();
        let mut two = [0; 2];
        stretch.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"cd");
        assert!(stretch.seek(SeekFrom::Current(4)).is_err());
        assert_eq!(locate(&extents, 2, 3).collect::<Vec<_>>(), [(8, 2), (1, 1)]);
        assert_eq!(locate(&extents, 6, 9).collect::<Vec<_>>(), [(3, 1)]);
    }
}
