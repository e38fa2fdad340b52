//! Writing: from what a sender sent to a file that plays.

mod damage;
mod demux;
mod journals;
mod playback;
mod recording;
mod sender;
mod timelines;
