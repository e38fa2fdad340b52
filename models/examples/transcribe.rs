//! Transcribes a 16 kHz mono WAV file and prints transcript, cues and speed:
//! `cargo run -p viva-models --example transcribe -- answer.wav --model build/models/viva-speech.bin --language en`

use std::{error::Error, path::PathBuf, sync::atomic::AtomicBool, time::Instant};

use viva_core::cue::ModelCard;
use viva_models::{
    language::{LanguageQuery, analyse},
    runtime::OnnxRuntime,
    speech::{RecogniserModel, SpeechModels, SpeechRequest, SpeechStage},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments
        .next()
        .ok_or("usage: transcribe FILE.wav [--model M] [--vad V] [--language L] [--threads N]")?;
    let (mut model, mut vad) = (None, PathBuf::from("build/models/silero_vad.onnx"));
    let (mut language, mut threads, mut published) = ("en".to_owned(), 1, false);
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{option} needs a value"));
        match option.as_str() {
            "--model" => model = Some(PathBuf::from(value()?)),
            "--vad" => vad = value()?.into(),
            "--language" => language = value()?,
            "--threads" => threads = value()?.parse()?,
            "--published" => published = true,
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    let recogniser = model.map(|path| RecogniserModel {
        path,
        card: ModelCard::default(),
        languages: if published { vec!["en".into(), "zh".into()] } else { vec![language.clone()] },
        max_span_s: if published { 28.0 } else { 12.0 },
        audio_ctx: !published,
        demonstration: !published,
    });
    let pcm: Vec<f32> = hound::WavReader::open(file)?
        .into_samples::<i16>()
        .map(|sample| sample.map(|sample| f32::from(sample) / 32_768.0))
        .collect::<Result<_, _>>()?;
    let seconds = pcm.len() as f64 / 16_000.0;

    let began = Instant::now();
    let stage = SpeechStage::load(&SpeechModels { vad, recogniser }, &OnnxRuntime::load(None)?, threads)?;
    println!("loaded in {:.2} s", began.elapsed().as_secs_f64());
    let cancel = AtomicBool::new(false);
    let mut detected = None;
    let began = Instant::now();
    let request = SpeechRequest {
        language: Some(language.clone()),
        other_voices: false,
        recall: None,
        cancel: &cancel,
    };
    let result =
        stage.analyse(&pcm, &request, &mut |_| _ = detected.get_or_insert_with(|| began.elapsed()))?;
    let (all, detected) = (began.elapsed().as_secs_f64(), detected.unwrap_or_default().as_secs_f64());
    println!("{}", serde_json::to_string_pretty(&result.transcript)?);
    println!("{}", serde_json::to_string_pretty(&result.cues)?);
    if let Some(transcript) = result.transcript.present() {
        let query = LanguageQuery { language: &language, ..LanguageQuery::default() };
        println!("{}", serde_json::to_string_pretty(&analyse(transcript, &query))?);
    }
    println!(
        "{seconds:.1} s of sound: detector {detected:.3} s (RTF {:.4}), all {all:.3} s (RTF {:.4})",
        detected / seconds,
        all / seconds
    );
    Ok(())
}
