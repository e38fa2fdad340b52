//! How often people decide as the queue suggests. A rate near 1 may also mean that nobody looks.

use serde::Serialize;

use super::{Case, rounded};
use crate::{interview::Outcome, rubric::Queue};

/// Decided interviews, by what the queue suggested and what a person decided. `hold` decides nothing yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Agreement {
    /// The queue suggested to go on, and a person did.
    pub suggested_and_taken: usize,
    /// The queue suggested to go on, and a person rejected.
    pub suggested_and_rejected: usize,
    /// A score below the thresholds, and a person went on all the same.
    pub below_and_taken: usize,
    /// A score below the thresholds, and a person rejected.
    pub below_and_rejected: usize,
    /// Decided without a score; these count in no rate.
    pub without_score: usize,
    /// Share of the decisions that agree, 0–1.
    pub agreement: Option<f64>,
    /// Share that does not: the override rate.
    pub override_rate: Option<f64>,
    /// Cohen's kappa (1960): agreement beyond chance; absent where one side is always the same.
    pub kappa: Option<f64>,
}

pub fn agreement(cases: &[Case]) -> Agreement {
    let mut found = Agreement::default();
    for case in cases {
        let taken = match case.outcome {
            Some(Outcome::Advance | Outcome::Hire) => true,
            Some(Outcome::Reject) => false,
            Some(Outcome::Hold) | None => continue,
        };
        let (Some(_), Some(queue)) = (case.score, case.queue) else {
            found.without_score += 1;
            continue;
        };
        let suggested = queue != Queue::NeedsAPerson;
        *match (suggested, taken) {
            (true, true) => &mut found.suggested_and_taken,
            (true, false) => &mut found.suggested_and_rejected,
            (false, true) => &mut found.below_and_taken,
            (false, false) => &mut found.below_and_rejected,
        } += 1;
    }
    found.rates();
    found
}

impl Agreement {
    fn rates(&mut self) {
        let [both, only_queue, only_person, neither] = [
            self.suggested_and_taken,
            self.suggested_and_rejected,
            self.below_and_taken,
            self.below_and_rejected,
        ]
        .map(|count| count as f64);
        let all = both + only_queue + only_person + neither;
        if all == 0.0 {
            return;
        }
        let agree = (both + neither) / all;
        self.agreement = Some(rounded(agree));
        self.override_rate = Some(rounded(1.0 - agree));
        let (suggested, taken) = ((both + only_queue) / all, (both + only_person) / all);
        let chance = suggested * taken + (1.0 - suggested) * (1.0 - taken);
        self.kappa = (chance < 1.0).then(|| rounded((agree - chance) / (1.0 - chance)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_textbook_table() {
        let case = |queue, outcome| Case {
            score: Some(50.0),
            queue: Some(queue),
            outcome: Some(outcome),
            ..Case::default()
        };
        let mut cases = vec![case(Queue::SuggestOfferTalk, Outcome::Hire); 20];
        cases.extend(vec![case(Queue::ReadyForHumanInterview, Outcome::Reject); 5]);
        cases.extend(vec![case(Queue::NeedsAPerson, Outcome::Advance); 10]);
        cases.extend(vec![case(Queue::NeedsAPerson, Outcome::Reject); 15]);
        cases.push(case(Queue::NeedsAPerson, Outcome::Hold));
        cases.push(Case {
            outcome: Some(Outcome::Reject),
            queue: Some(Queue::NeedsAPerson),
            ..Case::default()
        });
        let found = agreement(&cases);
        assert_eq!((found.agreement, found.override_rate, found.kappa), (Some(0.7), Some(0.3), Some(0.4)));
        assert_eq!(found.without_score, 1);
        assert_eq!(agreement(&[]), Agreement::default());
    }
}
