//! Numbers with their units, as people say them: "thirty five percent", "1.5 million dollars", "带过8个人",
//! "百分之三十五". Calendar years, dates and ordinals are not quantities and are left out.

mod chinese;
mod english;

use std::ops::Range;

use viva_core::cue::Number;

use super::timed_text::TimedText;

/// What was counted. The names are those of `viva_core::cue::Number::unit`, plus `weeks`, `hours`, `minutes` and
/// `times` (3 倍, "three times").
type Unit = &'static str;

/// A number found in a text.
#[derive(Debug, PartialEq)]
struct Found {
    range: Range<usize>,
    value: f64,
    unit: Unit,
}

/// The numbers of a segment in the order in which they were said.
pub fn find(segment: &TimedText<'_>, chinese: bool) -> Vec<Number> {
    let found = if chinese { chinese::find(segment.text()) } else { english::find(segment.text()) };
    found
        .into_iter()
        .filter(|number| number.value.is_finite())
        .map(|number| Number {
            value: number.value,
            unit: number.unit.to_owned(),
            quote: segment.quote(&number.range),
        })
        .collect()
}

/// "One" is an article or a pronoun more often than a quantity.
fn is_one(value: f64) -> bool {
    (value - 1.0).abs() < f64::EPSILON
}

/// Whether a bare number is a calendar year rather than a quantity.
fn is_calendar_year(value: f64) -> bool {
    (1900.0..2100.0).contains(&value) && value.fract() == 0.0
}
