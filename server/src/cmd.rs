//! The command line. Data goes to stdout, words to stderr. Exit status: 0 done, 1 wrong input or a failed check,
//! 2 a fault of ours.

mod analyze;
mod bias;
mod demo;
mod doctor;
mod invite;
mod keys;
mod models;
mod position;
mod purge;
mod recover;
mod rescore;
mod serve;
mod worker;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::{config::Config, telemetry};

/// Self-hosted recorded video interviews.
#[derive(Parser)]
#[command(name = "viva", version, arg_required_else_help = true)]
struct Arguments {
    /// Configuration file [default: viva.toml, where it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server: pages, API, ingest, analysis, webhooks
    #[command(after_help = "Example: VIVA_HTTP__LISTEN=0.0.0.0:8443 viva serve")]
    Serve(serve::Arguments),
    /// Run one whole interview with a throw-away folder: a browser answers, a report comes
    #[command(after_help = "Example: viva demo --once")]
    Demo(demo::Arguments),
    /// Measure and score one media file, without a server
    #[command(
        after_help = "Example: viva analyze answer.webm --position position.yaml --question introduction"
    )]
    Analyze(analyze::Arguments),
    /// Check or import positions, or begin a new one
    #[command(subcommand, after_help = "Example: viva position check customer-success.yaml")]
    Position(position::Command),
    /// Invite a candidate; prints the link
    #[command(after_help = "Example: viva invite --position customer-success-manager --ref A-1042")]
    Invite(invite::Arguments),
    /// List, fetch, verify or import models
    #[command(subcommand, after_help = "Example: viva models fetch")]
    Models(models::Command),
    /// Say what is missing on this machine and how to mend it
    #[command(after_help = "Example: viva doctor")]
    Doctor,
    /// Finish every recording that a crash left open, without starting the server
    #[command(after_help = "Example: viva recover")]
    Recover,
    /// Delete what is kept no longer, as the server's timers do
    #[command(after_help = "Example: viva purge --dry-run")]
    Purge(purge::Arguments),
    /// Measure answers beside a server with the same data folder, in a process of its own
    #[command(after_help = "Example: VIVA_ANALYSIS__HERE=false viva serve & viva worker")]
    Worker,
    /// Make a stored report again and compare; say what another rubric, or measuring again, would change
    #[command(
        after_help = "Example: viva rescore 0198c0de-0000-7000-8000-000000000000 --position sales.yaml"
    )]
    Rescore(rescore::Arguments),
    /// Change the master key
    #[command(subcommand, after_help = "Example: viva keys rotate")]
    Keys(keys::Command),
    /// Print the OpenAPI document
    #[command(after_help = "Example: viva openapi > openapi.json")]
    Openapi,
}

/// Runs the program.
pub fn main() -> ExitCode {
    if let Err(error) = viva_models::speech::prepare_process() {
        eprintln!(
            "viva: cannot set OMP_WAIT_POLICY and GLIBC_TUNABLES ({error}); this will be slower and take more memory"
        );
    }
    let arguments = Arguments::parse();
    let quiet = !matches!(arguments.command, Command::Serve(_) | Command::Worker);
    telemetry::init(quiet);
    // Installed once for the process: TLS for HTTP, deliveries and model downloads. A second one would be refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("viva: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let config = || Config::load(arguments.config.as_deref());
    match arguments.command {
        Command::Serve(args) => block_on(serve::run(config()?, args)),
        Command::Demo(args) => block_on(demo::run(args)),
        Command::Analyze(args) => analyze::run(&config()?, &args),
        Command::Position(command) => block_on(position::run(config()?, command)),
        Command::Invite(args) => block_on(invite::run(config()?, args)),
        Command::Models(command) => block_on(models::run(config()?, command)),
        Command::Doctor => block_on(doctor::run(config()?)),
        Command::Recover => block_on(recover::run(config()?)),
        Command::Purge(args) => block_on(purge::run(config()?, args)),
        Command::Worker => block_on(worker::run(config()?)),
        Command::Rescore(args) => block_on(rescore::run(config()?, args)),
        Command::Keys(command) => block_on(keys::run(config()?, command)),
        Command::Openapi => {
            println!("{}", crate::http::openapi_document().to_pretty_json()?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("viva")
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(work);
    // Analysis that still runs on a blocking thread must not keep a stopped server alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result
}
