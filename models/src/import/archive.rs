//! Looking into archives without trusting what they say about themselves: no member is written under its own
//! name, and counts and sizes are bounded as they are read.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use zip::ZipArchive;

/// The largest member that is read, in bytes.
pub(super) const MAX_MEMBER_BYTES: u64 = 64 << 20;
/// The most members of one archive; MediaPipe's package has 760.
const MAX_MEMBERS: usize = 20_000;
/// The most bytes that one archive may unpack to.
pub(super) const MAX_UNPACKED_BYTES: u64 = 2 << 30;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
}

/// What kind of archive a file's name promises.
pub(super) fn kind(name: &str) -> Option<Kind> {
    let name = name.to_ascii_lowercase();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    if ends(&[".zip", ".whl", ".task"]) {
        return Some(Kind::Zip);
    }
    ends(&[".tgz", ".tar.gz"]).then_some(Kind::Tar)
}

/// Calls `visit` with each file's name and size, and a reader of its bytes, until it says stop (`false`). The
/// size is what the archive states; the reader ends one byte beyond [`MAX_MEMBER_BYTES`].
///
/// # Errors
/// When the archive is damaged or too large, and as `visit`'s.
pub(super) fn for_each_member(
    path: &Path,
    kind: Kind,
    mut visit: impl FnMut(&str, u64, &mut dyn Read) -> io::Result<bool>,
) -> io::Result<()> {
    match kind {
        Kind::Zip => {
            let mut archive = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)?;
            if archive.len() > MAX_MEMBERS {
                return Err(io::Error::other("the archive has too many members"));
            }
            for index in 0..archive.len() {
                let mut member = archive.by_index(index).map_err(io::Error::other)?;
                if !member.is_file() {
                    continue;
                }
                let name = member.name().map_err(io::Error::other)?.into_owned();
                let size = member.size();
                if !visit(&name, size, &mut (&mut member).take(MAX_MEMBER_BYTES + 1))? {
                    return Ok(());
                }
            }
        }
        Kind::Tar => {
            let decoder = GzDecoder::new(BufReader::new(File::open(path)?));
            let mut archive = tar::Archive::new(decoder.take(MAX_UNPACKED_BYTES));
            for (count, member) in archive.entries()?.enumerate() {
                if count >= MAX_MEMBERS {
                    return Err(io::Error::other("the archive has too many members"));
                }
                let mut member = member?;
                if !member.header().entry_type().is_file() {
                    continue;
                }
                let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
                let size = member.size();
                if !visit(&name, size, &mut (&mut member).take(MAX_MEMBER_BYTES + 1))? {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Reads the member called `name`, of `size` bytes where that is known.
///
/// # Errors
/// When there is none, it is longer than it should be, or the archive is damaged.
pub(crate) fn read_member(path: &Path, name: &str, size: Option<u64>) -> io::Result<Vec<u8>> {
    let file = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    // Downloads carry their hash for a name; publishers' archives are zip files.
    let kind = kind(&file).unwrap_or(Kind::Zip);
    let limit = size.unwrap_or(MAX_MEMBER_BYTES).min(MAX_MEMBER_BYTES);
    let mut bytes = None;
    for_each_member(path, kind, |member, _, reader| {
        if member != name {
            return Ok(true);
        }
        let mut content = Vec::new();
        reader.take(limit + 1).read_to_end(&mut content)?;
        if content.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        bytes = Some(content);
        Ok(false)
    })?;
    bytes.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("the archive has no {name}")))
}
