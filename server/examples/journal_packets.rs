//! The sequence numbers of the media packets that the journals of a data folder hold, one JSON object for each stream:
//! `journal_packets DATA-FOLDER`. For the load tests, which compare them with what was sent (`tests/load`).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context as _, Result};
use serde_json::json;
use viva::{config::Config, keys::Keys, recording::Place};
use viva_core::id::{InterviewId, TakeId};
use viva_media::journal::{Body, JournalReader};
use viva_store::SqliteStore;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut config = Config::default();
    config.data.dir = PathBuf::from(std::env::args().nth(1).context("which data folder?")?);
    let keys = Keys::open(&config, Arc::new(SqliteStore::open(&config.database()).await?)).await?;
    for interview in std::fs::read_dir(config.recordings())? {
        let interview = interview?;
        let id: InterviewId = interview.file_name().to_string_lossy().parse()?;
        for file in std::fs::read_dir(interview.path())? {
            let name = file?.file_name().to_string_lossy().into_owned();
            let Some(take) = name.strip_suffix(".journal") else { continue };
            let take: TakeId = take.parse()?;
            for (ssrc, numbers) in read(&Place::journal(&config, &keys.of(id).await?, id, take))? {
                println!("{}", json!({ "ssrc": ssrc, "numbers": numbers }));
            }
        }
    }
    Ok(())
}

/// By SSRC.
fn read(place: &Place) -> Result<BTreeMap<u32, BTreeSet<u16>>> {
    let mut streams = BTreeMap::<u32, BTreeSet<u16>>::new();
    let mut reader = JournalReader::open(&place.path, &place.key)?;
    while let Some(entry) = reader.next_record()? {
        let Body::Rtp { packet, .. } = entry.record.body else { continue };
        let &[_, _, n1, n2, _, _, _, _, s1, s2, s3, s4, ..] = packet else { continue };
        let ssrc = u32::from_be_bytes([s1, s2, s3, s4]);
        streams.entry(ssrc).or_default().insert(u16::from_be_bytes([n1, n2]));
    }
    Ok(streams)
}
