//! Turns `ui/dist` into a table of files. Runs no npm: a Rust build must not reach for the network.

use std::{
    env, fs,
    io::{Error, Result},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

const PAGES: [&str; 4] = ["candidate.html", "report.html", "position.html", "inbox.html"];

fn main() -> Result<()> {
    let dist = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("ui/dist");
    println!("cargo:rerun-if-changed={}", dist.display());
    if let Some(missing) = PAGES.iter().find(|page| !dist.join(page).is_file()) {
        eprintln!("web/ui/dist/{missing} is missing: the pages have not been built.");
        eprintln!("run scripts/setup (or: npm --prefix web/ui ci && npm --prefix web/ui run build)");
        std::process::exit(1);
    }
    let mut files = Vec::new();
    collect(&dist, &dist, &mut files)?;
    files.sort();
    let entries = files.iter().map(|(name, path)| entry(name, path)).collect::<Result<String>>()?;
    let table = format!("static FILES: &[(&str, Asset)] = &[\n{entries}];\n");
    fs::write(PathBuf::from(variable("OUT_DIR")?).join("files.rs"), table)
}

fn variable(name: &str) -> Result<String> {
    env::var(name).map_err(Error::other)
}

/// All files below `folder`, by their name relative to `root`, with `/` between the parts.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    for item in fs::read_dir(folder)? {
        let path = item?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root).map_err(Error::other)?.to_string_lossy().replace('\\', "/");
            files.push((name, path));
        }
    }
    Ok(())
}

/// One row of the table. The entity tag is the hash of the bytes, so it changes exactly when they do.
fn entry(name: &str, path: &Path) -> Result<String> {
    let hash = hex::encode(Sha256::digest(fs::read(path)?));
    let (etag, content_type) = (format!("\"{}\"", &hash[..32]), content_type(name)?);
    let path = path.to_str().ok_or_else(|| Error::other(format!("{name}: its path is not UTF-8")))?;
    // Vite puts a hash of the content into the name of everything under assets/.
    let immutable = name.starts_with("assets/");
    Ok(format!(
        "    ({name:?}, Asset {{ bytes: include_bytes!({path:?}), content_type: {content_type:?}, \
         etag: {etag:?}, immutable: {immutable} }}),\n"
    ))
}

fn content_type(name: &str) -> Result<&'static str> {
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("html") => Ok("text/html; charset=utf-8"),
        Some("js") => Ok("text/javascript; charset=utf-8"),
        Some("css") => Ok("text/css; charset=utf-8"),
        Some("svg") => Ok("image/svg+xml"),
        Some("png") => Ok("image/png"),
        Some("woff2") => Ok("font/woff2"),
        _ => Err(Error::other(format!("{name}: no content type is known for it; add it to web/build.rs"))),
    }
}
