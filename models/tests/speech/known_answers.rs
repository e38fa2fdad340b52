//! Speech cues on synthesised answers whose words, pauses and noise are known.

use std::collections::HashMap;

use viva_core::{
    cue::{Assessed, Cues, Segment, Speech, Transcript},
    position::Question,
    rubric::{AnswerMeasures, score_answer},
    time::Span,
};
use viva_models::{
    language::{self, LanguageQuery},
    speech::{Detector, DetectorProgress, measure},
};

use super::shared::{room_noise, runtime, spoken, stage, vad};

/// Lengths of the silences between the phrases, in milliseconds; those under 300 are no pauses.
const GAPS: [u64; 10] = [330, 800, 180, 450, 2000, 360, 220, 1200, 600, 400];
const NOISE_DB: f32 = 20.0;
const PAUSE_MS: u64 = 300;
/// Spoken without a stop inside.
const ENGLISH: [&str; 11] = [
    "we look after two hundred customers",
    "last year we opened three new markets",
    "I wrote the plan for the first quarter",
    "my manager asked me to lead the team",
    "so I called every customer on Monday",
    "they told me where the problems were",
    "we changed the order of the work",
    "nobody had tried this before us",
    "in the end we lost no customer",
    "renewals grew by more than a third",
    "I would do it again in the same way",
];
const CHINESE: [&str; 11] = [
    "我们负责五个国家的两百家客户",
    "去年我们开了三个新市场",
    "我写了第一季度的计划",
    "经理让我带领这个团队",
    "所以我给每个客户打了电话",
    "他们告诉我问题在哪里",
    "我们改变了工作的顺序",
    "以前没有人这样做过",
    "最后我们没有丢掉一个客户",
    "续约增长了三分之一",
    "下次我还会这样做",
];
const VOICES: [(&str, &str, &str); 7] = [
    ("flite", "slt", "en"),
    ("flite", "rms", "en"),
    ("flite", "awb", "en"),
    ("flite", "kal16", "en"),
    ("espeak-ng", "en-us", "en"),
    ("espeak-ng", "en-gb+f2", "en"),
    ("espeak-ng", "cmn-latn-pinyin", "zh"),
];

/// An answer, and what is true of it.
struct Known {
    pcm: Vec<f32>,
    speech: Vec<Span>,
    transcript: Transcript,
    /// Words, or characters.
    count: usize,
}

impl Known {
    fn pauses(&self) -> Vec<Span> {
        let gaps = self.speech.windows(2).map(|pair| Span::new(pair[0].end_ms, pair[1].start_ms));
        gaps.filter(|gap| gap.duration_ms() >= PAUSE_MS).collect()
    }

    fn rates(&self) -> (f32, f32) {
        let whole = self.speech.last().unwrap().end_ms - self.speech[0].start_ms;
        let spoken: u64 = self.speech.iter().map(|span| span.duration_ms()).sum();
        let per_minute = |ms: u64| self.count as f32 * 60_000.0 / ms as f32;
        (per_minute(whole), per_minute(spoken))
    }
}

fn power(pcm: &[f32]) -> f32 {
    pcm.iter().map(|sample| sample * sample).sum::<f32>() / pcm.len().max(1) as f32
}

/// Without the silence that the voice puts around a phrase: 10 ms frames 40 dB below the loudest.
fn trimmed(pcm: &[f32]) -> &[f32] {
    let levels: Vec<f32> = pcm.chunks(160).map(power).collect();
    let least = levels.iter().copied().fold(0.0, f32::max) * 1e-4;
    let first = levels.iter().position(|level| *level > least).unwrap();
    let last = levels.iter().rposition(|level| *level > least).unwrap();
    &pcm[first * 160..((last + 1) * 160).min(pcm.len())]
}

fn phrases(language: &str) -> [&'static str; 11] {
    if language == "zh" { CHINESE } else { ENGLISH }
}

/// Phrases with known gaps, a second of lead, and white noise 20 dB below the speech. `turn` orders the gaps.
fn answer(voices: &[Vec<f32>], language: &str, turn: usize) -> Known {
    let phrases = phrases(language);
    let mut pcm = vec![0.0_f32; 16_000];
    let (mut speech, mut segments) = (Vec::new(), Vec::new());
    for (at, (phrase, sound)) in phrases.iter().zip(voices).enumerate() {
        let start_ms = pcm.len() as u64 / 16;
        pcm.extend(trimmed(sound));
        let span = Span::new(start_ms, pcm.len() as u64 / 16);
        segments.push(Segment {
            start_ms: span.start_ms,
            end_ms: span.end_ms,
            text: (*phrase).into(),
            confidence: 1.0,
            words: Vec::new(),
        });
        speech.push(span);
        if at + 1 < phrases.len() {
            pcm.resize(pcm.len() + GAPS[(at + turn) % GAPS.len()] as usize * 16, 0.0);
        }
    }
    pcm.resize(pcm.len() + 16_000, 0.0);
    let spoken_power = speech
        .iter()
        .map(|span| {
            power(&pcm[span.start_ms as usize * 16..span.end_ms as usize * 16]) * span.duration_ms() as f32
        })
        .sum::<f32>()
        / speech.iter().map(|span| span.duration_ms()).sum::<u64>() as f32;
    // Uniform noise of amplitude a has the power a²/3.
    let amplitude = (3.0 * spoken_power / 10_f32.powf(NOISE_DB / 10.0)).sqrt();
    for (sample, noise) in pcm.iter_mut().zip(room_noise(120, amplitude)) {
        *sample += noise;
    }
    let count = match language {
        "zh" => phrases.iter().map(|phrase| phrase.chars().count()).sum(),
        _ => phrases.iter().map(|phrase| phrase.split(' ').count()).sum(),
    };
    let text = phrases.join(if language == "zh" { "" } else { " " });
    let transcript = Transcript { text, language: language.into(), mean_confidence: 1.0, segments };
    Known { pcm, speech, transcript, count }
}

fn overlap(a: Span, b: Span) -> u64 {
    a.end_ms.min(b.end_ms).saturating_sub(a.start_ms.max(b.start_ms))
}

/// Found and known pauses that are the same: they share most of both.
fn matches(found: &[Span], known: &[Span]) -> usize {
    let same = |a: &Span, b: &Span| 2 * overlap(*a, *b) > a.duration_ms().max(b.duration_ms());
    found.iter().filter(|found| known.iter().any(|known| same(found, known))).count()
}

#[test]
fn rates_pauses_and_noise_of_synthesised_answers() {
    let (Some(model), Some(runtime)) = (vad(), runtime()) else { return };
    let detector = Detector::load(&model, &runtime).unwrap();
    let mut sums: HashMap<&str, usize> = HashMap::new();
    let mut worst: HashMap<&str, f32> = HashMap::new();
    for (engine, voice, language) in VOICES {
        let sounds: Option<Vec<_>> =
            phrases(language).iter().map(|phrase| spoken(engine, voice, phrase)).collect();
        let Some(sounds) = sounds else { return };
        for turn in [0, 3, 7] {
            let known = answer(&sounds, language, turn);
            let activity = detector.detect(&known.pcm, &mut DetectorProgress::default(), &|| false).unwrap();
            let cues: Speech = measure(&known.pcm, &activity, Some(&known.transcript));
            let (pauses, rate) = (known.pauses(), cues.rate.unwrap());
            let hits = matches(&cues.pauses, &pauses);
            *sums.entry("hits").or_default() += hits;
            *sums.entry("found").or_default() += cues.pauses.len();
            *sums.entry("known").or_default() += pauses.len();
            let (speech, articulation) = known.rates();
            let off = [
                ("speech rate", (rate.speech / speech - 1.0).abs()),
                ("articulation rate", (rate.articulation / articulation - 1.0).abs()),
                ("noise", (cues.sound.as_ref().unwrap().signal_to_noise_db.unwrap() - NOISE_DB).abs()),
                ("first word", cues.first_word_ms.unwrap().abs_diff(1000) as f32),
            ];
            println!(
                "{engine} {voice} {turn}: pauses {hits} of {}, {} found; {off:.3?}",
                pauses.len(),
                cues.pauses.len()
            );
            for (what, value) in off {
                let entry = worst.entry(what).or_default();
                *entry = entry.max(value);
            }
        }
    }
    let f1 = 2.0 * sums["hits"] as f32 / (sums["found"] + sums["known"]) as f32;
    println!("F1 of pauses {f1:.3} ({sums:?}); worst {worst:.3?}");
    assert!(f1 >= 0.95, "F1 {f1}");
    assert!(worst["speech rate"] <= 0.03 && worst["articulation rate"] <= 0.03, "{worst:?}");
    assert!(worst["noise"] <= 1.0 && worst["first word"] <= 100.0, "{worst:?}");
}

#[test]
fn a_minute_of_noise_has_no_words_and_no_points() {
    let Some(model) = super::installed_model() else { return };
    let Some(stage) = stage(Some(model)) else { return };
    let question: Question = serde_json::from_value(serde_json::json!({
        "id": "q", "text": "What did you do for the team?", "answer_seconds": 60,
        "criteria": [
            { "id": "team", "dimension": "all", "points": 10, "rule": "mentions", "any": ["team"] },
            { "id": "long", "dimension": "all", "points": 10, "rule": "duration", "speech_seconds_at_least": 1 },
            { "id": "pace", "dimension": "all", "points": 10, "rule": "speech_rate" },
            { "id": "fluent", "dimension": "all", "points": 10, "rule": "fillers", "per_minute_at_most": 5 }
        ]
    }))
    .unwrap();
    for amplitude in [0.003, 0.03, 0.3] {
        let result = super::analyse(&stage, &room_noise(60, amplitude), "en");
        let transcript = result.transcript.present().unwrap();
        assert_eq!((transcript.text.as_str(), transcript.segments.len()), ("", 0), "{amplitude}");
        let query =
            LanguageQuery { question: "What did you do?", keywords: &["team".into()], language: "en" };
        let language = Assessed::Present(language::analyse(transcript, &query));
        let cues = Cues { speech: result.cues, face: Assessed::not("no picture"), language };
        let measures =
            AnswerMeasures { transcript: &result.transcript, cues: &cues, distrust: None, judgements: None };
        let scores = score_answer(&question, measures);
        for score in scores {
            assert!(score.points < 0.01, "{score:?}");
            // And nothing that counts against anybody: the microphone may have been off.
            assert!(score.not_assessed.is_some(), "{score:?}");
        }
    }
}
