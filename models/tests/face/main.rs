//! The face stage on real pictures and videos, with the real networks.
//!
//! Needs what `scripts/setup` builds (`build/`) and the media of `../shared`; a test that misses something says
//! `SKIPPED` and passes.

#![expect(clippy::float_cmp, reason = "shares of whole frames are exact")]

mod material;

mod frames;
mod gating;
mod pictures;
mod spans;
mod videos;
