//! One voice and two, of synthetic speakers.

use viva_core::time::Span;
use viva_models::speech::{Detector, DetectorProgress, other_voices};

use super::shared::{runtime, shared, spoken, vad, wav};

const ANSWER: [&str; 5] = [
    "Last year we opened three new markets, and I wrote the plan for the first quarter.",
    "Then my manager asked me to lead the team, so I called every customer on Monday!",
    "They told me where the problems were. Did anybody believe that we could change them?",
    "We changed the order of the work, and nobody had tried this before us.",
    "In the end we lost no customer, and renewals grew by more than a third.",
];
const PROMPT: &str = "Say that you had eight people, and that the budget was two million.";
/// Each with the height of its voice: low, high, or between.
const VOICES: [(&str, &str, char); 6] = [
    ("flite", "rms", 'l'),
    ("flite", "kal16", 'l'),
    ("espeak-ng", "en-us", 'l'),
    ("flite", "awb", 'm'),
    ("flite", "slt", 'h'),
    ("espeak-ng", "en-us+f4", 'h'),
];

fn found(pcm: &[f32]) -> Option<Vec<Span>> {
    let detector = Detector::load(&vad()?, &runtime()?).unwrap();
    let activity = detector.detect(pcm, &mut DetectorProgress::default(), &|| false).unwrap();
    Some(other_voices(pcm, &activity))
}

/// Sounds one after the other with 0.6 s between, and when each begins and ends.
fn joined(sounds: &[&[f32]]) -> (Vec<f32>, Vec<Span>) {
    let (mut pcm, mut spans) = (vec![0.0; 8000], Vec::new());
    for sound in sounds {
        let start_ms = pcm.len() as u64 / 16;
        pcm.extend_from_slice(sound);
        spans.push(Span::new(start_ms, pcm.len() as u64 / 16));
        pcm.resize(pcm.len() + 9600, 0.0);
    }
    (pcm, spans)
}

#[test]
fn a_second_voice_is_told_only_where_it_is_plainly_another() {
    let mut plain = 0;
    let prompts = VOICES.map(|(engine, voice, _)| spoken(engine, voice, PROMPT));
    for (engine, voice, height) in VOICES {
        let said: Option<Vec<Vec<f32>>> = ANSWER.iter().map(|text| spoken(engine, voice, text)).collect();
        let Some(said) = said else { return };
        let sounds: Vec<&[f32]> = said.iter().map(Vec::as_slice).collect();
        let Some(alone) = found(&joined(&sounds).0) else { return };
        assert_eq!(alone, [], "{voice} alone");
        for ((_, prompter, other), prompt) in VOICES.iter().zip(&prompts) {
            let Some(prompt) = prompt else { return };
            let mut both = sounds.clone();
            both.insert(3, prompt);
            let (pcm, spans) = joined(&both);
            let told = found(&pcm).unwrap_or_default();
            println!("{voice} with {prompter}: {told:?}, wanted {:?}", spans[3]);
            // Whatever is told lies where the other speaks.
            let inside = |span: &Span| {
                span.start_ms + 300 >= spans[3].start_ms && span.end_ms <= spans[3].end_ms + 300
            };
            assert!(told.iter().all(inside), "{voice} with {prompter}: {told:?}, wanted {:?}", spans[3]);
            if voice == *prompter {
                assert_eq!(told, [], "{voice} with itself");
            }
            if matches!((height, other), ('l', 'h') | ('h', 'l')) {
                plain += usize::from(!told.is_empty());
            }
        }
    }
    println!("{plain} of 12 pairs of a low and a high voice were told");
    assert!(plain >= 8, "only {plain}");
}

#[test]
fn a_real_speaker_alone_is_one() {
    let Some(file) = shared("media/jfk.wav") else { return };
    assert_eq!(found(&wav(&file)), Some(Vec::new()));
}
