//! What is wrong with a criterion: each with the field, the value and the mend.

use super::{Criterion, Rule};
use crate::profile::FaceTier;

/// More points than this for one criterion are a slip of the pen.
const MOST_POINTS: f64 = 100.0;
/// Deeper nesting than `any_of` in `all_of` nobody can explain to a candidate.
const DEEPEST: usize = 2;
/// What a language model is asked fits into a few sentences.
const LONGEST_ASKS: usize = 2000;
/// Rounding of thirds and the like.
const SUM_TOLERANCE: f64 = 0.01;

impl Criterion {
    /// What it scores, whatever it is called.
    #[must_use]
    pub fn untitled(&self) -> Self {
        Self { title: None, ..self.clone() }
    }

    /// `(field, message)` of everything wrong with this criterion, given the position's face tier.
    pub fn problems(&self, tier: FaceTier) -> Vec<(String, String)> {
        let mut found = Found { points: self.points, tier, prefix: String::new(), list: Vec::new() };
        if self.id.trim().is_empty() {
            found.add("id", "is empty; give it a short name");
        }
        if !self.points.is_finite() || self.points <= 0.0 || self.points > MOST_POINTS {
            found.add("points", format!("is {}; write more than 0, at most {MOST_POINTS}", self.points));
        }
        found.rule(&self.rule, 0);
        found.list
    }
}

struct Found {
    /// Of the criterion: what the points of its steps must sum to.
    points: f64,
    tier: FaceTier,
    /// Where in nested rules we are, as in `rules[1].`.
    prefix: String,
    list: Vec<(String, String)>,
}

impl Found {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.list.push((format!("{}{field}", self.prefix), message.into()));
    }

    fn rule(&mut self, rule: &Rule, depth: usize) {
        match rule {
            Rule::Mentions { any, at_least } => {
                self.terms("any", any);
                if *at_least == 0 || *at_least as usize > any.len() {
                    self.add("at_least", format!("is {at_least}; write 1 to {}", any.len()));
                }
            }
            Rule::NumberAtLeast { value, bands, near, .. } => {
                if !value.is_finite() {
                    self.add("value", format!("is {value}; write a number"));
                }
                for (i, band) in bands.iter().enumerate() {
                    if !band.value.is_finite() || band.value >= *value {
                        self.add(
                            &format!("bands[{i}].value"),
                            format!("is {}; write less than value ({value})", band.value),
                        );
                    }
                    if !(band.points > 0.0 && band.points < self.points) {
                        self.add(
                            &format!("bands[{i}].points"),
                            format!("is {}; write more than 0 and less than {}", band.points, self.points),
                        );
                    }
                }
                if !near.is_empty() {
                    self.terms("near", near);
                }
            }
            Rule::Covers { points_to_cover } => {
                if points_to_cover.is_empty() {
                    self.add("points_to_cover", "is empty; name the points to cover");
                }
                for (i, point) in points_to_cover.iter().enumerate() {
                    if point.name.trim().is_empty() {
                        self.add(
                            &format!("points_to_cover[{i}].name"),
                            "is empty; say what is to be covered",
                        );
                    }
                    self.terms(&format!("points_to_cover[{i}].any"), &point.any);
                }
                let points: Vec<f64> = points_to_cover.iter().filter_map(|point| point.points).collect();
                self.step_points("points_to_cover", &points, points_to_cover.len());
            }
            Rule::Structure { parts, part_points } => {
                if parts.is_empty() {
                    self.add("parts", "is empty; name some of situation, steps, result");
                }
                for (i, part) in parts.iter().enumerate() {
                    if parts[..i].contains(part) {
                        self.add(&format!("parts[{i}]"), "is there twice; name each part once");
                    }
                }
                self.step_points("part_points", part_points, parts.len());
            }
            Rule::Connectives { at_least: 0 } => self.add("at_least", "is 0; write 1 or more"),
            Rule::Relevance { full_at } if !(*full_at > 0.0 && *full_at <= 1.0) => {
                self.add("full_at", format!("is {full_at}; write more than 0, at most 1"));
            }
            Rule::SpeechRate { words_per_minute, characters_per_minute } => {
                self.range("words_per_minute", *words_per_minute);
                self.range("characters_per_minute", *characters_per_minute);
            }
            Rule::Duration { speech_seconds_at_least: seconds } if seconds.is_nan() || *seconds <= 0.0 => {
                self.add("speech_seconds_at_least", format!("is {seconds}; write more than 0"));
            }
            Rule::Fillers { per_minute_at_most: rate } if rate.is_nan() || *rate < 0.0 => {
                self.add("per_minute_at_most", format!("is {rate}; write 0 or more"));
            }
            Rule::CameraFacing { share_at_least } => {
                self.face();
                if !(*share_at_least > 0.0 && *share_at_least <= 1.0) {
                    self.add("share_at_least", format!("is {share_at_least}; write more than 0, at most 1"));
                }
            }
            Rule::Smiles { at_least } => {
                self.face();
                if *at_least == 0 {
                    self.add("at_least", "is 0; write 1 or more");
                }
            }
            Rule::Judge { asks } => {
                let chars = asks.chars().count();
                if asks.trim().is_empty() || chars > LONGEST_ASKS {
                    self.add(
                        "asks",
                        format!(
                            "has {chars} characters; say what the answer must show in 1 to {LONGEST_ASKS}"
                        ),
                    );
                }
                if depth > 0 {
                    self.add("rule", "asks a language model; make it a criterion of its own");
                }
            }
            Rule::AnyOf { rules } | Rule::AllOf { rules } => self.nested(rules, depth),
            Rule::Connectives { .. }
            | Rule::Relevance { .. }
            | Rule::Duration { .. }
            | Rule::Fillers { .. } => {}
        }
    }

    fn nested(&mut self, rules: &[Rule], depth: usize) {
        if rules.len() < 2 {
            self.add("rules", format!("has {}; name at least two", rules.len()));
        }
        if depth == DEEPEST {
            self.add("rules", format!("is nested deeper than {DEEPEST}; make criteria of their own"));
            return;
        }
        for (i, rule) in rules.iter().enumerate() {
            let outer = self.prefix.clone();
            self.prefix = format!("{outer}rules[{i}].");
            self.rule(rule, depth + 1);
            self.prefix = outer;
        }
    }

    fn terms(&mut self, field: &str, terms: &[String]) {
        if terms.is_empty() {
            self.add(field, "is empty; name the terms to look for");
        }
        for (i, term) in terms.iter().enumerate() {
            if term.split('|').any(|spelling| spelling.trim().is_empty()) {
                self.add(
                    &format!("{field}[{i}]"),
                    format!("is `{term}`; write a word, or several parted by |"),
                );
            }
        }
    }

    /// Points of steps: none at all, or one for each step, and together the criterion's.
    fn step_points(&mut self, field: &str, points: &[f64], steps: usize) {
        if points.is_empty() {
            return;
        }
        let sum: f64 = points.iter().sum();
        if points.len() != steps {
            self.add(
                field,
                format!("gives points to {} of {steps}; give them to all or to none", points.len()),
            );
        } else if points.iter().any(|p| !p.is_finite() || *p < 0.0)
            || (sum - self.points).abs() > SUM_TOLERANCE
        {
            self.add(
                field,
                format!("has points that sum to {sum}; they must sum to points ({})", self.points),
            );
        }
    }

    fn range(&mut self, field: &str, [slowest, fastest]: [f32; 2]) {
        if !(slowest >= 0.0 && slowest < fastest) {
            self.add(field, format!("is [{slowest}, {fastest}]; write [slowest, fastest]"));
        }
    }

    fn face(&mut self) {
        if self.tier < FaceTier::Cues {
            self.add("rule", "looks at the face; set face.tier to `cues` or choose another rule");
        }
    }
}
