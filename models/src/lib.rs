//! Models of Viva: which ones there are, how they come to this machine, and what they see and hear.
//!
//! Knows no candidate, no database and no HTTP interface: input is PCM, frames or text, output is typed cues.

pub mod catalog;
pub mod convert;
mod digest;
pub mod embedding;
pub mod face;
pub mod fetch;
pub mod import;
pub mod language;
pub mod progress;
pub mod runtime;
pub mod speech;
pub mod store;
