//! `viva keys`: the master key that wraps the keys of all interviews.

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use clap::Subcommand;
use viva_store::SqliteStore;

use crate::{config::Config, keys::Keys};

#[derive(Subcommand)]
pub enum Command {
    /// Make a new master key and wrap the key of every interview with it. Recordings stay as they are; a server may run
    ///
    /// Where the key comes from VIVA_MASTER_KEY or a command of yours, put the new key before the old one there, restart
    /// the server, run this, and then take the old key away.
    #[command(after_help = "Example: viva keys rotate")]
    Rotate,
}

pub async fn run(config: Config, command: Command) -> Result<ExitCode> {
    let Command::Rotate = command;
    let store = Arc::new(SqliteStore::open(&config.database()).await?);
    let keys = Keys::open(&config, Arc::clone(&store) as Arc<_>).await?;
    let count = keys.rotate().await?;
    store.close().await;
    eprintln!(
        "viva: the keys of {count} interviews are wrapped with the new master key in {}",
        keys.source()
    );
    eprintln!("viva: copies of the old one open nothing here any more, only older copies of the database");
    Ok(ExitCode::SUCCESS)
}
