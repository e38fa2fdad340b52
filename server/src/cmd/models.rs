//! `viva models list|fetch|verify|import|bias`.

use std::{path::PathBuf, process::ExitCode, sync::Mutex, thread};

use anyhow::Result;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use viva_models::{
    catalog::{Catalog, Machine},
    fetch::{self, FetchOptions, Mirror},
    import,
    progress::{Progress, Stage},
    store::{ModelStore, State},
};

use super::bias;
use crate::config::Config;

#[derive(Subcommand)]
pub enum Command {
    /// List the models of the catalog and what is installed
    List,
    /// Download models [default: what suits this machine]
    Fetch {
        /// Names from the catalog
        names: Vec<String>,
        /// Where to get all files from instead: a URL or a folder
        #[arg(long, value_name = "URL OR FOLDER")]
        mirror: Option<Mirror>,
    },
    /// Read every installed model and compare its hash
    Verify,
    /// Install models from a folder: model files, or the packages that carry them
    Import { folder: PathBuf },
    /// How well the face models see different people: rates over labelled pictures by group, and the gaps
    Bias(bias::Arguments),
}

pub async fn run(config: Config, command: Command) -> Result<ExitCode> {
    let mut store = ModelStore::open(&config.models_dir())?;
    let shown = Shown::new();
    match command {
        Command::List => list(&store),
        Command::Bias(arguments) => return bias::run(&config, &arguments),
        Command::Verify => {
            let verified = store.verify(&|progress| shown.report(progress));
            shown.clear();
            let mut good = true;
            for one in verified {
                match one.fault {
                    None => println!("ok   {}", one.name),
                    Some(fault) => {
                        good = false;
                        println!("BAD  {}: {fault}", one.name);
                    }
                }
            }
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Import { folder } => {
            let report = import::import(&mut store, &folder, &|progress| shown.report(progress))?;
            shown.clear();
            for installed in &report.installed {
                println!("installed {}", installed.name);
            }
            for name in &report.unchanged {
                println!("unchanged {name}");
            }
            for refused in &report.refused {
                eprintln!("refused {}: {}", refused.path.display(), refused.reason);
            }
            if report.installed.is_empty() && report.unchanged.is_empty() {
                eprintln!("no model found in {}; `viva models list` names the files", folder.display());
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Fetch { names, mirror } => {
            let names = if names.is_empty() { recommended() } else { names };
            let options = FetchOptions { mirror, ..FetchOptions::default() };
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let report =
                fetch::fetch(&mut store, &names, &options, &|progress| shown.report(progress)).await?;
            shown.clear();
            for installed in &report.installed {
                println!("installed {}", installed.name);
            }
            for name in &report.unchanged {
                println!("unchanged {name}");
            }
            for (name, error) in &report.failed {
                eprintln!("{name}: {error}");
            }
            if !report.failed.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn recommended() -> Vec<String> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let machine = Machine { cores, memory_mib: crate::analysis::memory_mib().unwrap_or(4096) };
    Catalog::embedded().recommended(machine).into_iter().map(|entry| entry.name.clone()).collect()
}

fn list(store: &ModelStore) {
    for status in store.list() {
        let state = match &status.state {
            State::Missing => "-".to_owned(),
            State::Installed(installed) => format!("installed, {} kB", installed.size / 1000),
            State::Unusable(reason) => format!("unusable: {reason}"),
        };
        println!(
            "{:32} {:16} {:14} {state}",
            status.entry.name,
            status.entry.purpose.to_string(),
            status.entry.license
        );
    }
}

/// A bar for the file at hand.
struct Shown {
    bar: ProgressBar,
    subject: Mutex<String>,
}

impl Shown {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg:44!} {bar:30} {bytes}/{total_bytes} {eta}") {
            bar.set_style(style);
        }
        Self { bar, subject: Mutex::default() }
    }

    fn report(&self, progress: Progress<'_>) {
        let verb = match progress.stage {
            Stage::Scanning => "searching",
            Stage::Downloading => "downloading",
            Stage::Checking => "checking",
            Stage::Converting => "converting",
        };
        let line = format!("{verb} {}", progress.subject);
        if let Ok(mut subject) = self.subject.lock()
            && *subject != line
        {
            subject.clone_from(&line);
            self.bar.set_message(line);
        }
        if let Some(total) = progress.total {
            self.bar.set_length(total);
        }
        self.bar.set_position(progress.done);
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
