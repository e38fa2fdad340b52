//! `viva invite`.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use clap::Args;
use viva_core::interview::Candidate;
use viva_store::{Interviews as _, SqliteStore, Store};

use crate::{
    clock,
    config::Config,
    invitations::{self, InviteRequest},
    keys::Keys,
    notify,
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
    /// Where the invitation and later messages go, once a mail server is configured
    #[arg(long)]
    email: Option<String>,
    /// As in +8613800138000; for short messages, once a gateway is configured
    #[arg(long)]
    phone: Option<String>,
    /// zh or en
    #[arg(long)]
    locale: Option<String>,
}

pub async fn run(config: Config, arguments: Arguments) -> Result<ExitCode> {
    let store = Arc::new(SqliteStore::open(&config.database()).await?);
    let request = InviteRequest {
        position_external_id: Some(arguments.position),
        candidate: Candidate {
            reference: arguments.reference,
            name: arguments.name,
            email: arguments.email,
            phone: arguments.phone,
        },
        locale: arguments.locale,
        ..InviteRequest::default()
    };
    let invited = invitations::invite(&*store, &config.public_url(), request, "command line").await?;
    println!("{}", invited.link);
    if config.sends_messages() {
        let interview = store.interview(invited.interview_id).await?.context("the interview is gone")?;
        let keys = Keys::open(&config, Arc::clone(&store) as Arc<dyn Store>).await?;
        match notify::job::invite(&*store, &keys, &interview, &invited.link, clock::now()).await? {
            0 => eprintln!("no message is sent: name an --email or a --phone"),
            ways => eprintln!("{ways} message(s) queued; they go out while `viva serve` runs"),
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
