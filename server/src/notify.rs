//! Messages to candidates: by mail over SMTP, and as a POST to a gateway for short messages. Off unless configured.

pub mod gateway;
pub mod job;
pub mod mail;
mod words;

use serde::{Deserialize, Serialize};

pub use words::{Occasion, Words};

/// Why a message did not go out. Says nothing of what it said or of whom it was for: neither belongs in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    #[error("the receiver's server refused the message for good (status {0})")]
    Refused(u16),
    #[error("the message was not taken (status {0})")]
    NotTaken(u16),
    #[error("no connection, or none in time")]
    Unreachable,
    #[error("an address cannot be used")]
    Address,
}

impl NotifyError {
    /// Trying again cannot help.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Refused(_) | Self::Address)
    }
}

/// How a candidate is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Mail,
    Gateway,
}
