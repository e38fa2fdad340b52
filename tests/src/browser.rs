//! A candidate in real Chromium, and the clips that its camera and microphone play.

use std::{
    io::{BufRead as _, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    program::Program,
    tools::{repository, run},
};

/// What the fake camera and microphone play, in a loop.
pub struct Clip {
    pub video: PathBuf,
    pub audio: PathBuf,
}

impl Clip {
    /// A grey picture that flashes white for 100 ms, and a 1 kHz beep of 100 ms with each flash, once a second.
    pub fn flash_and_beep(folder: &Path) -> Result<Self> {
        let (video, audio) = (folder.join("flash.y4m"), folder.join("beep.wav"));
        run(Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-f", "lavfi", "-i"])
            .arg("color=gray:s=1280x720:r=20:d=2,drawbox=c=white:t=fill:enable='lt(mod(t,1),0.0999)',noise=alls=4:allf=t")
            .args(["-pix_fmt", "yuv420p"])
            .arg(&video))?;
        run(Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-f", "lavfi", "-i"])
            .arg("aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':s=48000:d=2")
            .args(["-c:a", "pcm_s16le"])
            .arg(&audio))?;
        Ok(Self { video, audio })
    }
}

/// The page, driven by a script.
pub struct Candidate {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Candidate {
    /// Opens `link` and goes through the interview as `arguments` say.
    pub fn open(link: &str, clip: &Clip, arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new("node")
            .arg(repository().join("web/ui/demo/candidate.mjs"))
            .args(["--url", link])
            .arg("--video")
            .arg(&clip.video)
            .arg("--audio")
            .arg(&clip.audio)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start node; run scripts/setup")?;
        let output = child.stdout.take().context("node has no output")?;
        Ok(Self { child, lines: BufReader::new(output).lines() })
    }

    /// Opens the link of `token` with the flash and the beep, and goes on until `step`. Where `arguments` end the script
    /// there, the page stays open.
    pub async fn until(program: &Program, token: &str, step: &str, arguments: &[&str]) -> Result<Self> {
        let (folder, link) = (program.folder().to_owned(), program.url(&format!("/i/{token}")));
        let step = step.to_owned();
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let opened = tokio::task::spawn_blocking(move || {
            let clip = Clip::flash_and_beep(&folder)?;
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let mut candidate = Self::open(&link, &clip, &arguments)?;
            candidate.reach(&step)?;
            Ok(candidate)
        });
        opened.await?
    }

    /// Reads on until the script says `step`.
    pub fn reach(&mut self, step: &str) -> Result<Value> {
        for line in &mut self.lines {
            let said: Value = serde_json::from_str(&line?)?;
            eprintln!("browser: {said}");
            if said["step"] == "failed" {
                bail!("the candidate's page failed: {said}");
            }
            if said["step"] == step {
                return Ok(said);
            }
        }
        bail!("the candidate's page ended before `{step}`")
    }
}

impl Drop for Candidate {
    fn drop(&mut self) {
        // The script closes its browser when its input ends; killing it would leave Chromium behind.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
