//! Logs. Readable on a terminal, JSON for machines. Nothing derived from a person goes in: no names, no
//! transcripts, no tokens, no query strings.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// The engine below the ingest logs packet contents at error level when its queues run over; it is never heard.
const DEFAULT_FILTER: &str =
    "info,webrtc=off,rtc=off,rtc_ice=off,rtc_sctp=off,rtc_dtls=off,whisper_rs=warn,ort=warn,sqlx=warn";

/// Starts logging to stderr. `VIVA_LOG` overrides the filter.
pub fn init(quiet: bool) {
    let filter = std::env::var("VIVA_LOG").unwrap_or_else(|_| {
        if quiet {
            "warn,webrtc=off,rtc=off,rtc_ice=off,rtc_sctp=off,rtc_dtls=off".into()
        } else {
            DEFAULT_FILTER.into()
        }
    });
    let registry = tracing_subscriber::registry().with(EnvFilter::new(filter));
    // A second start in one process (tests) keeps the first.
    let _ = if std::io::stderr().is_terminal() {
        registry.with(fmt::layer().with_writer(std::io::stderr)).try_init()
    } else {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init()
    };
}
