//! Bad disks: what was accepted is written in the end, what is called safe is safe, and nothing waits in memory without
//! bound.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use viva_media::journal::{Body, JournalReader, Record, Track};
use viva_media::recorder::{Fault, Limits, Operation, Recorder, Refused, Storage, StorageFile, TakeJournal};
use viva_media::seal::{LogReader, ReadAt};

use super::sender::{TAKE_ID, journal_key};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;
/// Size of a packet's record.
const RECORD: usize = 338;

/// A disk in memory, of which one can see what would be left after a loss of power.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    /// What a process reads.
    cached: Vec<u8>,
    /// What survives.
    durable: Vec<u8>,
    /// What the next sync makes durable.
    dirty: Vec<Range<usize>>,
    faults: Faults,
    /// Writes that wait because the disk does not answer.
    waiting: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    open: Option<i32>,
    /// Error number of every write, once this many more bytes have been accepted.
    write: Option<(i32, usize)>,
    sync: Option<i32>,
    /// Bytes that one write accepts at most.
    longest_write: Option<usize>,
    /// After a failed sync, no later one makes durable what was written before, as with some kernels.
    forgets: bool,
    /// No write returns.
    hangs: bool,
}

impl Disk {
    fn set(&self, faults: Faults) {
        self.0.0.lock().unwrap().faults = faults;
        self.0.1.notify_all();
    }

    fn wait_until_it_hangs(&self) {
        let state = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(state, |state| state.waiting == 0).unwrap());
    }

    fn cached(&self) -> Vec<u8> {
        self.0.0.lock().unwrap().cached.clone()
    }

    fn durable(&self) -> Vec<u8> {
        self.0.0.lock().unwrap().durable.clone()
    }
}

impl Storage for Disk {
    fn open(&self, _: &Path) -> io::Result<Box<dyn StorageFile>> {
        match self.0.0.lock().unwrap().faults.open {
            Some(code) => Err(io::Error::from_raw_os_error(code)),
            None => Ok(Box::new(self.clone())),
        }
    }
}

impl StorageFile for Disk {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        Bytes(&self.cached()).read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = self.0.0.lock().unwrap();
        state.waiting += 1;
        self.0.1.notify_all();
        let mut state = self.0.1.wait_while(state, |state| state.faults.hangs).unwrap();
        state.waiting -= 1;
        let mut count = bytes.len().min(state.faults.longest_write.unwrap_or(usize::MAX));
        if let Some((code, room)) = &mut state.faults.write {
            if *room == 0 {
                return Err(io::Error::from_raw_os_error(*code));
            }
            count = count.min(*room);
            *room -= count;
        }
        let (from, to) = (offset as usize, offset as usize + count);
        let length = state.cached.len().max(to);
        state.cached.resize(length, 0);
        state.cached[from..to].copy_from_slice(&bytes[..count]);
        state.dirty.push(from..to);
        Ok(count)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.0.lock().unwrap().cached.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let State { cached, durable, dirty, faults, .. } = &mut *self.0.0.lock().unwrap();
        if let Some(code) = faults.sync {
            if faults.forgets {
                dirty.clear();
            }
            return Err(io::Error::from_raw_os_error(code));
        }
        durable.resize(cached.len(), 0);
        for range in dirty.drain(..) {
            durable[range.clone()].copy_from_slice(&cached[range]);
        }
        Ok(())
    }

    fn release(&self) -> io::Result<()> {
        Ok(())
    }
}

struct Bytes<'a>(&'a [u8]);

impl ReadAt for Bytes<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut rest = self.0.get(offset as usize..).unwrap_or_default();
        rest.read(buffer)
    }
}

/// The numbers of the packets that a journal with these bytes holds.
fn packets(journal: &[u8]) -> BTreeSet<i64> {
    let mut numbers = BTreeSet::new();
    let Ok(mut reader) = JournalReader::new(LogReader::new(Bytes(journal), &journal_key())) else {
        return numbers;
    };
    while let Some(entry) = reader.next_record().unwrap() {
        if let Body::Rtp { packet, .. } = entry.record.body {
            assert_eq!(packet, packet_of(entry.record.arrival_us));
            numbers.insert(entry.record.arrival_us);
        }
    }
    numbers
}

fn packet_of(number: i64) -> Vec<u8> {
    number.to_be_bytes().repeat(40)
}

fn append(journal: &TakeJournal, number: i64) -> Result<(), Refused> {
    let packet = packet_of(number);
    journal.append(&Record { arrival_us: number, body: Body::Rtp { track: Track::Video, packet: &packet } })
}

/// A recorder that does nothing by itself, or at once.
fn recorder(disk: &Disk, every: Duration, buffered_bytes: usize) -> Recorder {
    // Whatever takes any time at all is a fault, so that a test need not wait for one.
    let limits = Limits { buffered_bytes, write_every: every, sync_every: every, patience: Duration::ZERO };
    Recorder::start_on(Box::new(disk.clone()), limits).unwrap()
}

const NEVER: Duration = Duration::from_hours(1);
const AT_ONCE: Duration = Duration::from_millis(1);

fn open(recorder: &Recorder) -> io::Result<TakeJournal> {
    recorder.open(Path::new("a.journal"), TAKE_ID, &journal_key(), 0)
}

/// Whatever is called safe is there now, and after a kill or a loss of power.
fn assert_as_safe_as_told(journal: &TakeJournal, disk: &Disk, accepted: &BTreeSet<i64>) {
    let saved = journal.saved_up_to();
    for (up_to, on_disk) in [(saved.written_us, disk.cached()), (saved.synced_us, disk.durable())] {
        let told: BTreeSet<i64> = accepted.range(..=up_to.unwrap_or(0)).copied().collect();
        let there = packets(&on_disk);
        assert!(told.is_subset(&there), "told {up_to:?}, there {:?}", there.last());
    }
}

#[test]
fn a_write_that_fails_is_told_and_tried_again() {
    for code in [EIO, ENOSPC] {
        let disk = Disk::default();
        let recorder = recorder(&disk, NEVER, 1 << 20);
        let journal = open(&recorder).unwrap();
        (1..=10).for_each(|number| append(&journal, number).unwrap());
        journal.flush().unwrap();
        disk.set(Faults { write: Some((code, RECORD + 50)), longest_write: Some(100), ..Faults::default() });
        (11..=20).for_each(|number| append(&journal, number).unwrap());
        let error = journal.flush().unwrap_err();
        let kind = io::Error::from_raw_os_error(code).kind();
        assert_eq!(error.kind(), kind);
        let told = Fault { operation: Operation::Write, kind, os_code: Some(code) };
        assert_eq!((journal.fault(), recorder.health().fault), (Some(told), Some(told)));
        assert_eq!(packets(&disk.durable()), (1..=10).collect(), "what was there before stays");
        append(&journal, 21).unwrap();
        disk.set(Faults::default());
        journal.flush().unwrap();
        assert_eq!((journal.fault(), packets(&disk.durable())), (None, (1..=21).collect()));
        assert_eq!(recorder.health().failed_operations, 1);
    }
}

#[test]
fn a_file_that_does_not_open_costs_nothing_once_it_does() {
    let disk = Disk::default();
    let recorder = recorder(&disk, NEVER, 1 << 20);
    disk.set(Faults { open: Some(EIO), ..Faults::default() });
    let journal = recorder.begin();
    append(&journal, 1).unwrap();
    let give_file = || recorder.give_file(&journal, Path::new("a.journal"), TAKE_ID, &journal_key(), 0);
    assert_eq!(give_file().unwrap_err().raw_os_error(), Some(EIO));
    let told = Fault {
        operation: Operation::Open,
        kind: io::Error::from_raw_os_error(EIO).kind(),
        os_code: Some(EIO),
    };
    assert_eq!(recorder.health().fault, Some(told));
    append(&journal, 2).unwrap();
    disk.set(Faults::default());
    give_file().unwrap();
    journal.close().unwrap();
    assert_eq!((recorder.health().fault, packets(&disk.durable())), (None, (1..=2).collect()));
}

#[test]
fn nothing_waits_for_a_disk_that_does_not_answer() {
    let disk = Disk::default();
    let recorder = recorder(&disk, AT_ONCE, 40 * RECORD);
    let journal = open(&recorder).unwrap();
    disk.set(Faults { hangs: true, ..Faults::default() });
    append(&journal, 1).unwrap();
    disk.wait_until_it_hangs();
    // Were any of these to wait for the write, this would never end.
    let accepted: BTreeSet<i64> =
        (1..=500).filter(|&number| number == 1 || append(&journal, number).is_ok()).collect();
    let (health, fault, saved) = (recorder.health(), journal.fault(), journal.saved_up_to());
    // Before anything can fail: the recorder's threads wait, too.
    disk.set(Faults::default());
    assert!((20..=40).contains(&accepted.len()), "{}", accepted.len());
    assert!(health.buffered_bytes <= 40 * RECORD, "{health:?}");
    assert_eq!((health.overflowed_records, saved.written_us), (500 - accepted.len() as u64, None));
    let told = Fault { operation: Operation::Write, kind: io::ErrorKind::TimedOut, os_code: None };
    assert_eq!((fault, health.fault), (Some(told), Some(told)));
    journal.close().unwrap();
    assert_eq!(packets(&disk.durable()), accepted);
    assert_eq!((recorder.health().buffered_bytes, journal.fault()), (0, None));
}

#[test]
fn a_full_disk_costs_only_what_the_memory_cannot_hold() {
    let disk = Disk::default();
    let recorder = recorder(&disk, NEVER, 40 * RECORD);
    let journal = open(&recorder).unwrap();
    disk.set(Faults { write: Some((ENOSPC, 0)), ..Faults::default() });
    let mut accepted = BTreeSet::new();
    for number in 1..=200 {
        accepted.extend(append(&journal, number).is_ok().then_some(number));
        assert!(journal.flush().is_err());
        assert!(recorder.health().buffered_bytes <= 41 * RECORD);
    }
    assert!((20..=40).contains(&accepted.len()), "{}", accepted.len());
    disk.set(Faults::default());
    journal.flush().unwrap();
    accepted.extend((201..=210).filter(|&number| append(&journal, number).is_ok()));
    journal.close().unwrap();
    assert_eq!(packets(&disk.durable()), accepted);
    assert!(accepted.contains(&201), "recording goes on");
}

#[derive(Clone, Debug)]
enum Step {
    Append(i64),
    Turn,
    Break(Faults),
    Mend,
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop_oneof![Just(EIO), Just(ENOSPC)];
    let faults = (
        proptest::option::of((code, 0..3000_usize)),
        proptest::option::of(Just(EIO)),
        proptest::option::of(1..400_usize),
        any::<bool>(),
    );
    let faults = faults.prop_map(|(write, sync, longest_write, forgets)| Faults {
        write,
        sync,
        longest_write,
        forgets,
        ..Faults::default()
    });
    prop_oneof![
        5 => (1..40_i64).prop_map(Step::Append),
        4 => Just(Step::Turn),
        2 => faults.prop_map(Step::Break),
        1 => Just(Step::Mend),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_a_disk_does_the_promises_hold(steps in vec(step(), 1..40)) {
        let disk = Disk::default();
        let recorder = recorder(&disk, NEVER, 200 * RECORD);
        let journal = open(&recorder).unwrap();
        let (mut accepted, mut number) = (BTreeSet::new(), 0);
        for step in steps {
            match step {
                Step::Append(count) => for _ in 0..count {
                    number += 1;
                    accepted.extend(append(&journal, number).is_ok().then_some(number));
                },
                Step::Turn => prop_assert_eq!(journal.flush().is_err(), journal.fault().is_some()),
                Step::Break(faults) => disk.set(faults),
                Step::Mend => disk.set(Faults::default()),
            }
            assert_as_safe_as_told(&journal, &disk, &accepted);
        }
        disk.set(Faults::default());
        // After a sync that failed, the turn that writes everything again comes first.
        journal.flush().unwrap();
        journal.close().unwrap();
        prop_assert_eq!(packets(&disk.durable()), accepted);
        prop_assert_eq!(recorder.health().buffered_bytes, 0);
    }
}
