//! `viva position check|import|template|propose`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, anyhow, bail};
use clap::Subcommand;
use serde_json::json;
use viva_core::{
    position::Position,
    question_bank::{Match, dimensions, propose},
};
use viva_store::{Positions as _, SqliteStore};

use crate::{
    clock,
    config::Config,
    position_file::{self, Mistake},
    prompts::Prompts,
    templates,
};

#[derive(Subcommand)]
pub enum Command {
    /// Say everything that is wrong with a position file, with its line and how to mend it
    #[command(after_help = "Example: viva position check sales.yaml")]
    Check { file: PathBuf },
    /// Check a position file and store it
    #[command(after_help = "Example: viva position import sales.yaml")]
    Import { file: PathBuf },
    /// Print a ready position to begin from; without a name, list them
    #[command(after_help = "Example: viva position template sales > sales.yaml")]
    Template { name: Option<String> },
    /// Propose questions for a job description: prints a draft position
    #[command(after_help = "Example: viva position propose job.txt > draft.yaml")]
    Propose {
        /// The job description, as plain text
        file: PathBuf,
        /// Competencies to ask for, the most named first
        #[arg(long, default_value_t = 5, value_name = "N")]
        most: usize,
    },
}

const LARGEST_FILE: u64 = 1 << 20;

pub async fn run(config: Config, command: Command) -> Result<ExitCode> {
    match command {
        Command::Check { file } => {
            let (prompts, text) = (Prompts::new(config.prompts()), text_of(&file)?);
            let checked = position_file::parse_with(&text, |position| {
                let wrong = prompts.problems(&position, beside(&file));
                if wrong.is_empty() { Ok(position) } else { Err(wrong) }
            });
            let position = checked.map_err(listed).with_context(|| file.display().to_string())?;
            eprintln!("{}: good, {} questions", position.id, position.questions.len());
        }
        Command::Import { file } => {
            let (prompts, text) = (Prompts::new(config.prompts()), text_of(&file)?);
            let kept = position_file::parse_with(&text, |position| prompts.import(position, beside(&file)));
            let position = kept.map_err(listed).with_context(|| file.display().to_string())?;
            fs::create_dir_all(&config.data.dir)?;
            let store = SqliteStore::open(&config.database()).await?;
            let id = store.put_position(clock::id(), &position, clock::now()).await?;
            println!("{id}");
            store.close().await;
        }
        Command::Template { name: None } => {
            for (name, yaml) in templates::POSITIONS {
                let position = parse(yaml)?;
                println!(
                    "{name}: {} / {}",
                    position.title.in_language("en"),
                    position.title.in_language("zh")
                );
            }
        }
        Command::Template { name: Some(name) } => print!("{}", template(&name)?),
        Command::Propose { file, most } => {
            let bank = templates::question_bank()?;
            let text = text_of(&file)?;
            let found = propose(&bank, &text, most);
            if found.is_empty() {
                bail!(
                    "{}: names nothing that the question bank knows; begin from a template",
                    file.display()
                );
            }
            for competency in &found {
                eprintln!("{}: {}", competency.competency.name, competency.keywords.join(", "));
            }
            print!("{}", draft(&found)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn template(name: &str) -> Result<&'static str> {
    let found = templates::POSITIONS.iter().find(|(known, _)| *known == name);
    found.map(|(_, yaml)| *yaml).with_context(|| {
        let names: Vec<_> = templates::POSITIONS.iter().map(|(name, _)| *name).collect();
        format!("`{name}` is no template; there are {}", names.join(", "))
    })
}

/// A position with the questions of these competencies, to be finished by a person.
fn draft(found: &[Match<'_>]) -> Result<String> {
    let questions: Vec<_> = found.iter().flat_map(|found| &found.competency.questions).collect();
    let draft: Position = serde_json::from_value(json!({
        "id": "draft",
        "title": { "en": "Draft", "zh": "草稿" },
        "languages": ["zh", "en"],
        "dimensions": dimensions(found),
        "questions": questions,
    }))?;
    Ok(serde_saphyr::to_string(&draft)?)
}

fn text_of(file: &Path) -> Result<String> {
    let size = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    if size > LARGEST_FILE {
        bail!("{}: {size} bytes; at most {LARGEST_FILE}", file.display());
    }
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Where the files lie that a position names.
fn beside(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("."))
}

/// Reads and checks a position, without the files that it names.
pub fn read(file: &Path) -> Result<Position> {
    parse(&text_of(file)?).with_context(|| file.display().to_string())
}

/// Parses and checks a position's YAML.
pub fn parse(text: &str) -> Result<Position> {
    position_file::parse(text).map_err(listed)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn listed(mistakes: Vec<Mistake>) -> anyhow::Error {
    let list: Vec<String> = mistakes.iter().map(|mistake| format!("  {mistake}")).collect();
    anyhow!("{} mistake(s):\n{}", mistakes.len(), list.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_from_a_job_description_passes_the_check() {
        let bank = templates::question_bank().unwrap();
        let found = propose(&bank, "销售代表，负责客户开发；抗压能力强，有团队精神", 5);
        let position = parse(&draft(&found).unwrap()).unwrap();
        assert_eq!(position.questions.len(), 3);
    }

    #[test]
    fn a_template_is_found_by_its_name() {
        assert!(template("sales").unwrap().contains("id: sales"));
        let error = template("astrology").unwrap_err().to_string();
        assert!(error.contains("sales") && error.contains("catering"), "{error}");
    }
}
