//! `viva invite`.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Args;
use viva_core::interview::{Candidate, Interview, Invitation};
use viva_store::{Interviews as _, Positions as _, SqliteStore};

use crate::{
    clock,
    config::Config,
    interviews::{Cause, change, event},
    secret,
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
    let (position_id, position) =
        store.position_by_external_id(&arguments.position).await?.ok_or_else(|| {
            anyhow!("--position: `{}` is not imported; run `viva position import FILE`", arguments.position)
        })?;
    let now = clock::now();
    let token = secret::token()?;
    let interview = Interview::invite(
        Invitation {
            id: clock::id(),
            position_id,
            position,
            external_id: None,
            candidate: Candidate { reference: arguments.reference, name: arguments.name },
            locale: arguments.locale,
            expires_at: None,
        },
        now,
    );
    let mut stored = change(interview, &[], Cause { actor: "command line", action: "invited" }, now);
    stored.events.push(event(&stored.interview, "interview.invited", now));
    store.insert_interview(&secret::hash(&token), stored).await?;
    store.close().await;
    println!("{}/i/{token}", config.public_url());
    Ok(ExitCode::SUCCESS)
}
