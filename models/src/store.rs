//! The folder of installed models: which of the catalog's are there, from what, and whether they are whole.
//!
//! `installed.toml` beside the models records for each the hash of the installed file and of what it was made
//! from, so that a converted file can be verified as well as one that its publisher pins.

mod install;
mod records;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::catalog::{Catalog, Conversion, Entry, Machine, Purpose, Source};
use crate::convert::ConvertError;
use crate::digest::copy_hashed;
use crate::progress::{OnProgress, Progress, Stage};

pub(crate) use install::{Content, Obtained};
use records::Records;

/// Where files lie until they are whole and verified.
const INCOMING: &str = ".incoming";

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No model of this name is in the catalog.
    #[error("there is no model called {0}; `viva models list` shows the names")]
    UnknownModel(String),
    /// The disk is full.
    #[error("the disk is full at {}; make room and run the command again", .0.display())]
    DiskFull(PathBuf),
    /// The operating system refused.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
    /// `installed.toml` is damaged.
    #[error("{} cannot be read: {reason}; remove it and import the models again", .path.display())]
    Records {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A publisher's file could not be converted.
    #[error("{name} could not be converted: {source}")]
    Convert {
        /// The model.
        name: String,
        /// What is wrong.
        source: ConvertError,
    },
}

impl StoreError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(path.to_owned()),
            _ => Self::Io { path: path.to_owned(), source },
        }
    }
}

/// A model that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Name in the catalog.
    pub name: String,
    /// The publisher's version.
    pub version: String,
    /// SPDX expression.
    pub license: String,
    /// The file.
    pub path: PathBuf,
    /// The hash that the file must have (lower-case hex): as recorded at installation, or as the catalog pins
    /// it for a file that was put there by hand.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// What the store has of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Missing,
    /// The file, of the right size; [`ModelStore::verify`] checks its hash.
    Installed(Installed),
    /// A file that is not used, and why.
    Unusable(String),
}

/// A model of the catalog and what the store has of it.
#[derive(Clone, Debug)]
pub struct ModelStatus<'a> {
    /// The model.
    pub entry: &'a Entry,
    /// What is there.
    pub state: State,
}

/// The outcome of verifying one installed model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Name in the catalog.
    pub name: String,
    /// The fault, if there is one.
    pub fault: Option<String>,
}

/// A folder of models and the catalog that describes them.
#[derive(Clone, Debug)]
pub struct ModelStore {
    folder: PathBuf,
    catalog: Catalog,
    records: Records,
}

impl ModelStore {
    /// Opens the folder with Viva's own catalog. A folder that does not exist holds nothing; it is made when
    /// the first model is installed.
    ///
    /// # Errors
    /// When the record of installed models is there and cannot be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::with_catalog(folder, Catalog::embedded().clone())
    }

    /// As [`open`](Self::open), with a catalog of one's own.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn with_catalog(folder: &Path, catalog: Catalog) -> Result<Self, StoreError> {
        let records = Records::read(folder)?;
        Ok(Self { folder: folder.to_owned(), catalog, records })
    }

    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Every model of the catalog and what is there of it. Looks at sizes only.
    pub fn list(&self) -> Vec<ModelStatus<'_>> {
        let status = |entry| ModelStatus { entry, state: self.state(entry) };
        self.catalog.entries().iter().map(status).collect()
    }

    /// The installed model of this name.
    pub fn installed(&self, name: &str) -> Option<Installed> {
        match self.state(self.catalog.get(name)?) {
            State::Installed(installed) => Some(installed),
            State::Missing | State::Unusable(_) => None,
        }
    }

    /// The file of the installed model of this name.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.installed(name).map(|installed| installed.path)
    }

    /// The best installed model of a purpose for a machine. Where none suits it, the least demanding one:
    /// slow is better than nothing.
    pub fn best(&self, purpose: Purpose, machine: Machine) -> Option<Installed> {
        let mut installed = self.catalog.of(purpose);
        installed.retain(|entry| self.installed(&entry.name).is_some());
        let suited = installed.iter().find(|entry| machine.suits(entry));
        let entry = suited.or_else(|| installed.iter().min_by_key(|entry| entry.min_memory_mib))?;
        self.installed(&entry.name)
    }

    /// Reads every installed file and compares its SHA-256. Models that are not installed are left out.
    pub fn verify(&self, on_progress: OnProgress<'_>) -> Vec<Verification> {
        let checked = self.list().into_iter().filter_map(|status| {
            let fault = match status.state {
                State::Missing => return None,
                State::Unusable(reason) => Some(reason),
                State::Installed(installed) => fault(&installed, on_progress),
            };
            Some(Verification { name: status.entry.name.clone(), fault })
        });
        checked.collect()
    }

    fn state(&self, entry: &Entry) -> State {
        let path = self.folder.join(&entry.file);
        let Ok(metadata) = fs::metadata(&path) else { return State::Missing };
        if !metadata.is_file() {
            return State::Unusable("it is not a file".to_owned());
        }
        let expected = match self.records.get(&entry.name) {
            Some(record) => Some((record.sha256.clone(), record.size)),
            None => unrecorded(entry, &path),
        };
        match expected {
            Some((_, size)) if size != metadata.len() => State::Unusable(format!(
                "it has {} bytes instead of {size}; install it again",
                metadata.len()
            )),
            Some((sha256, size)) => State::Installed(Installed {
                name: entry.name.clone(),
                version: entry.version.clone(),
                license: entry.license.clone(),
                path,
                sha256,
                size,
            }),
            None => {
                State::Unusable("it was converted elsewhere without a record; import its source".to_owned())
            }
        }
    }

    /// Which source of `entry` is installed, by position; `None` where none is recorded.
    pub(crate) fn installed_source(&self, entry: &Entry) -> Option<usize> {
        let record = self.records.get(&entry.name)?;
        self.installed(&entry.name)?;
        entry.sources.iter().position(|source| record.came_from(source))
    }
}

/// The hash and size that a file put there by hand must have: pinned by the catalog where the publisher's
/// file is the installed one; computed for the built-in model, which the catalog does not pin.
fn unrecorded(entry: &Entry, path: &Path) -> Option<(String, u64)> {
    let direct = |source: &&Source| source.convert == Conversion::None && source.parts[0].archive.is_none();
    let part = &entry.sources.iter().find(direct)?.parts[0];
    if let (Some(sha256), Some(size)) = (&part.sha256, part.size) {
        return Some((sha256.clone(), size));
    }
    let mut file = File::open(path).ok()?;
    copy_hashed(&mut file, &mut io::sink(), u64::MAX, |_| {}).ok()
}

fn fault(installed: &Installed, on_progress: OnProgress<'_>) -> Option<String> {
    let report = |done| {
        let total = Some(installed.size);
        on_progress(Progress { stage: Stage::Checking, subject: &installed.name, done, total });
    };
    let hashed = File::open(&installed.path)
        .and_then(|mut file| copy_hashed(&mut file, &mut io::sink(), u64::MAX, report));
    match hashed {
        Ok((actual, _)) if actual == installed.sha256 => None,
        Ok((actual, _)) => {
            Some(format!("its sha256 is {actual} instead of {}; install it again", installed.sha256))
        }
        Err(error) => Some(format!("it cannot be read: {error}")),
    }
}
