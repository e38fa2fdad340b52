//! Whatever came up of a copy, the recording is a good file.

use proptest::collection::vec;
use proptest::prelude::*;

use super::chromium::COPY;
use super::copies::{SECOND, STOP_US, chunk, live_without, take_with, upload};
use super::damage::finalise;
use super::demux::assert_good;
use super::sender::{Desk, Item, START_US, Sent, journal_bytes, take};

fn holed() -> Vec<Sent> {
    take_with(live_without(&[5_170_000..6_170_000]), upload(SECOND..9 * SECOND, 300_000))
}

#[test]
fn every_prefix_finalises_or_has_no_media() {
    let desk = Desk::new();
    let records = holed();
    let mut files = 0;
    for count in (0..records.len()).filter(|count| count % 37 == 0 || count + 40 > records.len()) {
        let journal = journal_bytes(&records[..count]);
        for cut in [0, 7] {
            let Some((finalised, file)) = finalise(&desk, &journal[..journal.len() - cut]) else { continue };
            assert_good(&finalised, &file);
            files += 1;
        }
    }
    assert!(files > 80, "{files}");
}

#[test]
fn absurd_estimates_and_places_do_no_harm() {
    let desk = Desk::new();
    let plain = desk.finalise(&journal_bytes(&take(STOP_US, live_without(&[])))).unwrap();
    for started_us in [i64::MIN, 0, START_US + 86_400 * SECOND, i64::MAX] {
        for (offset, len) in [(0, 400), (0, 20_000), (1 << 39, 20_000), (u64::MAX - 10, 20_000)] {
            let bytes = COPY[..len].to_vec();
            let item = Item::Chunk { copy: u32::MAX, offset, started_us, bytes };
            let mut records = take(STOP_US, live_without(&[]));
            records.insert(2, Sent { arrival_us: START_US, item });
            let finalised = desk.finalise(&journal_bytes(&records)).unwrap();
            assert_eq!(finalised.sha256, plain.sha256);
            // Nor when the take has no end, or nothing else.
            records.pop();
            let (finalised, file) = finalise(&desk, &journal_bytes(&records)).unwrap();
            assert_good(&finalised, &file);
            if let Some((finalised, file)) = finalise(&desk, &journal_bytes(&records[2..3])) {
                assert_good(&finalised, &file);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn flipped_bits_finalise(hits in vec((0..COPY.len(), 0..8_u8), 1..40)) {
        let mut records = holed();
        for sent in &mut records {
            let Item::Chunk { offset, bytes, .. } = &mut sent.item else { continue };
            for (at, bit) in &hits {
                if let Some(byte) = at.checked_sub(*offset as usize).and_then(|at| bytes.get_mut(at)) {
                    *byte ^= 1 << bit;
                }
            }
        }
        let (finalised, file) = finalise(&Desk::new(), &journal_bytes(&records)).unwrap();
        assert_good(&finalised, &file);
    }

    #[test]
    fn any_pieces_in_any_order_finalise(
        pieces in vec((0..COPY.len(), 1..9000_usize, -2 * SECOND..2 * SECOND), 0..30),
        with_head in any::<bool>(),
        with_live in any::<bool>(),
    ) {
        let mut uploaded = if with_head { vec![chunk(0..500, 0)] } else { Vec::new() };
        uploaded.extend(pieces.into_iter().map(|(at, len, error_us)| {
            chunk(at..(at + len).min(COPY.len()), error_us)
        }));
        let live = if with_live { live_without(&[3 * SECOND..7 * SECOND]) } else { Vec::new() };
        if let Some((finalised, file)) = finalise(&Desk::new(), &journal_bytes(&take_with(live, uploaded))) {
            assert_good(&finalised, &file);
        }
    }

    #[test]
    fn noise_in_place_of_a_copy_finalises(noise in vec(any::<u8>(), 1..5000), keep in 0..400_usize) {
        let bytes = [&COPY[..keep], &noise].concat();
        let item = Item::Chunk { copy: 3, offset: 0, started_us: START_US, bytes };
        let uploaded = vec![Sent { arrival_us: START_US, item }];
        let records = take_with(live_without(&[SECOND..2 * SECOND]), uploaded);
        let (finalised, file) = finalise(&Desk::new(), &journal_bytes(&records)).unwrap();
        assert_good(&finalised, &file);
    }
}
