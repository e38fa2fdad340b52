//! The WebRTC ingest against real publishers: Chromium and aiortc, and against hostile ones.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail; clippy knows only #[test] functions"
)]

mod aiortc;
mod chromium;
mod hostile;
mod support;
