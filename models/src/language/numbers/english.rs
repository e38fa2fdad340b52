//! English numbers, in digits and in words.

use std::ops::Range;

use viva_core::cue::Comparison;

use super::{
    super::words::{Token, tokens},
    Found, Unit, is_calendar_year, is_one,
};

use Comparison::{AtLeast, AtMost, LessThan, MoreThan};

const SMALL: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: &[&str] = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: &[(&str, f64)] = &[("hundred", 1e2), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9)];
const UNITS: &[(Unit, &[&str])] = &[
    ("percent", &["percent", "percentage"]),
    (
        "people",
        &[
            "people",
            "person",
            "persons",
            "employees",
            "engineers",
            "colleagues",
            "members",
            "developers",
            "staff",
            "students",
            "designers",
            "analysts",
            "volunteers",
            "interns",
            "nurses",
            "teachers",
            "teammates",
            "patients",
        ],
    ),
    ("customers", &["customers", "customer", "clients", "client", "users", "accounts", "guests", "guest"]),
    ("years", &["years", "year"]),
    ("months", &["months", "month"]),
    ("weeks", &["weeks", "week"]),
    ("days", &["days", "day"]),
    ("hours", &["hours", "hour"]),
    ("minutes", &["minutes", "minute"]),
    ("times", &["times", "fold"]),
    ("currency", &["dollars", "dollar", "euros", "euro", "pounds", "yuan", "rmb", "usd", "eur", "gbp"]),
];
/// Between a number and what it counts there may be two words ("eight new team members"), but none of these.
const BARRIERS: &[&str] = &[
    "of", "in", "to", "and", "or", "with", "for", "from", "at", "on", "by", "the", "a", "an", "my", "our",
    "their", "his", "her", "who", "that", "which", "was", "were", "is", "are", "had", "have", "because",
    "when", "but",
];

/// What a number's neighbours say about it, longest first.
const BEFORE: &[(&str, Comparison)] = &[
    ("not more than", AtMost),
    ("no more than", AtMost),
    ("not less than", AtLeast),
    ("no less than", AtLeast),
    ("no fewer than", AtLeast),
    ("more than", MoreThan),
    ("greater than", MoreThan),
    ("less than", LessThan),
    ("fewer than", LessThan),
    ("at least", AtLeast),
    ("at most", AtMost),
    ("up to", AtMost),
    ("close to", LessThan),
    ("not quite", LessThan),
    ("over", MoreThan),
    ("above", MoreThan),
    ("exceeding", MoreThan),
    ("nearly", LessThan),
    ("almost", LessThan),
    ("under", LessThan),
    ("below", LessThan),
];
const AFTER: &[(&str, Comparison)] =
    &[("or more", AtLeast), ("or so", AtMost), ("plus", AtLeast), ("or less", AtMost), ("or fewer", AtMost)];
/// Words that are a number by themselves.
const MULTIPLES: &[(&[&str], f64)] = &[
    (&["doubled", "doubling", "twofold"], 2.0),
    (&["tripled", "tripling", "threefold"], 3.0),
    (&["quadrupled", "fourfold"], 4.0),
    (&["fivefold"], 5.0),
    (&["tenfold"], 10.0),
];
/// "Hundreds of": two at least.
const MANY: &[(&str, f64)] =
    &[("dozens", 24.0), ("hundreds", 200.0), ("thousands", 2000.0), ("tens of thousands", 20_000.0)];
/// Behind "three times" they tell growth; without them it may be how often.
const GROWTH: &[&str] =
    &["as", "faster", "more", "higher", "larger", "bigger", "better", "quicker", "lower", "less", "greater"];

/// Whether a multiple at `range` says how much something grew, and not how often it happened.
pub fn is_growth(text: &str, range: &Range<usize>) -> bool {
    let said = &text[range.clone()];
    MULTIPLES.iter().any(|(words, _)| words.iter().any(|word| said.eq_ignore_ascii_case(word)))
        || said.to_lowercase().ends_with("fold")
        || tokens(&text[range.end..]).first().is_some_and(|next| GROWTH.contains(&next.text.as_str()))
}

/// The quantities of an English text.
pub fn find(text: &str) -> Vec<Found> {
    let words = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match quantity(text, &words, at) {
            Some((next, number)) => {
                found.extend(number);
                at = next;
            }
            None => at += 1,
        }
    }
    found
}

/// A number at `at`: the next word to look at, and the quantity if it is one.
fn quantity(text: &str, words: &[Token], at: usize) -> Option<(usize, Option<Found>)> {
    if let Some((_, value)) = MULTIPLES.iter().find(|(names, _)| names.contains(&words[at].text.as_str())) {
        let found = Found { range: words[at].range.clone(), value: *value, unit: "times", comparison: None };
        return Some((at + 1, Some(found)));
    }
    if words[at].text == "halved" {
        let found = Found { range: words[at].range.clone(), value: 50.0, unit: "percent", comparison: None };
        return Some((at + 1, Some(found)));
    }
    let many =
        MANY.iter().filter(|(phrase, _)| says(&words[at..], phrase)).max_by_key(|(phrase, _)| phrase.len());
    let (mut next, mut value) = match many {
        Some((phrase, value)) => {
            let next = at + phrase.split(' ').count();
            (next + usize::from(words.get(next).is_some_and(|word| word.text == "of")), *value)
        }
        None => number(text, words, at)?,
    };
    // "nineteen ninety five", "twenty twenty one": a year, said in two halves.
    if matches!(words[at].text.as_str(), "nineteen" | "twenty")
        && next == at + 1
        && let Some((after, rest)) =
            number(text, words, next).filter(|(_, rest)| (10.0..100.0).contains(rest))
        && joined(text, words, next)
    {
        (next, value) = (after, value * 100.0 + rest);
    }
    let mut range = words[at].range.start..words[next - 1].range.end;
    let mut unit = "";
    if let Some(symbol) = text[..range.start].chars().next_back().filter(|c| "$€£¥".contains(*c)) {
        range.start -= symbol.len_utf8();
        unit = "currency";
    }
    let behind = text[range.end..].trim_start_matches(' ');
    if let Some(after) = behind.strip_prefix(['%', '％']) {
        range.end = text.len() - after.len();
        unit = "percent";
    } else if let Some((named, end)) = unit_after(text, words, next) {
        unit = named;
        (next, range.end) = (end, words[end - 1].range.end);
    }
    if unit.is_empty()
        && at >= 2
        && words[at - 1].text == "of"
        && matches!(words[at - 2].text.as_str(), "team" | "group")
    {
        unit = "people";
    }
    // "one" alone is mostly a pronoun ("one of them"), and a bare year is a date.
    let pronoun =
        words[at].text == "one" && is_one(value) && matches!(unit, "" | "people" | "customers" | "days");
    let date = unit.is_empty() && is_calendar_year(value);
    let counts = !(pronoun || date);
    let comparison = if many.is_some() { Some(AtLeast) } else { comparison(text, words, at, &range) };
    Some((next, counts.then_some(Found { range, value, unit, comparison })))
}

fn comparison(text: &str, words: &[Token], at: usize, range: &Range<usize>) -> Option<Comparison> {
    if text[range.end..].starts_with('+') {
        return Some(AtLeast);
    }
    // "more than a dozen"
    let at = if at > 0 && matches!(words[at - 1].text.as_str(), "a" | "an") { at - 1 } else { at };
    let before = BEFORE.iter().find(|(phrase, _)| {
        let length = phrase.split(' ').count();
        at.checked_sub(length).is_some_and(|start| says(&words[start..at], phrase))
    });
    let behind = || {
        let next = words.iter().position(|word| word.range.start >= range.end)?;
        AFTER.iter().find(|(phrase, _)| says(&words[next..], phrase))
    };
    before.or_else(behind).map(|(_, comparison)| *comparison)
}

/// Whether `words` begin with `phrase`.
fn says(words: &[Token], phrase: &str) -> bool {
    let mut words = words.iter();
    phrase.split(' ').all(|wanted| words.next().is_some_and(|word| word.text == wanted))
}

/// The unit that follows, and the word after it.
fn unit_after(text: &str, words: &[Token], next: usize) -> Option<(Unit, usize)> {
    for skipped in 0..=2 {
        let at = next + skipped;
        let word = words.get(at).filter(|_| joined(text, words, at))?;
        if word.text == "per" && words.get(at + 1).is_some_and(|word| word.text == "cent") {
            return (skipped == 0).then_some(("percent", at + 2));
        }
        let unit = UNITS.iter().find(|(_, names)| names.contains(&word.text.as_str())).map(|(unit, _)| *unit);
        if let Some(unit) = unit {
            return (skipped == 0 || matches!(unit, "people" | "customers")).then_some((unit, at + 1));
        }
        if BARRIERS.contains(&word.text.as_str()) || plain(&word.text).is_some() {
            return None;
        }
    }
    None
}

/// Whether only a space or hyphen stands between a word and the one before.
fn joined(text: &str, words: &[Token], at: usize) -> bool {
    at == 0
        || words.get(at).is_some_and(|word| text[gap(words, at, word)].chars().all(|c| c == ' ' || c == '-'))
}

fn gap(words: &[Token], at: usize, word: &Token) -> Range<usize> {
    words[at - 1].range.end..word.range.start
}

/// The longest number that begins at `at`: the next word, and the value.
fn number(text: &str, words: &[Token], at: usize) -> Option<(usize, f64)> {
    let word = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let first = match (word(at), word(at + 1)) {
        ("a" | "an", next) if scale(next).is_some() => 1.0,
        ("half", "a") if scale(word(at + 2)).is_some() => {
            return Some((at + 3, 0.5 * scale(word(at + 2))?));
        }
        ("dozen", _) => 12.0,
        (first, _) => digits(first).or_else(|| plain(first))?,
    };
    // `group` is what the next scale multiplies; `last` is the size of the last part, and parts only get smaller.
    let (mut total, mut group, mut last) = (0.0, first, room(word(at)));
    let mut next = at + 1;
    while next < words.len() {
        let and = word(next) == "and" && last >= 100.0;
        let here = next + usize::from(and);
        if !joined(text, words, next) || (and && !joined(text, words, here)) {
            break;
        }
        if let Some(factor) = scale(word(here)).filter(|_| !and) {
            group *= factor;
            if factor > 100.0 {
                total += group;
                group = 0.0;
            }
            last = factor;
        } else if word(here) == "dozen" && !and {
            group *= 12.0;
            next = here + 1;
            break;
        } else if word(here) == "point"
            && digits(word(at)).is_none()
            && plain(word(here + 1)).is_some_and(|d| d < 10.0)
        {
            let mut place = 0.1;
            next = here + 1;
            while let Some(digit) = plain(word(next)).filter(|digit| *digit < 10.0) {
                group += digit * place;
                place /= 10.0;
                next += 1;
            }
            last = 0.0;
            continue;
        } else if let Some(part) = plain(word(here)).filter(|part| place(*part) < last && *part > 0.0) {
            group += part;
            last = room(word(here));
        } else if word(here) == "and" && word(here + 1) == "a" && word(here + 2) == "half" {
            group += 0.5;
            next = here + 3;
            break;
        } else {
            break;
        }
        next = here + 1;
    }
    Some((next, total + group))
}

/// The place that a number below a hundred fills.
fn place(value: f64) -> f64 {
    if value < 10.0 { 1.0 } else { 10.0 }
}

/// Below which place the next word of the same number must stay: "thirty" leaves room for ones, "thirteen" none.
fn room(word: &str) -> f64 {
    if TENS.contains(&word) { 10.0 } else { 1.0 }
}

fn scale(word: &str) -> Option<f64> {
    SCALES.iter().find(|(name, _)| *name == word).map(|(_, factor)| *factor)
}

fn plain(word: &str) -> Option<f64> {
    let small = SMALL.iter().position(|name| *name == word).map(|at| at as f64);
    small.or_else(|| TENS.iter().position(|name| *name == word).map(|at| (at as f64 + 2.0) * 10.0))
}

/// Digits with thousands commas, a fraction, and `k` or `m` behind ("1,200", "3.5", "20k"). Not "1st" or "b2b".
fn digits(word: &str) -> Option<f64> {
    let (number, factor) = match word.as_bytes() {
        [.., b'0'..=b'9', b'k'] => (&word[..word.len() - 1], 1e3),
        [.., b'0'..=b'9', b'm'] => (&word[..word.len() - 1], 1e6),
        _ => (word, 1.0),
    };
    let bare = number.replace(',', "");
    let numeric = bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    bare.parse::<f64>().ok().filter(|_| numeric).map(|value| value * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantities(text: &str) -> Vec<(f64, Unit)> {
        find(text).into_iter().map(|found| (found.value, found.unit)).collect()
    }

    #[test]
    fn numbers_and_units() {
        for (text, wanted) in [
            ("we grew 35 %", vec![(35.0, "percent")]),
            ("we grew 35%", vec![(35.0, "percent")]),
            ("increased renewals by thirty five percent", vec![(35.0, "percent")]),
            ("thirty-five per cent", vec![(35.0, "percent")]),
            ("three point five percent", vec![(3.5, "percent")]),
            ("I lead a team of eight people", vec![(8.0, "people")]),
            ("a team of eight", vec![(8.0, "people")]),
            ("with eight new team members", vec![(8.0, "people")]),
            ("for six years", vec![(6.0, "years")]),
            ("two and a half years", vec![(2.5, "years")]),
            ("two hundred customers in five countries", vec![(200.0, "customers"), (5.0, "")]),
            ("two hundred and five customers", vec![(205.0, "customers")]),
            ("a hundred twenty three thousand four hundred", vec![(123_400.0, "")]),
            ("1.5 million dollars", vec![(1_500_000.0, "currency")]),
            ("$1.5 million", vec![(1_500_000.0, "currency")]),
            ("it cost $20k", vec![(20_000.0, "currency")]),
            ("1,200 users", vec![(1200.0, "customers")]),
            ("half a million euros", vec![(500_000.0, "currency")]),
            ("from two days to four hours", vec![(2.0, "days"), (4.0, "hours")]),
            ("forty open tickets and only three people", vec![(40.0, ""), (3.0, "people")]),
            ("three times", vec![(3.0, "times")]),
            ("a dozen", vec![(12.0, "")]),
            ("two dozen customers", vec![(24.0, "customers")]),
            ("dozens of customers", vec![(24.0, "customers")]),
            ("costs were halved", vec![(50.0, "percent")]),
            ("a team that doubled", vec![(2.0, "times")]),
            ("twenty one two", vec![(21.0, ""), (2.0, "")]),
            ("seventeen people", vec![(17.0, "people")]),
        ] {
            assert_eq!(quantities(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity() {
        for text in [
            "in 2021 we moved",
            "in nineteen ninety five",
            "since twenty twenty one",
            "one of the customers",
            "one day I left",
            "the first week",
            "b2b and 1st",
            "no numbers at all",
            "",
        ] {
            assert_eq!(quantities(text), [], "{text}");
        }
    }

    #[test]
    fn the_range_holds_number_and_unit() {
        let text = "It grew by $1.5 million dollars, or 35%.";
        let ranges: Vec<_> = find(text).into_iter().map(|found| &text[found.range]).collect();
        assert_eq!(ranges, ["$1.5 million dollars", "35%"]);
    }

    #[test]
    fn how_the_true_number_lies() {
        for (text, wanted) in [
            ("more than fifty customers", Some(MoreThan)),
            ("over a hundred people", Some(MoreThan)),
            ("more than a dozen", Some(MoreThan)),
            ("at least 20 percent", Some(AtLeast)),
            ("50+ customers", Some(AtLeast)),
            ("five people or more", Some(AtLeast)),
            ("nearly fifty customers", Some(LessThan)),
            ("fewer than fifty customers", Some(LessThan)),
            ("no more than five people", Some(AtMost)),
            ("hundreds of users", Some(AtLeast)),
            ("fifty customers", None),
        ] {
            let found = find(text);
            assert_eq!((found.len(), found[0].comparison), (1, wanted), "{text}");
        }
    }
}
