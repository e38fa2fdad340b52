//! Which crate may know which: enforced from `cargo metadata`, so that the picture in ARCHITECTURE.md stays true.

use std::{collections::BTreeMap, process::Command};

use anyhow::{Context as _, Result};
use serde_json::Value;
use viva_tests::{repository, run};

/// Our crates that each of our crates may depend on.
const MAY_KNOW: [(&str, &[&str]); 6] = [
    ("viva-core", &[]),
    ("viva-store", &["viva-core"]),
    ("viva-media", &[]),
    ("viva-models", &["viva-core"]),
    ("viva-web", &[]),
    ("viva", &["viva-core", "viva-store", "viva-media", "viva-models", "viva-web"]),
];
/// Crates with one home.
const LIVES_IN: [(&str, &str); 6] = [
    ("axum", "viva"),
    ("webrtc", "viva"),
    ("sqlx", "viva-store"),
    ("whisper-rs", "viva-models"),
    ("ort", "viva-models"),
    ("symphonia", "viva-media"),
];

#[test]
fn dependencies_point_one_way() -> Result<()> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(repository());
    let metadata: Value = serde_json::from_str(&run(&mut cargo)?)?;
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in metadata["packages"].as_array().context("no packages")? {
        let name = package["name"].as_str().context("no name")?.to_owned();
        let normal = package["dependencies"]
            .as_array()
            .context("no dependencies")?
            .iter()
            .filter(|d| d["kind"].is_null());
        known.insert(name, normal.filter_map(|d| d["name"].as_str().map(str::to_owned)).collect());
    }
    for (name, allowed) in MAY_KNOW {
        let ours = known[name].iter().filter(|d| d.starts_with("viva"));
        for dependency in ours {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not know {dependency}");
        }
    }
    for (library, home) in LIVES_IN {
        for (name, dependencies) in known.iter().filter(|(name, _)| *name != home && *name != "viva-tests") {
            assert!(!dependencies.iter().any(|d| d == library), "only {home} may know {library}, not {name}");
        }
    }
    Ok(())
}

/// Files a newcomer cannot take in at one sitting are a sign of two rooms in one.
#[test]
fn rooms_are_small() -> Result<()> {
    const LONGEST: usize = 700;
    let files =
        run(Command::new("git").args(["ls-files", "*.rs", "*.ts", "*.tsx"]).current_dir(repository()))?;
    for file in files.lines() {
        let Ok(text) = std::fs::read_to_string(repository().join(file)) else { continue };
        assert!(text.lines().count() <= LONGEST, "{file} has over {LONGEST} lines");
    }
    Ok(())
}
