//! Skill tags: what an answer names that recruiters search for, by a list of Viva's own.

use std::sync::LazyLock;

/// `(name, spellings parted by |)`.
static SKILLS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    include_str!("skills.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .collect()
});

pub fn all() -> &'static [(&'static str, &'static str)] {
    &SKILLS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_skill() {
        let lines = include_str!("skills.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(all().len(), lines);
        assert!(
            lines > 30 && all().iter().all(|(name, spellings)| !name.is_empty() && !spellings.is_empty())
        );
    }
}
