//! Where candidates come from, and what becomes of them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Case, Spread, spread};

const SCORE_SCALE: f64 = 100.0;

/// The interviews that came by one channel, as the invitation named it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChannelStatistics {
    /// Absent for invitations that named none.
    pub channel: Option<String>,
    pub invited: usize,
    pub submitted: usize,
    pub decided: usize,
    /// 0–100.
    pub score: Spread,
}

/// By name; those without a channel come first.
pub fn channels(cases: &[Case]) -> Vec<ChannelStatistics> {
    let mut by_name = BTreeMap::<Option<&str>, Vec<&Case>>::new();
    for case in cases {
        by_name.entry(case.channel.as_deref()).or_default().push(case);
    }
    by_name
        .into_iter()
        .map(|(channel, cases)| {
            let count = |is: fn(&Case) -> bool| cases.iter().filter(|case| is(case)).count();
            ChannelStatistics {
                channel: channel.map(str::to_owned),
                invited: cases.len(),
                submitted: count(|case| case.submitted),
                decided: count(|case| case.outcome.is_some()),
                score: spread(cases.iter().filter_map(|case| case.score), SCORE_SCALE),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_own_numbers() {
        let case = |channel: Option<&str>, score: Option<f64>| Case {
            channel: channel.map(str::to_owned),
            submitted: score.is_some(),
            score,
            ..Case::default()
        };
        let cases = [
            case(Some("referral"), Some(82.0)),
            case(Some("referral"), Some(78.0)),
            case(Some("site"), Some(70.0)),
            case(Some("site"), None),
            case(None, None),
        ];
        let found = channels(&cases);
        let told: Vec<_> = found
            .iter()
            .map(|each| (each.channel.as_deref(), each.invited, each.submitted, each.score.mean))
            .collect();
        assert_eq!(
            told,
            [(None, 1, 0, None), (Some("referral"), 2, 2, Some(80.0)), (Some("site"), 2, 1, Some(70.0))]
        );
    }
}
