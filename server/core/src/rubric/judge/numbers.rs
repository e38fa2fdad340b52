//! The rule about numbers: "at least 50 customers", "more than 5 people", "20 percent".

use super::{Verdict, words};
use crate::{
    cue::{Comparison, Language, Number, Quote},
    rubric::Band,
};

/// What a `number_at_least` asks for.
pub struct Wanted<'a> {
    pub value: f64,
    pub unit: &'a str,
    pub above: bool,
    pub bands: &'a [Band],
    pub near: &'a [String],
}

impl Wanted<'_> {
    /// `points` is what the criterion gives when `value` is reached.
    pub fn judge(&self, language: &Language, points: f64) -> Verdict {
        if let Some(verdict) = words::beside_the_question(language) {
            return verdict;
        }
        let fitting: Vec<&Number> = language.numbers.iter().filter(|n| self.fits(language, n)).collect();
        let best = |value: f64, above: bool| fitting.iter().find(|n| reaches(n, value, above));
        if let Some(number) = best(self.value, self.above) {
            return Verdict { share: 1.0, evidence: vec![number.quote.clone()], absence: None };
        }
        let absence = Some(format!("{}{}", self.absence(&fitting), words::set_aside(language)));
        let band = self
            .bands
            .iter()
            .filter_map(|band| Some((band, best(band.value, false)?)))
            .max_by(|(a, _), (b, _)| a.points.total_cmp(&b.points));
        match band {
            Some((band, number)) => Verdict {
                share: band.points / points.max(f64::MIN_POSITIVE),
                evidence: vec![number.quote.clone()],
                absence,
            },
            None => Verdict { share: 0.0, evidence: Vec::new(), absence },
        }
    }

    fn fits(&self, language: &Language, number: &Number) -> bool {
        let near = self.near.is_empty()
            || self.near.iter().any(|term| {
                let hits = language.keywords.iter().find(|k| k.term == *term);
                hits.is_some_and(|k| k.hits.iter().any(|hit| same_clause(hit, &number.quote)))
            });
        near && (self.unit.is_empty() || number.unit == self.unit)
    }

    fn absence(&self, fitting: &[&Number]) -> String {
        let wanted = if self.above { "above" } else { "of at least" };
        let what = format!("no number {wanted} {} {}", self.value, self.unit).trim_end().to_owned();
        match fitting.iter().max_by(|a, b| a.value.total_cmp(&b.value)) {
            Some(largest) => format!("{what}; the largest is {}", largest.value),
            None => what,
        }
    }
}

/// Whether the number said is certainly at least `value`, or above it.
fn reaches(number: &Number, value: f64, above: bool) -> bool {
    let strictly = match number.comparison {
        Some(Comparison::MoreThan) => false,
        Some(Comparison::LessThan | Comparison::AtMost) => true,
        Some(Comparison::AtLeast) | None => above,
    };
    if strictly { number.value > value } else { number.value >= value }
}

/// Quotes are clauses, cut where they are long: one holds the other, or they share their time.
fn same_clause(a: &Quote, b: &Quote) -> bool {
    a.quote.contains(&b.quote)
        || b.quote.contains(&a.quote)
        || (a.start_ms.max(b.start_ms) < a.end_ms.min(b.end_ms))
}
