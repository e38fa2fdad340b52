//! The catalog: every model that Viva knows, with its licence, its sources and the hashes that pin them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Speech to text.
    Speech,
    /// Voice activity: where somebody speaks.
    Vad,
    /// Where faces are.
    FaceDetector,
    /// The points of a face.
    FaceLandmarks,
    /// Movements of a face, from its points.
    FaceBlendshapes,
    /// Yaw, pitch and roll of a head.
    HeadPose,
    /// The direction of the eyes.
    Gaze,
    /// The seven expression classes (tier 3).
    FaceExpression,
    /// How near two sentences are in meaning.
    SentenceEmbedding,
}

impl std::fmt::Display for Purpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// How a source's parts become the installed file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conversion {
    /// The one part is the file.
    #[default]
    None,
    /// The one part is a TFLite graph.
    Tflite,
    /// The parts are a weight manifest and a shard of face-api.js.
    Faceapi,
    /// The parts are an ONNX graph and the tokenizer that it needs.
    Tokenizer,
}

impl Conversion {
    /// How many parts it takes.
    fn parts(self) -> usize {
        match self {
            Self::None | Self::Tflite => 1,
            Self::Faceapi | Self::Tokenizer => 2,
        }
    }
}

/// How sentences are put to an embedding, and what its cosines say.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// What its publisher has stand before every text.
    #[serde(default)]
    pub prefix: String,
    /// By language, as measured; it is used for no other language.
    pub scale: BTreeMap<String, Scale>,
}

/// Cosines between a question and the nearest sentence of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Nine in ten answers to other questions stay below it.
    pub unrelated: f32,
    /// Half of the answers to the question reach it.
    pub related: f32,
}

/// An archive that a publisher ships: a zip file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// File name.
    pub file: String,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Where it can be had.
    #[serde(default)]
    pub urls: Vec<String>,
}

/// One file as its publisher ships it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// File name, also inside `archive` where there is one.
    pub file: String,
    /// SHA-256, lower-case hex; absent where the archive's pins it, and for the built-in model.
    pub sha256: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Where it can be had by itself.
    #[serde(default)]
    pub urls: Vec<String>,
    /// The archive that it lies in.
    pub archive: Option<Archive>,
}

/// One way to get a model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What makes the installed file out of the parts.
    #[serde(default)]
    pub convert: Conversion,
    /// The files needed, in the order that the conversion wants.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
}

impl Source {
    /// Whether every part has an address.
    pub fn can_be_fetched(&self) -> bool {
        self.parts.iter().all(|part| match &part.archive {
            Some(archive) => !archive.urls.is_empty(),
            None => !part.urls.is_empty(),
        })
    }
}

/// One model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The name by which it is asked for, and which reports carry.
    pub name: String,
    /// The publisher's version.
    pub version: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The file name under which it is installed.
    pub file: String,
    /// SPDX expression.
    pub license: String,
    /// Its model card or home.
    pub card: String,
    /// BCP 47 tags that it understands; `*` for many; empty where language plays no part.
    #[serde(default)]
    pub languages: Vec<String>,
    /// The classes of its output, in order.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The layout of its input (and output), in words.
    pub input: String,
    /// Of sentence embeddings only.
    pub embedding: Option<Embedding>,
    /// Its place among the models of its purpose, 1 first.
    pub rank: u32,
    /// Cores that a machine needs to keep up with it.
    pub min_cores: usize,
    /// Memory that it needs, in MiB.
    pub min_memory_mib: u64,
    /// Whether it ships with Viva; only then may its hash be absent.
    #[serde(default)]
    pub builtin: bool,
    /// Where it comes from, the preferred source first.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

/// What a machine offers.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Cores.
    pub cores: usize,
    /// Memory, in MiB.
    pub memory_mib: u64,
}

impl Machine {
    /// Whether the machine can keep up with a model.
    pub fn suits(self, entry: &Entry) -> bool {
        self.cores >= entry.min_cores && self.memory_mib >= entry.min_memory_mib
    }
}

/// Why a catalog is refused.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Not the expected TOML.
    #[error("the model catalog cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Well-formed, and wrong.
    #[error("the model catalog is wrong at {name}: {reason}")]
    Entry {
        /// The model.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
}

/// All models.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    #[serde(rename = "model")]
    entries: Vec<Entry>,
}

static EMBEDDED: LazyLock<Catalog> = LazyLock::new(|| {
    Catalog::parse(include_str!("../catalog.toml")).expect("the embedded catalog is checked by a test")
});

impl Catalog {
    /// The catalog that Viva ships with.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads and checks a catalog.
    ///
    /// # Errors
    /// When it is not TOML of the expected form, names something twice, or leaves something unpinned.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let catalog: Self = toml::from_str(text)?;
        let (mut names, mut files) = (HashSet::new(), HashSet::new());
        for entry in &catalog.entries {
            check(entry)
                .and(if names.insert(&entry.name) { Ok(()) } else { Err("the name is taken") })
                .and(if files.insert(&entry.file) { Ok(()) } else { Err("the file name is taken") })
                .map_err(|reason| CatalogError::Entry { name: entry.name.clone(), reason })?;
        }
        Ok(catalog)
    }

    /// All models, in the catalog's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The model of this name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The models of a purpose, best first.
    pub fn of(&self, purpose: Purpose) -> Vec<&Entry> {
        let mut entries: Vec<_> = self.entries.iter().filter(|entry| entry.purpose == purpose).collect();
        entries.sort_by_key(|entry| entry.rank);
        entries
    }

    /// What to fetch for a machine: of each purpose the best model that can be fetched and suits it.
    pub fn recommended(&self, machine: Machine) -> Vec<&Entry> {
        let purposes: std::collections::BTreeSet<_> =
            self.entries.iter().map(|entry| entry.purpose).collect();
        let fits = |entry: &&Entry| machine.suits(entry) && entry.sources.iter().any(Source::can_be_fetched);
        purposes.into_iter().filter_map(|purpose| self.of(purpose).into_iter().find(fits)).collect()
    }
}

fn check(entry: &Entry) -> Result<(), &'static str> {
    if !is_file_name(&entry.file) {
        return Err("the file is not a plain file name");
    }
    if entry.sources.is_empty() {
        return Err("it has no source");
    }
    if (entry.purpose == Purpose::SentenceEmbedding) != entry.embedding.is_some() {
        return Err("sentence embeddings, and only they, say how they are used in [model.embedding]");
    }
    let mut scales = entry.embedding.iter().flat_map(|embedding| embedding.scale.values());
    if scales.any(|scale| scale.unrelated.partial_cmp(&scale.related) != Some(Ordering::Less)) {
        return Err("a scale needs unrelated below related");
    }
    for source in &entry.sources {
        if source.parts.len() != source.convert.parts() {
            return Err("a source has the wrong number of parts for its conversion");
        }
        for part in &source.parts {
            check_part(part, entry.builtin)?;
        }
    }
    Ok(())
}

fn check_part(part: &Part, builtin: bool) -> Result<(), &'static str> {
    let archive = part.archive.as_ref();
    if !is_file_name(&part.file) || archive.is_some_and(|archive| !is_file_name(&archive.file)) {
        return Err("a part is not a plain file name");
    }
    let hashes = [part.sha256.as_deref(), archive.map(|archive| archive.sha256.as_str())];
    if !hashes.iter().flatten().all(|hash| is_sha256(hash)) {
        return Err("a sha256 is not 64 lower-case hex digits");
    }
    if !builtin && hashes.iter().all(Option::is_none) {
        return Err("a part has no sha256");
    }
    if part.sha256.is_some() != part.size.is_some() {
        return Err("a part has only one of sha256 and size");
    }
    Ok(())
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether joining the name to a folder stays in that folder, visibly.
fn is_file_name(name: &str) -> bool {
    !name.starts_with('.')
        && !name.contains('\\')
        && Path::new(name).file_name().is_some_and(|file| file == name)
}
