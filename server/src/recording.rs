//! Joins ingest to the journals: whatever arrives while a take is open goes into its journal.

use std::{
    collections::VecDeque,
    fs::{File, Metadata},
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard, Weak},
};

use tokio::sync::mpsc::UnboundedSender;
use viva_core::{
    id::{InterviewId, TakeId},
    take::{Recording, StopReason, Take},
    time::{Span, Timestamp},
};
use viva_media::{
    audio::{self, loudness},
    finalise::{FinaliseError, Finalised, finalise},
    journal::{self, Body, Event, JournalError, JournalReader, Record, SenderReport},
    read::Limits,
    recorder::{Recorder, TakeJournal},
    seal::{DataKey, FileKey, SealedFile},
};

use crate::{
    config::Config,
    ingest::{ConnectionState, MediaSink, Track},
};

/// Sender reports remembered per connection: a take of under 2.5 s may see none of its own for the sound.
const REMEMBERED_REPORTS: usize = 12;

/// A sealed file of a take, and its key.
#[derive(Clone, Debug)]
pub struct Place {
    pub path: PathBuf,
    pub key: FileKey,
}

impl Place {
    /// The journal of a take.
    pub fn journal(config: &Config, key: &DataKey, interview: InterviewId, take: TakeId) -> Self {
        Self::of(config, key, interview, take, "journal", "journal")
    }

    /// The recording of a take.
    pub fn recording(config: &Config, key: &DataKey, interview: InterviewId, take: TakeId) -> Self {
        Self::of(config, key, interview, take, "recording", "webm")
    }

    fn of(
        config: &Config,
        key: &DataKey,
        interview: InterviewId,
        take: TakeId,
        kind: &str,
        extension: &str,
    ) -> Self {
        Self {
            path: config.recordings().join(interview.to_string()).join(format!("{take}.{extension}")),
            key: key.file(&format!("{kind}:{interview}:{take}")),
        }
    }

    /// Opens a recording for reading.
    pub fn open(&self) -> io::Result<SealedFile<File>> {
        self.open_with_metadata().map(|(file, _)| file)
    }

    /// The same, with what the system knows of the sealed file.
    pub fn open_with_metadata(&self) -> io::Result<(SealedFile<File>, Metadata)> {
        let file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        Ok((SealedFile::open(file, metadata.len(), &self.key)?, metadata))
    }
}

/// The media side of one interview: where packets go, whichever connection brings them.
#[derive(Default)]
pub struct InterviewMedia {
    targets: RwLock<Targets>,
    reports: Mutex<VecDeque<(i64, journal::Track, SenderReport)>>,
}

#[derive(Default)]
struct Targets {
    open: Option<OpenTake>,
    /// Takes that are over and wait for a disk that takes their journal.
    waiting: Vec<OpenTake>,
    /// A journal for the case that a take is just being started: storing that takes time, and no packet may be lost to it.
    gathering: Weak<TakeJournal>,
}

struct OpenTake {
    id: TakeId,
    started_at: Timestamp,
    journal: Arc<TakeJournal>,
    has_file: bool,
}

impl InterviewMedia {
    /// The take whose journal is open.
    pub fn take(&self) -> Option<TakeId> {
        self.read(|open| open.id)
    }

    /// The open take, and how many milliseconds of it are on disk.
    pub fn saved_up_to(&self) -> Option<(TakeId, u64)> {
        self.read(|open| {
            let written_us = open.journal.saved_up_to().written_us.unwrap_or(0);
            (open.id, Timestamp(written_us / 1000).since(open.started_at))
        })
    }

    /// Gathers in memory what arrives from now on, for a take that may be about to start. Forgotten with what is returned,
    /// unless [`Self::start`] made it a take's journal.
    pub fn gather(&self, recorder: &Recorder) -> Arc<TakeJournal> {
        gathering(&mut self.write(), recorder)
    }

    /// A take starts: what was gathered and whatever arrives belongs to its journal, which gets its file by
    /// [`Self::give_file`]. Returns the journal of the take before, to be closed.
    pub fn start(
        &self,
        recorder: &Recorder,
        take: TakeId,
        started_at: Timestamp,
    ) -> Option<Arc<TakeJournal>> {
        let mut targets = self.write();
        if targets.open.as_ref().is_some_and(|open| open.id == take) {
            return None;
        }
        let journal = gathering(&mut targets, recorder);
        targets.gathering = Weak::new();
        for (arrival_us, track, report) in self.reports.lock().unwrap_or_else(PoisonError::into_inner).iter()
        {
            append(&journal, *arrival_us, Body::SenderReport { track: *track, report: *report });
        }
        let before = targets.open.replace(OpenTake { id: take, started_at, journal, has_file: false })?;
        if before.has_file {
            return Some(before.journal);
        }
        targets.waiting.push(before);
        None
    }

    /// Whether the journal of `take` is not complete yet.
    pub fn is_writing(&self, take: TakeId) -> bool {
        let targets = self.targets.read().unwrap_or_else(PoisonError::into_inner);
        targets.open.iter().chain(&targets.waiting).any(|open| open.id == take)
    }

    /// Whether any journal is not complete yet.
    pub fn is_writing_any(&self) -> bool {
        let targets = self.targets.read().unwrap_or_else(PoisonError::into_inner);
        targets.open.is_some() || !targets.waiting.is_empty()
    }

    /// The journal of the running `take`, once it has its file.
    pub fn journal(&self, take: TakeId) -> Option<Arc<TakeJournal>> {
        self.read(|open| (open.id == take && open.has_file).then(|| Arc::clone(&open.journal))).flatten()
    }

    /// Whether [`Self::give_file`] has something to do for `take`.
    pub fn needs_file(&self, take: TakeId) -> bool {
        let targets = self.targets.read().unwrap_or_else(PoisonError::into_inner);
        let open = targets.open.iter().any(|open| open.id == take && !open.has_file);
        open || targets.waiting.iter().any(|waiting| waiting.id == take)
    }

    /// Opens (or goes on with) the journal file of `take`, and closes it when the take is over. Blocks on the disk.
    ///
    /// # Errors
    /// What the disk says; what arrives stays in memory, and it can be tried again.
    pub fn give_file(
        &self,
        recorder: &Recorder,
        take: TakeId,
        place: &Place,
        now: Timestamp,
    ) -> io::Result<()> {
        let found = {
            let targets = self.targets.read().unwrap_or_else(PoisonError::into_inner);
            let found = targets.open.iter().chain(&targets.waiting).find(|open| open.id == take);
            found.map(|open| (Arc::clone(&open.journal), open.started_at, open.has_file))
        };
        let Some((journal, started_at, has_file)) = found else { return Ok(()) };
        if !has_file {
            let new = !place.path.exists() || !has_event(place, |event| event == Event::TakeStarted)?;
            recorder.give_file(&journal, &place.path, take.0.into_bytes(), &place.key, now.0 * 1000)?;
            if new {
                append(&journal, started_at.0 * 1000, Body::Event(Event::TakeStarted));
            }
        }
        let is_over = {
            let mut targets = self.write();
            let Targets { open, waiting, .. } = &mut *targets;
            if let Some(open) = open.iter_mut().chain(waiting).find(|open| open.id == take) {
                open.has_file = true;
            }
            targets.waiting.iter().any(|waiting| waiting.id == take)
        };
        if is_over {
            journal.close()?;
            self.write().waiting.retain(|waiting| waiting.id != take);
        }
        Ok(())
    }

    /// Ends the journal of `take` at `at`. Blocks on the disk. Nothing to do when it is not open here.
    ///
    /// # Errors
    /// What the disk says. A take without a file goes on waiting for one in memory.
    pub fn stop(&self, take: TakeId, at: Timestamp, reason: StopReason) -> io::Result<()> {
        let journal = {
            let mut targets = self.write();
            let Some(ended) = targets.open.take_if(|open| open.id == take) else { return Ok(()) };
            append(&ended.journal, at.0 * 1000, Body::Event(Event::TakeStopped(journal_reason(reason))));
            if !ended.has_file {
                targets.waiting.push(ended);
                return Err(io::ErrorKind::NotFound.into());
            }
            ended.journal
        };
        journal.close().map(drop)
    }

    /// Closes the open journal without ending its take: the take goes on after a restart.
    pub fn suspend(&self) -> io::Result<()> {
        let open = self.write().open.take();
        open.map_or(Ok(()), |open| open.journal.close().map(drop))
    }

    fn read<T>(&self, f: impl FnOnce(&OpenTake) -> T) -> Option<T> {
        self.targets.read().unwrap_or_else(PoisonError::into_inner).open.as_ref().map(f)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Targets> {
        self.targets.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, arrival_us: i64, body: Body<'_>) {
        let targets = self.targets.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = &targets.open {
            append(&open.journal, arrival_us, body);
        }
        if let Some(gathering) = targets.gathering.upgrade() {
            append(&gathering, arrival_us, body);
        }
    }
}

fn gathering(targets: &mut Targets, recorder: &Recorder) -> Arc<TakeJournal> {
    targets.gathering.upgrade().unwrap_or_else(|| {
        let journal = Arc::new(recorder.begin());
        targets.gathering = Arc::downgrade(&journal);
        journal
    })
}

/// One connection's way into the media of its interview.
pub struct ConnectionSink {
    pub media: Arc<InterviewMedia>,
    pub epoch: u32,
    pub states: UnboundedSender<ConnectionState>,
}

impl MediaSink for ConnectionSink {
    fn rtp(&self, track: Track, arrival_us: i64, packet: &[u8]) {
        self.media.record(arrival_us, Body::Rtp { track: journal_track(track), packet });
    }

    fn sender_report(&self, track: Track, arrival_us: i64, ssrc: u32, ntp: u64, rtp: u32) {
        let (track, report) = (journal_track(track), SenderReport { ssrc, ntp, rtp });
        let mut reports = self.media.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.len() == REMEMBERED_REPORTS {
            reports.pop_front();
        }
        reports.push_back((arrival_us, track, report));
        drop(reports);
        self.media.record(arrival_us, Body::SenderReport { track, report });
    }

    fn connection(&self, state: ConnectionState) {
        let now_us = crate::clock::now().0 * 1000;
        match state {
            ConnectionState::Connected => {
                self.media.record(now_us, Body::Event(Event::Connected { epoch: self.epoch }));
            }
            ConnectionState::Disconnected | ConnectionState::Closed => {
                self.media.record(now_us, Body::Event(Event::Disconnected { epoch: self.epoch }));
            }
            _ => {}
        }
        // The receiver lives as long as the connection; after it nobody needs to know.
        let _ = self.states.send(state);
    }
}

/// Makes the recording of a take's journal that is not open any more, and ends it when the take stopped where its own
/// end is missing. `None` when nothing usable is in it. Blocks.
pub fn finish(
    recorder: &Recorder,
    journal: &Place,
    out: &Place,
    take: &Take,
    now: Timestamp,
) -> Result<Option<Recording>, FinaliseError> {
    if !journal.path.exists() {
        return Ok(None);
    }
    if !has_event(journal, |event| matches!(event, Event::TakeStopped(_)))? {
        let open = recorder.open(&journal.path, take.id.0.into_bytes(), &journal.key, now.0 * 1000)?;
        let stopped_at = take.stopped_at.unwrap_or(now);
        append(&open, stopped_at.0 * 1000, Body::Event(Event::TakeStopped(journal::StopReason::Fault)));
        open.close()?;
    }
    match finalise(&journal.path, &journal.key, &out.path, &out.key) {
        Ok(made) => Ok(Some(summary(&made, take.sound_only, out))),
        Err(FinaliseError::NoMedia) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a journal holds such an event. One that was cut off inside its header holds nothing.
fn has_event(journal: &Place, wanted: impl Fn(Event) -> bool) -> io::Result<bool> {
    let mut reader = match JournalReader::open(&journal.path, &journal.key) {
        Ok(reader) => reader,
        Err(JournalError::CutHeader { .. }) => return Ok(false),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    while let Some(entry) = reader.next_record()? {
        if matches!(entry.record.body, Body::Event(event) if wanted(event)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn summary(made: &Finalised, sound_only: bool, out: &Place) -> Recording {
    let gaps = |gaps: &[(u64, u64)]| gaps.iter().map(|(start, end)| end - start).sum();
    // A file that does not decode has no sound; the finaliser has already vouched for the rest.
    let decode = |file| audio::decode_input(Box::new(file), &Limits::default()).ok();
    let sound_detected = out.open().ok().and_then(decode).is_some_and(|pcm| loudness::sound_detected(&pcm));
    Recording {
        duration_ms: made.duration_ms,
        bytes: made.bytes,
        sha256: made.sha256.clone(),
        has_video: made.video.is_some(),
        has_audio: made.audio.is_some(),
        sound_detected,
        width: made.video.as_ref().map_or(0, |v| u32::from(v.width)),
        height: made.video.as_ref().map_or(0, |v| u32::from(v.height)),
        video_gap_ms: made.video.as_ref().map_or(0, |v| gaps(&v.gaps)),
        audio_gap_ms: made.audio.as_ref().map_or(0, |a| gaps(&a.gaps)),
        missing: missing(made, sound_only),
    }
}

/// The spans without sound or without the picture that was to be, joined where they touch.
fn missing(made: &Finalised, sound_only: bool) -> Vec<Span> {
    let (whole, none) = (vec![(0, made.duration_ms)], Vec::new());
    let video = match &made.video {
        _ if sound_only => &none,
        Some(video) => &video.gaps,
        None => &whole,
    };
    let audio = made.audio.as_ref().map_or(&whole, |audio| &audio.gaps);
    let mut gaps: Vec<_> = video.iter().chain(audio).copied().collect();
    gaps.sort_unstable();
    let mut missing: Vec<Span> = Vec::new();
    for (start_ms, end_ms) in gaps {
        match missing.last_mut() {
            Some(last) if start_ms <= last.end_ms => last.end_ms = last.end_ms.max(end_ms),
            _ => missing.push(Span { start_ms, end_ms }),
        }
    }
    missing
}

fn append(journal: &TakeJournal, arrival_us: i64, body: Body<'_>) {
    // A refusal is counted by the recorder and shown in its health: the take goes on with a gap.
    let _ = journal.append(&Record { arrival_us, body });
}

fn journal_track(track: Track) -> journal::Track {
    match track {
        Track::Audio => journal::Track::Audio,
        Track::Video => journal::Track::Video,
    }
}

fn journal_reason(reason: StopReason) -> journal::StopReason {
    match reason {
        StopReason::Candidate | StopReason::Withdrawn => journal::StopReason::Candidate,
        StopReason::Deadline => journal::StopReason::Deadline,
        StopReason::Server => journal::StopReason::Shutdown,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        path::Path,
        sync::atomic::{AtomicBool, Ordering},
    };

    use uuid::Uuid;
    use viva_media::{
        recorder::{Disk, Limits, Storage, StorageFile},
        seal::{Cipher, DataKey},
    };

    use super::*;

    /// A disk that opens nothing until it is there.
    #[derive(Clone, Debug, Default)]
    struct LateDisk(Arc<AtomicBool>);

    impl Storage for LateDisk {
        fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
            if self.0.load(Ordering::Relaxed) {
                Disk.open(path)
            } else {
                Err(io::ErrorKind::StorageFull.into())
            }
        }
    }

    #[test]
    fn a_take_that_is_over_before_the_disk_is_there_is_kept_until_then() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let key = DataKey::random(Cipher::default())?;
        let place = Place { path: folder.path().join("a.journal"), key: key.file("a") };
        let disk = LateDisk::default();
        let recorder = Recorder::start_on(Box::new(disk.clone()), Limits::default())?;
        let (media, take, now) = (InterviewMedia::default(), TakeId(Uuid::from_u128(1)), Timestamp(1_000));

        let gathering = media.gather(&recorder);
        media.record(990_000, Body::Rtp { track: journal::Track::Audio, packet: b"before it was stored" });
        assert!(media.start(&recorder, take, now).is_none());
        drop(gathering);
        media.record(1_100_000, Body::Rtp { track: journal::Track::Audio, packet: b"while it ran" });
        assert!(media.give_file(&recorder, take, &place, now).is_err());
        assert!(media.stop(take, Timestamp(2_000), StopReason::Candidate).is_err());
        media.record(2_100_000, Body::Rtp { track: journal::Track::Audio, packet: b"after it" });
        assert!(media.take().is_none() && media.is_writing(take) && media.needs_file(take));

        disk.0.store(true, Ordering::Relaxed);
        media.give_file(&recorder, take, &place, now)?;
        assert!(!media.is_writing(take) && !media.needs_file(take));
        let (mut reader, mut packets, mut events) =
            (JournalReader::open(&place.path, &place.key)?, Vec::new(), Vec::new());
        while let Some(entry) = reader.next_record()? {
            match entry.record.body {
                Body::Rtp { packet, .. } => packets.push(String::from_utf8_lossy(packet).into_owned()),
                Body::Event(event) => events.push(event),
                other => anyhow::bail!("{other:?}"),
            }
        }
        assert_eq!(packets, ["before it was stored", "while it ran"]);
        assert_eq!(events, [Event::TakeStopped(journal::StopReason::Candidate), Event::TakeStarted]);
        Ok(())
    }
}
