//! Where tests find the native runtime, publishers' packages and the reference models.

use std::path::{Path, PathBuf};

use viva_models::runtime::OnnxRuntime;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace")
}

/// A path under the folder of shared test data, or nothing, loudly.
#[allow(dead_code, reason = "not every test needs the reference models")]
pub fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("VIVA_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    present(folder.join(path), "needs ../shared")
}

/// A path under the build folder, or nothing, loudly.
#[allow(dead_code, reason = "not every test needs what set-up builds")]
pub fn built(path: &str) -> Option<PathBuf> {
    present(root().join("build").join(path), "needs scripts/setup")
}

/// The native runtime, or nothing, loudly.
#[allow(dead_code, reason = "not every test runs a model")]
pub fn runtime() -> Option<OnnxRuntime> {
    let library = present(root().join("build/onnxruntime/libonnxruntime.so"), "needs scripts/setup")?;
    Some(OnnxRuntime::load(Some(&library)).expect("the library that set-up installs loads"))
}

fn present(path: PathBuf, need: &str) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {need} ({} is absent)", path.file_name()?.to_string_lossy());
    None
}
