//! `installed.toml`: what is installed, and from what it was made.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::catalog::{Conversion, Source};

const FILE: &str = "installed.toml";
const PARTIAL: &str = ".installed.toml.partial";
/// Far more than a record of every model in the catalog.
const MAX_BYTES: u64 = 1 << 20;

/// One publisher's file that a model was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartRecord {
    pub(super) file: String,
    pub(super) sha256: String,
    /// SHA-256 of the archive that pinned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) archive_sha256: Option<String>,
}

/// One installed model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) sha256: String,
    pub(super) size: u64,
    pub(super) convert: Conversion,
    /// The version of Viva that converted it.
    pub(super) installed_by: String,
    #[serde(rename = "part")]
    pub(super) parts: Vec<PartRecord>,
}

impl Record {
    /// Whether the model was made from this source.
    pub(super) fn came_from(&self, source: &Source) -> bool {
        let same = |(record, part): (&PartRecord, &crate::catalog::Part)| match (&part.sha256, &part.archive)
        {
            (Some(sha256), _) => *sha256 == record.sha256,
            (None, Some(archive)) => record.archive_sha256.as_ref() == Some(&archive.sha256),
            (None, None) => record.file == part.file,
        };
        self.convert == source.convert
            && self.parts.len() == source.parts.len()
            && self.parts.iter().zip(&source.parts).all(same)
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Records {
    #[serde(rename = "model", default)]
    models: Vec<Record>,
}

impl Records {
    /// Reads the record in `folder`; a folder without one has nothing installed.
    pub(super) fn read(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        let damaged = |reason: String| StoreError::Records { path: path.clone(), reason };
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() > MAX_BYTES => return Err(damaged("it is too large".to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Ok(_) => {}
            Err(error) => return Err(StoreError::io(&path, error)),
        }
        let text = fs::read_to_string(&path).map_err(|error| damaged(error.to_string()))?;
        toml::from_str(&text).map_err(|error| damaged(error.message().to_owned()))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Record> {
        self.models.iter().find(|record| record.name == name)
    }

    /// Adds or replaces a model's record, in memory and on disk.
    pub(super) fn put(&mut self, folder: &Path, record: Record) -> Result<(), StoreError> {
        // Another process may have installed something in the meantime.
        *self = Self::read(folder)?;
        self.models.retain(|other| other.name != record.name);
        self.models.push(record);
        self.models.sort_by(|a, b| a.name.cmp(&b.name));
        let (path, partial) = (folder.join(FILE), folder.join(PARTIAL));
        let text = toml::to_string(self)
            .map_err(|error| StoreError::Records { path: path.clone(), reason: error.to_string() })?;
        fs::write(&partial, text)
            .and_then(|()| fs::File::open(&partial)?.sync_all())
            .and_then(|()| fs::rename(&partial, &path))
            .map_err(|error| StoreError::io(&path, error))
    }
}
