//! Media in and out: take journals, the finaliser that turns them into WebM, and reading media back.
//!
//! Nothing here knows a candidate, HTTP or a table. Two halves:
//! - **writing**: [`recorder`] appends to [`journal`]s while a take runs, [`finalise`] makes the file of it;
//! - **reading**: any media file back to sound and pictures.
//!
//! Every byte is taken as hostile: sizes, counts and durations are bounded, and bad input is an error or a hole in
//! the recording, never a panic.

pub mod audio;
mod codec;
pub mod finalise;
pub mod frames;
pub mod journal;
mod opus;
pub mod read;
pub mod recorder;
mod rtp;
pub mod seal;
mod thumbnail;
mod vp8;
mod webm;

pub use thumbnail::{thumbnail, thumbnail_input};
