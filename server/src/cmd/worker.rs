//! `viva worker`: measures answers, and asks the language model about them, beside a server that has the same data folder,
//! in a process of its own.

use std::process::ExitCode;

use anyhow::Result;
use tokio_util::task::TaskTracker;

use super::serve::stop_signal;
use crate::{app::App, config::Config, worker};

pub async fn run(mut config: Config) -> Result<ExitCode> {
    // It takes no media; the server's ports stay the server's.
    config.ingest.udp = ([127, 0, 0, 1], 0).into();
    config.ingest.tcp = None;
    let app = App::start(config).await?;
    let tasks = TaskTracker::new();
    worker::start_analysis(&app, &tasks)?;
    tasks.close();
    for ability in app.analyser.abilities() {
        eprintln!("viva: {}: {}", ability.stage, ability.detail);
    }
    stop_signal().await?;
    eprintln!("viva: stopping; an answer that is not finished is measured again by another worker");
    app.stopping.cancel();
    app.ingest.shutdown().await;
    Ok(ExitCode::SUCCESS)
}
