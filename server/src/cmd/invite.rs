//! `viva invite`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use viva_core::interview::Candidate;
use viva_store::SqliteStore;

use crate::{
    config::Config,
    invitations::{self, InviteRequest},
};

#[derive(Args)]
pub struct Arguments {
    /// The position's id, as in its YAML
    #[arg(long)]
    position: String,
    /// The candidate's name, as the page greets them
    #[arg(long)]
    name: Option<String>,
    /// Your own reference for the candidate
    #[arg(long = "ref")]
    reference: Option<String>,
    /// zh or en
    #[arg(long)]
    locale: Option<String>,
}

pub async fn run(config: Config, arguments: Arguments) -> Result<ExitCode> {
    let store = SqliteStore::open(&config.database()).await?;
    let request = InviteRequest {
        position_external_id: Some(arguments.position),
        candidate: Candidate { reference: arguments.reference, name: arguments.name, ..Candidate::default() },
        locale: arguments.locale,
        ..InviteRequest::default()
    };
    let invited = invitations::invite(&store, &config.public_url(), request, "command line").await?;
    store.close().await;
    println!("{}", invited.link);
    Ok(ExitCode::SUCCESS)
}
