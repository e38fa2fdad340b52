//! How fast a long take is finalised, and how much memory that takes: a process that does nothing else, run over a
//! synthetic journal of two hours, without and with a copy by the browser. Prints rows of a Markdown table.
//!
//! `cargo bench -p viva-media --bench finalise [-- SECONDS]`

mod copy;
mod take;

use std::path::Path;
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};
use take::{Take, journal_key, recording_key};
use viva_media::finalise::finalise;

const TWO_HOURS_S: i64 = 2 * 3600;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match &arguments[..] {
        [verb, journal, out] if verb == "finalise" => run(Path::new(journal), Path::new(out)),
        [seconds] => compare(seconds.parse()?),
        _ => compare(TWO_HOURS_S),
    }
}

fn compare(seconds: i64) -> Result<()> {
    measure("as it arrived", &Take { seconds, holes_every_s: None })?;
    measure(
        "ten seconds in each half hour from the browser's copy",
        &Take { seconds, holes_every_s: Some(1800) },
    )
}

/// Writes the take, and has it finalised by a process of its own.
fn measure(name: &str, take: &Take) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (journal, out) = (folder.path().join("journal"), folder.path().join("recording"));
    take.write(&journal)?;
    let child = Command::new(env::current_exe()?).arg("finalise").args([&journal, &out]).output()?;
    ensure!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let figures = String::from_utf8(child.stdout)?;
    let (took_s, peak_mb) = figures.trim().split_once(' ').context("two figures")?;
    let took_s: f64 = took_s.parse()?;
    let gigabytes = fs::metadata(&journal)?.len() as f64 / 1e9;
    println!(
        "| finalising {} s, a journal of {gigabytes:.2} GB, {name} | {took_s:.1} s = {:.0} × real time, peak {peak_mb} MB |",
        take.seconds,
        take.seconds as f64 / took_s
    );
    Ok(())
}

/// Finalises, and prints the seconds that it took and the most memory that the process held, in MB.
fn run(journal: &Path, out: &Path) -> Result<()> {
    let start = Instant::now();
    let finalised = finalise(journal, &journal_key(), out, &recording_key())?;
    let took_s = start.elapsed().as_secs_f64();
    let (video, audio) = (finalised.video.context("no picture")?, finalised.audio.context("no sound")?);
    ensure!(video.gaps.is_empty() && audio.gaps.is_empty(), "gaps: {:?} {:?}", video.gaps, audio.gaps);
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let peak_kb: f64 = peak.trim().trim_end_matches("kB").trim().parse()?;
    println!("{took_s} {:.1}", peak_kb / 1024.0);
    Ok(())
}
