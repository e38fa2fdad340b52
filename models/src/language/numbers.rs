//! Numbers with their units, as people say them: "thirty five percent", "1.5 million dollars", "带过8个人",
//! "百分之三十五". Calendar years, dates and ordinals are not quantities and are left out.

mod chinese;
mod english;

use std::ops::Range;

use viva_core::cue::Comparison;

/// What was counted. The names are those of `viva_core::cue::Number::unit`, plus `weeks`, `hours`, `minutes` and
/// `times` (3 倍, "three times").
pub type Unit = &'static str;

/// A number found in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub range: Range<usize>,
    pub value: f64,
    pub unit: Unit,
    pub comparison: Option<Comparison>,
}

/// The numbers of a text in the order in which they were said. Growth to a multiple ("doubled", 翻了一番) is there
/// twice, as `times` and as the `percent` by which it grew.
pub fn find(text: &str, chinese: bool) -> Vec<Found> {
    let found = if chinese { chinese::find(text) } else { english::find(text) };
    let with_growth = |number: Found| {
        let grew = number.unit == "times" && (chinese || english::is_growth(text, &number.range));
        // 增长了一倍: once more, which English says as "doubled".
        let more = if is_one(number.value) { 1.0 } else { number.value - 1.0 };
        let growth = grew.then(|| Found { value: more * 100.0, unit: "percent", ..number.clone() });
        [Some(number), growth]
    };
    found.into_iter().filter(|number| number.value.is_finite()).flat_map(with_growth).flatten().collect()
}

/// "One" is an article or a pronoun more often than a quantity.
fn is_one(value: f64) -> bool {
    (value - 1.0).abs() < f64::EPSILON
}

/// Whether a bare number is a calendar year rather than a quantity.
fn is_calendar_year(value: f64) -> bool {
    (1900.0..2100.0).contains(&value) && value.fract() == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_to_a_multiple_is_a_percentage_too() {
        let numbers = |text: &str| {
            let chinese = !text.is_ascii();
            find(text, chinese).into_iter().map(|n| (n.value, n.unit)).collect::<Vec<_>>()
        };
        assert_eq!(numbers("sales doubled"), [(2.0, "times"), (100.0, "percent")]);
        assert_eq!(numbers("it was three times faster"), [(3.0, "times"), (200.0, "percent")]);
        assert_eq!(numbers("we met three times a week"), [(3.0, "times")]);
        assert_eq!(numbers("业绩翻了一番"), [(2.0, "times"), (100.0, "percent")]);
    }
}
