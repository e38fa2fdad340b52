//! Paths and external programs.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The repository's root.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// The Python that scripts/setup made, with aiortc.
pub fn python() -> PathBuf {
    build_folder().join("venv/bin/python")
}

/// What scripts/setup made.
pub fn build_folder() -> PathBuf {
    repository().join("build")
}

/// Media and models shared by developers; tests that need them skip loudly without.
pub fn shared() -> Option<PathBuf> {
    let folder =
        std::env::var_os("VIVA_SHARED").map_or_else(|| repository().join("../shared"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: needs ../shared");
    None
}

/// Runs a program to its end and returns its stdout.
pub fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}; run scripts/setup"))?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// What ffprobe says of a file, with every packet of every stream.
pub fn ffprobe(file: &Path) -> Result<Value> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-of", "json", "-show_format", "-show_streams", "-show_packets"]).arg(file);
    Ok(serde_json::from_str(&run(&mut command)?)?)
}
