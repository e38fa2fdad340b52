//! Whether the face stage sees some people worse than others: rates over labelled pictures by group, and the gaps between
//! groups, each with the interval that the number of pictures allows (Wilson's score interval; Newcombe 1998, method 10, for
//! differences; both at 95 %).

use std::collections::BTreeMap;

use serde::Serialize;

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_964;

/// One labelled picture, and what was seen in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// By column, as in `skin tone` → `VI`; an empty value is of no group.
    pub groups: BTreeMap<String, String>,
    /// Whether there is a face; absent where nobody said.
    pub face: Option<bool>,
    pub smile: Option<bool>,
    pub seen: Seen,
}

/// What the stage told of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub face: bool,
    /// The face could be read: it was not too dark, too small, blurred or covered.
    pub is_readable: bool,
    pub smile: bool,
}

/// A question to which each picture answers yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Of the pictures with a face: it was found.
    FaceFound,
    /// Of the pictures without one: some was found all the same.
    FaceInvented,
    /// Of the faces that were found: they could be read.
    FaceReadable,
    /// Of the smiling faces that could be read: the smile was told.
    SmileFound,
    /// Of the others that could be read: a smile was told.
    SmileInvented,
}

impl Measure {
    pub const ALL: [Self; 5] =
        [Self::FaceFound, Self::FaceInvented, Self::FaceReadable, Self::SmileFound, Self::SmileInvented];

    /// What a picture says to it; `None` where the picture is not asked.
    fn of(self, look: &Look) -> Option<bool> {
        let Seen { face, is_readable, smile } = look.seen;
        let is_there = look.face == Some(true);
        match self {
            Self::FaceFound => is_there.then_some(face),
            Self::FaceInvented => (look.face == Some(false)).then_some(face),
            Self::FaceReadable => (is_there && face).then_some(is_readable),
            Self::SmileFound => (look.smile == Some(true) && is_readable).then_some(smile),
            Self::SmileInvented => (look.smile == Some(false) && is_readable).then_some(smile),
        }
    }
}

/// One measure over the groups of one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub column: String,
    pub measure: Measure,
    pub groups: Vec<Rate>,
    /// Between the groups with the lowest and the highest rate; absent with fewer than two groups that are large enough.
    pub gap: Option<Gap>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rate {
    pub group: String,
    pub count: u64,
    pub yes: u64,
    /// 0–1; absent where the group is too small to say anything.
    pub rate: Option<f64>,
    pub interval: Option<[f64; 2]>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gap {
    pub lowest: String,
    pub highest: String,
    /// 0–1.
    pub gap: f64,
    pub interval: [f64; 2],
    /// The interval leaves out no gap at all. With many groups one such pair comes by chance.
    pub is_certain: bool,
}

/// Every measure over every column; rates only of groups with at least `least` pictures.
pub fn comparisons(looks: &[Look], least: u64) -> Vec<Comparison> {
    let mut columns: Vec<&String> = looks.iter().flat_map(|look| look.groups.keys()).collect();
    columns.sort();
    columns.dedup();
    let pairs = columns.into_iter().flat_map(|column| Measure::ALL.map(|measure| (column, measure)));
    let all = pairs.map(|(column, measure)| {
        let groups = rates(looks, column, measure, least);
        Comparison { column: column.clone(), measure, gap: gap(&groups), groups }
    });
    all.filter(|comparison| !comparison.groups.is_empty()).collect()
}

fn rates(looks: &[Look], column: &str, measure: Measure, least: u64) -> Vec<Rate> {
    let mut counts = BTreeMap::<&str, (u64, u64)>::new();
    for look in looks {
        let group = look.groups.get(column).filter(|group| !group.is_empty());
        if let (Some(group), Some(yes)) = (group, measure.of(look)) {
            let (all, good) = counts.entry(group).or_default();
            *all += 1;
            *good += u64::from(yes);
        }
    }
    let rate = |(group, (count, yes)): (&str, (u64, u64))| {
        let enough = count >= least.max(1);
        Rate {
            group: group.to_owned(),
            count,
            yes,
            rate: enough.then(|| yes as f64 / count as f64),
            interval: enough.then(|| wilson(yes, count)),
        }
    };
    counts.into_iter().map(rate).collect()
}

/// Edwin B. Wilson, JASA 22 (1927).
fn wilson(yes: u64, count: u64) -> [f64; 2] {
    let (yes, count) = (yes as f64, count as f64);
    let middle = (yes + Z * Z / 2.0) / (count + Z * Z);
    let reach = Z / (count + Z * Z) * (yes * (count - yes) / count + Z * Z / 4.0).sqrt();
    [(middle - reach).max(0.0), (middle + reach).min(1.0)]
}

fn gap(groups: &[Rate]) -> Option<Gap> {
    let known = || groups.iter().filter_map(|group| Some((group, group.rate?, group.interval?)));
    let (low, low_rate, low_interval) = known().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let (high, high_rate, high_interval) = known().max_by(|a, b| a.1.total_cmp(&b.1))?;
    if known().count() < 2 {
        return None;
    }
    let gap = high_rate - low_rate;
    let below = (high_rate - high_interval[0]).hypot(low_interval[1] - low_rate);
    let above = (high_interval[1] - high_rate).hypot(low_rate - low_interval[0]);
    let interval = [(gap - below).max(-1.0), (gap + above).min(1.0)];
    Some(Gap {
        lowest: low.group.clone(),
        highest: high.group.clone(),
        gap,
        interval,
        is_certain: interval[0] > 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(group: &str, found: usize, missed: usize) -> Vec<Look> {
        let look = |face: bool| Look {
            groups: [("tone".to_owned(), group.to_owned())].into(),
            face: Some(true),
            seen: Seen { face, ..Seen::default() },
            ..Look::default()
        };
        [vec![look(true); found], vec![look(false); missed]].concat()
    }

    fn face_found(looks: &[Look], least: u64) -> Comparison {
        let all = comparisons(looks, least);
        all.into_iter().find(|one| one.measure == Measure::FaceFound).unwrap()
    }

    fn near(found: f64, wanted: f64) -> bool {
        (found - wanted).abs() < 5e-4
    }

    /// Newcombe's own example: 56 of 70 against 48 of 80 differ by 0.2, from 0.0524 to 0.3339.
    #[test]
    fn gaps_are_those_of_the_literature() {
        let all = [looks("I", 56, 14), looks("VI", 48, 32)].concat();
        let found = face_found(&all, 10);
        let gap = found.gap.unwrap();
        assert_eq!((gap.lowest.as_str(), gap.highest.as_str(), gap.is_certain), ("VI", "I", true));
        assert!(
            near(gap.gap, 0.2) && near(gap.interval[0], 0.0524) && near(gap.interval[1], 0.3339),
            "{gap:?}"
        );
        // Wilson's interval for 48 of 80.
        let interval = found.groups[1].interval.unwrap();
        assert!(near(interval[0], 0.4904) && near(interval[1], 0.7004), "{interval:?}");
    }

    #[test]
    fn few_pictures_say_nothing() {
        let all = [looks("I", 40, 0), looks("VI", 3, 6)].concat();
        let found = face_found(&all, 10);
        assert_eq!((found.groups[1].count, found.groups[1].rate), (9, None));
        assert!(found.gap.is_none());
        let found = face_found(&[looks("I", 10, 0), looks("VI", 9, 1)].concat(), 10);
        assert!(!found.gap.unwrap().is_certain);
    }

    #[test]
    fn each_picture_answers_only_what_its_label_asks() {
        let look = |face, smile, seen| Look {
            groups: [("age".to_owned(), "40".to_owned()), ("glasses".to_owned(), String::new())].into(),
            face,
            smile,
            seen,
        };
        let readable = |smile| Seen { face: true, is_readable: true, smile };
        let all = [
            look(Some(true), Some(true), readable(true)),
            look(Some(true), Some(false), readable(true)),
            look(Some(true), Some(true), Seen { face: true, ..Seen::default() }),
            look(Some(false), None, Seen::default()),
        ];
        let found: Vec<_> = comparisons(&all, 1)
            .into_iter()
            .map(|one| (one.column, one.measure, one.groups[0].yes, one.groups[0].count))
            .collect();
        let of = |measure, yes, count| ("age".to_owned(), measure, yes, count);
        assert_eq!(
            found,
            [
                of(Measure::FaceFound, 3, 3),
                of(Measure::FaceInvented, 0, 1),
                of(Measure::FaceReadable, 2, 3),
                of(Measure::SmileFound, 1, 1),
                of(Measure::SmileInvented, 1, 1),
            ]
        );
    }
}
