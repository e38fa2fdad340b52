//! Installs every model found in a folder: `cargo run -p viva-models --example import -- build/packages build/models`.

use std::path::Path;

use viva_models::{import, progress, store::ModelStore};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, from, to] = arguments.as_slice() else {
        return Err("usage: import FROM TO".into());
    };
    let mut store = ModelStore::open(Path::new(to))?;
    let report = import::import(&mut store, Path::new(from), &progress::ignore)?;
    for installed in &report.installed {
        println!("installed {} as {}", installed.name, installed.path.display());
    }
    for name in &report.unchanged {
        println!("unchanged {name}");
    }
    for refusal in &report.refused {
        println!("refused   {}: {}", refusal.path.display(), refusal.reason);
    }
    Ok(())
}
