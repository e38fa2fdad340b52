//! Putting a model in place: conversion, then one atomic rename, then the record.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::records::{PartRecord, Record};
use super::{INCOMING, Installed, ModelStore, StoreError};
use crate::catalog::{Conversion, Source};
use crate::convert::{self, ConvertError};
use crate::digest::sha256;
use crate::progress::{OnProgress, Progress, Stage};

/// A part's bytes: in memory, or in a file of the incoming folder, which installing uses up.
pub(crate) enum Content {
    Bytes(Vec<u8>),
    File(PathBuf),
}

/// A part that was obtained and verified.
pub(crate) struct Obtained {
    pub(crate) content: Content,
    pub(crate) sha256: String,
    /// The SHA-256 of the archive that pinned it.
    pub(crate) archive_sha256: Option<String>,
}

impl ModelStore {
    /// The folder, made if need be, for files that are not yet whole and verified.
    pub(crate) fn incoming(&self) -> Result<PathBuf, StoreError> {
        let incoming = self.folder.join(INCOMING);
        fs::create_dir_all(&incoming).map_err(|error| StoreError::io(&incoming, error))?;
        Ok(incoming)
    }

    /// Installs the model `name` from the verified parts of one of its sources.
    pub(crate) fn install(
        &mut self,
        name: &str,
        source: &Source,
        parts: Vec<Obtained>,
        on_progress: OnProgress<'_>,
    ) -> Result<Installed, StoreError> {
        let entry = self.catalog.get(name).ok_or_else(|| StoreError::UnknownModel(name.to_owned()))?;
        let path = self.folder.join(&entry.file);
        let partial = self.incoming()?.join(&entry.file);
        let records = parts.iter().zip(&source.parts).map(|(obtained, part)| PartRecord {
            file: part.file.clone(),
            sha256: obtained.sha256.clone(),
            archive_sha256: obtained.archive_sha256.clone(),
        });
        let records: Vec<PartRecord> = records.collect();

        let (file, hash) = if source.convert == Conversion::None {
            let Some(part) = parts.into_iter().next() else {
                return Err(StoreError::UnknownModel(name.to_owned()));
            };
            match part.content {
                Content::File(file) => (file, part.sha256),
                Content::Bytes(bytes) => (written(&partial, &bytes)?, part.sha256),
            }
        } else {
            on_progress(Progress { stage: Stage::Converting, subject: name, done: 0, total: None });
            let parts: Vec<Vec<u8>> =
                parts.into_iter().map(|part| bytes(part.content)).collect::<Result<_, _>>()?;
            let model = converted(source.convert, &parts)
                .map_err(|source| StoreError::Convert { name: name.to_owned(), source })?;
            (written(&partial, &model)?, sha256(&model))
        };

        let size = fs::metadata(&file).map_err(|error| StoreError::io(&file, error))?.len();
        fs::rename(&file, &path)
            .and_then(|()| File::open(&self.folder)?.sync_all())
            .map_err(|error| StoreError::io(&path, error))?;
        let record = Record {
            name: name.to_owned(),
            file: entry.file.clone(),
            sha256: hash.clone(),
            size,
            convert: source.convert,
            installed_by: concat!("viva ", env!("CARGO_PKG_VERSION")).to_owned(),
            parts: records,
        };
        let (version, license) = (entry.version.clone(), entry.license.clone());
        self.records.put(&self.folder, record)?;
        Ok(Installed { name: name.to_owned(), version, license, path, sha256: hash, size })
    }
}

fn converted(conversion: Conversion, parts: &[Vec<u8>]) -> Result<Vec<u8>, ConvertError> {
    match (conversion, parts) {
        (Conversion::Tflite, [graph]) => convert::tflite::to_onnx(graph),
        (Conversion::Faceapi, [manifest, shard]) => convert::faceapi::expression_to_onnx(manifest, shard),
        (Conversion::Tokenizer, [graph, tokenizer]) => convert::tokenizer::into_graph(graph, tokenizer),
        _ => Err(ConvertError::Unsupported("a conversion with other parts than it takes".to_owned())),
    }
}

fn bytes(content: Content) -> Result<Vec<u8>, StoreError> {
    match content {
        Content::Bytes(bytes) => Ok(bytes),
        Content::File(path) => {
            let bytes = fs::read(&path).map_err(|error| StoreError::io(&path, error))?;
            fs::remove_file(&path).map_err(|error| StoreError::io(&path, error))?;
            Ok(bytes)
        }
    }
}

/// Writes a file and waits until its bytes are durable; returns its path.
fn written(path: &Path, bytes: &[u8]) -> Result<PathBuf, StoreError> {
    let write = || -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| StoreError::io(path, error))?;
    Ok(path.to_owned())
}
