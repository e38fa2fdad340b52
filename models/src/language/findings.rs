//! Everything found in the texts of an answer, and what of it counts.

use std::{collections::BTreeSet, ops::Range};

use unicode_segmentation::UnicodeSegmentation as _;
use viva_core::cue::{ConnectiveKind, SetAsideReason, StructurePart};

use super::{
    bare_terms::{self, Passage},
    connectives, denial, keywords, numbers, recital, skills, structure,
    words::{Token, tokens},
};

/// Fewer words than this are no sentence: "Yes.", "好的。"
const LEAST_SENTENCE: usize = 3;

/// Where something was said: which text of the answer, and its bytes there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub text: usize,
    pub range: Range<usize>,
}

/// What counts, and what does not.
pub struct Findings {
    /// For each term, in its order.
    pub keywords: Vec<Vec<Place>>,
    pub numbers: Vec<(Place, numbers::Found)>,
    pub structure: Vec<(Place, StructurePart)>,
    pub connectives: Vec<(Place, ConnectiveKind)>,
    /// For each skill of the list.
    pub skills: Vec<Vec<Place>>,
    pub set_aside: Vec<(Place, SetAsideReason)>,
}

impl Findings {
    /// `asked` are the content words of `question`.
    pub fn of(
        texts: &[&str],
        terms: &[String],
        chinese: bool,
        question: &str,
        asked: &BTreeSet<String>,
    ) -> Self {
        let mut all = Self {
            keywords: terms.iter().map(|term| places(texts, |text| keywords::find(term, text))).collect(),
            numbers: each(texts, |text| {
                numbers::find(text, chinese)
                    .into_iter()
                    .map(|number| (number.range.clone(), number))
                    .collect()
            }),
            structure: each(texts, structure::find),
            connectives: each(texts, connectives::find),
            skills: skills::all()
                .iter()
                .map(|(_, spellings)| places(texts, |text| keywords::find(spellings, text)))
                .collect(),
            set_aside: Vec::new(),
        };
        let idle = all.spans_without_sentence(texts, question, asked);
        let counts = |place: &Place| !idle.iter().any(|(aside, _)| overlap(aside, place));
        all.keep(counts);
        all.add_implicit_structure(texts, counts);
        all.set_aside.clone_from(&idle);
        all.deny(texts);
        all.set_aside.sort_by_key(|(place, _)| (place.text, place.range.start));
        all
    }

    /// The words that are not in a stretch without sentences.
    pub fn sentences(&self, texts: &[&str]) -> Vec<Token> {
        let idle = |text, token: &Token| {
            let place = Place { text, range: token.range.clone() };
            self.set_aside
                .iter()
                .any(|(aside, reason)| *reason != SetAsideReason::Denied && overlap(aside, &place))
        };
        let words = |(index, text): (usize, &&str)| {
            tokens(text).into_iter().filter(move |token| !idle(index, token)).collect::<Vec<_>>()
        };
        texts.iter().enumerate().flat_map(words).collect()
    }

    /// What was said in sentences, sentence by sentence, without the stretches that are in none.
    pub fn said(&self, texts: &[&str]) -> Vec<String> {
        let sentences = texts.iter().enumerate().flat_map(|(index, text)| {
            text.split_sentence_bound_indices().map(move |(at, sentence)| (index, at, sentence))
        });
        let without_idle = |(text, at, sentence): (usize, usize, &str)| {
            let mut left = sentence.to_owned();
            let idle = self
                .set_aside
                .iter()
                .filter(|(place, reason)| *reason != SetAsideReason::Denied && place.text == text);
            // From the end, so that the places before it stay where they are.
            let mut ranges: Vec<_> = idle.map(|(place, _)| &place.range).collect();
            ranges.sort_by_key(|range| std::cmp::Reverse(range.start));
            for range in ranges {
                let (start, end) = (range.start.max(at), range.end.min(at + sentence.len()));
                if start < end {
                    left.replace_range(start - at..end - at, " ");
                }
            }
            left.trim().to_owned()
        };
        let said = sentences.map(without_idle);
        said.filter(|sentence| tokens(sentence).len() >= LEAST_SENTENCE).collect()
    }

    fn spans_without_sentence(
        &self,
        texts: &[&str],
        question: &str,
        asked: &BTreeSet<String>,
    ) -> Vec<(Place, SetAsideReason)> {
        let findings: Vec<Vec<Range<usize>>> = (0..texts.len()).map(|text| self.ranges(text)).collect();
        let passages: Vec<_> =
            texts.iter().zip(&findings).map(|(text, findings)| Passage { text, findings }).collect();
        let of = |reason, found: Vec<(usize, Range<usize>)>| {
            found.into_iter().map(move |(text, range)| (Place { text, range }, reason))
        };
        let recited: Vec<_> =
            of(SetAsideReason::QuestionReadOut, recital::find(texts, question, asked)).collect();
        let listed = of(SetAsideReason::BareTerms, bare_terms::find(&passages, asked));
        let listed: Vec<_> =
            listed.filter(|(place, _)| !recited.iter().any(|(other, _)| overlap(other, place))).collect();
        recited.into_iter().chain(listed).collect()
    }

    /// Everything found in one text but skills, which the rubric does not ask for.
    fn ranges(&self, text: usize) -> Vec<Range<usize>> {
        let keywords = self.keywords.iter().flatten();
        let numbers = self.numbers.iter().map(|(place, _)| place);
        let structure = self.structure.iter().map(|(place, _)| place);
        let connectives = self.connectives.iter().map(|(place, _)| place);
        let all = keywords.chain(numbers).chain(structure).chain(connectives);
        all.filter(|place| place.text == text).map(|place| place.range.clone()).collect()
    }

    fn keep(&mut self, counts: impl Fn(&Place) -> bool) {
        for places in self.keywords.iter_mut().chain(&mut self.skills) {
            places.retain(&counts);
        }
        self.numbers.retain(|(place, _)| counts(place));
        self.structure.retain(|(place, _)| counts(place));
        self.connectives.retain(|(place, _)| counts(place));
    }

    /// A part of the story that no marker shows may be told without.
    fn add_implicit_structure(&mut self, texts: &[&str], counts: impl Fn(&Place) -> bool) {
        let marked: Vec<StructurePart> = self.structure.iter().map(|(_, part)| *part).collect();
        let implied = structure::implicit(texts).into_iter();
        self.structure.extend(
            implied
                .map(|(text, range, part)| (Place { text, range }, part))
                .filter(|(place, part)| !marked.contains(part) && counts(place)),
        );
        self.structure.sort_by_key(|(place, _)| (place.text, place.range.start));
    }

    /// Only what the rubric asks is named: that somebody does not know a skill nobody asked for is no news.
    fn deny(&mut self, texts: &[&str]) {
        let is_denied = |place: &Place| denial::denied(texts[place.text], &place.range);
        for places in &mut self.keywords {
            let denied = places.extract_if(.., |place| is_denied(place));
            self.set_aside.extend(denied.map(|place| (place, SetAsideReason::Denied)));
        }
        for places in &mut self.skills {
            places.retain(|place| !is_denied(place));
        }
    }
}

fn places(texts: &[&str], find: impl Fn(&str) -> Vec<Range<usize>>) -> Vec<Place> {
    let in_text =
        |(text, words): (usize, &&str)| find(words).into_iter().map(move |range| Place { text, range });
    texts.iter().enumerate().flat_map(in_text).collect()
}

fn each<T>(texts: &[&str], find: impl Fn(&str) -> Vec<(Range<usize>, T)>) -> Vec<(Place, T)> {
    let in_text = |(text, words): (usize, &&str)| {
        find(words).into_iter().map(move |(range, what)| (Place { text, range }, what)).collect::<Vec<_>>()
    };
    texts.iter().enumerate().flat_map(in_text).collect()
}

fn overlap(a: &Place, b: &Place) -> bool {
    a.text == b.text && a.range.start < b.range.end && b.range.start < a.range.end
}
