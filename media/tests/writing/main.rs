//! Writing: from what a sender sent to a file that plays.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::single_range_in_vec_init, reason = "one hole is a list of holes, too")]

mod chromium;
mod copies;
mod copies_damaged;
mod copies_encoded_twice;
mod copies_in_mp4;
mod damage;
mod demux;
mod disk_faults;
mod journals;
mod lip_sync;
mod odd_takes;
mod playback;
mod recording;
mod sealing;
mod sender;
mod so_far;
mod timelines;
