//! The Viva server: HTTP, ingest, timers, analysis jobs and webhooks around the pure domain in `viva-core`.
//!
//! `cmd` is the command line, `app` holds what everything shares, `interviews` turns domain events into stored
//! changes and carries out their effects, `recording` joins ingest to journals, `keys` seals what is at rest, `analysis` measures one media
//! file, `ahead` measures while it is recorded, `worker` runs jobs, `holdings` is what deleting needs, `drift` watches whether results move, `position_file` reads a position's YAML,
//! `prompts` the files that questions play, `templates` has ready ones, `language_model` asks a language model in the house, `webhook` delivers
//! events, `admission` says who connects next when the ingest is full, `http` is the API.

pub mod admission;
pub mod ahead;
pub mod analysis;
pub mod app;
pub mod backfill;
pub mod clock;
pub mod cmd;
pub mod config;
pub mod consent_copy;
pub mod drift;
pub mod holdings;
pub mod http;
pub mod ingest;
pub mod interviews;
pub mod invitations;
pub mod keys;
pub mod language_model;
pub mod live;
pub mod network;
pub mod notify;
pub mod own_data;
pub mod position_file;
pub mod prompts;
pub mod recording;
pub mod recovery;
pub mod results;
pub mod room;
pub mod secret;
pub mod telemetry;
pub mod templates;
pub mod timers;
pub mod webhook;
pub mod worker;
