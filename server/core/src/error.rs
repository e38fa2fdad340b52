//! What can go wrong, as few kinds as a caller can act on. One table in the server maps a kind to an HTTP
//! status and to "try again?".

use thiserror::Error;

/// What a caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The input is wrong; sending it again will not help.
    Invalid,
    /// No or bad credentials.
    Unauthenticated,
    /// Good credentials, but not for this.
    Denied,
    NotFound,
    /// The thing is not in a state that allows this.
    Conflict,
    /// The link or the interview is over.
    Gone,
    TooLarge,
    UnsupportedMedia,
    /// A limit or the disk is used up; later may work.
    Exhausted,
    /// Something we rely on does not answer; later may work.
    Unavailable,
    /// A stored thing does not read back as it was written.
    Corrupt,
    Internal,
}

/// A refusal by the domain: the machine-readable `code`, and a sentence that names the field, the value and
/// the mend. It never carries a name, a transcript or a token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Refused {
    pub kind: Kind,
    /// Stable, in snake_case: pages translate by it.
    pub code: &'static str,
    pub message: String,
}

impl Refused {
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into() }
    }

    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, message)
    }

    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, code, message)
    }

    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, code, message)
    }
}
