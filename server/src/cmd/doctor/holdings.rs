//! Everything that the node keeps of interviews: is it there, is it whole, and does it open?

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use viva_core::{
    id::InterviewId,
    interview::{Interview, State},
    retention::DataClass,
    take::{Recording, Take, TakeState},
};
use viva_media::seal::{DataKey, LogReader, MAX_RECORD};
use viva_store::{DataKeys as _, Interviews as _, SqliteStore};

use crate::{config::Config, keys::Keys, recording::Place};

const PAGE: u32 = 200;

/// What was found.
#[derive(Debug, Default)]
pub struct Holdings {
    /// Recordings that are there, open, and have the length and the SHA-256 that the database knows.
    pub good: usize,
    pub bytes: u64,
    /// Each names the file and what is wrong with it.
    pub problems: Vec<String>,
}

/// Reads everything through, which takes as long as the disk needs for it.
pub async fn check(config: &Config, store: &Arc<SqliteStore>) -> Result<Holdings> {
    let keys = Keys::open(config, Arc::clone(store) as Arc<_>).await?;
    let (mut found, mut known, mut after) = (Holdings::default(), HashSet::new(), None);
    loop {
        let page = store.data_keys(after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (id, _) in page {
            known.insert(id.to_string());
            let Some(interview) = store.interview(id).await? else { continue };
            match keys.of(id).await {
                Ok(key) => found.check(config, &interview, &key),
                Err(error) => found.problems.push(format!("{error:#}")),
            }
        }
    }
    found.check_strays(&config.recordings(), &known)?;
    Ok(found)
}

impl Holdings {
    fn check(&mut self, config: &Config, interview: &Interview, key: &DataKey) {
        let takes = interview.answers.iter().flat_map(|answer| &answer.takes);
        for take in takes.filter(|_| !interview.is_deleted(DataClass::Recordings)) {
            let journal = Place::journal(config, key, interview.id, take.id);
            if let Err(error) = check_journal(&journal, take) {
                self.problems.push(format!("{}: {error:#}", journal.path.display()));
            }
            let Some(recording) = &take.recording else { continue };
            let place = Place::recording(config, key, interview.id, take.id);
            match check_recording(&place, recording) {
                Ok(()) => {
                    self.good += 1;
                    self.bytes += recording.bytes;
                }
                Err(error) => self.problems.push(format!("{}: {error:#}", place.path.display())),
            }
        }
        if interview.state == State::Erased {
            self.problems.push(format!("{}: erased, but its key is still there", interview.id));
        }
    }

    /// Folders that no interview with a key accounts for.
    fn check_strays(&mut self, folder: &Path, known: &HashSet<String>) -> Result<()> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other.with_context(|| format!("{} cannot be read", folder.display()))?,
        };
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !known.contains(&name) {
                let what = if name.parse::<InterviewId>().is_ok() {
                    "belongs to no interview, or to an erased one, and opens for nobody: remove it"
                } else {
                    "is not Viva's"
                };
                self.problems.push(format!("{}: {what}", folder.join(name).display()));
            }
        }
        Ok(())
    }
}

/// Passes over what is still being written.
fn check_journal(place: &Place, take: &Take) -> Result<()> {
    let file = match File::open(&place.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && take.recording.is_none() => return Ok(()),
        other => other.context("is not there")?,
    };
    let mut log = LogReader::new(file, &place.key);
    io::copy(&mut log, &mut io::sink())?;
    anyhow::ensure!(log.damaged_bytes() == 0, "{} bytes in its middle do not open", log.damaged_bytes());
    let is_over = !matches!(take.state, TakeState::Recording | TakeState::Interrupted) && !take.backfilling;
    anyhow::ensure!(log.is_ended() || !is_over, "its end is cut off");
    Ok(())
}

fn check_recording(place: &Place, recording: &Recording) -> Result<()> {
    let mut file = place.open().context("does not open")?;
    anyhow::ensure!(
        file.length() == recording.bytes,
        "has {} bytes, the database says {}",
        file.length(),
        recording.bytes
    );
    let (mut digest, mut piece) = (Sha256::new(), vec![0; MAX_RECORD]);
    loop {
        match file.read(&mut piece).context("does not open as a whole")? {
            0 => break,
            count => digest.update(&piece[..count]),
        }
    }
    anyhow::ensure!(hex::encode(digest.finalize()) == recording.sha256, "is not the recording that was made");
    Ok(())
}
