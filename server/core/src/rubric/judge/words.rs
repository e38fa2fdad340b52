//! Rules about what was said: mentions, points covered, structure, connectives, relevance.

use super::{Verdict, verdict};
use crate::{
    cue::{Language, Quote, Segment, SetAsideReason, StructurePart, Transcript},
    rubric::CoverPoint,
};

/// Below this an answer is about something else: a well told story of a holiday is no answer to a question about work.
/// One word of twenty suffices, since an answer may say the same in other words.
const LEAST_RELEVANCE: f32 = 0.05;

pub fn mentions(language: &Language, any: &[String], at_least: u32) -> Result<Verdict, String> {
    let hits = hits(language, any);
    let share = hits.len() as f64 / f64::from(at_least.max(1));
    Ok(verdict(share, hits, || format!("needs {at_least} of: {}{}", any.join(", "), set_aside(language))))
}

pub fn covers(language: &Language, points_to_cover: &[CoverPoint]) -> Result<Verdict, String> {
    let found: Vec<Option<Quote>> =
        points_to_cover.iter().map(|point| hits(language, &point.any).into_iter().next()).collect();
    let weights: Vec<f64> = points_to_cover.iter().filter_map(|point| point.points).collect();
    let names = points_to_cover.iter().map(|point| point.name.as_str());
    Ok(steps(names, found, &weights, |missing| {
        format!("not covered: {}{}", missing.join(", "), set_aside(language))
    }))
}

pub fn structure(
    language: &Language,
    parts: &[StructurePart],
    part_points: &[f64],
) -> Result<Verdict, String> {
    if let Some(verdict) = beside_the_question(language) {
        return Ok(verdict);
    }
    let found = parts
        .iter()
        .map(|part| language.structure.iter().find(|m| m.part == *part).map(|m| m.quote.clone()))
        .collect();
    Ok(steps(parts.iter().map(|part| name(*part)), found, part_points, |missing| {
        format!("not heard: {}{}", missing.join(", "), set_aside(language))
    }))
}

pub fn connectives(language: &Language, at_least: u32) -> Result<Verdict, String> {
    if let Some(verdict) = beside_the_question(language) {
        return Ok(verdict);
    }
    let found: Vec<Quote> = language.connectives.iter().map(|c| c.quote.clone()).collect();
    let share = found.len() as f64 / f64::from(at_least.max(1));
    Ok(verdict(share, found.iter().take(at_least as usize).cloned().collect(), || {
        format!("{} of {at_least} thoughts tied together{}", found.len(), set_aside(language))
    }))
}

pub fn relevance(language: &Language, transcript: &Transcript, full_at: f64) -> Result<Verdict, String> {
    let relevance = f64::from(language.relevance.ok_or("relevance was not measured")?);
    let share = relevance / full_at.max(0.01);
    let evidence = if share > 0.0 {
        transcript.segments.iter().take(1).map(quote_of_segment).collect()
    } else {
        Vec::new()
    };
    Ok(verdict(share, evidence, || format!("{}{}", taken_up(language), set_aside(language))))
}

/// What an answer earns that is not about the question: where a model took part, by its words alone neither.
pub fn beside_the_question(language: &Language) -> Option<Verdict> {
    let larger = language.relevance?.max(language.word_overlap.unwrap_or_default());
    (larger < LEAST_RELEVANCE).then(|| {
        verdict(0.0, Vec::new(), || format!("{}: not about it{}", taken_up(language), set_aside(language)))
    })
}

/// Relevance in words, as it was told.
fn taken_up(language: &Language) -> String {
    let percent = language.relevance.unwrap_or_default() * 100.0;
    match (&language.word_overlap, &language.relevance_method) {
        (Some(_), Some(method)) => format!("comes {percent:.0} % of the way to the question, by {method}"),
        _ => format!("takes up {percent:.0} % of the question's words"),
    }
}

/// Why something that can be heard is no evidence, to be added to a stated absence.
pub fn set_aside(language: &Language) -> String {
    let reasons = [
        (SetAsideReason::BareTerms, "terms without sentences"),
        (SetAsideReason::QuestionReadOut, "the question's own words"),
        (SetAsideReason::Denied, "what the candidate says is not so"),
    ];
    let said: Vec<_> =
        reasons.iter().filter(|(reason, _)| language.has_set_aside(*reason)).map(|(_, text)| *text).collect();
    if said.is_empty() { String::new() } else { format!("; no evidence: {}", said.join(", ")) }
}

/// The first hit of each term that was said.
pub fn hits(language: &Language, terms: &[String]) -> Vec<Quote> {
    terms
        .iter()
        .filter_map(|term| language.keywords.iter().find(|k| k.term == *term)?.hits.first().cloned())
        .collect()
}

/// Steps that were or were not found; without `weights` all weigh the same.
fn steps<'a>(
    names: impl Iterator<Item = &'a str>,
    found: Vec<Option<Quote>>,
    weights: &[f64],
    absence: impl FnOnce(&[&str]) -> String,
) -> Verdict {
    let weight = |i: usize| if weights.len() == found.len() { weights[i] } else { 1.0 };
    let all: f64 = (0..found.len()).map(weight).sum();
    let earned: f64 = (0..found.len()).filter(|i| found[*i].is_some()).map(weight).sum();
    let missing: Vec<&str> =
        names.zip(&found).filter(|(_, quote)| quote.is_none()).map(|(name, _)| name).collect();
    // A step worth nothing may be missing from full points, and is still named.
    let share = if missing.is_empty() { 1.0 } else { (earned / all.max(f64::MIN_POSITIVE)).min(1.0) };
    let absence = (!missing.is_empty()).then(|| absence(&missing));
    Verdict { share, evidence: found.into_iter().flatten().collect(), absence }
}

fn name(part: StructurePart) -> &'static str {
    match part {
        StructurePart::Situation => "situation",
        StructurePart::Steps => "steps",
        StructurePart::Result => "result",
    }
}

fn quote_of_segment(segment: &Segment) -> Quote {
    Quote { start_ms: segment.start_ms, end_ms: segment.end_ms, quote: segment.text.clone() }
}
