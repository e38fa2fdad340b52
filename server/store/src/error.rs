use thiserror::Error;
use viva_core::error::{Kind, Refused};

/// Why the store could not do what was asked.
#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("{what} not found")]
    NotFound { what: &'static str },
    #[error("a stored {what} does not read back: {source}")]
    Corrupt { what: &'static str, source: serde_json::Error },
    #[error("the database's schema cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the server is stopping")]
    Stopping,
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

impl Error {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused(refused) => refused.kind,
            Self::NotFound { .. } => Kind::NotFound,
            Self::Corrupt { .. } => Kind::Corrupt,
            Self::Migrate(_) => Kind::Internal,
            Self::Database(error) if is_full(error) => Kind::Exhausted,
            Self::Stopping | Self::Database(_) => Kind::Unavailable,
        }
    }
}

/// SQLITE_FULL: the disk is.
fn is_full(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "13")
}
