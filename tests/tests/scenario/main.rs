//! The product as its users meet it: the real program, real Chromium, real media.

mod analysis;
mod analyze;
mod backfill;
mod bad_input;
mod bias;
mod device;
mod end_to_end;
mod failures;
mod judge;
mod kill;
mod messages;
mod observations;
mod own_data;
mod position;
mod recording;
mod restart;
mod screens;
mod sealing;
mod tab;
mod tidy;
mod timers;
mod transport;
mod whip;
mod wishes;
mod writing;
