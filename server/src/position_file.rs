//! A position's YAML, read and checked: every mistake with its line, its field, what is wrong and how to mend it.

mod located;

use std::fmt;

use serde::de::DeserializeOwned;
use viva_core::{
    position::{Position, Problem},
    rubric::Criterion,
};

use located::Located;

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// From 1; 0 where it is in no line.
    pub line: u64,
    /// As in `questions[1].answer_seconds`; empty where it is no field's.
    pub field: String,
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

/// A position that can be used.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn parse(text: &str) -> Result<Position, Vec<Mistake>> {
    parse_with(text, Ok)
}

/// As [`parse`]; `further` sees a position that is good by itself, and may find mistakes in what it names.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(
    text: &str,
    further: impl FnOnce(Position) -> Result<Position, Vec<Problem>>,
) -> Result<Position, Vec<Mistake>> {
    let tree: Located = serde_saphyr::from_str(text).map_err(|error| vec![of_yaml(&error)])?;
    let mut mistakes = wrong_shapes(&tree);
    match serde_saphyr::from_str::<Position>(text) {
        Ok(position) if mistakes.is_empty() => {
            let problems = match position.problems() {
                problems if problems.is_empty() => match further(position) {
                    Ok(position) => return Ok(position),
                    Err(problems) => problems,
                },
                problems => problems,
            };
            mistakes.extend(problems.into_iter().map(|problem| of_problem(&tree, problem)));
        }
        // The parser stops at the first mistake. Where it is one that was found already, that one says more.
        Err(error) if mistakes.is_empty() => {
            let mut mistake = of_yaml(&error);
            mistake.field = tree.path_at(mistake.line, &mistake.message);
            if let Some(value) =
                tree.scalar_at(&mistake.field).filter(|value| !mistake.message.contains(value))
            {
                mistake.message = format!("is `{value}`: {}", mistake.message);
            }
            mistakes.push(mistake);
        }
        _ => {}
    }
    mistakes.sort_by(|a, b| (a.line, &a.field).cmp(&(b.line, &b.field)));
    Err(mistakes)
}

/// Criteria and dimensions that are not what they should be, all of them: a rubric is where most mistakes are made.
fn wrong_shapes(tree: &Located) -> Vec<Mistake> {
    let mut found = Vec::new();
    for (i, dimension) in tree.items("dimensions").enumerate() {
        found.extend(wrong_shape::<viva_core::position::Dimension>(dimension, &format!("dimensions[{i}]")));
    }
    for (i, question) in tree.items("questions").enumerate() {
        for (j, criterion) in question.items("criteria").enumerate() {
            found.extend(wrong_shape::<Criterion>(criterion, &format!("questions[{i}].criteria[{j}]")));
        }
    }
    found
}

fn wrong_shape<T: DeserializeOwned>(node: &Located, path: &str) -> Option<Mistake> {
    let message = T::deserialize(node.value()).err()?.to_string();
    let (line, key) = node.blamed(&message);
    let field = if key.is_empty() { path.to_owned() } else { format!("{path}.{key}") };
    // A field of a criterion is named by its parser already.
    let message = message.strip_prefix(&format!("{key}: ")).unwrap_or(&message).to_owned();
    Some(Mistake { line, field, message: with_mend(&message) })
}

fn of_yaml(error: &serde_saphyr::Error) -> Mistake {
    let line = error.location().map_or(0, |location| location.line());
    let message = error.without_snippet().to_string();
    // The line is told in our own words.
    let message = message.split(" at line ").next().unwrap_or(&message).trim_end_matches([',', ':', ' ']);
    Mistake { line, field: String::new(), message: with_mend(message) }
}

fn of_problem(tree: &Located, problem: Problem) -> Mistake {
    Mistake { line: tree.line_of(&problem.field), field: problem.field, message: problem.message }
}

/// What the parser cannot say by itself: what to do about it.
fn with_mend(message: &str) -> String {
    if message.starts_with("missing field") {
        format!("{message}; add it")
    } else if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        format!("{message}; mend the spelling or take it out")
    } else if message == "invalid u32" {
        format!("{message}; write a whole number")
    } else {
        message.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: &str = include_str!("../demo/position.yaml");

    /// The number of the line in which `text` stands first.
    fn line_of(yaml: &str, text: &str) -> u64 {
        1 + yaml.lines().position(|line| line.contains(text)).unwrap() as u64
    }

    #[test]
    fn the_demo_position_is_good() {
        assert_eq!(parse(DEMO).unwrap().id, "customer-success-manager");
    }

    #[test]
    fn every_mistake_has_its_line_its_field_and_a_mend() {
        let mut wrong = Vec::new();
        for (good, bad, field, words) in [
            ("takes: 2", "takes: 0", "questions[0].takes", "is 0; write 1 to 20"),
            ("weight: 40", "weight: 41", "dimensions", "the weights sum to 101; they must sum to 100"),
            ("profile: cn", "profile: atlantis", "profile", "atlantis"),
            ("answer_seconds: 60", "answer_secondz: 60", "questions[0].answer_secondz", "mend the spelling"),
            ("answer_seconds: 60", "answer_seconds: soon", "questions[0].answer_seconds", "soon"),
            ("rule: speech_rate", "rule: astrology", "questions[0].criteria[2].rule", "astrology"),
            ("value: 20", "value: much", "questions[0].criteria[1].value", "much"),
            ("value: 20, unit", "unit", "questions[0].criteria[1]", "missing field `value`; add it"),
            ("parts: [situation,", "parts: [beginning,", "questions[1].criteria[0].parts", "beginning"),
            ("any: [plan, 计划]", "any: []", "questions[1].criteria[1].points_to_cover[1].any", "is empty"),
            ("any: [team, colleagues, 团队, 同事]", "any: team", "questions[0].criteria[0].any", "team"),
        ] {
            let yaml = DEMO.replacen(good, bad, 1);
            assert_ne!(yaml, DEMO, "the demo position has no `{good}`");
            let mistakes = parse(&yaml).unwrap_err();
            let line = line_of(DEMO, if field == "dimensions" { "dimensions:" } else { good });
            let first = &mistakes[0];
            if (first.line, first.field.as_str()) != (line, field) || !first.message.contains(words) {
                wrong.push(format!("{bad}: wanted line {line}, {field}; got {first}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_a_profile_forbids_is_told_where_it_is_asked_for() {
        let mistakes = parse(&DEMO.replacen("profile: cn", "profile: eu", 1)).unwrap_err();
        assert_eq!(
            (mistakes[0].line, mistakes[0].field.as_str()),
            (line_of(DEMO, "tier: expression"), "face.tier")
        );
        assert!(mistakes[0].message.contains("profile `eu` permits at most `quality`"), "{mistakes:?}");
    }

    #[test]
    fn all_mistakes_of_a_rubric_are_told_at_once() {
        let yaml = DEMO.replacen("rule: speech_rate", "rule: astrology", 1).replacen(
            "full_at: 0.4",
            "full_at: often",
            1,
        );
        let fields: Vec<_> = parse(&yaml).unwrap_err().into_iter().map(|m| m.field).collect();
        assert_eq!(fields, ["questions[0].criteria[2].rule", "questions[1].criteria[2].full_at"]);
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_line() {
        let mistakes = parse("id: p\ntitle: [unclosed\n").unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].line >= 2, "{mistakes:?}");
        let twice =
            parse(&DEMO.replacen("invitation_days: 14", "invitation_days: 14\ninvitation_days: 15", 1));
        let line = line_of(DEMO, "invitation_days") + 1;
        assert_eq!(twice.unwrap_err()[0].line, line);
    }
}
