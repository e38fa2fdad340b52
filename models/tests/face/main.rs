//! The face stage on real pictures and videos, with the real networks.
//!
//! Needs what `scripts/setup` builds (`build/`) and the media of `../shared`; a test that misses something says
//! `SKIPPED` and passes.

mod material;

mod frames;
mod gating;
mod pictures;
mod videos;
