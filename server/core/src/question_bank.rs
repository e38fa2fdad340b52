//! A question bank, and which of its questions a job description asks for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::position::{Dimension, Question, Text};

/// Questions with their criteria, by competency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionBank {
    pub competencies: Vec<Competency>,
}

/// Something a job may need, how a job description says so, and the questions that show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Competency {
    /// Also the dimension that the criteria of its questions feed.
    pub name: String,
    pub title: Text,
    /// Words of job descriptions, in any language.
    pub keywords: Vec<String>,
    pub questions: Vec<Question>,
}

/// A competency that a job description asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<'a> {
    pub competency: &'a Competency,
    /// The keywords found, in the order of the bank.
    pub keywords: Vec<&'a str>,
}

/// The competencies that `job_description` names, the most often named first, at most `most`. Of two named equally
/// often the one that stands first in the bank comes first, so that the same text always gives the same questions.
pub fn propose<'a>(bank: &'a QuestionBank, job_description: &str, most: usize) -> Vec<Match<'a>> {
    let text = job_description.to_lowercase();
    let mut matches: Vec<Match<'a>> = bank
        .competencies
        .iter()
        .map(|competency| Match {
            competency,
            keywords: competency.keywords.iter().map(String::as_str).filter(|k| says(&text, k)).collect(),
        })
        .filter(|found| !found.keywords.is_empty())
        .collect();
    matches.sort_by_key(|found| std::cmp::Reverse(found.keywords.len()));
    matches.truncate(most);
    matches
}

/// The dimensions of a draft with these competencies: whole percentages that sum to 100, by how much was found.
pub fn dimensions(matches: &[Match<'_>]) -> Vec<Dimension> {
    let all: usize = matches.iter().map(|found| found.keywords.len()).sum();
    let mut left = 100;
    matches
        .iter()
        .enumerate()
        .map(|(i, found)| {
            let last = i + 1 == matches.len();
            let weight = if last { left } else { (found.keywords.len() * 100 / all.max(1)).min(left) };
            left -= weight;
            Dimension {
                name: found.competency.name.clone(),
                title: Some(found.competency.title.clone()),
                weight: weight as f64,
            }
        })
        .collect()
}

impl QuestionBank {
    /// `(where, what)` is wrong with the bank: names and questions must be unique, since drafts mix them.
    pub fn problems(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for competency in &self.competencies {
            if !names.insert(&competency.name) {
                found.push((competency.name.clone(), "is there twice".to_owned()));
            }
            if competency.keywords.is_empty() || competency.questions.is_empty() {
                found.push((competency.name.clone(), "needs keywords and questions".to_owned()));
            }
            for question in &competency.questions {
                if !ids.insert(&question.id) {
                    found.push((question.id.clone(), "is there twice".to_owned()));
                }
                if question.criteria.iter().any(|criterion| criterion.dimension != competency.name) {
                    found.push((
                        question.id.clone(),
                        format!("has a criterion that feeds not {}", competency.name),
                    ));
                }
            }
        }
        found
    }
}

/// Whether a lower-case text has a keyword: whole words in Latin script ("sales" is not in "wholesales"), characters
/// elsewhere. A plural or another ending is the same word.
fn says(text: &str, keyword: &str) -> bool {
    let keyword = keyword.to_lowercase();
    let latin = |c: char| c.is_ascii_alphanumeric();
    text.match_indices(&keyword).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !(before.is_some_and(latin) && keyword.starts_with(latin))
            && text[at + keyword.len()..].chars().take_while(|c| latin(*c)).count() <= LONGEST_ENDING
    })
}

/// "plan" meets "plans" and "planning"; "car" does not meet "carpentry".
const LONGEST_ENDING: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn competency(name: &str, keywords: &[&str]) -> Competency {
        Competency {
            name: name.into(),
            title: Text::One(name.into()),
            keywords: keywords.iter().map(|k| (*k).to_owned()).collect(),
            questions: Vec::new(),
        }
    }

    #[test]
    fn what_is_named_most_comes_first() {
        let bank = QuestionBank {
            competencies: vec![
                competency("safety", &["safety", "安全"]),
                competency("sales", &["sales", "customer", "客户"]),
                competency("code", &["Rust", "Python"]),
            ],
        };
        let names = |text: &str, most| {
            propose(&bank, text, most).iter().map(|m| m.competency.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names("Sales to industrial customers; safety training given.", 5), ["sales", "safety"]);
        assert_eq!(names("负责客户开发，注意安全", 5), ["safety", "sales"]);
        assert_eq!(names("Sales, customers, safety", 1), ["sales"]);
        assert_eq!(names("Wholesaler of crusts", 5), Vec::<String>::new());
        let found = propose(&bank, "sales customer 客户 safety Python", 5);
        let weights: Vec<f64> = dimensions(&found).iter().map(|d| d.weight).collect();
        assert!(
            (weights.iter().sum::<f64>() - 100.0).abs() < f64::EPSILON && weights[0] > weights[1],
            "{weights:?}"
        );
    }
}
