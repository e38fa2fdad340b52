//! Reading media back: files that ffmpeg makes on the spot, in every container, with sounds and flashes at known
//! times; and the same files damaged in every way.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "read_media/hostile.rs"]
mod hostile;
#[path = "read_media/make.rs"]
mod make;
#[path = "read_media/pictures.rs"]
mod pictures;
#[path = "read_media/shared.rs"]
mod shared;
#[path = "read_media/sound.rs"]
mod sound;
