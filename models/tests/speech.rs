//! The speech stage on real sound.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "speech/known_answers.rs"]
mod known_answers;
#[path = "speech/random_model.rs"]
mod random_model;
#[path = "speech/shared.rs"]
mod shared;
#[path = "speech/two_voices.rs"]
mod two_voices;

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
};

use shared::{random_model, room_noise, runtime, shared, spoken, stage, vad, wav};
use viva_core::cue::{Assessed, ModelCard, Speech};
use viva_models::speech::{
    Detector, DetectorProgress, Recall, RecallCounts, RecogniserModel, SAMPLE_RATE, SpeechError,
    SpeechModels, SpeechRequest, SpeechResult, SpeechStage, TIMELINE_STEP_MS,
};

static GO_ON: AtomicBool = AtomicBool::new(false);

fn analyse(stage: &SpeechStage, pcm: &[f32], language: &str) -> SpeechResult {
    let request =
        SpeechRequest { language: Some(language.into()), other_voices: false, recall: None, cancel: &GO_ON };
    stage.analyse(pcm, &request, &mut |_| {}).unwrap()
}

fn cues(result: &SpeechResult) -> &Speech {
    result.cues.present().unwrap()
}

#[test]
fn speech_and_its_pauses_are_found() {
    let (Some(file), Some(stage)) = (shared("media/jfk.wav"), stage(None)) else { return };
    let pcm = wav(&file);
    let result = analyse(&stage, &pcm, "en");
    assert_eq!(result.transcript.reason(), Some("speech model not installed; run viva models fetch"));
    let cues = cues(&result);
    assert!(cues.first_word_ms.unwrap().abs_diff(300) <= 200, "{:?}", cues.first_word_ms);
    // "And so, my fellow Americans, | ask not | what your country can do for you, | ask what you can do …"
    assert!((3..=5).contains(&cues.pauses.len()), "{:?}", cues.pauses);
    assert!((6000..9500).contains(&cues.speech_ms), "{}", cues.speech_ms);
    assert!(
        cues.words_per_minute.is_none() && cues.characters_per_minute.is_none() && cues.fillers.is_empty()
    );
    let loudness = cues.loudness_dbfs.unwrap();
    assert!((-35.0..-10.0).contains(&loudness.median) && loudness.range > 3.0, "{loudness:?}");
    let pitch = cues.pitch_hz.unwrap();
    // A harmonic product spectrum over the same file gives 243 Hz: the speaker nearly shouts.
    assert!((230.0..265.0).contains(&pitch.median), "{pitch:?}");
    assert_eq!(result.loudness_dbfs.len() as u64, 11_000 / TIMELINE_STEP_MS);
    assert!(
        result.loudness_dbfs.iter().any(Option::is_none) && result.loudness_dbfs.iter().any(Option::is_some)
    );
    assert!(result.speech_rate.iter().all(Option::is_none));
    assert_eq!(result.models[0].name, "silero-vad");
}

#[test]
fn the_detector_gives_spans_and_probabilities() {
    let (Some(file), Some(model), Some(runtime)) = (shared("media/jfk.wav"), vad(), runtime()) else {
        return;
    };
    let detector = Detector::load(&model, &runtime).unwrap();
    let activity = detector.detect(&wav(&file), &mut DetectorProgress::default(), &|| false).unwrap();
    let before = usize::try_from(activity.begins_ms).unwrap() * SAMPLE_RATE / 1000;
    assert_eq!(activity.probabilities.len(), (176_000 - before).div_ceil(512));
    assert!(activity.begins_ms < 300, "{}", activity.begins_ms);
    let last = activity.speech.last().unwrap();
    assert!(last.end_ms.abs_diff(10_600) <= 300, "{last:?}");
}

/// Anonymous memory of this process, in kB.
#[cfg(target_os = "linux")]
fn memory_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A server runs networks thousands of times an hour: what each run leaves behind adds up.
#[cfg(target_os = "linux")]
#[test]
fn running_a_network_leaves_nothing_behind() {
    let (Some(model), Some(runtime)) = (vad(), runtime()) else { return };
    let detector = Detector::load(&model, &runtime).unwrap();
    let sound = room_noise(60, 0.02);
    let listen = |times| {
        for _ in 0..times {
            detector.detect(&sound, &mut DetectorProgress::default(), &|| false).unwrap();
        }
    };
    listen(2);
    let before_kb = memory_kb();
    listen(6);
    // Eleven thousand runs: 200 bytes from each would show.
    let more_kb = memory_kb().saturating_sub(before_kb);
    assert!(more_kb < 2000, "{more_kb} kB");
}

#[test]
fn silence_and_noise_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(stage) = stage(Some(random_model(folder.path()))) else { return };
    for silence in [vec![], vec![0.0; 480_000], vec![f32::NAN; 16_000]] {
        let result = analyse(&stage, &silence, "en");
        assert_eq!(result.transcript.reason(), Some("no sound in the recording"));
        assert_eq!(result.cues.reason(), Some("no sound in the recording"));
    }
    for amplitude in [0.002, 0.02] {
        let result = analyse(&stage, &room_noise(30, amplitude), "en");
        let transcript = result.transcript.present().unwrap();
        assert_eq!((transcript.text.as_str(), transcript.segments.len()), ("", 0));
        let cues = cues(&result);
        assert_eq!((cues.speech_ms, cues.first_word_ms, cues.words_per_minute), (0, None, None));
        assert_eq!((cues.loudness_dbfs, cues.pitch_hz), (None, None));
    }
}

#[test]
fn synthetic_voices_are_speech() {
    let Some(stage) = stage(None) else { return };
    for (engine, voice, text, chinese) in [
        ("flite", "slt", "I have worked in customer success for six years.", false),
        ("espeak-ng", "en-us", "First, I talked to the customer and listened.", false),
        ("espeak-ng", "cmn-latn-pinyin", "我们负责五个国家的两百家客户。", true),
    ] {
        let Some(voice) = spoken(engine, voice, text) else { return };
        // Half a second of silence before, between and after two turns.
        let pause = vec![0.0; 8000];
        let pcm = [&pause[..], &voice, &pause, &voice, &pause].concat();
        let result = analyse(&stage, &pcm, if chinese { "zh" } else { "en" });
        let cues = cues(&result);
        let spoken_ms = 2 * voice.len() as u64 / 16;
        assert!(
            cues.speech_ms * 10 > spoken_ms * 6 && cues.speech_ms <= spoken_ms + 200,
            "{engine}: {cues:?}"
        );
        assert!((400..1000).contains(&cues.first_word_ms.unwrap()), "{engine}: {cues:?}");
        assert!(!cues.pauses.is_empty(), "{engine}: {cues:?}");
    }
}

#[test]
fn decoding_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let Some(file) = shared("media/jfk.wav") else { return };
    let Some(stage) = stage(Some(random_model(folder.path()))) else { return };
    let cancel = AtomicBool::new(false);
    let request =
        SpeechRequest { language: Some("en".into()), other_voices: false, recall: None, cancel: &cancel };
    // The first progress comes between the detector and the recogniser.
    let stopped = stage.analyse(&wav(&file), &request, &mut |_| cancel.store(true, Ordering::Relaxed));
    assert!(matches!(stopped, Err(SpeechError::Cancelled)), "{stopped:?}");
    // And the stage is as good as new.
    cancel.store(false, Ordering::Relaxed);
    assert!(stage.analyse(&wav(&file), &request, &mut |_| {}).is_ok());
}

#[test]
fn what_was_overheard_is_not_heard_again_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let Some(file) = shared("media/jfk.wav") else { return };
    let Some(stage) = stage(Some(random_model(folder.path()))) else { return };
    let sound = wav(&file);
    let pcm = [&sound[..], &sound, &sound].concat();
    let whole = analyse(&stage, &pcm, "en");
    let recall = Recall::default();
    for so_far in [1, SAMPLE_RATE, pcm.len() / 3, pcm.len() / 2, pcm.len() - SAMPLE_RATE] {
        stage.overhear(&pcm[..so_far], "en", &recall, &GO_ON).unwrap();
    }
    // Not what the candidate is to speak, or what the model knows: nothing to do.
    stage.overhear(&pcm, "fr", &recall, &GO_ON).unwrap();
    let overheard = recall.counts().heard;
    assert!(overheard >= 3, "{overheard}");
    let request = SpeechRequest {
        language: Some("en".into()),
        other_voices: false,
        recall: Some(&recall),
        cancel: &GO_ON,
    };
    let before = recall.counts();
    assert_eq!(stage.analyse(&pcm, &request, &mut |_| {}).unwrap(), whole);
    let RecallCounts { recalled, heard } = recall.counts();
    assert_eq!(heard - before.heard, 1, "the last window alone");
    assert_eq!(recalled - before.recalled, overheard, "and nothing was heard in vain");
    // Placed a little later, as when the clocks are known better: the same words.
    let later = [&[0.0; 3 * SAMPLE_RATE / 1000][..], &pcm].concat();
    let before = recall.counts();
    stage.analyse(&later, &request, &mut |_| {}).unwrap();
    assert!(recall.counts().heard - before.heard <= 1, "the last window reaches to the end");
    let cancelled = stage.overhear(&pcm, "zh", &recall, &AtomicBool::new(true));
    assert!(matches!(cancelled, Err(SpeechError::Cancelled)), "{cancelled:?}");
}

#[test]
fn a_language_that_the_model_lacks_is_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let Some(stage) = stage(Some(random_model(folder.path()))) else { return };
    let result = analyse(&stage, &room_noise(2, 0.05), "fr");
    assert_eq!(result.transcript.reason(), Some("the speech model random does not know fr"));
    assert!(matches!(result.cues, Assessed::Present(_)));
}

#[test]
fn damaged_models_are_named() {
    let (Some(vad), Some(runtime)) = (vad(), runtime()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let whole = random_model::bytes();
    let mut no_space = whole.clone();
    let space = 14 * 4 + 80 * 201 * 4 + 4 + 4;
    assert_eq!(no_space[space], b' ');
    no_space[space] = b'_';
    let cases: [(&str, Vec<u8>); 7] = [
        ("it is not a ggml file", b"hello".to_vec()),
        ("it is not a ggml file", Vec::new()),
        ("it is cut short", whole[..whole.len() - 1].to_vec()),
        ("it is cut short", whole[..100].to_vec()),
        ("its header describes no Whisper model", [&whole[..8], &[0xff; 4], &whole[12..]].concat()),
        ("its vocabulary has no space", no_space),
        ("a tensor's header is damaged", [&whole[..], &[0xff; 64]].concat()),
    ];
    for (reason, bytes) in cases {
        let mut model = random_model(folder.path());
        fs::write(&model.path, bytes).unwrap();
        let models = SpeechModels { vad: vad.clone(), recogniser: Some(model.clone()) };
        let error = SpeechStage::load(&models, &runtime, 1).err().unwrap().to_string();
        assert_eq!(error, format!("the speech model file is not usable: {reason}"));
        model.path = folder.path().join("absent");
        let models = SpeechModels { recogniser: Some(model), ..models };
        assert!(matches!(SpeechStage::load(&models, &runtime, 1), Err(SpeechError::Unreadable { .. })));
    }
    let broken = folder.path().join("vad.onnx");
    fs::write(&broken, b"not a network").unwrap();
    let error =
        SpeechStage::load(&SpeechModels { vad: broken, recogniser: None }, &runtime, 1).err().unwrap();
    assert!(matches!(error, SpeechError::Unusable { model: "voice activity", .. }), "{error}");
}

#[test]
fn a_model_without_weights_is_refused() {
    let (Some(file), Some(vad), Some(runtime)) =
        (shared("models/whisper-test/for-tests-ggml-tiny.bin"), vad(), runtime())
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let recogniser = RecogniserModel { path: file, ..random_model(folder.path()) };
    let models = SpeechModels { vad, recogniser: Some(recogniser) };
    let error = SpeechStage::load(&models, &runtime, 1).err().unwrap().to_string();
    assert_eq!(error, "the speech model file is not usable: it carries no weights");
}

#[test]
fn times_stay_inside_whatever_the_model_says() {
    let folder = tempfile::tempdir().unwrap();
    let Some(file) = shared("media/jfk.wav") else { return };
    let Some(stage) = stage(Some(random_model(folder.path()))) else { return };
    let result = analyse(&stage, &wav(&file), "auto");
    let transcript = result.transcript.present().unwrap();
    let mut last = 0;
    for segment in &transcript.segments {
        assert!(segment.start_ms <= segment.end_ms && segment.end_ms <= 11_000);
        for word in &segment.words {
            assert!(last <= word.start_ms && word.start_ms <= word.end_ms, "{word:?}");
            last = word.end_ms;
        }
    }
    assert!((0.0..=1.0).contains(&transcript.mean_confidence));
}

/// The demonstration weights that set-up unpacks.
fn installed_model() -> Option<RecogniserModel> {
    let path = shared::built("models/viva-speech.bin")?;
    Some(RecogniserModel {
        path,
        card: ModelCard { name: "viva-speech".into(), ..ModelCard::default() },
        languages: vec!["en".into()],
        max_span_s: 10.0,
        audio_ctx: true,
        demonstration: true,
    })
}

#[test]
fn a_demo_answer_is_understood_and_a_real_voice_is_not_believed() {
    let (Some(model), Some(file)) = (installed_model(), shared("media/jfk.wav")) else { return };
    let sentences = [
        "We look after two hundred customers in five countries.",
        "First, I talked to the customer and listened to every complaint.",
    ];
    let Some(stage) = stage(Some(model)) else { return };
    let Some(answer) = spoken("flite", "slt", &sentences.join(" ")) else { return };
    let result = analyse(&stage, &answer, "auto");
    let transcript = result.transcript.present().unwrap();
    let spoken = sentences.join(" ");
    let heard =
        spoken.split(' ').filter(|word| transcript.text.split(' ').any(|heard| heard == *word)).count();
    assert!(heard * 10 >= spoken.split(' ').count() * 8, "{}", transcript.text);
    assert_eq!((transcript.language.as_str(), transcript.segments.len()), ("en", 2));
    assert!(transcript.mean_confidence > 0.7, "{}", transcript.mean_confidence);
    let rate = cues(&result).words_per_minute.unwrap();
    assert!((120.0..260.0).contains(&rate), "{rate}");
    assert!(result.speech_rate.iter().any(Option::is_some));
    assert_eq!(result.models.len(), 2);

    let other = analyse(&stage, &wav(&file), "en");
    let confidence = other.transcript.present().unwrap().mean_confidence;
    assert!(confidence < 0.5, "{confidence}");
}

/// Words that the demonstration model hears in `pcm`, with their times checked.
fn heard(stage: &SpeechStage, pcm: &[f32]) -> Vec<String> {
    let result = analyse(stage, pcm, "en");
    let Some(transcript) = result.transcript.present() else { return Vec::new() };
    let words: Vec<_> = transcript.segments.iter().flat_map(|segment| &segment.words).collect();
    let mut before = 0;
    for word in &words {
        assert!(word.start_ms >= before && word.end_ms >= word.start_ms, "{word:?} after {before} ms");
        assert!(word.end_ms <= pcm.len() as u64 / 16, "{word:?}");
        before = word.start_ms;
    }
    words.iter().map(|word| word.text.to_lowercase().replace([',', '.', '?'], "")).collect()
}

#[test]
fn what_is_no_speech_has_no_words() {
    let Some(model) = installed_model() else { return };
    let Some(stage) = stage(Some(model)) else { return };
    let tone = |hertz: f32, at: usize| (at as f32 * hertz * std::f32::consts::TAU / 16_000.0).sin();
    // A chord every second that dies away, mains hum, and bursts of noise like coughs.
    let music: Vec<f32> = (0..20 * 16_000)
        .map(|at| {
            let fade = (-3.0 * (at % 16_000) as f32 / 16_000.0).exp();
            0.1 * fade * [262.0, 330.0, 392.0].iter().map(|hertz| tone(*hertz, at)).sum::<f32>()
        })
        .collect();
    let hum: Vec<f32> = (0..20 * 16_000).map(|at| 0.05 * (tone(50.0, at) + 0.5 * tone(150.0, at))).collect();
    let coughs: Vec<f32> = room_noise(20, 0.5)
        .into_iter()
        .enumerate()
        .map(|(at, noise)| noise * (-20.0 * (at % 80_000) as f32 / 16_000.0).exp())
        .collect();
    for (name, pcm) in [
        ("a quiet room", room_noise(60, 0.003)),
        ("a loud room", room_noise(60, 0.03)),
        ("music", music),
        ("hum", hum),
        ("coughs", coughs),
    ] {
        assert_eq!(heard(&stage, &pcm), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn answers_of_one_second_and_of_ten_minutes() {
    let Some(model) = installed_model() else { return };
    let Some(stage) = stage(Some(model)) else { return };
    let sentences = [
        "Last year we increased renewals by thirty five percent.",
        "We look after two hundred customers in five countries.",
        "Finally, we tested the new reports every day.",
    ];
    let mut turns = Vec::new();
    for sentence in sentences {
        let Some(voice) = spoken("flite", "slt", sentence) else { return };
        turns.push(voice);
    }
    assert!(heard(&stage, &turns[0][..16_000]).len() <= 6, "a second holds no more");

    // A thinking candidate: a sentence every seven seconds, for ten minutes.
    let mut pcm = Vec::new();
    let mut said = 0;
    while pcm.len() < 600 * 16_000 {
        let turn = &turns[said % turns.len()];
        pcm.extend(turn);
        pcm.resize(pcm.len() + 7 * 16_000 - turn.len(), 0.0);
        said += 1;
    }
    let words = heard(&stage, &pcm);
    let spoken: usize = (0..said).map(|turn| sentences[turn % sentences.len()].split(' ').count()).sum();
    assert!(words.len().abs_diff(spoken) * 10 <= spoken, "{} words of {spoken}", words.len());
    let looped = words.windows(6).find(|six| six[..3] == six[3..]);
    assert_eq!(looped, None);
}

#[test]
fn the_stage_is_shared_between_jobs() {
    fn shareable<T: Send + Sync>() {}
    shareable::<SpeechStage>();
}

#[cfg(unix)]
#[test]
fn a_process_replaces_itself_once_with_what_the_libraries_read_first() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "prepares_itself", "--ignored", "--nocapture"])
        // The user's own word counts, and does not keep the rest from being set.
        .env("OMP_WAIT_POLICY", "active")
        .env_remove("GLIBC_TUNABLES")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("policy: active"), "{said}");
    assert!(!cfg!(target_env = "gnu") || said.contains("memory: glibc.malloc.mmap_threshold"), "{said}");
}

#[cfg(unix)]
#[test]
#[ignore = "the child of the test above"]
fn prepares_itself() {
    viva_models::speech::prepare_process().unwrap();
    println!("policy: {}", std::env::var("OMP_WAIT_POLICY").unwrap());
    println!("memory: {}", std::env::var("GLIBC_TUNABLES").unwrap_or_default());
}
