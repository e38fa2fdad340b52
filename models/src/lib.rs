//! Models of Viva: which ones there are, how they come to this machine, and what they see and hear.
//!
//! Knows no candidate, no database and no HTTP interface: input is PCM, frames or text, output is typed cues.

pub mod convert;
pub mod face;
pub mod catalog;
pub mod runtime;
mod digest;
pub mod progress;
pub mod store;
pub mod import;
pub mod language;
pub mod speech;
pub mod fetch;
