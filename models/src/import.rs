//! Models out of a folder of files that somebody brought: loose, or inside the archives of publishers and
//! package registries (`.task`, `.zip`, `.whl`, `.tgz`, `.tar.gz`).
//!
//! A file is taken for a part of a model when its SHA-256 says so, whatever it is called. A file that is
//! called like one and has another hash is refused, and the report says so. What is found is converted where
//! need be and installed.

mod archive;
mod scan;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::catalog::{Conversion, Part, Source};
use crate::digest::copy_hashed;
use crate::progress::{OnProgress, Progress, Stage};
use crate::store::{Content, Installed, ModelStore, Obtained, StoreError};
use scan::{Found, PartId, Scan};

pub(crate) use archive::read_member;

/// Why a folder could not be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The folder cannot be read.
    #[error("{}: {source}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// There is more in the folder than is searched.
    #[error("{} holds more than {limit} files; name the folder that holds the models", .path.display())]
    TooManyFiles {
        /// The folder.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The file; inside an archive, the archive's path and the member's name joined.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Models installed now.
    pub installed: Vec<Installed>,
    /// Models found that were already installed from the same or a better source.
    pub unchanged: Vec<String>,
    /// Files called like a part of a model with other bytes, damaged archives, failed conversions.
    pub refused: Vec<Refusal>,
    /// Files looked at, members of archives not counted.
    pub files: usize,
}

/// Searches `folder` and installs every model whose parts are there, each from its best source.
///
/// # Errors
/// When the folder cannot be read or has too many files, or the store cannot be written. Files that are not
/// what they are called, and damaged archives, are reported and stop nothing.
pub fn import(
    store: &mut ModelStore,
    folder: &Path,
    on_progress: OnProgress<'_>,
) -> Result<ImportReport, ImportError> {
    let catalog = store.catalog().clone();
    let mut scan = Scan::new(&catalog);
    scan.folder(folder, on_progress)?;
    let Scan { found, refused, files, .. } = scan;
    let mut report = ImportReport { refused, files, ..ImportReport::default() };

    for (position, entry) in catalog.entries().iter().enumerate() {
        let has = |index: usize, source: &Source| {
            (0..source.parts.len())
                .all(|part| found.contains_key(&PartId { entry: position, source: index, part }))
        };
        let best = entry.sources.iter().enumerate().find(|(index, source)| has(*index, source));
        let Some((index, source)) = best else { continue };
        if store.installed_source(entry).is_some_and(|installed| installed <= index) {
            report.unchanged.push(entry.name.clone());
            continue;
        }
        let parts: Result<Vec<_>, Failure> = (0..source.parts.len())
            .map(|part| {
                let location = &found[&PartId { entry: position, source: index, part }];
                obtain(store, source, &source.parts[part], location, on_progress)
            })
            .collect();
        let installed = parts.and_then(|parts| Ok(store.install(&entry.name, source, parts, on_progress)?));
        match installed {
            Ok(installed) => report.installed.push(installed),
            Err(Failure::Refused(refusal)) => report.refused.push(refusal),
            Err(Failure::Store(error @ StoreError::Convert { .. })) => {
                report.refused.push(Refusal { path: folder.join(&entry.file), reason: error.to_string() });
            }
            Err(Failure::Store(error)) => return Err(error.into()),
        }
    }
    Ok(report)
}

enum Failure {
    Refused(Refusal),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Reads a part again, now to keep it, and verifies the very bytes that are kept.
fn obtain(
    store: &ModelStore,
    source: &Source,
    part: &Part,
    found: &Found,
    on_progress: OnProgress<'_>,
) -> Result<Obtained, Failure> {
    let refuse = |reason: String| Failure::Refused(Refusal { path: found.shown(), reason });
    let (content, sha256) = if let Some(member) = &found.member {
        let bytes = read_member(&found.path, member, part.size).map_err(|error| refuse(error.to_string()))?;
        let sha256 = crate::digest::sha256(&bytes);
        (Content::Bytes(bytes), sha256)
    } else if source.convert == Conversion::None {
        let copy = store.incoming()?.join(&part.file);
        let report = |done| {
            on_progress(Progress { stage: Stage::Checking, subject: &part.file, done, total: part.size });
        };
        let mut original = File::open(&found.path).map_err(|error| refuse(error.to_string()))?;
        let mut file = File::create(&copy).map_err(|error| StoreError::io(&copy, error))?;
        let limit = part.size.unwrap_or(archive::MAX_MEMBER_BYTES);
        let (sha256, _) = copy_hashed(&mut original, &mut file, limit, report)
            .map_err(|error| StoreError::io(&copy, error))?;
        file.sync_all().map_err(|error| StoreError::io(&copy, error))?;
        (Content::File(copy), sha256)
    } else {
        let limit = part.size.unwrap_or(archive::MAX_MEMBER_BYTES);
        let mut bytes = Vec::new();
        let copied = File::open(&found.path)
            .and_then(|mut file| copy_hashed(&mut file, &mut bytes, limit, |_| {}))
            .map_err(|error| refuse(error.to_string()))?;
        (Content::Bytes(bytes), copied.0)
    };
    if found.sha256.as_ref().is_some_and(|expected| *expected != sha256) {
        return Err(refuse("it changed while it was read".to_owned()));
    }
    Ok(Obtained { content, sha256, archive_sha256: found.archive_sha256.clone() })
}
