//! SHA-256 of files, computed in a stream.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

/// The SHA-256 of bytes in memory, as lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Copies at most `limit` bytes and returns their SHA-256 (lower-case hex) and count. `on_chunk` hears the
/// count so far.
///
/// # Errors
/// As the reader's and the writer's; `FileTooLarge` when there is more than `limit`.
pub(crate) fn copy_hashed(
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    limit: u64,
    mut on_chunk: impl FnMut(u64),
) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    let mut count = 0;
    loop {
        let length = match reader.read(&mut buffer) {
            Ok(0) => return Ok((hex::encode(hasher.finalize()), count)),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        count += length as u64;
        if count > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        hasher.update(&buffer[..length]);
        writer.write_all(&buffer[..length])?;
        on_chunk(count);
    }
}
