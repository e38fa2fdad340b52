//! Rules made of rules. One that could not be assessed decides nothing, unless the others decide without it.

use super::{AnswerMeasures, Verdict, judge};
use crate::rubric::Rule;

/// The best of the rules. When something was not assessed, only full points are certain.
pub fn any_of(rules: &[Rule], points: f64, measures: AnswerMeasures<'_>) -> Result<Verdict, String> {
    let mut reason = None;
    let mut verdicts = Vec::new();
    for rule in rules {
        match judge(rule, points, measures) {
            Ok(verdict) => verdicts.push(verdict),
            Err(not_assessed) => reason = Some(not_assessed),
        }
    }
    let absences: Vec<String> = verdicts.iter().filter_map(|v| v.absence.clone()).collect();
    let best = verdicts.into_iter().reduce(|best, next| if next.share > best.share { next } else { best });
    match (best, reason) {
        (Some(best), _) if best.share >= 1.0 => Ok(best),
        (Some(best), None) => Ok(Verdict { absence: Some(absences.join("; or ")), ..best }),
        (_, Some(reason)) => Err(reason),
        (None, None) => Err("no rule was given".to_owned()),
    }
}

/// The worst of the rules, with the evidence of all. When something was not assessed, only nothing is certain.
pub fn all_of(rules: &[Rule], points: f64, measures: AnswerMeasures<'_>) -> Result<Verdict, String> {
    let mut all = Verdict { share: 1.0, evidence: Vec::new(), absence: None };
    let mut reason = None;
    let mut absences = Vec::new();
    for rule in rules {
        match judge(rule, points, measures) {
            Ok(verdict) => {
                all.share = all.share.min(verdict.share);
                all.evidence.extend(verdict.evidence);
                absences.extend(verdict.absence);
            }
            Err(not_assessed) => reason = Some(not_assessed),
        }
    }
    match reason {
        Some(reason) if all.share > 0.0 => Err(reason),
        _ => Ok(Verdict { absence: (!absences.is_empty()).then(|| absences.join("; and ")), ..all }),
    }
}
