//! `viva analyze FILE`: the whole analysis of one media file, without a server.

use std::{fs, path::PathBuf, process::ExitCode, sync::atomic::AtomicBool};

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use viva_core::{
    cue::Assessed,
    position::{Position, Question},
    profile::FaceTier,
    rubric::{AnswerMeasures, score_answer, total},
};

use super::position;
use crate::{
    analysis::{Analyser, Analysis, Request},
    config::Config,
};

#[derive(Args)]
pub struct Arguments {
    /// WebM, MP4, MKV, OGG, WAV, MP3 or FLAC
    file: PathBuf,
    /// Score by this position's rubric
    #[arg(long, value_name = "FILE")]
    position: Option<PathBuf>,
    /// Which question the file answers [default: the first]
    #[arg(long, value_name = "ID", requires = "position")]
    question: Option<String>,
    /// Language spoken: zh or en [default: the position's first, else found out]
    #[arg(long)]
    language: Option<String>,
    /// Write the result to a file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// JSON without line breaks and no progress bar
    #[arg(long)]
    json: bool,
    /// Without a position: look at cues and expressions too, as profile `cn` with all consents would
    #[arg(long)]
    all_cues: bool,
}

pub fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode> {
    let position = arguments.position.as_deref().map(position::read).transpose()?;
    let question = position.as_ref().map(|p| question(p, arguments.question.as_deref())).transpose()?;
    let language = arguments
        .language
        .clone()
        .or_else(|| question?.answer_language.clone())
        .or_else(|| position.as_ref()?.languages.first().cloned());
    if !arguments.file.is_file() {
        bail!("{}: no such file", arguments.file.display());
    }
    let terms: Vec<String> =
        question.iter().flat_map(|q| &q.criteria).flat_map(|c| c.rule.terms()).map(str::to_owned).collect();
    let request = Request {
        language: language.as_deref(),
        question: question.map_or("", |q| q.text.in_language(language.as_deref().unwrap_or("en"))),
        terms: &terms,
        tier: match &position {
            Some(position) => position.face.tier,
            None if arguments.all_cues => FaceTier::Expression,
            None => FaceTier::Cues,
        },
        observe: position.as_ref().is_none_or(|position| position.observations),
    };
    let bar = bar(arguments.json);
    let analyser = Analyser::load(config)?;
    let mut analysis = analyser
        .analyse(
            &|| viva_media::read::open_file(&arguments.file),
            &request,
            None,
            &AtomicBool::new(false),
            &mut |share| {
                bar.set_position((share * 100.0) as u64);
            },
        )
        .with_context(|| arguments.file.display().to_string())?;
    bar.finish_and_clear();
    if let Assessed::Present(transcript) = &analysis.transcript
        && let Some(relevance) = analyser.relevance(transcript, &request.language_query())
    {
        analysis.compared(&relevance, &request.language_query());
    }
    let result = result(&analysis, position.as_ref(), question, &analyser);
    let text = if arguments.json { result.to_string() } else { serde_json::to_string_pretty(&result)? };
    match &arguments.out {
        Some(path) => fs::write(path, text + "\n").with_context(|| path.display().to_string())?,
        None => println!("{text}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn question<'a>(position: &'a Position, id: Option<&str>) -> Result<&'a Question> {
    match id {
        None => position.questions.first().context("the position has no questions"),
        Some(id) => position.question(id).with_context(|| {
            let ids: Vec<_> = position.questions.iter().map(|q| q.id.as_str()).collect();
            format!("--question: `{id}` is not in the position; it has {}", ids.join(", "))
        }),
    }
}

fn result(
    analysis: &Analysis,
    position: Option<&Position>,
    question: Option<&Question>,
    analyser: &Analyser,
) -> serde_json::Value {
    let mut result = json!({
        "duration_ms": analysis.duration_ms,
        "transcript": analysis.transcript,
        "cues": analysis.cues,
        "models": analysis.models,
    });
    if !analysis.warnings.is_empty() {
        result["warnings"] = json!(analysis.warnings);
    }
    if analyser.is_demonstration() {
        result["note"] =
            json!("transcribed by the demonstration model, which must not be used to judge real candidates");
    }
    if let (Some(position), Some(question)) = (position, question) {
        let measures = AnswerMeasures {
            transcript: &analysis.transcript,
            cues: &analysis.cues,
            distrust: analyser.distrust(),
            judgements: None,
        };
        let scores = score_answer(question, measures);
        let (dimensions, overall) = total(position, &scores);
        result["question_id"] = json!(question.id);
        result["scores"] = json!(scores);
        result["dimensions"] = json!(dimensions);
        result["overall"] = json!(overall);
    }
    result
}

fn bar(hidden: bool) -> ProgressBar {
    let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(100), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} % {elapsed}") {
        bar.set_style(style);
    }
    bar
}
