//! One file over HTTP into a `.part` file, resumed (RFC 9110 §14: `Range`, `If-Range`, `Content-Range`) as
//! often as the connection is cut, for as long as something arrives.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};

use super::download::shown;
use super::{FetchError, FetchOptions};
use crate::store::StoreError;

/// How much has to arrive for a cut connection not to count as a failed attempt, in bytes.
const WORTHWHILE: u64 = 64 << 10;
const MAX_DELAY: Duration = Duration::from_mins(1);

pub(super) struct Transfer<'a> {
    pub(super) client: &'a Client,
    pub(super) options: &'a FetchOptions,
    pub(super) url: &'a Url,
    /// Bytes that the file must have.
    pub(super) size: u64,
    /// Where they go; what is there already is the beginning of the file.
    pub(super) part: &'a Path,
}

/// What ended one connection before the file was whole.
enum Interruption {
    /// Another attempt may succeed.
    Passing(String),
    /// No attempt will.
    Final(FetchError),
}

impl From<StoreError> for Interruption {
    fn from(error: StoreError) -> Self {
        Self::Final(error.into())
    }
}

impl Transfer<'_> {
    /// Brings the part file to its full size. Its hash is the caller's to check.
    pub(super) async fn run(&self, on_bytes: &(dyn Fn(u64) + Sync)) -> Result<(), FetchError> {
        let mut failures = 0;
        loop {
            let before = self.have().await;
            let Err(interruption) = self.connection(before, on_bytes).await else {
                return Ok(self.forget_etag().await?);
            };
            let reason = match interruption {
                Interruption::Final(error) => return Err(error),
                Interruption::Passing(reason) => reason,
            };
            failures = if self.have().await >= before + WORTHWHILE { 1 } else { failures + 1 };
            if failures >= self.options.attempts {
                return Err(FetchError::Connection { url: shown(self.url), reason });
            }
            let delay = self.options.retry_delay.saturating_mul(1 << (failures - 1).min(16));
            sleep(delay.min(MAX_DELAY)).await;
        }
    }

    /// Bytes that are there from an earlier connection.
    async fn have(&self) -> u64 {
        fs::metadata(self.part).await.map_or(0, |metadata| metadata.len())
    }

    /// One request, resumed at `have`, and as much of its answer as arrives.
    async fn connection(&self, have: u64, on_bytes: &(dyn Fn(u64) + Sync)) -> Result<(), Interruption> {
        if have == self.size {
            return Ok(());
        }
        let have = if have > self.size { 0 } else { have };
        let mut request = self.client.get(self.url.clone());
        if have > 0 {
            request = request.header(RANGE, format!("bytes={have}-"));
            if let Ok(etag) = fs::read_to_string(self.etag_path()).await {
                // A file that has changed then comes whole instead of its rest.
                request = request.header(IF_RANGE, etag);
            }
        }
        let mut response = timeout(self.options.stall, request.send())
            .await
            .map_err(|_| Interruption::Passing(self.silence()))?
            .map_err(|error| Interruption::Passing(told(error)))?;
        let start = self.accept(&response, have).await?;
        let mut file = self.open(start).await?;
        self.remember_etag(response.headers()).await?;
        let outcome = self.receive(&mut response, &mut file, start, on_bytes).await;
        // What has arrived is kept, however the connection ended.
        let durable = file.sync_all().await.map_err(|error| StoreError::io(self.part, error).into());
        outcome.and(durable)
    }

    /// Where in the file the answer's body begins.
    async fn accept(&self, response: &Response, have: u64) -> Result<u64, Interruption> {
        let status = response.status();
        match status {
            StatusCode::OK => match response.content_length() {
                Some(actual) if actual != self.size => Err(self.wrong_size(actual)),
                _ => Ok(0),
            },
            StatusCode::PARTIAL_CONTENT => {
                let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
                let expected = format!("bytes {have}-{}/{}", self.size - 1, self.size);
                if have > 0 && range == Some(expected.as_str()) && self.same_file(response.headers()).await {
                    return Ok(have);
                }
                self.discard().await?;
                Err(Interruption::Passing("it offers another part of the file than asked for".to_owned()))
            }
            StatusCode::RANGE_NOT_SATISFIABLE => {
                self.discard().await?;
                Err(Interruption::Passing("its file has become shorter".to_owned()))
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(Interruption::Passing(format!("it answered {status}")))
            }
            _ if status.is_server_error() => Err(Interruption::Passing(format!("it answered {status}"))),
            _ => {
                Err(Interruption::Final(FetchError::Status { url: shown(self.url), status: status.as_u16() }))
            }
        }
    }

    async fn receive(
        &self,
        response: &mut Response,
        file: &mut File,
        start: u64,
        on_bytes: &(dyn Fn(u64) + Sync),
    ) -> Result<(), Interruption> {
        let mut have = start;
        loop {
            let chunk = timeout(self.options.stall, response.chunk())
                .await
                .map_err(|_| Interruption::Passing(self.silence()))?
                .map_err(|error| Interruption::Passing(told(error)))?;
            let Some(chunk) = chunk else { break };
            have += chunk.len() as u64;
            if have > self.size {
                self.discard().await?;
                return Err(self.wrong_size(have));
            }
            file.write_all(&chunk).await.map_err(|error| StoreError::io(self.part, error))?;
            on_bytes(have);
        }
        file.flush().await.map_err(|error| StoreError::io(self.part, error))?;
        if have < self.size {
            return Err(Interruption::Passing(format!("it was cut after {have} of {} bytes", self.size)));
        }
        Ok(())
    }

    async fn open(&self, start: u64) -> Result<File, StoreError> {
        let mut options = OpenOptions::new();
        if start == 0 {
            options.write(true).create(true).truncate(true);
        } else {
            options.append(true);
        }
        options.open(self.part).await.map_err(|error| StoreError::io(self.part, error))
    }

    /// Forgets what has arrived: it is not the beginning of the file.
    async fn discard(&self) -> Result<(), StoreError> {
        remove_if_there(self.part).await
    }

    /// Beside the part file, so that a later process can ask for the rest of the very same file.
    fn etag_path(&self) -> PathBuf {
        let mut path = OsString::from(self.part);
        path.push(".etag");
        path.into()
    }

    async fn same_file(&self, headers: &HeaderMap) -> bool {
        let known = fs::read_to_string(self.etag_path()).await.ok();
        let offered = headers.get(ETAG).and_then(|value| value.to_str().ok());
        match (known, offered) {
            (Some(known), Some(offered)) => known == offered,
            _ => true,
        }
    }

    async fn remember_etag(&self, headers: &HeaderMap) -> Result<(), StoreError> {
        let path = self.etag_path();
        // Only a strong tag may stand in If-Range (RFC 9110 §13.1.5).
        let etag = headers.get(ETAG).and_then(|value| value.to_str().ok());
        match etag.filter(|tag| tag.starts_with('"') && tag.len() <= 256) {
            Some(etag) => fs::write(&path, etag).await.map_err(|error| StoreError::io(&path, error)),
            None => self.forget_etag().await,
        }
    }

    async fn forget_etag(&self) -> Result<(), StoreError> {
        remove_if_there(&self.etag_path()).await
    }

    fn wrong_size(&self, actual: u64) -> Interruption {
        Interruption::Final(FetchError::Size { url: shown(self.url), expected: self.size, actual })
    }

    fn silence(&self) -> String {
        format!("nothing came for {} s", self.options.stall.as_secs_f32())
    }
}

async fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(path, error)),
        _ => Ok(()),
    }
}

/// An error and its causes, without the address, which can carry credentials.
fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
