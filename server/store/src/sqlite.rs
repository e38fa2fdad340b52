//! SQLite: one file, WAL, one writer. All writes go through a pool of one connection with `BEGIN IMMEDIATE`,
//! because a deferred read-then-write fails at once when another writer was faster, whatever the busy timeout.

mod access;
mod data_keys;
mod demographics;
mod interviews;
mod jobs;
mod positions;
mod results;
mod webhooks;

use std::{path::Path, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use sqlx::{
    SqlSafeStr as _, Sqlite, SqlitePool, Transaction,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{Error, Result};

const READERS: u32 = 4;

/// The embedded database.
pub struct SqliteStore {
    reader: SqlitePool,
    writer: SqlitePool,
}

impl SqliteStore {
    /// Opens (and where needed creates or upgrades) the database file at `path`.
    pub async fn open(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A committed change must survive power loss: the candidate was told that it is saved.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted, a wrapped key above all, is overwritten.
            .pragma("secure_delete", "on")
            .busy_timeout(Duration::from_secs(10));
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        migrations().run(&writer).await?;
        let reader =
            SqlitePoolOptions::new().max_connections(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { reader, writer })
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.writer.begin_with("begin immediate").await?)
    }

    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// In order; an old one is never edited. Listed by hand: sqlx's macro would build SQLite a second time.
fn migrations() -> Migrator {
    let all = [
        ("initial", include_str!("../migrations/sqlite/0001_initial.sql")),
        ("data keys", include_str!("../migrations/sqlite/0002_data_keys.sql")),
        ("demographics", include_str!("../migrations/sqlite/0003_demographics.sql")),
        ("jobs asked again", include_str!("../migrations/sqlite/0004_jobs_asked_again.sql")),
    ];
    let migrations = all.into_iter().zip(1..).map(|((name, sql), version)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

fn to_json<T: Serialize>(what: &'static str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|source| Error::Corrupt { what, source })
}

fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|source| Error::Corrupt { what, source })
}

fn parse_id<T: std::str::FromStr<Err = E>, E: std::fmt::Display>(text: &str) -> Result<T> {
    text.parse().map_err(|error: E| Error::Database(sqlx::Error::Decode(error.to_string().into())))
}
