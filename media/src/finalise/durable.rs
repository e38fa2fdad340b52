//! A sealed file that appears under its name only when it is complete and durable.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::sources::beside;
use crate::recorder::sync_parent_directory;
use crate::seal::{FileKey, FileSealer, MAX_RECORD};

/// Writes a sealed file beside `path`, makes it durable and only then gives it its name. Returns the size and the SHA-256 of
/// what was sealed.
pub(super) fn write_durably(
    path: &Path,
    key: &FileKey,
    write: impl FnOnce(&mut BufWriter<Digesting>) -> io::Result<()>,
) -> io::Result<(u64, String)> {
    let temporary = beside(path, ".tmp");
    let written = write_and_sync(&temporary, key, write).and_then(|summary| {
        fs::rename(&temporary, path)?;
        sync_parent_directory(path)?;
        Ok(summary)
    });
    if written.is_err() {
        // The first error is the one to tell; a file that stays behind is overwritten by the next attempt.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_and_sync(
    path: &Path,
    key: &FileKey,
    write: impl FnOnce(&mut BufWriter<Digesting>) -> io::Result<()>,
) -> io::Result<(u64, String)> {
    let sealer = FileSealer::begin(File::create(path)?, key)?;
    let mut out = BufWriter::with_capacity(MAX_RECORD, Digesting { sealer, digest: Sha256::new(), bytes: 0 });
    write(&mut out)?;
    let Digesting { sealer, digest, bytes } = out.into_inner()?;
    sealer.finish()?.sync_all()?;
    Ok((bytes, hex::encode(digest.finalize())))
}

/// A sealed file, and the digest and count of all that was written to it.
pub(super) struct Digesting {
    sealer: FileSealer<File>,
    digest: Sha256,
    bytes: u64,
}

impl Write for Digesting {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.sealer.write(buffer)?;
        self.digest.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sealer.flush()
    }
}
