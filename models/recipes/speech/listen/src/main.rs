//! `listen MODEL.bin [stamps]`: reads paths of 16 kHz mono WAV files, one a line, and prints for each the path, the
//! seconds of audio, the seconds it took, and the text, parted by tabs. With `stamps` the text shows its times.

use std::error::Error;
use std::io::{BufRead, stdin};
use std::time::Instant;

use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState, install_logging_hooks};

const SAMPLES_PER_SECOND: f64 = 16_000.0;
/// Positions of the encoder, and how many stay free behind the sound.
const POSITIONS_PER_SECOND: usize = 50;
const SPARE_POSITIONS: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    install_logging_hooks();
    let mut arguments = std::env::args().skip(1);
    let Some(model) = arguments.next() else {
        return Err("usage: listen MODEL.bin [stamps] < list of WAV files".into());
    };
    let stamps = arguments.next().is_some_and(|mode| mode == "stamps");

    let context = WhisperContext::new_with_params(&model, WhisperContextParameters::default())?;
    let positions = usize::try_from(context.n_audio_ctx())?;
    let mut state = context.create_state()?;
    for path in stdin().lock().lines() {
        let path = path?;
        let samples: Vec<f32> = hound::WavReader::open(&path)?
            .samples::<i16>()
            .map(|sample| sample.map(|value| f32::from(value) / 32_768.0))
            .collect::<Result<_, _>>()?;
        let started = Instant::now();
        let text = transcribe(&mut state, &samples, positions, stamps)?;
        let took = started.elapsed().as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let seconds = samples.len() as f64 / SAMPLES_PER_SECOND;
        println!("{path}\t{seconds:.2}\t{took:.3}\t{}", text.trim());
    }
    Ok(())
}

/// One span, with the parameters of Viva's speech stage.
fn transcribe(state: &mut WhisperState, samples: &[f32], positions: usize, stamps: bool) -> Result<String, Box<dyn Error>> {
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 3 });
    parameters.set_n_threads(1);
    parameters.set_language(Some("en"));
    parameters.set_no_context(true);
    parameters.set_single_segment(!stamps);
    parameters.set_token_timestamps(true);
    parameters.set_suppress_nst(true);
    parameters.set_temperature_inc(0.4);
    parameters.set_print_progress(false);
    let heard = (samples.len() * POSITIONS_PER_SECOND).div_ceil(16_000) + SPARE_POSITIONS;
    parameters.set_audio_ctx(i32::try_from(heard.min(positions))?);
    state.full(parameters, samples)?;
    let mut text = String::new();
    for segment in state.as_iter() {
        if stamps {
            text.push_str(&format!(" [{:.2}-{:.2}]", seconds(segment.start_timestamp()), seconds(segment.end_timestamp())));
        }
        text.push_str(&segment.to_str_lossy()?);
    }
    Ok(text)
}

/// whisper.cpp counts in hundredths of a second.
#[allow(clippy::cast_precision_loss)]
fn seconds(centiseconds: i64) -> f64 {
    centiseconds as f64 / 100.0
}
