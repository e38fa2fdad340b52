//! Statistics of a position's interviews: how scores spread, where candidates stay behind, how often people decide
//! otherwise, and whether groups are selected at different rates. Pure sums; nobody is named.

mod agreement;
mod bias;
mod channel;
pub mod drift;
mod impact;
mod spread;

use serde::Serialize;

pub use agreement::{Agreement, agreement};
pub use bias::{Comparison, Gap, Look, Measure, Rate, Seen, comparisons};
pub use channel::{ChannelStatistics, channels};
pub use drift::{Drift, drift};
pub use impact::{GroupRate, Impact, Member, SMALLEST_GROUP, impact};
pub use spread::{QuestionStatistics, Spread, questions, spread};

use crate::{
    cue::ModelCard,
    interview::{Interview, Outcome, State, Survey},
    report::{Answer, Report},
    rubric::Queue,
    time::Timestamp,
};

/// What the statistics need of one interview.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    pub opened: bool,
    pub started: bool,
    pub submitted: bool,
    pub withdrawn: bool,
    pub expired: bool,
    /// 0–100; absent where too little could be assessed.
    pub score: Option<f64>,
    pub queue: Option<Queue>,
    /// Name and score, 0–10.
    pub dimensions: Vec<(String, Option<f64>)>,
    /// Question and the share of its points that was earned, 0–1.
    pub questions: Vec<(String, Option<f64>)>,
    pub outcome: Option<Outcome>,
    pub survey: Option<Survey>,
    /// Where the candidate came from, as the invitation named it.
    pub channel: Option<String>,
    pub submitted_at: Option<Timestamp>,
    /// The models that took part, by name and version; empty where none did.
    pub models: String,
    /// SHA-256 of the rubric.
    pub rubric: String,
    /// Mean recognition confidence of the spoken answers, 0–1.
    pub confidence: Option<f64>,
    /// Share of the criteria that could not be assessed, 0–1.
    pub not_assessed: Option<f64>,
}

impl Case {
    pub fn new(interview: &Interview, report: Option<&Report>) -> Self {
        Self {
            opened: interview.state == State::Opened || !interview.consents.is_empty(),
            started: interview.answers.iter().any(|answer| answer.opened_at.is_some()),
            submitted: interview.submitted_at.is_some(),
            withdrawn: interview.state == State::Withdrawn,
            expired: interview.state == State::Expired,
            score: report.and_then(|report| report.overall.score),
            queue: report.map(|report| report.overall.queue),
            dimensions: report
                .map(|report| report.dimensions.iter().map(|d| (d.name.clone(), d.score)).collect())
                .unwrap_or_default(),
            questions: report.map(earned).unwrap_or_default(),
            outcome: interview.decision.as_ref().map(|decision| decision.outcome),
            survey: interview.survey,
            channel: interview.channel.clone(),
            submitted_at: interview.submitted_at,
            models: report.map(models).unwrap_or_default(),
            rubric: report.map(|report| report.rubric_version.clone()).unwrap_or_default(),
            confidence: report.and_then(|report| confidence(&report.answers)),
            not_assessed: report.and_then(|report| not_assessed(&report.answers)),
        }
    }
}

fn models(report: &Report) -> String {
    report.models.iter().map(ModelCard::label).collect::<Vec<_>>().join(", ")
}

fn confidence(answers: &[Answer]) -> Option<f64> {
    let spoken = answers.iter().filter(|answer| answer.take_id.is_some());
    let known: Vec<f64> = spoken
        .filter_map(|answer| answer.transcript.present())
        .map(|transcript| f64::from(transcript.mean_confidence))
        .collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

fn not_assessed(answers: &[Answer]) -> Option<f64> {
    let scores = || answers.iter().flat_map(|answer| &answer.scores);
    let all = scores().count();
    let missing = scores().filter(|score| score.not_assessed.is_some()).count();
    (all > 0).then(|| missing as f64 / all as f64)
}

fn earned(report: &Report) -> Vec<(String, Option<f64>)> {
    let share = |scores: &[crate::rubric::CriterionScore]| {
        let assessed = || scores.iter().filter(|score| score.not_assessed.is_none());
        let most: f64 = assessed().map(|score| score.max_points).sum();
        let points: f64 = assessed().map(|score| score.points).sum();
        (most > 0.0).then_some(points / most)
    };
    // A follow-up is asked of some only, and nothing of it is scored.
    let items = report.answers.iter().filter(|answer| answer.follow_up.is_none());
    items.map(|answer| (answer.question_id.clone(), share(&answer.scores))).collect()
}

/// How many came how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Funnel {
    pub invited: usize,
    pub opened: usize,
    pub started: usize,
    pub submitted: usize,
    pub withdrawn: usize,
    pub expired: usize,
    pub ready_for_human_interview: usize,
    pub suggest_offer_talk: usize,
    pub needs_a_person: usize,
    pub decided: usize,
}

pub fn funnel(cases: &[Case]) -> Funnel {
    let count = |is: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| is(case)).count();
    let queue = |queue| count(&|case| case.queue == Some(queue));
    Funnel {
        invited: cases.len(),
        opened: count(&|case| case.opened),
        started: count(&|case| case.started),
        submitted: count(&|case| case.submitted),
        withdrawn: count(&|case| case.withdrawn),
        expired: count(&|case| case.expired),
        ready_for_human_interview: queue(Queue::ReadyForHumanInterview),
        suggest_offer_talk: queue(Queue::SuggestOfferTalk),
        needs_a_person: queue(Queue::NeedsAPerson),
        decided: count(&|case| case.outcome.is_some()),
    }
}

/// What candidates say about their interviews, 1 to 5 stars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Surveys {
    /// Candidates who answered.
    pub answered: usize,
    /// How it was; nothing of it below [`SMALLEST_SURVEY`], where one could tell who said what.
    pub rating: Spread,
    /// Whether they could show what they can do.
    pub fairness: Spread,
}

/// Fewer answers are counted and not shown.
pub const SMALLEST_SURVEY: usize = 5;
const STARS: f64 = 5.0;

pub fn surveys(cases: &[Case]) -> Surveys {
    let given: Vec<Survey> = cases.iter().filter_map(|case| case.survey).collect();
    let shown = if given.len() < SMALLEST_SURVEY { &[][..] } else { &given };
    let of =
        |answer: fn(&Survey) -> Option<u8>| spread(shown.iter().filter_map(answer).map(f64::from), STARS);
    Surveys {
        answered: given.len(),
        rating: of(|survey| survey.rating),
        fairness: of(|survey| survey.fairness),
    }
}

/// Two decimals more than a percentage has.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
