//! Hostile bytes for every parser: none panics, hangs, or reserves memory that its input does not account for.
//!
//! Seeds are numbers from 0, so every run tries the same. `VIVA_FUZZ_SECONDS=600` goes on with further seeds for as long
//! with each input; `VIVA_FUZZ_SEED=77` tries a single one, such as a failed test names.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod copies;
mod journals;
mod memory;
mod mutate;
mod readers;
mod rounds;
mod seals;

#[expect(dead_code, reason = "made for other tests, too")]
#[path = "../writing/chromium.rs"]
mod chromium;
#[expect(dead_code, reason = "made for other tests, too")]
#[path = "../writing/demux.rs"]
mod demux;
#[expect(dead_code, reason = "made for other tests, too")]
#[path = "../read_media/make.rs"]
mod make;
#[expect(dead_code, reason = "made for other tests, too")]
#[path = "../writing/sender.rs"]
mod sender;
