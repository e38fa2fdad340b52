//! Tables as long as the take that need the same memory for any take: a few pages of each lie in memory, the others in a
//! sealed scratch file.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::seal::{FileKey, ScratchFile};

/// Bytes of a page in the file.
const PAGE_BYTES: usize = 32 << 10;
/// Pages of a table that are kept for reading, besides the last one. Tables are read along, at two or three places.
const KEPT_PAGES: usize = 4;

/// One line of a table, of which all bytes can be told.
pub(super) trait Row: Clone {
    /// Size of a row in the file, in bytes.
    const BYTES: usize;
    /// Appends these bytes.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads them.
    fn take(fields: Fields<'_>) -> Self;
}

/// The file behind the tables of one recording. It is made when it is needed: a short take fits into memory.
///
/// Tables do not fail one by one. What cannot be written or read is zeros from then on, and [`Scratch::check`] tells.
#[derive(Clone)]
pub(super) struct Scratch(Rc<Shared>);

struct Shared {
    path: PathBuf,
    key: FileKey,
    file: RefCell<Option<ScratchFile>>,
    page: RefCell<Vec<u8>>,
    failure: Cell<Option<io::Error>>,
}

impl Scratch {
    /// The file will be at `path` for a moment, sealed with the cipher of `key`.
    pub(super) fn at(path: &Path, key: &FileKey) -> Self {
        let (path, key) = (path.to_owned(), key.clone());
        Self(Rc::new(Shared {
            path,
            key,
            file: RefCell::default(),
            page: RefCell::default(),
            failure: Cell::default(),
        }))
    }

    /// Must be asked before anything counts on what was read from tables since.
    ///
    /// # Errors
    /// The first failure since the last call.
    pub(super) fn check(&self) -> io::Result<()> {
        self.0.failure.take().map_or(Ok(()), Err)
    }

    fn note(&self, error: io::Error) {
        let first = self.0.failure.take();
        self.0.failure.set(first.or(Some(error)));
    }

    fn append<T: Row>(&self, rows: &[T]) -> u64 {
        let mut page = self.0.page.borrow_mut();
        page.clear();
        for row in rows {
            row.put(&mut page);
        }
        let mut file = self.0.file.borrow_mut();
        let appended = match &mut *file {
            Some(file) => file.append(&mut page),
            None => ScratchFile::create(&self.0.path, &self.0.key)
                .and_then(|created| file.insert(created).append(&mut page)),
        };
        appended.unwrap_or_else(|error| {
            self.note(error);
            u64::MAX
        })
    }

    fn read<T: Row>(&self, number: u64, rows: &mut Vec<T>) {
        let mut page = self.0.page.borrow_mut();
        page.clear();
        page.resize(Rows::<T>::A_PAGE * T::BYTES, 0);
        let read = match &*self.0.file.borrow() {
            Some(file) if number != u64::MAX => file.read(number, &mut page),
            // It was not written, which has been told.
            _ => Ok(()),
        };
        if let Err(error) = read {
            self.note(error);
            page.clear();
            page.resize(Rows::<T>::A_PAGE * T::BYTES, 0);
        }
        rows.clear();
        rows.extend(page.chunks_exact(T::BYTES).map(|bytes| T::take(Fields(bytes))));
    }
}

/// Rows one after the other, from either end.
pub(super) trait Walk<T>: DoubleEndedIterator<Item = T> + ExactSizeIterator + Clone {}

impl<T, I: DoubleEndedIterator<Item = T> + ExactSizeIterator + Clone> Walk<T> for I {}

/// A table, read by the number of a row.
pub(super) struct Rows<T> {
    scratch: Scratch,
    /// Where in the file each full page lies.
    pages: Vec<u64>,
    last: Vec<T>,
    /// Full pages and their numbers, the one that was used last first.
    kept: RefCell<Vec<(usize, Vec<T>)>>,
}

impl<T: Row> Rows<T> {
    const A_PAGE: usize = PAGE_BYTES / T::BYTES;

    pub(super) fn new(scratch: &Scratch) -> Self {
        Self { scratch: scratch.clone(), pages: Vec::new(), last: Vec::new(), kept: RefCell::default() }
    }

    /// A table of these rows.
    pub(super) fn of(scratch: &Scratch, rows: impl Iterator<Item = T>) -> Self {
        let mut table = Self::new(scratch);
        table.extend(rows);
        table
    }

    /// The file that it may lie in.
    pub(super) fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    pub(super) fn len(&self) -> usize {
        self.pages.len() * Self::A_PAGE + self.last.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, row: T) {
        if self.last.len() == Self::A_PAGE {
            self.pages.push(self.scratch.append(&self.last));
            self.last.clear();
        }
        self.last.push(row);
    }

    /// The row of this number, which must be below [`Self::len`].
    pub(super) fn get(&self, number: usize) -> T {
        let (page, at) = (number / Self::A_PAGE, number % Self::A_PAGE);
        if page == self.pages.len() {
            return self.last[at].clone();
        }
        let mut kept = self.kept.borrow_mut();
        if let Some(place) = kept.iter().position(|(number, _)| *number == page) {
            kept[..=place].rotate_right(1);
        } else {
            let oldest = if kept.len() == KEPT_PAGES { kept.pop() } else { None };
            let mut rows = oldest.map(|(_, rows)| rows).unwrap_or_default();
            self.scratch.read(self.pages[page], &mut rows);
            kept.insert(0, (page, rows));
        }
        kept[0].1[at].clone()
    }

    pub(super) fn first(&self) -> Option<T> {
        (!self.is_empty()).then(|| self.get(0))
    }

    pub(super) fn last(&self) -> Option<T> {
        self.len().checked_sub(1).map(|number| self.get(number))
    }

    pub(super) fn iter(&self) -> impl Walk<T> + '_ {
        self.range(0..self.len())
    }

    pub(super) fn range(&self, numbers: Range<usize>) -> impl Walk<T> + '_ {
        numbers.map(|number| self.get(number))
    }

    /// Keeps the first `count` rows.
    pub(super) fn truncate(&mut self, count: usize) {
        if count >= self.len() {
            return;
        }
        let page = count / Self::A_PAGE;
        if page < self.pages.len() {
            self.scratch.read(self.pages[page], &mut self.last);
            self.pages.truncate(page);
            self.kept.borrow_mut().retain(|(number, _)| *number < page);
        }
        self.last.truncate(count - page * Self::A_PAGE);
    }

    /// As [`slice::partition_point`].
    pub(super) fn partition_point(&self, holds: impl Fn(&T) -> bool) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from.midpoint(to);
            if holds(&self.get(middle)) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }
}

impl<T: Row> Extend<T> for Rows<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, rows: I) {
        rows.into_iter().for_each(|row| self.push(row));
    }
}

/// The bytes of a row, little-endian, read field by field.
pub(super) struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self.0.split_first_chunk().unwrap_or((&[0; N], &[]));
        self.0 = rest;
        *field
    }

    pub(super) fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }

    pub(super) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub(super) fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.array())
    }
}

impl Row for i64 {
    const BYTES: usize = 8;

    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }

    fn take(mut fields: Fields<'_>) -> Self {
        fields.i64()
    }
}

impl Row for (i64, i64) {
    const BYTES: usize = 16;

    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(mut fields: Fields<'_>) -> Self {
        (fields.i64(), fields.i64())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::{env, fs, process};

    use super::*;
    use crate::seal::{Cipher, DataKey};

    fn key() -> FileKey {
        DataKey::from_bytes([1; 32], Cipher::default()).file("a")
    }

    /// For tables of tests.
    pub(in crate::finalise) fn scratch() -> Scratch {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("scratch-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Scratch::at(&env::temp_dir().join(name), &key())
    }

    #[test]
    fn a_table_is_what_was_pushed_at_any_length() {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Scratch::at(&folder.path().join("scratch"), &key());
        let mut table = Rows::new(&scratch);
        let mut list = Vec::new();
        for (number, count) in [30_000, 4096, 1, 50_000, 0, 8192, 9000, 40_000].into_iter().enumerate() {
            if number % 2 == 0 {
                let rows = (0..count as i64).map(|row| row * 3 + number as i64);
                table.extend(rows.clone());
                list.extend(rows);
            } else {
                table.truncate(count);
                list.truncate(count);
            }
            assert!(table.iter().eq(list.iter().copied()), "{number}");
            assert!(table.iter().rev().eq(list.iter().rev().copied()), "{number}");
            assert_eq!((table.len(), table.first()), (list.len(), list.first().copied()));
            assert_eq!(table.last(), list.last().copied());
        }
        assert_eq!(table.partition_point(|row| *row < 3000), list.partition_point(|row| *row < 3000));
        let far: Vec<i64> =
            (0..list.len()).map(|at| at * 7919 % list.len()).map(|at| table.get(at)).collect();
        assert!(far.iter().enumerate().all(|(at, row)| *row == list[at * 7919 % list.len()]));
        scratch.check().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_failure_is_told_once_and_reads_as_zeros() {
        let scratch = Scratch::at(Path::new("/nowhere/scratch"), &key());
        let table = Rows::of(&scratch, (0..20_000).map(|row| row + 1));
        assert_eq!((table.len(), table.get(0), table.get(19_999)), (20_000, 0, 20_000));
        assert_eq!(scratch.check().unwrap_err().kind(), io::ErrorKind::NotFound);
        scratch.check().unwrap();
    }
}
