//! The WebRTC ingest against real publishers: Chromium and aiortc, and against hostile ones.

mod aiortc;
mod chromium;
mod hostile;
mod support;
