//! Where journals lie. A trait, so that tests can fill the disk or break it.

use std::fmt::Debug;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Opens journal files.
pub trait Storage: Debug + Send + Sync {
    /// Opens `path` for reading and writing, creates it when absent, and claims it for this caller alone.
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
    /// Returns once all written bytes are on stable storage, and the file's name with them.
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
        Ok(Box::new(DiskFile { file, path: path.to_owned(), is_named: AtomicBool::new(false) }))
    }
}

#[derive(Debug)]
struct DiskFile {
    file: File,
    path: PathBuf,
    /// Its name is durable.
    is_named: AtomicBool,
}

impl StorageFile for DiskFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.file.write_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        if !self.is_named.load(Ordering::Acquire) {
            sync_parent_directory(&self.path)?;
            self.is_named.store(true, Ordering::Release);
        }
        self.file.sync_data()
    }

    fn release(&self) -> io::Result<()> {
        self.file.unlock()
    }
}

/// Makes the directory entry of `path` durable.
pub(crate) fn sync_parent_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
