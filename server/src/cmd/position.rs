//! `viva position check|import FILE`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use viva_core::position::Position;
use viva_store::{Positions as _, SqliteStore};

use crate::{clock, config::Config};

#[derive(Subcommand)]
pub enum Command {
    /// Say everything that is wrong with a position file
    Check { file: PathBuf },
    /// Check a position file and store it
    Import { file: PathBuf },
}

const LARGEST_FILE: u64 = 1 << 20;

pub async fn run(config: Config, command: Command) -> Result<ExitCode> {
    match command {
        Command::Check { file } => {
            let position = read(&file)?;
            eprintln!("{}: good, {} questions", position.id, position.questions.len());
        }
        Command::Import { file } => {
            let position = read(&file)?;
            fs::create_dir_all(&config.data.dir)?;
            let store = SqliteStore::open(&config.database()).await?;
            let id = store.put_position(clock::id(), &position, clock::now()).await?;
            println!("{id}");
            store.close().await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads and checks a position.
pub fn read(file: &Path) -> Result<Position> {
    let size = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    if size > LARGEST_FILE {
        bail!("{}: {size} bytes; a position has at most {LARGEST_FILE}", file.display());
    }
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    parse(&text).with_context(|| file.display().to_string())
}

/// Parses and checks a position's YAML.
pub fn parse(text: &str) -> Result<Position> {
    let position: Position = serde_saphyr::from_str(text).map_err(|error| anyhow::anyhow!("{error}"))?;
    let problems = position.problems();
    if !problems.is_empty() {
        let list: Vec<String> = problems.iter().map(|p| format!("  {p}")).collect();
        bail!("{} problem(s):\n{}", problems.len(), list.join("\n"));
    }
    Ok(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: &str = include_str!("../../demo/position.yaml");

    #[test]
    fn the_demo_position_is_good() {
        parse(DEMO).unwrap();
    }

    #[test]
    fn what_is_wrong_is_named_with_its_field() {
        let cases = [
            ("weight: 40", "weight: 41", "dimensions: the weights sum to 101; they must sum to 100"),
            (
                "profile: cn",
                "profile: eu",
                "face.tier: is `expression`, but profile `eu` permits at most `quality`",
            ),
            ("answer_seconds: 60", "answer_secondz: 60", "answer_secondz"),
            ("profile: cn", "profile: atlantis", "atlantis"),
            ("rule: structure", "rule: astrology", "astrology"),
            ("takes: 2", "takes: 0", "questions[0].takes: is 0; write 1 to 20"),
        ];
        for (good, bad, wanted) in cases {
            assert!(DEMO.contains(good), "the demo position has no `{good}`");
            let error = format!("{:#}", parse(&DEMO.replacen(good, bad, 1)).unwrap_err());
            assert!(error.contains(wanted), "`{bad}`: {error}");
        }
    }
}
