//! A sealed scratch file: pages that are written once and read again by the same process, under a key that nothing but
//! its memory has.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::cipher::{RecordCipher, TAG_LEN};
use super::{BrokenSeal, FileKey, MAX_RECORD, read_up_to_at};

/// Nobody else can read it, and it is gone with the process, however that ends.
pub(crate) struct ScratchFile {
    file: File,
    cipher: RecordCipher,
    pages: u64,
}

impl ScratchFile {
    /// Creates the file at `path` and takes its name away again. It is sealed with the cipher of `key`, but not with the
    /// key.
    ///
    /// # Errors
    /// What the file system says; when the operating system gives no random bytes.
    pub(crate) fn create(path: &Path, key: &FileKey) -> io::Result<Self> {
        let mut random = Ok(());
        let cipher = RecordCipher::new(key.data_key.cipher, |key| random = getrandom::fill(key));
        random.map_err(io::Error::other)?;
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        fs::remove_file(path)?;
        Ok(Self { file, cipher, pages: 0 })
    }

    /// Seals `page`, of at most [`MAX_RECORD`] bytes, and writes it. Returns its number. What is left in `page` is of no
    /// use.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn append(&mut self, page: &mut Vec<u8>) -> io::Result<u64> {
        let number = self.pages;
        let tag = self.cipher.seal(number, false, page);
        page.extend(tag);
        self.file.write_all_at(page, place(number))?;
        self.pages += 1;
        Ok(number)
    }

    /// Reads the page of this number, whose length is that of `page`.
    ///
    /// # Errors
    /// `InvalidData` when it is not what was written; what the file system says.
    pub(crate) fn read(&self, number: u64, page: &mut Vec<u8>) -> io::Result<()> {
        let length = page.len();
        page.resize(length + TAG_LEN, 0);
        if read_up_to_at(&self.file, page, place(number))? < page.len() {
            return Err(BrokenSeal.into());
        }
        let (text, tag) = page.split_at_mut(length);
        let tag = <[u8; TAG_LEN]>::try_from(&*tag).map_err(|_| BrokenSeal)?;
        self.cipher.open(number, false, text, tag)?;
        page.truncate(length);
        Ok(())
    }
}

fn place(number: u64) -> u64 {
    number * (MAX_RECORD + TAG_LEN) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{Cipher, DataKey};

    #[test]
    fn pages_come_back_and_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scratch");
        for cipher in [Cipher::Aes256Gcm, Cipher::Sm4Gcm] {
            let key = DataKey::from_bytes([1; 32], cipher).file("a");
            let mut scratch = ScratchFile::create(&path, &key).unwrap();
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
            for number in 0..3_u8 {
                assert_eq!(scratch.append(&mut vec![number; 1000]).unwrap(), u64::from(number));
            }
            for number in [2_u8, 0, 1] {
                let mut page = vec![0; 1000];
                scratch.read(number.into(), &mut page).unwrap();
                assert_eq!(page, [number; 1000]);
            }
            let mut lies = [0; 1000];
            scratch.file.read_exact_at(&mut lies, place(1)).unwrap();
            assert_ne!(lies, [1; 1000], "not in the clear");
            scratch.file.write_all_at(&[lies[5] ^ 1], place(1) + 5).unwrap();
            assert!(scratch.read(1, &mut vec![0; 1000]).is_err());
        }
    }
}
