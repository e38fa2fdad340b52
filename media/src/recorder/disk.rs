//! Where journals lie. A trait, so that tests can fill the disk or break it.

use std::fmt::Debug;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Opens journal files.
pub trait Storage: Debug + Send + Sync {
    /// Opens `path` for reading and writing, creates it when absent (durably: its directory is synced), and claims it
    /// for this caller alone.
    ///
    /// # Errors
    /// `WouldBlock` when someone else holds the claim; else what the file system says.
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>>;
}

/// An open journal file, written at explicit positions so that a failed write can be repeated.
pub trait StorageFile: Debug + Send + Sync {
    /// Reads at most `buffer.len()` bytes at `offset`; 0 at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes some of `bytes` at `offset` and returns how many.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Cuts or extends the file to `len` bytes.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Returns once all written bytes are on stable storage.
    fn sync_data(&self) -> io::Result<()>;
    /// Gives up the claim on the file.
    fn release(&self) -> io::Result<()>;
}

/// The local file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Storage for Disk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        sync_parent_directory(path)?;
        Ok(Box::new(file))
    }
}

impl StorageFile for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(self, len)
    }

    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn release(&self) -> io::Result<()> {
        self.unlock()
    }
}

/// Makes the directory entry of `path` durable.
pub(crate) fn sync_parent_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
