//! The question read out: clauses that say nothing but the question's own words.

use std::{collections::BTreeSet, ops::Range};

use super::{
    chinese,
    clauses::clauses,
    relevance::is_stop_word,
    words::{bases, tokens},
};

/// Share of a clause's words that are the question's, or words that every sentence has.
const LEAST_SHARE: f32 = 0.85;
/// Fewer words than this are taking up the question, not reading it.
const LEAST_WORDS: usize = 6;
/// Different content words of the question.
const LEAST_CONTENT: usize = 3;

/// The clauses of `texts` that read `question` out, as `(text, range)`. `asked` are its content words.
pub fn find(texts: &[&str], question: &str, asked: &BTreeSet<String>) -> Vec<(usize, Range<usize>)> {
    let question = chinese::simplify(question);
    // Chinese words are cut by what stands around them, so the same words may be cut in other places.
    let in_question = |word: &str| word.contains(chinese::is_han) && question.contains(word);
    let content_of = |word: &str| {
        let base = bases(word).into_iter().find(|base| asked.contains(base));
        base.or_else(|| (in_question(word) && !is_stop_word(word)).then(|| word.to_owned()))
    };
    let mut found = Vec::new();
    let mut run = Vec::new();
    let mut words = 0;
    let mut content = BTreeSet::new();
    let all = texts
        .iter()
        .enumerate()
        .flat_map(|(index, text)| clauses(text).into_iter().map(move |range| (index, range, *text)));
    for (index, range, text) in all {
        let said = tokens(&text[range.clone()]);
        let known = said.iter().filter(|word| {
            is_stop_word(&word.text) || in_question(&word.text) || content_of(&word.text).is_some()
        });
        if (known.count() as f32) < LEAST_SHARE * said.len() as f32 {
            end_run(&mut found, &mut run, words, content.len());
            (words, content) = (0, BTreeSet::new());
            continue;
        }
        run.push((index, range));
        words += said.len();
        content.extend(said.iter().filter_map(|word| content_of(&word.text)));
    }
    end_run(&mut found, &mut run, words, content.len());
    found
}

fn end_run(
    found: &mut Vec<(usize, Range<usize>)>,
    run: &mut Vec<(usize, Range<usize>)>,
    words: usize,
    content: usize,
) {
    if words >= LEAST_WORDS && content >= LEAST_CONTENT {
        found.append(run);
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::{super::relevance::content_words, *};

    fn recited(question: &str, answer: &str) -> Vec<String> {
        let found = find(&[answer], question, &content_words(question));
        found.into_iter().map(|(_, range)| answer[range].trim().to_owned()).collect()
    }

    #[test]
    fn the_question_read_out_is_known_with_its_place() {
        let question = "A guest complains that the food came late and cold. What do you do?";
        assert_eq!(
            recited(question, "When a guest complains that the food came late and cold, I apologise."),
            ["When a guest complains that the food came late and cold"]
        );
        let question = "客人投诉上菜太慢，菜也凉了，你会怎么做？";
        assert_eq!(recited(question, "客人投诉上菜太慢，菜也凉了，我会怎么做。").len(), 3);
    }

    #[test]
    fn taking_up_the_question_is_no_reading() {
        let question = "A guest complains that the food came late and cold. What do you do?";
        assert_eq!(
            recited(question, "The guest got cold food and I replaced it at once."),
            Vec::<String>::new()
        );
        assert_eq!(recited(question, "The food was cold."), Vec::<String>::new());
    }
}
