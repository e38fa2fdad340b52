//! Ready positions to begin from, and the question bank: files of the repository, part of the program.

use anyhow::{Context as _, Result};
use viva_core::question_bank::QuestionBank;

/// `(name, YAML)`.
pub const POSITIONS: [(&str, &str); 9] = [
    ("administration", include_str!("../templates/administration.yaml")),
    ("catering", include_str!("../templates/catering.yaml")),
    ("engineering", include_str!("../templates/engineering.yaml")),
    ("manufacturing", include_str!("../templates/manufacturing.yaml")),
    ("public-service", include_str!("../templates/public-service.yaml")),
    ("role-play", include_str!("../templates/role-play.yaml")),
    ("sales", include_str!("../templates/sales.yaml")),
    ("self-introduction", include_str!("../templates/self-introduction.yaml")),
    ("service", include_str!("../templates/service.yaml")),
];

/// The question bank.
///
/// # Errors
/// Never with the file of the repository, as the tests show.
pub fn question_bank() -> Result<QuestionBank> {
    serde_saphyr::from_str(include_str!("../question_bank.yaml")).context("the question bank is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position_file;

    #[test]
    fn every_template_passes_the_check() {
        for (name, yaml) in POSITIONS {
            assert_eq!(position_file::parse(yaml).unwrap().id, name);
        }
        assert!(question_bank().unwrap().problems().is_empty());
    }
}
