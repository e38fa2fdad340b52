//! What all parts of a running server share.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
};

use anyhow::{Context, Result};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use viva_core::id::{InterviewId, TakeId};
use viva_media::recorder::{Limits, Recorder};
use viva_store::{SqliteStore, Store};

use crate::{
    admission::Admission,
    analysis::Analyser,
    config::Config,
    ingest::{Impairment, Ingest, IngestConfig},
    keys::Keys,
    language_model::LanguageModel,
    live::Live,
    notify::mail::Mailer,
    recording::Place,
    room::Room,
    secret::LinkKey,
};

const MOST_ARCHIVES: usize = 4;

/// The running server.
pub struct App {
    pub config: Config,
    pub public_url: String,
    pub store: Arc<dyn Store>,
    pub keys: Keys,
    pub ingest: Ingest,
    admission: Mutex<Admission>,
    pub recorder: Recorder,
    pub live: Live,
    pub room: Room,
    pub analyser: Arc<Analyser>,
    pub link_key: LinkKey,
    /// Absent where no mail server is configured.
    pub mailer: Option<Mailer>,
    /// Absent where no endpoint is configured.
    pub language_model: Option<LanguageModel>,
    /// Held while the corrections of a transcript are changed.
    pub correcting: tokio::sync::Mutex<()>,
    /// Candidates who take their data along at the same time: each reads recordings from the disk.
    pub archives: Arc<Semaphore>,
    /// Wakes the timer loop when a deadline may have come nearer.
    pub deadlines_changed: Notify,
    /// Wakes the workers when a job may be ready.
    pub jobs_changed: Notify,
    /// A report was made.
    pub reported: Notify,
    /// Measures that have moved; see [`crate::drift`].
    pub drift_alarms: AtomicU64,
    pub stopping: CancellationToken,
}

impl App {
    /// Opens the store, the ports and the models.
    pub async fn start(config: Config) -> Result<Arc<Self>> {
        let dir = &config.data.dir;
        fs::create_dir_all(config.recordings())
            .with_context(|| format!("data.dir: cannot create {}", dir.display()))?;
        let store = SqliteStore::open(&config.database())
            .await
            .with_context(|| format!("cannot open the database {}", config.database().display()))?;
        let store: Arc<dyn Store> = Arc::new(store);
        let keys = Keys::open(&config, Arc::clone(&store)).await?;
        let link_key =
            LinkKey::load_or_create(&dir.join("link.key")).context("cannot read or make link.key")?;
        let mut ingest = IngestConfig::new(config.ingest.udp);
        ingest.tcp = config.ingest.tcp;
        ingest.advertised.clone_from(&config.ingest.advertised);
        ingest.start_bitrate_kbps = config.ingest.start_bitrate_kbps;
        ingest.max_bitrate_kbps = config.ingest.max_bitrate_kbps;
        ingest.max_publishers = config.ingest.max_publishers;
        if config.ingest.loss > 0.0 {
            ingest.impairment = Some(Impairment { loss: config.ingest.loss, ..Impairment::default() });
        }
        let ingest = Ingest::bind(ingest)
            .await
            .with_context(|| format!("ingest.udp: cannot listen on {}", config.ingest.udp))?;
        let mailer = Mailer::new(&config.mail)?;
        let language_model = LanguageModel::new(&config.language_model)?;
        let analyser = Arc::new(Analyser::load(&config)?);
        Ok(Arc::new(Self {
            public_url: config.public_url(),
            room: Room::new(dir.clone(), config.data.least_free_mb, config.ingest.max_bitrate_kbps),
            config,
            store,
            keys,
            ingest,
            admission: Mutex::default(),
            recorder: Recorder::start(Limits::default()).context("cannot start the recorder")?,
            live: Live::default(),
            analyser,
            link_key,
            mailer,
            language_model,
            correcting: tokio::sync::Mutex::new(()),
            archives: Arc::new(Semaphore::new(MOST_ARCHIVES)),
            deadlines_changed: Notify::new(),
            jobs_changed: Notify::new(),
            reported: Notify::new(),
            drift_alarms: AtomicU64::new(0),
            stopping: CancellationToken::new(),
        }))
    }

    /// Who waits for a place of the ingest. Never held across anything that waits.
    pub fn admission(&self) -> MutexGuard<'_, Admission> {
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn interview_dir(&self, interview: InterviewId) -> PathBuf {
        self.holdings().interview_dir(interview)
    }

    /// Where the journal of a take lies, with its key.
    pub async fn journal_place(&self, interview: InterviewId, take: TakeId) -> Result<Place> {
        Ok(Place::journal(&self.config, &self.keys.of(interview).await?, interview, take))
    }

    /// Where the recording of a take lies, with its key.
    pub async fn recording_place(&self, interview: InterviewId, take: TakeId) -> Result<Place> {
        Ok(Place::recording(&self.config, &self.keys.of(interview).await?, interview, take))
    }
}
