//! Where files come from instead of their publishers.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

/// A place that holds publishers' files under their own names, all in one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// An `http://` or `https://` prefix. Plain HTTP is safe enough: every hash is pinned.
    Url(String),
    /// A folder on this machine.
    Folder(PathBuf),
}

impl FromStr for Mirror {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("http://") || text.starts_with("https://") {
            return Ok(Self::Url(text.trim_end_matches('/').to_owned()));
        }
        Ok(Self::Folder(text.strip_prefix("file://").unwrap_or(text).into()))
    }
}
