//! Rules about how it was said, and how it looked.

use super::{AnswerMeasures, Verdict, face, speech, transcript, verdict};
use crate::{cue::Quote, time::Span};

pub fn speech_rate(
    measures: AnswerMeasures<'_>,
    words_per_minute: [f32; 2],
    characters_per_minute: [f32; 2],
) -> Result<Verdict, String> {
    let speech = speech(measures)?;
    transcript(measures)?;
    let (rate, [slowest, fastest], unit) = match (speech.words_per_minute, speech.characters_per_minute) {
        (Some(rate), _) => (rate, words_per_minute, "words"),
        (None, Some(rate)) => (rate, characters_per_minute, "characters"),
        (None, None) => return Err("no transcript to count words in".to_owned()),
    };
    let off = (slowest - rate).max(rate - fastest).max(0.0);
    // Half the range outside of it earns nothing any more.
    let share = 1.0 - f64::from(off) / f64::from((fastest - slowest).max(1.0) / 2.0);
    let evidence = vec![whole(measures, format!("{rate:.0} {unit} per minute"))];
    Ok(verdict(share, evidence, || {
        format!("{rate:.0} {unit} per minute; wanted {slowest:.0} to {fastest:.0}")
    }))
}

pub fn duration(measures: AnswerMeasures<'_>, at_least: f32) -> Result<Verdict, String> {
    let seconds = speech(measures)?.speech_ms as f32 / 1000.0;
    if seconds == 0.0 {
        // As with words: the microphone may have been off.
        return Err("no speech was heard".to_owned());
    }
    let share = f64::from(seconds / at_least.max(0.1));
    let evidence = vec![whole(measures, format!("{seconds:.1} s of speech"))];
    Ok(verdict(share, evidence, || format!("{seconds:.1} s of speech; wanted {at_least:.0} s")))
}

pub fn fillers(measures: AnswerMeasures<'_>, per_minute_at_most: f32) -> Result<Verdict, String> {
    let speech = speech(measures)?;
    transcript(measures)?;
    let minutes = speech.speech_ms as f32 / 60_000.0;
    let rate = speech.fillers.len() as f32 / minutes.max(0.1);
    let share = if rate <= per_minute_at_most { 1.0 } else { f64::from(per_minute_at_most / rate) };
    let said = match speech.fillers.len() {
        1 => format!("1 filler, {rate:.1} per minute"),
        count => format!("{count} fillers, {rate:.1} per minute"),
    };
    Ok(verdict(share, vec![whole(measures, said)], || {
        format!("{rate:.1} fillers per minute; wanted at most {per_minute_at_most}")
    }))
}

pub fn camera_facing(measures: AnswerMeasures<'_>, share_at_least: f32) -> Result<Verdict, String> {
    let facing = face(measures)?.camera_facing.as_ref().ok_or("camera facing was not measured")?;
    let seen = format!("{:.0} % of the time", facing.share * 100.0);
    let longest = facing.spans.iter().max_by_key(|span| span.duration_ms());
    let evidence =
        longest.map(|span| seen_in(span, format!("facing the camera {seen}"))).into_iter().collect();
    Ok(verdict(f64::from(facing.share / share_at_least.max(0.01)), evidence, || seen))
}

pub fn smiles(measures: AnswerMeasures<'_>, at_least: u32) -> Result<Verdict, String> {
    let smile = face(measures)?.smile.as_ref().ok_or("smiles were not measured")?;
    let share = f64::from(smile.count) / f64::from(at_least.max(1));
    let evidence = smile.spans.iter().map(|span| seen_in(span, "smile".to_owned())).collect();
    Ok(verdict(share, evidence, || match smile.count {
        1 => format!("1 smile seen; wanted {at_least}"),
        count => format!("{count} smiles seen; wanted {at_least}"),
    }))
}

fn seen_in(span: &Span, quote: String) -> Quote {
    Quote { start_ms: span.start_ms, end_ms: span.end_ms, quote }
}

/// Evidence that rests on the whole answer: from the first to the last word.
fn whole(measures: AnswerMeasures<'_>, quote: String) -> Quote {
    let start_ms = measures.cues.speech.present().and_then(|s| s.first_word_ms).unwrap_or(0);
    let end_ms = measures
        .transcript
        .present()
        .and_then(|t| t.segments.last())
        .map(|s| s.end_ms)
        .or_else(|| measures.cues.speech.present().map(|s| start_ms + s.speech_ms))
        .unwrap_or(start_ms);
    Quote { start_ms, end_ms, quote }
}
