//! Statistics as tables: one line per measure.

use serde_json::json;
use viva_core::statistics::Impact;

use super::{
    super::csv::{Table, cell, row},
    PositionStatistics,
};

pub fn of_position(statistics: &PositionStatistics) -> Table {
    let mut rows =
        vec![row(["measure", "name", "count", "mean", "minimum", "median", "maximum", "deviation"])];
    let of_channel = |channel: &Option<String>| channel.clone().unwrap_or_default();
    let spreads = [("score", statistics.position.clone(), &statistics.score)]
        .into_iter()
        .chain(statistics.dimensions.iter().map(|(name, spread)| ("dimension", name.clone(), spread)))
        .chain(
            statistics.channels.iter().map(|each| ("channel_score", of_channel(&each.channel), &each.score)),
        )
        .chain([
            ("survey_rating", statistics.position.clone(), &statistics.survey.rating),
            ("survey_fairness", statistics.position.clone(), &statistics.survey.fairness),
        ]);
    for (measure, name, spread) in spreads {
        let numbers =
            [spread.mean, spread.minimum, spread.median, spread.maximum, spread.deviation].map(cell);
        rows.push([vec![measure.to_owned(), name, spread.count.to_string()], numbers.to_vec()].concat());
    }
    for question in &statistics.questions {
        let (name, count) = (&question.question_id, question.count.to_string());
        rows.push(row(["question_difficulty", name, &count, &cell(question.difficulty)]));
        rows.push(row(["question_discrimination", name, &count, &cell(question.discrimination)]));
    }
    for channel in &statistics.channels {
        let name = of_channel(&channel.channel);
        rows.push(row(["channel_invited", &name, &channel.invited.to_string()]));
        rows.push(row(["channel_submitted", &name, &channel.submitted.to_string()]));
    }
    let funnel = json!(statistics.funnel);
    for (stage, count) in funnel.as_object().into_iter().flatten() {
        rows.push(row(["funnel", stage, &count.to_string()]));
    }
    let agreement = &statistics.agreement;
    for (name, value) in [
        ("agreement", agreement.agreement),
        ("override_rate", agreement.override_rate),
        ("kappa", agreement.kappa),
    ] {
        rows.push(row(["decisions", name, "", &cell(value)]));
    }
    for comparison in &statistics.drift.comparisons {
        for measure in &comparison.measures {
            let text = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let name = format!("{} by {}", text(json!(measure.name)), text(json!(comparison.by)));
            for (side, found) in [("drift_before", measure.before), ("drift_after", measure.after)] {
                let (mean, median) = (found.mean.to_string(), found.median.to_string());
                rows.push(row([side, &name, &found.count.to_string(), &mean, "", &median]));
            }
            let effect = measure.effect.to_string();
            rows.push(row([if measure.alarm { "drift_alarm" } else { "drift_effect" }, &name, "", &effect]));
        }
    }
    rows
}

pub fn of_impact(impact: &Impact) -> Table {
    let mut rows = vec![row(["measure", "group", "count", "rate", "ratio", "below_four_fifths"])];
    for (measure, rates) in [("selection", &impact.selection), ("scoring", &impact.scoring)] {
        rows.extend(rates.iter().map(|rate| {
            row([
                measure,
                &rate.group,
                &rate.count.to_string(),
                &cell(rate.rate),
                &cell(rate.ratio),
                &rate.below_four_fifths.to_string(),
            ])
        }));
    }
    rows
}
