//! The keys that interviews are sealed with: made when first needed, wrapped by the node's master key, destroyed for good.

mod master;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result, bail};
use viva_core::id::InterviewId;
use viva_media::seal::{Cipher, DataKey, MasterKey, UnwrapError};
use viva_store::{Store, WrappedKey};

pub use master::Source;

use crate::{clock, config::Config};

/// Data keys in memory at most; more are forgotten and unwrapped again.
const MOST_REMEMBERED: usize = 4096;
const PAGE: u32 = 500;

/// The keys of this node.
pub struct Keys {
    source: Source,
    store: Arc<dyn Store>,
    cipher: Cipher,
    /// The current one first.
    masters: Mutex<Vec<MasterKey>>,
    remembered: Mutex<HashMap<InterviewId, DataKey>>,
}

impl Keys {
    /// Reads the master key, or makes it where nothing was sealed yet.
    ///
    /// # Errors
    /// When there is no master key, or not the one that the interviews here are sealed with: then nothing may start, since
    /// nothing could be read, and what is new would be sealed apart from the old.
    pub async fn open(config: &Config, store: Arc<dyn Store>) -> Result<Self> {
        let source = Source::of(config);
        let first = store.data_keys(None, 1).await?.pop();
        if first.is_none() {
            source.create_file()?;
        }
        let masters = read(&source).await?;
        if let Some((interview, wrapped)) = first
            && let Err(error) = unwrap(&masters, &wrapped, interview)
        {
            bail!(
                "the master key in {source} is not the one that the interviews here are sealed with ({error}): \
                 put the right one there"
            );
        }
        Ok(Self {
            source,
            store,
            cipher: config.seal.cipher.into(),
            masters: Mutex::new(masters),
            remembered: Mutex::default(),
        })
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The key of an interview, made now when it has none.
    ///
    /// # Errors
    /// When it was destroyed, or cannot be unwrapped or stored.
    pub async fn of(&self, interview: InterviewId) -> Result<DataKey> {
        let remembered = lock(&self.remembered).get(&interview).cloned();
        if let Some(key) = remembered {
            return Ok(key);
        }
        let wrapped = match self.store.data_key(interview).await? {
            Some(WrappedKey::Present(wrapped)) => wrapped,
            Some(WrappedKey::Destroyed) => bail!("the interview was erased, and its key destroyed"),
            None => self.make(interview).await?,
        };
        let key = self.unwrap(&wrapped, interview).await?;
        let mut remembered = lock(&self.remembered);
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(interview, key.clone());
        Ok(key)
    }

    /// Destroys the key of an interview: whatever was sealed with it can never be read again.
    pub async fn destroy(&self, interview: InterviewId) -> Result<()> {
        lock(&self.remembered).remove(&interview);
        self.store.destroy_data_key(interview, clock::now()).await?;
        lock(&self.remembered).remove(&interview);
        Ok(())
    }

    /// Makes a new master key (where Viva keeps it itself), wraps every data key with it, and gives up the old ones.
    /// Returns how many were wrapped anew. Files stay as they are. May run beside a server, but not beside another rotation.
    pub async fn rotate(&self) -> Result<usize> {
        let _alone = self.source.lock()?;
        self.source.add_new()?;
        let masters = self.reload().await?;
        let current = &masters[0];
        let (mut after, mut count) = (None, 0);
        loop {
            let page = self.store.data_keys(after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (interview, wrapped) in page {
                let Err(UnwrapError::OtherMasterKey(_)) = current.unwrap(&wrapped, &owner(interview)) else {
                    continue;
                };
                let key = self.unwrap(&wrapped, interview).await?;
                let new = current.wrap(&key, &owner(interview))?;
                count += usize::from(self.store.rewrap_data_key(interview, &wrapped, &new).await?);
            }
        }
        self.source.keep_only(current)?;
        Ok(count)
    }

    async fn make(&self, interview: InterviewId) -> Result<Vec<u8>> {
        let key = DataKey::random(self.cipher)?;
        let mut wrapped = self.reload().await?[0].wrap(&key, &owner(interview))?;
        if self.store.put_data_key(interview, &wrapped, clock::now()).await? {
            // A rotation that began meanwhile may have passed over this key before it was stored.
            let masters = self.reload().await?;
            if masters[0].unwrap(&wrapped, &owner(interview)).is_err() {
                let new = masters[0].wrap(&key, &owner(interview))?;
                if self.store.rewrap_data_key(interview, &wrapped, &new).await? {
                    wrapped = new;
                }
            }
            return Ok(wrapped);
        }
        match self.store.data_key(interview).await? {
            Some(WrappedKey::Present(wrapped)) => Ok(wrapped),
            _ => bail!("the interview was erased, and its key destroyed"),
        }
    }

    async fn unwrap(&self, wrapped: &[u8], interview: InterviewId) -> Result<DataKey> {
        let known = unwrap(&lock(&self.masters), wrapped, interview);
        match known {
            // Another process may have made a new master key.
            Err(UnwrapError::OtherMasterKey(_)) => unwrap(&self.reload().await?, wrapped, interview),
            other => other,
        }
        .with_context(|| format!("the key of interview {interview}"))
    }

    async fn reload(&self) -> Result<Vec<MasterKey>> {
        let masters = read(&self.source).await?;
        lock(&self.masters).clone_from(&masters);
        Ok(masters)
    }
}

/// A vault may take its time.
async fn read(source: &Source) -> Result<Vec<MasterKey>> {
    let source = source.clone();
    tokio::task::spawn_blocking(move || source.read()).await?
}

fn unwrap(masters: &[MasterKey], wrapped: &[u8], interview: InterviewId) -> Result<DataKey, UnwrapError> {
    let mut outcome = Err(UnwrapError::Damaged);
    for master in masters {
        outcome = master.unwrap(wrapped, &owner(interview));
        if !matches!(outcome, Err(UnwrapError::OtherMasterKey(_))) {
            break;
        }
    }
    outcome
}

fn owner(interview: InterviewId) -> String {
    format!("interview:{interview}")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
