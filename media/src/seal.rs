//! Sealing: nothing of an interview lies on a disk in the clear.
//!
//! An interview has one [`DataKey`]; a [`MasterKey`] of the node wraps it. Each file has a [`FileKey`]: the data key and
//! the file's name for itself, so that files cannot be exchanged, not even within an interview. Erasing the data key
//! erases every copy of every file.
//!
//! Two forms, of the same records of at most [`MAX_RECORD`] bytes:
//! - a **log** ([`LogSealer`], [`LogReader`]) grows while it is written and may be cut off anywhere: journals;
//! - a **file** ([`FileSealer`], [`SealedFile`]) is written once and read at any place: recordings.
//!
//! Both begin with a header (a log has one for each time it was opened for writing):
//!
//! | bytes | field |
//! |---|---|
//! | 8 | magic `VIVASEAL` |
//! | 1 | format version, 1 |
//! | 1 | cipher: 1 AES-256-GCM, 2 SM4-GCM |
//! | 1 | form: 1 log, 2 file |
//! | 5 | zero |
//! | 32 | salt, random |
//!
//! The key of what follows is HKDF-SHA256 (RFC 5869) of the data key, the salt, and as info: the header's first 16
//! bytes, its place in the file (u64, big-endian), and the file's name. So a header that was
//! changed, moved or exchanged makes a key that opens nothing.
//!
//! Records are numbered from 0, and their nonce is {number, 11 bytes, big-endian; 1 for the last record, else 0}, as in
//! the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) that age uses: what is cut off, doubled, left out
//! or exchanged does not open. In a file each record but the last holds [`MAX_RECORD`] bytes; in a log each is preceded
//! by its length (u32, little-endian, the highest bit set in the last one). A tag of 16 bytes follows each.
//!
//! What a process needs to put aside for a while goes into a [`ScratchFile`], whose key is nowhere else.

mod cipher;
mod file;
mod log;
mod master;
mod scratch;

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

pub use cipher::Cipher;
pub use file::{FileSealer, SealedFile};
pub use log::{LogReader, LogSealer};
pub use master::{MasterKey, MasterKeyId, UnwrapError, WRAPPED_LEN};
pub(crate) use scratch::ScratchFile;

use cipher::RecordCipher;

/// Largest plain text of one record, in bytes.
pub const MAX_RECORD: usize = 1 << 16;
/// Size of a header in bytes.
pub const HEADER_LEN: usize = 48;
/// Size of a key in bytes.
pub const KEY_LEN: usize = 32;

const MAGIC: &[u8; 8] = b"VIVASEAL";
const VERSION: u8 = 1;
const FIXED_LEN: usize = 16;

/// The key of one interview: 256 random bits, and the cipher of what is sealed with it.
#[derive(Clone)]
pub struct DataKey {
    secret: Arc<Zeroizing<[u8; KEY_LEN]>>,
    cipher: Cipher,
}

/// The key of one file.
#[derive(Clone)]
pub struct FileKey {
    data_key: DataKey,
    name: Arc<str>,
}

/// Where a sealed log or file is read from, at any place.
pub trait ReadAt {
    /// Reads at most `buffer.len()` bytes at `offset`; 0 at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

impl ReadAt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }
}

/// What does not open: it was changed, cut off, exchanged, or sealed with another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the seal is broken: changed, cut off, exchanged, or sealed with another key")]
pub struct BrokenSeal;

impl From<BrokenSeal> for io::Error {
    fn from(broken: BrokenSeal) -> Self {
        Self::new(io::ErrorKind::InvalidData, broken)
    }
}

/// Whether `error` says that a seal is broken.
pub fn is_broken_seal(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<BrokenSeal>)
}

impl DataKey {
    /// A new random key.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn random(cipher: Cipher) -> io::Result<Self> {
        let mut secret = Zeroizing::new([0; KEY_LEN]);
        getrandom::fill(&mut *secret).map_err(io::Error::other)?;
        Ok(Self { secret: Arc::new(secret), cipher })
    }

    /// A key whose bytes are known.
    pub fn from_bytes(secret: [u8; KEY_LEN], cipher: Cipher) -> Self {
        Self { secret: Arc::new(Zeroizing::new(secret)), cipher }
    }

    /// The cipher of everything that is newly sealed with it.
    pub fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// The key of the file that calls itself `name`, such as `recording:{interview}:{take}`.
    pub fn file(&self, name: &str) -> FileKey {
        FileKey { data_key: self.clone(), name: name.into() }
    }

    fn derive(&self, salt: &[u8], info: &[&[u8]], key: &mut [u8]) {
        let derived = Hkdf::<Sha256>::new(Some(salt), &**self.secret).expand_multi_info(info, key);
        // 255 times the hash's 32 bytes could be derived.
        assert!(derived.is_ok(), "a key is at most 32 bytes long");
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").field("cipher", &self.cipher).finish_non_exhaustive()
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a header says of the records behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Log = 1,
    File = 2,
}

impl FileKey {
    /// A header to be written at `place`, and the cipher of the records behind it.
    fn begin(&self, form: Form, place: u64) -> io::Result<([u8; HEADER_LEN], RecordCipher)> {
        let mut header = [0; HEADER_LEN];
        header[..8].copy_from_slice(MAGIC);
        header[8..11].copy_from_slice(&[VERSION, self.data_key.cipher.code(), form as u8]);
        getrandom::fill(&mut header[FIXED_LEN..]).map_err(io::Error::other)?;
        let cipher = self.records(&header, self.data_key.cipher, place);
        Ok((header, cipher))
    }

    /// The cipher of the records behind the header read at `place`.
    fn resume(&self, header: &[u8; HEADER_LEN], form: Form, place: u64) -> Result<RecordCipher, BrokenSeal> {
        if header[..8] != *MAGIC || header[8] != VERSION || header[10] != form as u8 {
            return Err(BrokenSeal);
        }
        let cipher = Cipher::from_code(header[9]).ok_or(BrokenSeal)?;
        Ok(self.records(header, cipher, place))
    }

    fn records(&self, header: &[u8; HEADER_LEN], cipher: Cipher, place: u64) -> RecordCipher {
        let (fixed, salt) = header.split_at(FIXED_LEN);
        RecordCipher::new(cipher, |key| {
            self.data_key.derive(salt, &[fixed, &place.to_be_bytes(), self.name.as_bytes()], key);
        })
    }
}

/// Fills `buffer` from `offset` on, as far as the source reaches; returns the bytes read.
fn read_up_to_at(source: &impl ReadAt, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
