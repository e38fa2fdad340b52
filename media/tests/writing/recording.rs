//! The recorder: nothing that it accepted is lost, whatever the disk does.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use viva_media::journal::{Body, Event, JournalReader, Record, StopReason, Track};
use viva_media::recorder::{Disk, Health, Limits, Operation, Recorder, Refused, Storage, StorageFile};

use viva_media::seal::LogReader;

use super::sender::{Desk, TAKE_ID, journal_key};

fn packet(number: i64) -> Vec<u8> {
    number.to_be_bytes().repeat(40)
}

fn append(journal: &viva_media::recorder::TakeJournal, number: i64) -> Result<(), Refused> {
    let packet = packet(number);
    journal.append(&Record { arrival_us: number, body: Body::Rtp { track: Track::Video, packet: &packet } })
}

/// The numbers of all packets in the journal, and the events among them.
fn contents(path: &Path) -> (Vec<i64>, Vec<Event>) {
    let mut reader = JournalReader::open(path, &journal_key()).unwrap();
    let (mut numbers, mut events) = (Vec::new(), Vec::new());
    while let Some(entry) = reader.next_record().unwrap() {
        match entry.record.body {
            Body::Rtp { packet: bytes, .. } => {
                assert_eq!(bytes, packet(entry.record.arrival_us));
                numbers.push(entry.record.arrival_us);
            }
            Body::Event(event) => events.push(event),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(reader.source().boundary(u64::MAX), fs::metadata(path).unwrap().len(), "no bad tail");
    (numbers, events)
}

/// Waits for the recorder's threads; only a hang makes it fail.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}

fn quick() -> Limits {
    Limits {
        write_every: Duration::from_millis(5),
        sync_every: Duration::from_millis(20),
        ..Limits::default()
    }
}

/// Turns that never come within a test.
fn idle() -> Limits {
    let never = Duration::from_hours(1);
    Limits { write_every: never, sync_every: never, ..Limits::default() }
}

#[test]
fn a_closed_journal_holds_every_record() {
    let (desk, recorder) = (Desk::new(), Recorder::start(Limits::default()).unwrap());
    let path = desk.path("a.journal");
    let journal = recorder.open(&path, TAKE_ID, &journal_key(), 0).unwrap();
    for number in 1..=2000 {
        append(&journal, number).unwrap();
    }
    let closed = journal.close().unwrap();
    assert_eq!(closed.bytes, fs::metadata(&path).unwrap().len());
    assert_eq!(contents(&path), ((1..=2000).collect(), vec![]));
    let mut log = LogReader::new(fs::File::open(&path).unwrap(), &journal_key());
    io::copy(&mut log, &mut io::sink()).unwrap();
    assert!(log.is_ended(), "so that nobody can cut it off unnoticed");
    let saved = journal.saved_up_to();
    assert_eq!((saved.written_us, saved.synced_us), (Some(2000), Some(2000)));
    assert_eq!(append(&journal, 2001), Err(Refused::Closed));
    assert_eq!(journal.close().unwrap(), closed, "closing twice confirms twice");
    assert_eq!(recorder.health().buffered_bytes, 0);
}

#[test]
fn the_threads_write_and_sync_on_their_own() {
    let (desk, recorder) = (Desk::new(), Recorder::start(quick()).unwrap());
    let path = desk.path("a.journal");
    let journal = recorder.open(&path, TAKE_ID, &journal_key(), 0).unwrap();
    assert_eq!(journal.saved_up_to().written_us, None);
    append(&journal, 7).unwrap();
    eventually("written", || journal.saved_up_to().written_us == Some(7));
    assert_eq!(contents(&path).0, [7], "written means in the file");
    eventually("synced", || journal.saved_up_to().synced_us == Some(7));
    drop(journal);
    eventually("finished without a close", || recorder.health().open_takes == 0);
}

#[test]
fn an_older_stamp_does_not_unsave_anything() {
    let (desk, recorder) = (Desk::new(), Recorder::start(idle()).unwrap());
    let journal = recorder.open(&desk.path("a.journal"), TAKE_ID, &journal_key(), 0).unwrap();
    append(&journal, 100).unwrap();
    append(&journal, 60).unwrap();
    journal.close().unwrap();
    assert_eq!(journal.saved_up_to().synced_us, Some(100));
}

#[test]
fn a_dropped_recorder_leaves_nothing_in_memory() {
    let (desk, recorder) = (Desk::new(), Recorder::start(idle()).unwrap());
    let path = desk.path("a.journal");
    let journal = recorder.open(&path, TAKE_ID, &journal_key(), 0).unwrap();
    append(&journal, 1).unwrap();
    drop(recorder);
    assert_eq!(contents(&path).0, [1]);
    assert_eq!(append(&journal, 2), Err(Refused::Closed));
    assert!(journal.close().is_ok());
}

#[test]
fn reopening_cuts_the_bad_tail_and_says_so() {
    let (desk, recorder) = (Desk::new(), Recorder::start(quick()).unwrap());
    let path = desk.path("a.journal");
    let journal = recorder.open(&path, TAKE_ID, &journal_key(), 0).unwrap();
    append(&journal, 1).unwrap();
    eventually("a batch of its own", || journal.saved_up_to().written_us == Some(1));
    append(&journal, 2).unwrap();
    journal.close().unwrap();
    // Into the second packet, which lies before the record that ends the log.
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 25);
    fs::write(&path, bytes).unwrap();

    let journal = recorder.open(&path, TAKE_ID, &journal_key(), 55).unwrap();
    append(&journal, 3).unwrap();
    journal.close().unwrap();
    assert_eq!(contents(&path), (vec![1, 3], vec![Event::Resumed]));
}

#[test]
fn a_journal_that_never_got_its_header_begins_anew() {
    let (desk, recorder) = (Desk::new(), Recorder::start(Limits::default()).unwrap());
    let path = desk.path("a.journal");
    fs::write(&path, b"VIVAS").unwrap();
    let journal = recorder.open(&path, TAKE_ID, &journal_key(), 0).unwrap();
    append(&journal, 1).unwrap();
    journal.close().unwrap();
    assert_eq!(contents(&path), (vec![1], vec![]));
}

#[test]
fn records_gather_while_the_file_is_not_there_yet() {
    let (desk, recorder) = (Desk::new(), Recorder::start(quick()).unwrap());
    let path = desk.path("missing folder").join("a.journal");
    let journal = recorder.begin();
    append(&journal, 1).unwrap();
    let error = recorder.give_file(&journal, &path, TAKE_ID, &journal_key(), 0).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert_eq!(recorder.health().fault.unwrap().operation, Operation::Open);
    append(&journal, 2).unwrap();
    assert_eq!(journal.close().unwrap_err().kind(), io::ErrorKind::NotFound);

    fs::create_dir(path.parent().unwrap()).unwrap();
    recorder.give_file(&journal, &path, TAKE_ID, &journal_key(), 0).unwrap();
    journal.close().unwrap();
    assert_eq!(contents(&path).0, [1, 2]);
    let Health { fault, open_takes, buffered_bytes, .. } = recorder.health();
    assert_eq!((fault, open_takes, buffered_bytes), (None, 0, 0));
}

#[test]
fn what_gathered_for_no_file_is_forgotten_with_its_journal() {
    let recorder = Recorder::start(quick()).unwrap();
    let journal = recorder.begin();
    append(&journal, 1).unwrap();
    drop(journal);
    let Health { open_takes, buffered_bytes, .. } = recorder.health();
    assert_eq!((open_takes, buffered_bytes), (0, 0));
}

#[test]
fn files_of_others_are_not_touched() {
    let (desk, recorder) = (Desk::new(), Recorder::start(Limits::default()).unwrap());
    let path = desk.path("a.journal");
    let foreign = b"no journal, but something that somebody needs";
    fs::write(&path, foreign).unwrap();
    assert_eq!(
        recorder.open(&path, TAKE_ID, &journal_key(), 0).unwrap_err().kind(),
        io::ErrorKind::InvalidData
    );
    assert_eq!(fs::read(&path).unwrap(), foreign);

    let path = desk.path("b.journal");
    let journal = recorder.open(&path, TAKE_ID, &journal_key(), 0).unwrap();
    let twice = recorder.open(&path, TAKE_ID, &journal_key(), 0).unwrap_err();
    assert_eq!(twice.kind(), io::ErrorKind::WouldBlock, "one writer for each journal");
    journal.close().unwrap();
    let other_take = recorder.open(&path, [9; 16], &journal_key(), 0).unwrap_err();
    assert_eq!(other_take.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn overflow_refuses_and_counts_but_never_waits() {
    let desk = Desk::new();
    let recorder = Recorder::start(Limits { buffered_bytes: 10_000, ..idle() }).unwrap();
    let path = desk.path("a.journal");
    let journal = recorder.begin();
    let taken: Vec<_> = (1..=100).filter(|&number| append(&journal, number).is_ok()).collect();
    assert_eq!(taken.len(), 10_000 / 4 / (320 + 18), "a quarter of the room, before it has a file");
    let health = recorder.health();
    assert_eq!(health.overflowed_records, 100 - taken.len() as u64);
    assert_eq!(health.buffered_bytes, taken.len() * 338);
    recorder.give_file(&journal, &path, TAKE_ID, &journal_key(), 0).unwrap();
    journal.close().unwrap();
    assert_eq!(recorder.health().buffered_bytes, 0);
    assert_eq!(contents(&path).0, taken);
}

/// A real disk with faults to switch on.
#[derive(Clone, Debug, Default)]
struct FaultyDisk(Arc<Mutex<Faults>>);

#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    /// Error number of every write, once this many more bytes have been accepted.
    write: Option<(i32, usize)>,
    sync: Option<i32>,
    /// Bytes that one write accepts at most.
    longest_write: Option<usize>,
    /// A failed sync loses what was written since the last good one, as a kernel may.
    forgetful: bool,
}

#[derive(Debug)]
struct FaultyFile {
    file: Box<dyn StorageFile>,
    faults: FaultyDisk,
    unsynced: Mutex<Vec<(u64, usize)>>,
}

impl FaultyDisk {
    fn set(&self, faults: Faults) {
        *self.0.lock().unwrap() = faults;
    }
}

impl Storage for FaultyDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let file = Disk.open(path)?;
        Ok(Box::new(FaultyFile { file, faults: self.clone(), unsynced: Mutex::default() }))
    }
}

impl StorageFile for FaultyFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut faults = self.faults.0.lock().unwrap();
        let mut count = bytes.len().min(faults.longest_write.unwrap_or(usize::MAX));
        if let Some((code, room)) = &mut faults.write {
            if *room == 0 {
                return Err(io::Error::from_raw_os_error(*code));
            }
            count = count.min(*room);
            *room -= count;
        }
        drop(faults);
        let count = self.file.write_at(&bytes[..count], offset)?;
        self.unsynced.lock().unwrap().push((offset, count));
        Ok(count)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        let faults = *self.faults.0.lock().unwrap();
        let unsynced: Vec<_> = self.unsynced.lock().unwrap().drain(..).collect();
        let Some(code) = faults.sync else { return self.file.sync_data() };
        for (offset, count) in unsynced.into_iter().filter(|_| faults.forgetful) {
            self.file.write_at(&vec![0; count], offset)?;
        }
        Err(io::Error::from_raw_os_error(code))
    }

    fn release(&self) -> io::Result<()> {
        self.file.release()
    }
}

const ENOSPC: i32 = 28;
const EIO: i32 = 5;

#[test]
fn a_full_disk_is_told_and_what_waits_is_written_when_there_is_room() {
    let (desk, disk) = (Desk::new(), FaultyDisk::default());
    let recorder = Recorder::start_on(Box::new(disk.clone()), quick()).unwrap();
    let path = desk.path("a.journal");
    let journal = recorder.open(&path, TAKE_ID, &journal_key(), 0).unwrap();
    append(&journal, 1).unwrap();
    eventually("the first record is safe", || journal.saved_up_to().synced_us == Some(1));

    // Room for one record and a half.
    disk.set(Faults { write: Some((ENOSPC, 500)), longest_write: Some(100), ..Faults::default() });
    for number in 2..=50 {
        append(&journal, number).unwrap();
    }
    eventually("the fault shows", || recorder.health().fault.is_some());
    let fault = journal.fault().unwrap();
    assert_eq!((fault.operation, fault.kind), (Operation::Write, io::ErrorKind::StorageFull));
    assert_eq!(fault.os_code, Some(ENOSPC));
    assert_eq!(journal.saved_up_to().written_us, Some(1), "nothing is claimed to be safe that is not");
    assert_eq!(journal.close().unwrap_err().kind(), io::ErrorKind::StorageFull);
    let mut on_disk = JournalReader::open(&path, &journal_key()).unwrap();
    assert!(on_disk.next_record().unwrap().is_some(), "what was written before stays");

    disk.set(Faults::default());
    eventually("the recorder catches up after a failed close", || recorder.health().open_takes == 0);
    assert_eq!(contents(&path).0, (1..=50).collect::<Vec<_>>());
    assert_eq!(journal.saved_up_to().synced_us, Some(50));
    let Health { fault, buffered_bytes, failed_operations, .. } = recorder.health();
    assert_eq!((fault, buffered_bytes), (None, 0));
    assert!(failed_operations > 0);
}

#[test]
fn a_failed_sync_is_followed_by_writing_everything_again() {
    let (desk, disk) = (Desk::new(), FaultyDisk::default());
    let recorder = Recorder::start_on(Box::new(disk.clone()), quick()).unwrap();
    let path = desk.path("a.journal");
    let journal = recorder.open(&path, TAKE_ID, &journal_key(), 0).unwrap();
    disk.set(Faults { sync: Some(EIO), forgetful: true, ..Faults::default() });
    for number in 1..=20 {
        append(&journal, number).unwrap();
    }
    eventually("the fault shows", || {
        journal.fault().is_some_and(|fault| (fault.operation, fault.os_code) == (Operation::Sync, Some(EIO)))
    });
    assert_eq!(journal.saved_up_to().synced_us, None);
    disk.set(Faults::default());
    eventually("synced", || journal.saved_up_to().synced_us == Some(20));
    journal.close().unwrap();
    assert_eq!(contents(&path).0, (1..=20).collect::<Vec<_>>());
}

#[test]
fn many_takes_and_many_threads() {
    let (desk, recorder) = (Desk::new(), Recorder::start(quick()).unwrap());
    let paths: Vec<_> = (0..20).map(|number| desk.path(&format!("{number}.journal"))).collect();
    thread::scope(|scope| {
        for path in &paths {
            let recorder = &recorder;
            scope.spawn(move || {
                let journal = recorder.open(path, TAKE_ID, &journal_key(), 0).unwrap();
                for number in 1..=500 {
                    append(&journal, number).unwrap();
                }
                let stopped = Body::Event(Event::TakeStopped(StopReason::Candidate));
                journal.append(&Record { arrival_us: 501, body: stopped }).unwrap();
                journal.close().unwrap();
            });
        }
    });
    for path in &paths {
        let (numbers, events) = contents(path);
        assert_eq!(numbers, (1..=500).collect::<Vec<_>>());
        assert_eq!(events, [Event::TakeStopped(StopReason::Candidate)]);
    }
    assert_eq!(recorder.health().open_takes, 0);
}
