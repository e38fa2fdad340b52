//! The native ONNX Runtime: found, loaded once per process, and asked for sessions.
//!
//! Loaded eagerly at start-up: without it, creating a session can hang instead of failing, and an operator
//! should learn at once what is missing and how to mend it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;

/// The variable that names the library.
pub const LIBRARY_VARIABLE: &str = "VIVA_ONNXRUNTIME";

const MEND: &str = "run scripts/setup, or set onnxruntime in viva.toml or VIVA_ONNXRUNTIME";

/// Why ONNX Runtime or a model on it could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// No library where one was looked for.
    #[error("no ONNX Runtime library at {}; {MEND}", .searched.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "))]
    Missing {
        /// The places, in order.
        searched: Vec<PathBuf>,
    },
    /// The library is older than the interface that Viva uses.
    #[error("the ONNX Runtime at {} is version {version}, and at least 1.{} is needed; {MEND}", .path.display(), ort::MINOR_VERSION)]
    Version {
        /// The library.
        path: PathBuf,
        /// What it calls itself.
        version: String,
    },
    /// The file is not a loadable ONNX Runtime.
    #[error("{} could not be loaded as ONNX Runtime: {reason}; {MEND}", .path.display())]
    Load {
        /// The library.
        path: PathBuf,
        /// The loader's words.
        reason: String,
    },
    /// A model was refused.
    #[error("the model {} could not be loaded: {reason}", .path.display())]
    Model {
        /// The model's file.
        path: PathBuf,
        /// ONNX Runtime's words.
        reason: String,
    },
}

/// A loaded ONNX Runtime. Cheap to clone; all clones are the process's one environment.
#[derive(Clone)]
pub struct OnnxRuntime {
    library: PathBuf,
}

/// A library can be loaded once per process; a failure leaves room for another try.
static LOADED: Mutex<Option<OnnxRuntime>> = Mutex::new(None);

impl OnnxRuntime {
    /// Loads the library from `path`, or where none is given from [`LIBRARY_VARIABLE`], from beside the
    /// executable, or from `build/onnxruntime` under the current folder, in this order. Once loaded, every
    /// later call gets the same runtime, whatever its `path`.
    ///
    /// # Errors
    /// When there is no library, or it is not one, or its version is too old; each says how to mend it.
    pub fn load(path: Option<&Path>) -> Result<Self, RuntimeError> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*loaded {
            return Ok(runtime.clone());
        }
        let library = find(path)?;
        match ort::init_from(&library) {
            // False where something has set up the library's environment before, which serves as well.
            Ok(builder) => _ = builder.commit(),
            Err(ort::LoadDynamicError::BadVersion { version_str, path }) => {
                return Err(RuntimeError::Version { path, version: version_str });
            }
            Err(error) => return Err(RuntimeError::Load { path: library, reason: error.to_string() }),
        }
        let runtime = Self { library };
        *loaded = Some(runtime.clone());
        Ok(runtime)
    }

    /// The library that is loaded.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// A session for the ONNX file at `model`: all optimisations, one thread. Analysis runs several answers
    /// side by side, and threads that spin for each other cost far more than they gain.
    ///
    /// # Errors
    /// When the file is missing or not a model that the runtime accepts.
    pub fn session(&self, model: &Path) -> Result<Session, RuntimeError> {
        let session = || -> Result<Session, ort::Error> {
            Session::builder()?
                .with_optimization_level(GraphOptimizationLevel::All)?
                .with_intra_threads(1)?
                .commit_from_file(model)
        };
        session().map_err(|error| RuntimeError::Model { path: model.to_owned(), reason: error.to_string() })
    }
}

fn find(explicit: Option<&Path>) -> Result<PathBuf, RuntimeError> {
    let named = explicit.map(Path::to_owned).or_else(|| std::env::var_os(LIBRARY_VARIABLE).map(Into::into));
    let searched = match named {
        Some(path) => vec![path],
        None => usual_places(),
    };
    // Made absolute: the loader would read a relative path as relative to the executable.
    let found = searched.iter().find(|path| path.is_file()).and_then(|path| path.canonicalize().ok());
    found.ok_or(RuntimeError::Missing { searched })
}

fn usual_places() -> Vec<PathBuf> {
    let name = format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let executable = std::env::current_exe().ok();
    let beside = executable.and_then(|path| path.parent().map(|folder| folder.join(&name)));
    beside.into_iter().chain([Path::new("build/onnxruntime").join(&name)]).collect()
}
