//! One verified file after another, in the store's incoming folder.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use reqwest::Url;

use super::transfer::Transfer;
use super::{FetchError, FetchOptions, Mirror};
use crate::catalog::{Archive, Part, Source};
use crate::digest::copy_hashed;
use crate::progress::{OnProgress, Progress, Stage};
use crate::store::StoreError;

/// A file to download, pinned.
pub(super) struct Download {
    file: String,
    pub(super) sha256: String,
    size: u64,
    urls: Vec<String>,
}

impl Download {
    /// Nothing for a part that is not pinned by itself.
    pub(super) fn of_part(part: &Part) -> Option<Self> {
        let (sha256, size) = (part.sha256.clone()?, part.size?);
        Some(Self { file: part.file.clone(), sha256, size, urls: part.urls.clone() })
    }

    pub(super) fn of_archive(archive: &Archive) -> Self {
        let Archive { file, sha256, size, urls } = archive.clone();
        Self { file, sha256, size, urls }
    }
}

pub(super) struct Downloads<'a> {
    incoming: PathBuf,
    options: &'a FetchOptions,
    client: reqwest::Client,
    pub(super) on_progress: OnProgress<'a>,
    kept: BTreeSet<PathBuf>,
}

impl<'a> Downloads<'a> {
    pub(super) fn new(
        incoming: PathBuf,
        options: &'a FetchOptions,
        on_progress: OnProgress<'a>,
    ) -> Result<Self, FetchError> {
        let client = super::client(options.stall)?;
        Ok(Self { incoming, options, client, on_progress, kept: BTreeSet::new() })
    }

    /// Whether there is anywhere to look for a source.
    pub(super) fn can_have(&self, source: &Source) -> bool {
        self.options.mirror.is_some() || source.can_be_fetched()
    }

    /// Downloads a file that stays in the incoming folder until [`clean_up`](Self::clean_up).
    pub(super) async fn keep(&mut self, download: &Download) -> Result<PathBuf, FetchError> {
        let path = self.incoming.join(&download.sha256);
        if !self.kept.contains(&path) {
            self.get(download).await?;
            self.kept.insert(path.clone());
        }
        Ok(path)
    }

    pub(super) fn clean_up(self) {
        for path in self.kept {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(error = %error, "a downloaded archive could not be removed");
            }
        }
    }

    /// Downloads a file and verifies it; the result belongs to the caller.
    pub(super) async fn get(&mut self, download: &Download) -> Result<PathBuf, FetchError> {
        let verified = self.incoming.join(&download.sha256);
        let part = self.incoming.join(format!("{}.part", download.sha256));
        let mut failure = None;
        for url in self.addresses(download)? {
            match self.get_from(&url, download, &part).await {
                Ok(()) => {
                    fs::rename(&part, &verified).map_err(|error| StoreError::io(&verified, error))?;
                    return Ok(verified);
                }
                Err(FetchError::Store(error)) => return Err(error.into()),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| FetchError::ImportOnly(download.file.clone())))
    }

    fn addresses(&self, download: &Download) -> Result<Vec<Address>, FetchError> {
        match &self.options.mirror {
            Some(Mirror::Folder(folder)) => Ok(vec![Address::File(folder.join(&download.file))]),
            Some(Mirror::Url(prefix)) => Ok(vec![address(&format!("{prefix}/{}", download.file))?]),
            None => download.urls.iter().map(|url| address(url)).collect(),
        }
    }

    async fn get_from(&self, address: &Address, download: &Download, part: &Path) -> Result<(), FetchError> {
        let report = |stage, done| {
            let total = Some(download.size);
            (self.on_progress)(Progress { stage, subject: &download.file, done, total });
        };
        let shown = match address {
            Address::Url(url) => {
                let (client, options) = (&self.client, self.options);
                let transfer = Transfer { client, options, url, size: download.size, part };
                transfer.run(&|done| report(Stage::Downloading, done)).await?;
                shown(url)
            }
            Address::File(path) => {
                copy(path, part, download.size, &|done| report(Stage::Downloading, done))?;
                path.display().to_string()
            }
        };
        report(Stage::Checking, 0);
        let (actual, size) = hash(part).await?;
        if actual == download.sha256 {
            report(Stage::Checking, size);
            return Ok(());
        }
        fs::remove_file(part).map_err(|error| StoreError::io(part, error))?;
        Err(FetchError::Hash { url: shown, expected: download.sha256.clone(), actual })
    }
}

enum Address {
    Url(Url),
    File(PathBuf),
}

fn address(text: &str) -> Result<Address, FetchError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(Address::Url).ok_or_else(|| FetchError::Address(without_query(text).to_owned()))
}

/// An address as it may be shown: neither credentials nor query.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    // These fail only for addresses without a host, which carry no credentials.
    let _: Result<(), ()> = url.set_username("").and_then(|()| url.set_password(None));
    url.into()
}

fn without_query(text: &str) -> &str {
    text.split(['?', '@']).next().unwrap_or_default()
}

fn copy(from: &Path, to: &Path, size: u64, on_chunk: &dyn Fn(u64)) -> Result<(), FetchError> {
    let unreadable = |source| FetchError::MirrorFile { path: from.to_owned(), source };
    let mut original = File::open(from).map_err(unreadable)?;
    let actual = original.metadata().map_err(unreadable)?.len();
    if actual != size {
        return Err(FetchError::Size { url: from.display().to_string(), expected: size, actual });
    }
    let mut copy = File::create(to).map_err(|error| StoreError::io(to, error))?;
    copy_hashed(&mut original, &mut copy, size, on_chunk).map_err(|error| StoreError::io(to, error))?;
    copy.sync_all().map_err(|error| StoreError::io(to, error))?;
    Ok(())
}

async fn hash(path: &Path) -> Result<(String, u64), FetchError> {
    let file = path.to_owned();
    let hashed = tokio::task::spawn_blocking(move || {
        copy_hashed(&mut File::open(file)?, &mut io::sink(), u64::MAX, |_| {})
    });
    let hashed = hashed.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    Ok(hashed.map_err(|error| StoreError::io(path, error))?)
}
