//! Writing: from what a sender sent to a file that plays.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod demux;
mod journals;
mod playback;
mod recording;
mod sealing;
mod sender;
mod timelines;
