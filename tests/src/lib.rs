//! What the tests share: the real program as a child process, a webhook receiver, and a candidate in Chromium.

mod browser;
mod conditions;
mod language_model;
mod moments;
mod network;
mod postbox;
mod program;
mod receiver;
mod tools;
mod wire;

pub use browser::{Candidate, Clip};
pub use conditions::Conditions;
pub use language_model::LanguageModel;
pub use moments::Moments;
pub use network::{Network, PacketId, Passed};
pub use postbox::{Mail, Postbox};
pub use program::{Program, Settings, viva};
pub use receiver::{Received, Receiver};
pub use tools::{build_folder, ffprobe, python, repository, run, shared};
pub use wire::Wire;
