//! How far a long piece of work has come.

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A folder is searched for models.
    Scanning,
    /// A file comes from its publisher or a mirror.
    Downloading,
    /// A hash is computed.
    Checking,
    /// A publisher's file becomes ONNX.
    Converting,
}

/// One report of progress.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// What is being done.
    pub stage: Stage,
    /// To what: a file or a model.
    pub subject: &'a str,
    /// Bytes done (files, while scanning).
    pub done: u64,
    /// Bytes in all, where known.
    pub total: Option<u64>,
}

/// Receives progress, from any thread.
pub type OnProgress<'a> = &'a (dyn Fn(Progress<'_>) + Send + Sync);

/// For work that nobody watches.
pub fn ignore(_: Progress<'_>) {}
