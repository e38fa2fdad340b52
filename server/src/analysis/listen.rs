//! The sound of an answer: transcript, speech cues, and what is odd about the file.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use viva_core::cue::Assessed;
use viva_media::{audio, read::Limits};
use viva_models::speech::{Recall, SpeechRequest, SpeechResult};

use super::{Analyser, Analysis, Open, Request, digests};

/// Sound that ends this much before the picture is told: a transcript of it is not of the whole answer.
const SOUND_MAY_MISS_MS: u64 = 1000;

impl Analyser {
    /// The sound alone.
    pub(super) fn listen(
        &self,
        open: &Open<'_>,
        request: &Request<'_>,
        recall: Option<&Recall>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Heard> {
        let unheard = |reason: String| Ok(Heard { speech: Err(reason), decoded: None });
        let stage = match &self.speech {
            Ok(stage) => stage,
            Err(reason) => return unheard(reason.clone()),
        };
        let pcm = match open().and_then(|input| audio::decode_input(input, &Limits::default())) {
            Ok(pcm) => pcm,
            Err(error) => return unheard(format!("the sound cannot be read: {error}")),
        };
        let before = recall.map(Recall::counts).unwrap_or_default();
        let asked = SpeechRequest {
            language: request.language.map(str::to_owned),
            other_voices: request.observe,
            recall,
            cancel,
        };
        let speech = Ok(stage.analyse(&pcm.samples, &asked, progress)?);
        if let Some(now) = recall.map(Recall::counts) {
            self.windows.recalled.fetch_add(now.recalled - before.recalled, Ordering::Relaxed);
            self.windows.afterwards.fetch_add(now.heard - before.heard, Ordering::Relaxed);
        }
        let decoded = Decoded {
            duration_ms: pcm.duration_ms(),
            truncated: pcm.truncated,
            corrupt_packets: pcm.corrupt_packets,
        };
        Ok(Heard { speech, decoded: Some(decoded) })
    }
}

/// What came of listening.
pub(super) struct Heard {
    speech: Result<SpeechResult, String>,
    /// Absent where the sound was not decoded.
    decoded: Option<Decoded>,
}

/// The sound as it came out of its container.
struct Decoded {
    duration_ms: u64,
    truncated: bool,
    corrupt_packets: u64,
}

impl Heard {
    pub(super) fn note(self, analysis: &mut Analysis, sound_only: bool) {
        if let Some(decoded) = self.decoded {
            decoded.note(analysis, sound_only);
        }
        match self.speech {
            Ok(found) => {
                analysis.timelines.loudness_dbfs = found.loudness_dbfs;
                analysis.timelines.speech_rate = found.speech_rate;
                analysis.sources.speech = digests(&found.models);
                analysis.models.extend(found.models);
                analysis.transcript = found.transcript;
                analysis.cues.speech = found.cues;
            }
            Err(reason) => {
                analysis.transcript = Assessed::not(&reason);
                analysis.cues.speech = Assessed::not(reason);
            }
        }
    }
}

impl Decoded {
    fn note(&self, analysis: &mut Analysis, sound_only: bool) {
        let (decoded, stated) = (self.duration_ms, analysis.duration_ms);
        if self.truncated || decoded + SOUND_MAY_MISS_MS < stated {
            let cause = if self.truncated { "the file was cut off: its" } else { "the" };
            analysis.warnings.push(format!(
                "{cause} sound ends after {:.1} s of {:.1} s",
                decoded as f64 / 1000.0,
                stated as f64 / 1000.0
            ));
            if sound_only {
                analysis.duration_ms = decoded;
            }
        }
        if self.corrupt_packets > 0 {
            analysis
                .warnings
                .push(format!("{} packets of the sound could not be decoded", self.corrupt_packets));
        }
    }
}
