//! Impact ratios: whether groups are selected, or scored highly, at different rates. Selection by the four-fifths
//! rule (29 CFR 1607.4 D), scoring rates by 6 RCNY 5-301 (the share above the median score of all).
//!
//! Who belongs to which group comes from voluntary answers that the customer keeps apart; nothing of it is stored here.

use serde::Serialize;

use super::{rounded, spread::median};

/// Smaller groups get no rates: they would be chance, and might name somebody.
pub const SMALLEST_GROUP: usize = 10;
/// The rule's limit.
const FOUR_FIFTHS: f64 = 0.8;

/// One interview of somebody who said which group they belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub group: String,
    pub score: Option<f64>,
    /// Whether a person went on with them; absent where nobody has decided.
    pub selected: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Impact {
    /// By decisions of people.
    pub selection: Vec<GroupRate>,
    /// By scores above the median.
    pub scoring: Vec<GroupRate>,
    pub smallest_group: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupRate {
    pub group: String,
    pub count: usize,
    /// 0–1; absent where the group is too small.
    pub rate: Option<f64>,
    /// To the highest rate of all groups that are large enough.
    pub ratio: Option<f64>,
    /// The ratio is below four fifths: somebody has to find out why.
    pub below_four_fifths: bool,
}

/// The rates of every group, in the order of their names.
pub fn impact(members: &[Member]) -> Impact {
    let decided = members.iter().filter_map(|member| Some((member.group.as_str(), member.selected?)));
    let mut scores: Vec<f64> = members.iter().filter_map(|member| member.score).collect();
    scores.sort_by(f64::total_cmp);
    let middle = median(&scores).unwrap_or_default();
    let scored = members.iter().filter_map(|member| Some((member.group.as_str(), member.score? > middle)));
    Impact { selection: rates(decided), scoring: rates(scored), smallest_group: SMALLEST_GROUP }
}

fn rates<'a>(outcomes: impl Iterator<Item = (&'a str, bool)>) -> Vec<GroupRate> {
    let mut counts = std::collections::BTreeMap::<&str, (usize, usize)>::new();
    for (group, is_good) in outcomes {
        let (good, all) = counts.entry(group).or_default();
        *good += usize::from(is_good);
        *all += 1;
    }
    let rate = |(good, all): (usize, usize)| (all >= SMALLEST_GROUP).then(|| good as f64 / all as f64);
    let highest = counts.values().filter_map(|counts| rate(*counts)).fold(0.0, f64::max);
    counts
        .into_iter()
        .map(|(group, counts)| {
            let ratio = rate(counts).filter(|_| highest > 0.0).map(|rate| rate / highest);
            GroupRate {
                group: group.to_owned(),
                count: counts.1,
                rate: rate(counts).map(rounded),
                ratio: ratio.map(rounded),
                below_four_fifths: ratio.is_some_and(|ratio| ratio < FOUR_FIFTHS),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(group: &str, selected: usize, all: usize) -> Vec<Member> {
        let member = |i| Member { group: group.into(), score: Some(i as f64), selected: Some(i < selected) };
        (0..all).map(member).collect()
    }

    #[test]
    fn the_guidelines_own_example() {
        // 29 CFR 1607, Q&A 11: 80 applicants of whom 48 are hired, 40 of whom 12 are: 30 % to 60 % is a half.
        let all = [members("majority", 48, 80), members("minority", 12, 40), members("few", 9, 9)].concat();
        let found = impact(&all).selection;
        let named: Vec<_> =
            found.iter().map(|g| (g.group.as_str(), g.rate, g.ratio, g.below_four_fifths)).collect();
        assert_eq!(
            named,
            [
                ("few", None, None, false),
                ("majority", Some(0.6), Some(1.0), false),
                ("minority", Some(0.3), Some(0.5), true)
            ]
        );
    }

    #[test]
    fn scoring_rates_are_shares_above_the_median() {
        let scores = |group: &str, score: f64, count| {
            vec![Member { group: group.into(), score: Some(score), selected: None }; count]
        };
        let all =
            [scores("a", 80.0, 20), scores("a", 20.0, 20), scores("b", 80.0, 10), scores("b", 20.0, 30)];
        let found = impact(&all.concat());
        assert!(found.selection.is_empty());
        assert_eq!(found.scoring[0].rate, Some(0.5));
        assert_eq!((found.scoring[1].ratio, found.scoring[1].below_four_fifths), (Some(0.5), true));
        assert_eq!(impact(&[]).scoring, []);
    }

    #[test]
    fn exactly_four_fifths_is_not_below() {
        let found = impact(&[members("a", 50, 100), members("b", 40, 100)].concat()).selection;
        assert_eq!((found[1].ratio, found[1].below_four_fifths), (Some(0.8), false));
    }
}
