//! Finding the catalog's files in a folder. Files of no catalogued size or name are not even opened.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::archive::{self, Kind};
use super::{ImportError, Refusal};
use crate::catalog::{Catalog, Part};
use crate::digest::copy_hashed;
use crate::progress::{OnProgress, Progress, Stage};

const MAX_DEPTH: usize = 8;
const MAX_FILES: usize = 100_000;

/// A part of a source of an entry, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PartId {
    pub(super) entry: usize,
    pub(super) source: usize,
    pub(super) part: usize,
}

/// Where a part was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// Its name inside the archive at `path`.
    pub(super) member: Option<String>,
    /// Its own hash; absent where only the archive's is known.
    pub(super) sha256: Option<String>,
    pub(super) archive_sha256: Option<String>,
}

impl Found {
    /// The path for people: an archive's members as if it were a folder.
    pub(super) fn shown(&self) -> PathBuf {
        self.member.as_ref().map_or_else(|| self.path.clone(), |member| self.path.join(member))
    }
}

pub(super) struct Scan<'a> {
    parts: Vec<(PartId, &'a Part)>,
    sizes: HashSet<u64>,
    names: HashSet<&'a str>,
    pub(super) found: HashMap<PartId, Found>,
    pub(super) refused: Vec<Refusal>,
    pub(super) files: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Self {
        let mut parts = Vec::new();
        for (entry, model) in catalog.entries().iter().enumerate() {
            for (source, way) in model.sources.iter().enumerate() {
                parts.extend(
                    way.parts.iter().enumerate().map(|(part, data)| (PartId { entry, source, part }, data)),
                );
            }
        }
        let archives = || parts.iter().filter_map(|(_, part)| part.archive.as_ref());
        let sizes = parts.iter().filter_map(|(_, part)| part.size);
        Self {
            sizes: sizes.chain(archives().map(|archive| archive.size)).collect(),
            names: parts
                .iter()
                .map(|(_, part)| part.file.as_str())
                .chain(archives().map(|archive| archive.file.as_str()))
                .collect(),
            parts,
            found: HashMap::new(),
            refused: Vec::new(),
            files: 0,
        }
    }

    /// Searches a folder and the folders in it, in the order of their names.
    pub(super) fn folder(&mut self, root: &Path, on_progress: OnProgress<'_>) -> Result<(), ImportError> {
        let mut pending = vec![(root.to_owned(), 0)];
        while let Some((folder, depth)) = pending.pop() {
            let unreadable = |source| ImportError::Folder { path: folder.clone(), source };
            let mut paths: Vec<PathBuf> = Vec::new();
            for entry in fs::read_dir(&folder).map_err(unreadable)? {
                paths.push(entry.map_err(unreadable)?.path());
                if paths.len() + self.files > MAX_FILES {
                    return Err(ImportError::TooManyFiles { path: root.to_owned(), limit: MAX_FILES });
                }
            }
            paths.sort();
            for path in paths {
                // Links are followed to files only, so that no circle of folders is walked.
                let Ok(metadata) = fs::metadata(&path) else { continue };
                let linked = path.is_symlink();
                if metadata.is_dir() && !linked && depth < MAX_DEPTH {
                    pending.push((path, depth + 1));
                } else if metadata.is_file() {
                    self.files += 1;
                    let (subject, done) = (path.to_string_lossy(), self.files as u64);
                    on_progress(Progress { stage: Stage::Scanning, subject: &subject, done, total: None });
                    if let Err(error) = self.file(&path, metadata.len()) {
                        self.refused.push(Refusal { path, reason: error.to_string() });
                    }
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, size: u64) -> io::Result<()> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut sha256 = None;
        if self.interesting(&name, size) {
            let hashed = copy_hashed(&mut File::open(path)?, &mut io::sink(), u64::MAX, |_| {})?.0;
            self.recognise(&name, &hashed, |sha256| Found {
                path: path.to_owned(),
                member: None,
                sha256: Some(sha256.to_owned()),
                archive_sha256: None,
            });
            sha256 = Some(hashed);
        }
        match archive::kind(&name) {
            Some(kind) => self.archive(path, kind, sha256.as_deref()),
            None => Ok(()),
        }
    }

    fn archive(&mut self, path: &Path, kind: Kind, archive_sha256: Option<&str>) -> io::Result<()> {
        let mut budget = archive::MAX_UNPACKED_BYTES;
        archive::for_each_member(path, kind, |member, size, reader| {
            let name = member.rsplit('/').next().unwrap_or(member);
            let found = |sha256: Option<&str>, archive_sha256: Option<&str>| Found {
                path: path.to_owned(),
                member: Some(member.to_owned()),
                sha256: sha256.map(str::to_owned),
                archive_sha256: archive_sha256.map(str::to_owned),
            };
            // A part that its archive's hash pins.
            for (id, part) in &self.parts {
                let pinned = part.archive.as_ref().is_some_and(|a| Some(a.sha256.as_str()) == archive_sha256);
                if pinned && part.file == member {
                    self.found.entry(*id).or_insert_with(|| found(part.sha256.as_deref(), archive_sha256));
                }
            }
            // A part by itself, whatever archive it lies in.
            if self.sizes.contains(&size) || self.names.contains(name) {
                let limit = archive::MAX_MEMBER_BYTES.min(budget);
                let (hashed, count) = copy_hashed(reader, &mut io::sink(), limit, |_| {})?;
                budget -= count;
                self.recognise(name, &hashed, |sha256| found(Some(sha256), None));
            }
            Ok(true)
        })
    }

    fn interesting(&self, name: &str, size: u64) -> bool {
        self.sizes.contains(&size) || self.names.contains(name)
    }

    /// Notes every part with this hash. A file that is called like one and is none is refused.
    fn recognise(&mut self, name: &str, sha256: &str, found: impl Fn(&str) -> Found) {
        let mut known = false;
        let mut expected = Vec::new();
        for (id, part) in &self.parts {
            let archive = part.archive.as_ref();
            let unpinned = part.sha256.is_none() && archive.is_none() && part.file == name;
            if part.sha256.as_deref() == Some(sha256) || unpinned {
                known = true;
                self.found.entry(*id).or_insert_with(|| found(sha256));
            } else if archive.is_some_and(|archive| archive.sha256 == sha256) {
                known = true;
            } else if part.file == name {
                expected.extend(part.sha256.as_deref());
            } else if let Some(archive) = archive.filter(|archive| archive.file == name) {
                expected.push(&archive.sha256);
            }
        }
        if !known && !expected.is_empty() {
            expected.sort_unstable();
            expected.dedup();
            let expected = expected.join(" or ");
            let reason = format!("its sha256 is {sha256}, and a file of this name should have {expected}");
            self.refused.push(Refusal { path: found(sha256).shown(), reason });
        }
    }
}
