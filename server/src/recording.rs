//! Joins ingest to the journals: whatever arrives while a take is open goes into its journal.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufReader},
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use tokio::sync::mpsc::UnboundedSender;
use viva_core::{
    id::TakeId,
    take::{Recording, StopReason},
    time::Timestamp,
};
use viva_media::{
    audio::{self, loudness},
    finalise::{FinaliseError, Finalised, finalise},
    journal::{self, Body, Event, JournalError, JournalReader, Record, SenderReport},
    read::Limits,
    recorder::{Recorder, TakeJournal},
};

use crate::ingest::{ConnectionState, MediaSink, Track};

/// Sender reports remembered per connection: a take of under 2.5 s may see none of its own for the sound.
const REMEMBERED_REPORTS: usize = 12;

/// The media side of one interview: where packets go, whichever connection brings them.
#[derive(Default)]
pub struct InterviewMedia {
    open: RwLock<Option<OpenTake>>,
    reports: Mutex<VecDeque<(i64, journal::Track, SenderReport)>>,
}

struct OpenTake {
    id: TakeId,
    started_at: Timestamp,
    journal: TakeJournal,
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

    /// Opens (or goes on with) the journal of a take. Blocks on the disk.
    pub fn start(
        &self,
        recorder: &Recorder,
        path: &Path,
        take: TakeId,
        started_at: Timestamp,
        now: Timestamp,
    ) -> io::Result<()> {
        if self.take() == Some(take) {
            return Ok(());
        }
        let new = !path.exists() || !has_event(path, |event| event == Event::TakeStarted)?;
        let journal = recorder.open(path, take.0.into_bytes(), now.0 * 1000)?;
        if new {
            append(&journal, started_at.0 * 1000, Body::Event(Event::TakeStarted));
        }
        for (arrival_us, track, report) in self.reports.lock().unwrap_or_else(PoisonError::into_inner).iter()
        {
            append(&journal, *arrival_us, Body::SenderReport { track: *track, report: *report });
        }
        let open = OpenTake { id: take, started_at, journal };
        let before = self.open.write().unwrap_or_else(PoisonError::into_inner).replace(open);
        before.map_or(Ok(()), |old| old.journal.close().map(drop))
    }

    /// Ends the journal of `take` at `at`. Blocks on the disk. Nothing to do when it is not open here.
    pub fn stop(&self, take: TakeId, at: Timestamp, reason: StopReason) -> io::Result<()> {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let Some(ended) = open.take_if(|open| open.id == take) else { return Ok(()) };
        drop(open);
        append(&ended.journal, at.0 * 1000, Body::Event(Event::TakeStopped(journal_reason(reason))));
        ended.journal.close().map(drop)
    }

    /// Closes the open journal without ending its take: the take goes on after a restart.
    pub fn suspend(&self) -> io::Result<()> {
        let open = self.open.write().unwrap_or_else(PoisonError::into_inner).take();
        open.map_or(Ok(()), |open| open.journal.close().map(drop))
    }

    fn read<T>(&self, f: impl FnOnce(&OpenTake) -> T) -> Option<T> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(f)
    }

    fn record(&self, arrival_us: i64, body: Body<'_>) {
        self.read(|open| append(&open.journal, arrival_us, body));
    }
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

/// Makes the recording of a journal that is not open any more, ending it at `stopped_at` where its own end is
/// missing. `None` when nothing usable is in it. Blocks.
pub fn finish(
    recorder: &Recorder,
    journal: &Path,
    out: &Path,
    take: TakeId,
    stopped_at: Timestamp,
    now: Timestamp,
) -> Result<Option<Recording>, FinaliseError> {
    if !journal.exists() {
        return Ok(None);
    }
    if !has_event(journal, |event| matches!(event, Event::TakeStopped(_)))? {
        let open = recorder.open(journal, take.0.into_bytes(), now.0 * 1000)?;
        append(&open, stopped_at.0 * 1000, Body::Event(Event::TakeStopped(journal::StopReason::Fault)));
        open.close()?;
    }
    match finalise(journal, out) {
        Ok(made) => Ok(Some(summary(&made, out))),
        Err(FinaliseError::NoMedia) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a journal holds such an event. One that was cut off inside its header holds nothing.
fn has_event(path: &Path, wanted: impl Fn(Event) -> bool) -> io::Result<bool> {
    let mut reader = match JournalReader::new(BufReader::new(File::open(path)?)) {
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

fn summary(made: &Finalised, out: &Path) -> Recording {
    let gaps = |gaps: &[(u64, u64)]| gaps.iter().map(|(start, end)| end - start).sum();
    // A file that does not decode has no sound; the finaliser has already vouched for the rest.
    let sound_detected =
        audio::decode(out, &Limits::default()).is_ok_and(|pcm| loudness::sound_detected(&pcm));
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
    }
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
