//! `viva models bias`: looks at labelled pictures with the installed face models, and prints by group how often it is right.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use image::{ImageReader, RgbImage, imageops::FilterType};
use serde_json::json;
use viva_core::{
    profile::FaceTier,
    statistics::{Comparison, Look, Rate, SMALLEST_GROUP, Seen, comparisons},
};
use viva_models::face::{FaceStage, MAX_SIDE, RgbFrame};

use crate::{analysis::face_stage, config::Config};

#[derive(Args)]
#[command(after_help = "\
labels.csv names each picture and what is true of it; every further column is a grouping:\n\n  \
file,face,smile,skin tone,glasses,age\n  a/0001.jpg,yes,no,VI,yes,50-60\n\n\
Example: viva models bias pictures --least 30 --json > bias.json")]
pub struct Arguments {
    /// A folder with pictures (JPEG, PNG, WebP) and their labels
    folder: PathBuf,
    /// The labels, in the folder
    #[arg(long, default_value = "labels.csv", value_name = "FILE")]
    labels: PathBuf,
    /// Groups with fewer pictures get no rate
    #[arg(long, default_value_t = SMALLEST_GROUP as u64)]
    least: u64,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Longer sides are made smaller first, as a camera's picture would be.
const LONGEST_SIDE: u32 = 1280;
const MOST_PICTURES: usize = 100_000;
/// Each picture is shown as so many frames: what lasts for one frame alone is no cue.
const FRAMES: u64 = 3;
const FPS: f32 = 5.0;

pub fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode> {
    let mut stage = face_stage(config)?;
    let labelled = read_labels(&arguments.folder.join(&arguments.labels))?;
    let mut looks = Vec::with_capacity(labelled.len());
    let mut models = Vec::new();
    for (file, mut look) in labelled {
        let picture = picture(&arguments.folder.join(&file)).with_context(|| file.display().to_string())?;
        let (seen, used) = see(&mut stage, &picture).with_context(|| file.display().to_string())?;
        look.seen = seen;
        looks.push(look);
        models.extend(used);
    }
    models.sort();
    models.dedup();
    let found = comparisons(&looks, arguments.least);
    if arguments.json {
        let all = json!({ "pictures": looks.len(), "least": arguments.least, "models": models, "comparisons": found });
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        println!("{} pictures; groups of fewer than {} get no rate", looks.len(), arguments.least);
        found.iter().for_each(print);
        println!(
            "\nThe intervals hold at 95 %. A gap is marked (!) where they leave out that there is none."
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn read_labels(path: &Path) -> Result<Vec<(PathBuf, Look)>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .with_context(|| path.display().to_string())?;
    let columns = reader.headers()?.clone();
    ensure!(columns.iter().any(|column| column == "file"), "{}: has no column `file`", path.display());
    let mut labelled = Vec::new();
    for (row, record) in reader.records().enumerate() {
        // The first line has the names.
        let line = row + 2;
        let record = record.with_context(|| format!("{}:{line}", path.display()))?;
        ensure!(labelled.len() < MOST_PICTURES, "{}: more than {MOST_PICTURES} pictures", path.display());
        let mut file = PathBuf::new();
        let mut look = Look::default();
        let mut groups = BTreeMap::new();
        for (column, value) in columns.iter().zip(&record) {
            let yes_or_no = || truth(value).with_context(|| format!("{}:{line}: {column}", path.display()));
            match column {
                "file" => file = PathBuf::from(value),
                "face" => look.face = yes_or_no()?,
                "smile" => look.smile = yes_or_no()?,
                _ => {
                    groups.insert(column.to_owned(), value.to_owned());
                }
            }
        }
        let is_inside = file.components().all(|part| matches!(part, Component::Normal(_)));
        ensure!(
            is_inside && file.file_name().is_some(),
            "{}:{line}: file: name one in the folder",
            path.display()
        );
        look.groups = groups;
        labelled.push((file, look));
    }
    Ok(labelled)
}

fn truth(value: &str) -> Result<Option<bool>> {
    Ok(match value.to_ascii_lowercase().as_str() {
        "" => None,
        "1" | "yes" | "true" => Some(true),
        "0" | "no" | "false" => Some(false),
        other => bail!("is `{other}`; write yes, no or nothing"),
    })
}

fn picture(path: &Path) -> Result<RgbImage> {
    let mut reader =
        ImageReader::new(std::io::BufReader::new(fs::File::open(path)?)).with_guessed_format()?;
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE * 4), Some(MAX_SIDE * 4));
    reader.limits(limits);
    let picture = reader.decode()?;
    let longest = picture.width().max(picture.height());
    Ok(if longest > LONGEST_SIDE {
        picture.resize(LONGEST_SIDE, LONGEST_SIDE, FilterType::Triangle).to_rgb8()
    } else {
        picture.to_rgb8()
    })
}

fn see(stage: &mut FaceStage, picture: &RgbImage) -> Result<(Seen, Vec<viva_core::cue::ModelCard>)> {
    let interval_ms = (1000.0 / FPS) as u64;
    let mut session = stage.start(FaceTier::Cues, FPS)?;
    for index in 0..FRAMES {
        session.frame(RgbFrame {
            at_ms: index * interval_ms,
            width: picture.width(),
            height: picture.height(),
            rgb: picture.as_raw(),
        })?;
    }
    let found = session.finish(FRAMES * interval_ms);
    let smile = found.cues.smile.as_ref();
    let seen = Seen {
        face: found.cues.in_frame_share > 0.0,
        is_readable: smile.is_some(),
        smile: smile.is_some_and(|smile| smile.count > 0),
    };
    Ok((seen, found.models))
}

fn print(comparison: &Comparison) {
    let measure = json!(comparison.measure);
    println!("\n{} by {}", measure.as_str().unwrap_or_default(), comparison.column);
    for Rate { group, count, yes, rate, interval } in &comparison.groups {
        match (rate, interval) {
            (Some(rate), Some([low, high])) => println!(
                "  {group:24} {:5.1} %  ({:.1}–{:.1})  {yes} of {count}",
                rate * 100.0,
                low * 100.0,
                high * 100.0
            ),
            _ => println!("  {group:24} too few      {count}"),
        }
    }
    if let Some(gap) = &comparison.gap {
        println!(
            "  gap {} – {}: {:.1} points ({:.1} to {:.1}){}",
            gap.highest,
            gap.lowest,
            gap.gap * 100.0,
            gap.interval[0] * 100.0,
            gap.interval[1] * 100.0,
            if gap.is_certain { " (!)" } else { "" }
        );
    }
}
