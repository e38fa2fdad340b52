//! Models from their publishers, or from a mirror of one's own: resumed where a download was cut, verified
//! against the catalog before anything is put in place.

mod download;
mod mirror;
mod transfer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::catalog::{Entry, Part, Source};
use crate::import::read_member;
use crate::progress::OnProgress;
use crate::store::{Content, Installed, ModelStore, Obtained, StoreError};
use download::{Download, Downloads};

pub use mirror::Mirror;

/// How models are fetched.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Where all files come from instead of their publishers, by their publishers' file names.
    pub mirror: Option<Mirror>,
    /// How often in a row an address may fail, without anything having arrived, before it is given up.
    pub attempts: u32,
    /// How long a connection may stay silent.
    pub stall: Duration,
    /// The wait before the second attempt; doubles with each that follows.
    pub retry_delay: Duration,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            mirror: None,
            attempts: 5,
            stall: Duration::from_secs(30),
            retry_delay: Duration::from_secs(1),
        }
    }
}

/// Why a model could not be fetched. Addresses are shown without credentials and query.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No source of the model has an address, and no mirror is given.
    #[error("{0} has no address to be fetched from; bring its file and run `viva models import`")]
    ImportOnly(String),
    /// An address that cannot be one.
    #[error("{0} is not an address; use http://, https:// or a folder")]
    Address(String),
    /// The server's answer is a refusal.
    #[error("{url} answered {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The connection could not be made, or was cut or silent too often.
    #[error("{url} could not be fetched: {reason}")]
    Connection {
        /// The address.
        url: String,
        /// What happened last.
        reason: String,
    },
    /// The file has another size than the catalog says.
    #[error("{url} has {actual} bytes, and the catalog says {expected}")]
    Size {
        /// The address or file.
        url: String,
        /// Bytes, by the catalog.
        expected: u64,
        /// Bytes offered.
        actual: u64,
    },
    /// The bytes are not the catalogued ones; they were deleted.
    #[error("{url} has the sha256 {actual}, and the catalog says {expected}; the download was deleted")]
    Hash {
        /// The address or file.
        url: String,
        /// SHA-256, by the catalog.
        expected: String,
        /// SHA-256 of what arrived.
        actual: String,
    },
    /// A file of the mirror's folder cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    MirrorFile {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// An archive is whole and does not hold what the catalog says.
    #[error("{archive}: {reason}")]
    Archive {
        /// The archive's file name.
        archive: String,
        /// What is wrong.
        reason: String,
    },
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a fetch did.
#[derive(Debug, Default)]
pub struct FetchReport {
    /// Models installed now.
    pub installed: Vec<Installed>,
    /// Models that were there already, whole.
    pub unchanged: Vec<String>,
    /// Models that could not be had, and why.
    pub failed: Vec<(String, FetchError)>,
}

/// Fetches and installs the models of these names, one after the other. What fails stops nothing else; what
/// is there already is left alone. A download that was cut, by the network or by the end of the process, is
/// resumed the next time.
///
/// # Errors
/// When a name is not in the catalog, or nothing can be fetched at all.
pub async fn fetch(
    store: &mut ModelStore,
    names: &[&str],
    options: &FetchOptions,
    on_progress: OnProgress<'_>,
) -> Result<FetchReport, FetchError> {
    let entries = names.iter().map(|&name| {
        store.catalog().get(name).cloned().ok_or_else(|| StoreError::UnknownModel(name.to_owned()))
    });
    let entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
    let mut downloads = Downloads::new(store.incoming()?, options, on_progress)?;
    let mut report = FetchReport::default();
    for entry in &entries {
        if store.installed(&entry.name).is_some() {
            report.unchanged.push(entry.name.clone());
            continue;
        }
        match fetch_one(store, entry, &mut downloads).await {
            Ok(installed) => report.installed.push(installed),
            Err(error) => report.failed.push((entry.name.clone(), error)),
        }
    }
    downloads.clean_up();
    Ok(report)
}

/// Tries the sources of a model in order; the first failure is the one that is told.
async fn fetch_one(
    store: &mut ModelStore,
    entry: &Entry,
    downloads: &mut Downloads<'_>,
) -> Result<Installed, FetchError> {
    let mut failure = None;
    for source in &entry.sources {
        if !downloads.can_have(source) {
            continue;
        }
        match obtain(source, downloads).await {
            Ok(parts) => return Ok(store.install(&entry.name, source, parts, downloads.on_progress)?),
            // A full disk is full for every source.
            Err(FetchError::Store(error)) => return Err(error.into()),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.unwrap_or_else(|| FetchError::ImportOnly(entry.name.clone())))
}

async fn obtain(source: &Source, downloads: &mut Downloads<'_>) -> Result<Vec<Obtained>, FetchError> {
    let mut parts = Vec::with_capacity(source.parts.len());
    for part in &source.parts {
        parts.push(obtain_part(part, downloads).await?);
    }
    Ok(parts)
}

async fn obtain_part(part: &Part, downloads: &mut Downloads<'_>) -> Result<Obtained, FetchError> {
    let Some(archive) = &part.archive else {
        let download = Download::of_part(part).ok_or_else(|| FetchError::ImportOnly(part.file.clone()))?;
        let content = Content::File(downloads.get(&download).await?);
        return Ok(Obtained { content, sha256: download.sha256, archive_sha256: None });
    };
    // Kept until the end: one archive serves several models.
    let path = downloads.keep(&Download::of_archive(archive)).await?;
    let wrong = |reason| FetchError::Archive { archive: archive.file.clone(), reason };
    let bytes = read_member(&path, &part.file, part.size).map_err(|error| wrong(error.to_string()))?;
    let sha256 = crate::digest::sha256(&bytes);
    if part.sha256.as_ref().is_some_and(|expected| *expected != sha256) {
        return Err(wrong(format!("{} has the sha256 {sha256}", part.file)));
    }
    Ok(Obtained { content: Content::Bytes(bytes), sha256, archive_sha256: Some(archive.sha256.clone()) })
}

/// An HTTPS client. The process may have chosen its cryptography already; only where it has not, ring is set.
fn client(stall: Duration) -> Result<reqwest::Client, FetchError> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster, and then its choice stands: either way there is a provider.
        let _: Result<(), Arc<_>> = rustls::crypto::ring::default_provider().install_default();
    }
    reqwest::Client::builder()
        .connect_timeout(stall)
        .user_agent(concat!("viva/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| FetchError::Client(error.to_string()))
}
