//! Test media, made by ffmpeg.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Three seconds of silence with a tone of 1 kHz from 1.5 s to 1.6 s.
pub const BEEP: &str = "aevalsrc=if(between(t\\,1.5\\,1.6)\\,0.5*sin(2*PI*1000*t)\\,0):s=48000:d=3";
/// When the tone of [`BEEP`] starts.
pub const BEEP_MS: u64 = 1500;
/// Three seconds of black at 25 pictures a second; picture 40 is white.
pub const FLASH: &str = "color=c=black:s=320x240:r=25:d=3,drawbox=enable=eq(n\\,40):c=white:t=fill";
/// When the white picture of [`FLASH`] is shown.
pub const FLASH_MS: u64 = 1600;

/// A file in a folder that goes away with it.
pub struct Made {
    pub path: PathBuf,
    folder: TempDir,
}

impl Made {
    /// A further file beside this one.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Runs ffmpeg with these arguments and a file called `name` as output; `None`, said aloud, without ffmpeg.
pub fn media(name: &str, arguments: &[&str]) -> Option<Made> {
    let folder = tempfile::tempdir().expect("a folder for test media");
    let path = folder.path().join(name);
    run(arguments, &path).then_some(Made { path, folder })
}

/// Sound and picture with the beep and the flash, in the given codecs.
pub fn beep_and_flash(name: &str, codecs: &[&str]) -> Option<Made> {
    let inputs = ["-f", "lavfi", "-i", BEEP, "-f", "lavfi", "-i", FLASH, "-pix_fmt", "yuv420p"];
    media(name, &[&inputs[..], codecs].concat())
}

/// The beep alone.
pub fn beep(name: &str, codec: &[&str]) -> Option<Made> {
    media(name, &[&["-f", "lavfi", "-i", BEEP][..], codec].concat())
}

pub fn run(arguments: &[&str], output: &Path) -> bool {
    let made = Command::new("ffmpeg").args(["-v", "error", "-y"]).args(arguments).arg(output).output();
    let Ok(made) = made else {
        eprintln!("SKIPPED: needs ffmpeg");
        return false;
    };
    assert!(made.status.success(), "ffmpeg {arguments:?}: {}", String::from_utf8_lossy(&made.stderr));
    true
}

/// The kinds of files that candidates and clients send, with both tracks: (name, codec arguments).
pub const CONTAINERS: &[(&str, &[&str])] = &[
    ("vp8.webm", &["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"]),
    ("vp9.webm", &["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"]),
    ("live.webm", &["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", "-live", "1"]),
    ("h264.mp4", &["-c:v", "libx264", "-preset", "fast", "-c:a", "aac"]),
    (
        "baseline.mp4",
        &["-c:v", "libx264", "-profile:v", "baseline", "-c:a", "aac", "-movflags", "+faststart"],
    ),
    (
        "fragments.mp4",
        &[
            "-c:v",
            "libx264",
            "-g",
            "25",
            "-c:a",
            "aac",
            "-movflags",
            "+frag_keyframe+delay_moov+default_base_moof",
        ],
    ),
    ("vp9.mp4", &["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"]),
    // Without the last two, ffmpeg moves everything so that the priming of AAC starts at zero.
    ("h264.mkv", &["-c:v", "libx264", "-c:a", "aac", "-avoid_negative_ts", "disabled"]),
    ("vorbis.mkv", &["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libvorbis"]),
];

/// Files with sound alone: (name, codec arguments).
pub const SOUNDS: &[(&str, &[&str])] = &[
    ("opus.ogg", &["-c:a", "libopus"]),
    ("vorbis.ogg", &["-c:a", "libvorbis"]),
    ("s16.wav", &["-c:a", "pcm_s16le"]),
    ("s24.wav", &["-c:a", "pcm_s24le", "-ar", "44100", "-ac", "2"]),
    ("f32.wav", &["-c:a", "pcm_f32le"]),
    ("u8.wav", &["-c:a", "pcm_u8", "-ar", "8000"]),
    ("sound.mp3", &["-c:a", "libmp3lame", "-ar", "44100"]),
    ("sound.flac", &["-c:a", "flac"]),
    ("flac.mkv", &["-c:a", "flac"]),
    ("pcm.mkv", &["-c:a", "pcm_s16le"]),
    ("mp3.mkv", &["-c:a", "libmp3lame", "-avoid_negative_ts", "disabled"]),
    ("layer2.mkv", &["-c:a", "mp2", "-ac", "2", "-avoid_negative_ts", "disabled"]),
    ("layer2.mp4", &["-c:a", "mp2", "-ac", "2", "-movflags", "+faststart"]),
    ("aac.m4a", &["-c:a", "aac", "-ar", "44100", "-ac", "2"]),
    ("opus.webm", &["-c:a", "libopus", "-ac", "2"]),
    ("short.webm", &["-c:a", "libopus", "-frame_duration", "60"]),
];
