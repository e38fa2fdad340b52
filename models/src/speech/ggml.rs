//! A walk through a ggml Whisper file before whisper.cpp sees it.
//!
//! whisper.cpp trusts its input: a bad count makes it allocate without bound, a missing word makes it throw through C,
//! which ends the process, and a file that is cut short loads with garbage. Layout: `convert-pt-to-ggml.py` and
//! `whisper_model_load` of whisper.cpp 1.8.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

const MAGIC: u32 = 0x6767_6d6c;
/// Larger than any published model (large-v3 in f16 has 3.1 GB).
const MAX_BYTES: u64 = 8 << 30;
/// Files of a quantised model store their type plus this.
const QUANTISATION_VERSION: u32 = 2000;

/// What is wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum GgmlError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Malformed(&'static str),
}

use GgmlError::Malformed;

/// The numbers that the caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Encoder positions, 20 ms each.
    pub audio_positions: u32,
    pub multilingual: bool,
}

/// Checks that a file is a whole Whisper model.
pub fn check(path: &Path) -> Result<Shape, GgmlError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > MAX_BYTES {
        return Err(Malformed("it is larger than any Whisper model"));
    }
    let mut walk = Walk { input: BufReader::with_capacity(1 << 16, file), left: length };
    let shape = walk.model()?;
    Ok(shape)
}

struct Walk<R> {
    input: R,
    left: u64,
}

impl<R: Read> Walk<R> {
    fn model(&mut self) -> Result<Shape, GgmlError> {
        if self.left < 4 || self.number()? != MAGIC {
            return Err(Malformed("it is not a ggml file"));
        }
        let mut header = [0; 11];
        for field in &mut header {
            *field = self.number()?;
        }
        let [
            vocabulary,
            audio_ctx,
            state,
            heads,
            audio_layers,
            text_ctx,
            text_state,
            text_heads,
            text_layers,
            mels,
            kind,
        ] = header;
        let plausible = (51_864..=51_866).contains(&vocabulary)
            && (1..=1500).contains(&audio_ctx)
            && (1..=448).contains(&text_ctx)
            && (32..=1280).contains(&state)
            && state == text_state
            && (1..=32).contains(&heads)
            && heads == text_heads
            && state.is_multiple_of(heads)
            && (1..=32).contains(&audio_layers)
            && (1..=32).contains(&text_layers)
            && (1..=128).contains(&mels)
            && kind % QUANTISATION_VERSION <= 25;
        if !plausible {
            return Err(Malformed("its header describes no Whisper model"));
        }
        let (bank_mels, bank_bins) = (self.number()?, self.number()?);
        if bank_mels != mels || bank_bins != 201 {
            return Err(Malformed("its mel filters do not fit"));
        }
        self.skip(u64::from(bank_mels) * u64::from(bank_bins) * 4)?;
        self.vocabulary(vocabulary)?;
        let tensors = self.tensors()?;
        if tensors == 0 {
            return Err(Malformed("it carries no weights"));
        }
        if tensors != 11 + 15 * audio_layers + 24 * text_layers {
            return Err(Malformed("some of its tensors are missing"));
        }
        Ok(Shape { audio_positions: audio_ctx, multilingual: vocabulary > 51_864 })
    }

    fn vocabulary(&mut self, largest: u32) -> Result<(), GgmlError> {
        let words = self.number()?;
        if words > largest {
            return Err(Malformed("its vocabulary is too large"));
        }
        let mut has_space = false;
        let mut word = [0; 256];
        for _ in 0..words {
            let length = self.number()? as usize;
            let word = word.get_mut(..length).ok_or(Malformed("a word of its vocabulary is too long"))?;
            self.read(word)?;
            has_space |= word == b" ";
        }
        // whisper.cpp looks this word up without asking whether it is there.
        if has_space { Ok(()) } else { Err(Malformed("its vocabulary has no space")) }
    }

    fn tensors(&mut self) -> Result<u32, GgmlError> {
        let mut tensors = 0;
        while self.left > 0 {
            let (dimensions, name, kind) = (self.number()?, self.number()?, self.number()?);
            if !(1..=4).contains(&dimensions) || !(1..=128).contains(&name) {
                return Err(Malformed("a tensor's header is damaged"));
            }
            let mut elements = 1_u64;
            for _ in 0..dimensions {
                let size = u64::from(self.number()?);
                if !(1..=1 << 20).contains(&size) {
                    return Err(Malformed("a tensor's size is damaged"));
                }
                elements = elements.saturating_mul(size);
            }
            self.skip(name.into())?;
            let (block, bytes) = block(kind).ok_or(Malformed("a tensor's type is unknown"))?;
            self.skip(elements.div_ceil(block).saturating_mul(bytes))?;
            tensors += 1;
        }
        Ok(tensors)
    }

    fn number(&mut self) -> Result<u32, GgmlError> {
        let mut bytes = [0; 4];
        self.read(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), GgmlError> {
        self.take(bytes.len() as u64)?;
        Ok(self.input.read_exact(bytes)?)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), GgmlError> {
        self.take(bytes)?;
        io::copy(&mut self.input.by_ref().take(bytes), &mut io::sink())?;
        Ok(())
    }

    fn take(&mut self, bytes: u64) -> Result<(), GgmlError> {
        self.left = self.left.checked_sub(bytes).ok_or(Malformed("it is cut short"))?;
        Ok(())
    }
}

/// Elements and bytes of one block of a ggml type (`ggml.c`, `type_traits`).
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),
        1 | 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => return None,
    })
}
