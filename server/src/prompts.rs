//! The files that prompts of questions play: checked for what they are, named by what they hold, and kept beside the
//! database. They are the employer's, not a candidate's, and lie in the clear.

pub mod sweep;
mod webvtt;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use viva_core::position::{CAPTION_TYPE, Position, Problem, type_of};
use viva_media::read::{self, Limits, MediaInfo};

use crate::{app::App, clock};

pub const LARGEST_MEDIA: u64 = 64 << 20;
const LARGEST_CAPTIONS: u64 = 256 << 10;
const LONGEST_MS: u64 = 5 * 60 * 1000;
/// What every browser that Viva supports plays.
const CODECS: [&str; 7] = ["h264", "vp8", "vp9", "aac", "opus", "vorbis", "mp3"];

/// The folder with the stored files.
#[derive(Clone, Debug)]
pub struct Prompts {
    folder: PathBuf,
}

/// A file that may be played, under the name that it is stored by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: u64,
    /// Of captions: when the last one ends.
    pub duration_ms: u64,
}

impl App {
    pub fn prompts(&self) -> Prompts {
        Prompts::new(self.config.prompts())
    }
}

impl Prompts {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a stored file lies and what it is; absent where no such file is stored.
    pub fn find(&self, name: &str) -> Option<(PathBuf, &'static str)> {
        let (digest, _) = name.split_once('.')?;
        // Also keeps any other path out.
        let is_digest = digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let (path, media_type) = (self.folder.join(name), type_of(name)?);
        (is_digest && name.len() <= 64 + 5 && path.is_file()).then_some((path, media_type))
    }

    /// The files that the prompts of `position` name and that are not stored here.
    pub fn missing(&self, position: &Position) -> Vec<Problem> {
        let mut found = Vec::new();
        for (field, name) in files(position) {
            if !self.holds(name) {
                let name: String = name.chars().take(80).collect();
                let message =
                    format!("`{name}` is not stored here; send the file to POST /api/v1/prompts first");
                found.push(Problem { field, message });
            }
        }
        found
    }

    /// Keeps a copy of a checked file.
    pub fn keep(&self, file: &Path, checked: &Checked) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let part = self.folder.join(format!("{}.part-{}", checked.name, clock::id::<uuid::Uuid>()));
        fs::copy(file, &part)?;
        fs::File::open(&part)?.sync_all()?;
        fs::rename(&part, self.folder.join(&checked.name))
    }

    /// Checks the files that `position` names, beside the position's own file in `beside`, and keeps them; the position
    /// with the names under which they are stored, or each mistake with its field.
    pub fn import(&self, position: Position, beside: &Path) -> Result<Position, Vec<Problem>> {
        let wrong = self.problems(&position, beside);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut position = position;
        let mut failed = Vec::new();
        for question in &mut position.questions {
            let Some(prompt) = question.prompt.take() else { continue };
            let kept = prompt.renamed(|name| {
                let file = beside.join(name);
                let kept = check(&file, name).and_then(|checked| {
                    self.keep(&file, &checked).map_err(|error| format!("cannot be kept: {error}"))?;
                    Ok(checked.name)
                });
                kept.unwrap_or_else(|message| {
                    if !self.holds(name) {
                        failed.push(Problem { field: "questions".into(), message });
                    }
                    name.to_owned()
                })
            });
            question.prompt = Some(kept);
        }
        if failed.is_empty() { Ok(position) } else { Err(failed) }
    }

    /// What is wrong with the files that `position` names, each with its field.
    pub fn problems(&self, position: &Position, beside: &Path) -> Vec<Problem> {
        let wrong = files(position).into_iter().filter_map(|(field, name)| {
            let message = check(&beside.join(name), name).err()?;
            self.find(name).is_none().then_some(Problem { field, message })
        });
        wrong.collect()
    }
}

/// Every file of every prompt, with its field.
fn files(position: &Position) -> Vec<(String, &str)> {
    let prompts = position.questions.iter().enumerate().filter_map(|(i, q)| Some((i, q.prompt.as_ref()?)));
    let files = prompts.flat_map(|(i, prompt)| {
        prompt.files().into_iter().map(move |(field, name)| (format!("questions[{i}].prompt.{field}"), name))
    });
    files.collect()
}

/// Whether the file holds what its name says, and no more than a prompt may.
///
/// # Errors
/// What is wrong and how to mend it, as the rest of a sentence that begins with the field's name.
pub fn check(file: &Path, name: &str) -> Result<Checked, String> {
    let named: String = name.chars().take(80).collect();
    let media_type = type_of(name).ok_or_else(|| format!("`{named}` ends in no known way"))?;
    let is_captions = media_type == CAPTION_TYPE.1;
    let most = if is_captions { LARGEST_CAPTIONS } else { LARGEST_MEDIA };
    let metadata = fs::metadata(file).map_err(|error| format!("`{named}` cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err(format!("`{named}` is no file"));
    }
    let bytes = metadata.len();
    if bytes > most {
        return Err(format!("`{named}` has {bytes} bytes; at most {most}"));
    }
    let content = fs::read(file).map_err(|error| format!("`{named}` cannot be read: {error}"))?;
    let duration_ms = if is_captions {
        webvtt::check(&content).map_err(|message| format!("`{named}`: {message}"))?
    } else {
        let limits = Limits { max_file_bytes: most, ..Limits::default() };
        let info =
            read::probe(file, &limits).map_err(|error| format!("`{named}` cannot be played: {error}"))?;
        playable(&info, media_type).map_err(|message| format!("`{named}` {message}"))?
    };
    if duration_ms > LONGEST_MS {
        return Err(format!(
            "`{named}` lasts {} s; at most {}: nobody keeps more in mind",
            duration_ms / 1000,
            LONGEST_MS / 1000
        ));
    }
    let end = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let name = format!("{}.{end}", hex::encode(Sha256::digest(&content)));
    Ok(Checked { name, media_type, bytes, duration_ms })
}

fn playable(info: &MediaInfo, media_type: &str) -> Result<u64, String> {
    let container = info.container;
    let fits = match media_type {
        "video/mp4" | "audio/mp4" => container == "mp4",
        "video/webm" => container == "webm",
        _ => container == "mp3",
    };
    if !fits {
        return Err(format!("is {container} inside; name it so, or convert it"));
    }
    if info.audio.is_none() {
        return Err("has no sound: a prompt is heard".into());
    }
    let codecs =
        info.video.iter().map(|video| &video.codec).chain(info.audio.iter().map(|audio| &audio.codec));
    let unknown = codecs.filter(|codec| !CODECS.contains(&codec.as_str())).cloned().collect::<Vec<_>>();
    if !unknown.is_empty() {
        return Err(format!(
            "is coded in {}, which not every browser plays; convert it to H.264 with AAC, or VP8 with Opus",
            unknown.join(", ")
        ));
    }
    Ok(info.duration_ms)
}
