//! Viva's domain: what an interview is, what may happen to it, and what it is worth.
//!
//! **Invariant.** Nothing here does I/O, reads a clock or draws a random number: time and ids come in as
//! arguments, so that every rule can be tested by calling a function.

pub mod consent;
pub mod correction;
pub mod cue;
pub mod demographics;
pub mod error;
pub mod id;
pub mod identity;
pub mod interview;
pub mod observation;
pub mod position;
pub mod profile;
pub mod question_bank;
pub mod report;
pub mod retention;
pub mod retry;
pub mod rubric;
pub mod statistics;
pub mod take;
pub mod time;
pub mod writing;
