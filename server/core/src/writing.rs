//! An answer while it is being written: the draft, so that nothing is lost with a browser, and for code also how it came
//! about, as a bounded list of edits.

use serde::{Deserialize, Serialize};

use crate::error::{Kind, Refused};

const MAX_CHARS: usize = 100_000;
/// More are forgotten: the draft goes on being kept.
pub const MAX_EDITS: usize = 5_000;
/// Of all inserted texts together, in characters.
pub const MAX_INSERTED: usize = 300_000;

/// One change of the text. Places count UTF-16 code units, as browsers do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// Milliseconds since the question was opened.
    pub at_ms: u64,
    pub from: usize,
    pub removed: usize,
    pub inserted: String,
}

/// What is kept of an answer that is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    pub draft: String,
    /// For a `choice` question: what is ticked so far.
    #[serde(default)]
    pub choice: Vec<String>,
    /// In their order; only of code.
    #[serde(default)]
    pub edits: Vec<Edit>,
    /// There were more edits than are kept.
    #[serde(default)]
    pub truncated: bool,
}

impl Writing {
    /// Keeps a newer draft, and the edits from number `first` on. Sending the same again changes nothing.
    ///
    /// # Errors
    /// [`Refused`] when the draft is too long, or edits between are missing.
    pub fn save(&mut self, draft: String, first: usize, edits: Vec<Edit>) -> Result<(), Refused> {
        if draft.chars().count() > MAX_CHARS {
            return Err(Refused::new(Kind::TooLarge, "answer_too_long", "draft: at most 100000 characters"));
        }
        if first > self.edits.len() && !self.truncated {
            return Err(Refused::conflict(
                "edits_missing",
                format!(
                    "first: is {first}, but only {} edits are there; send those between",
                    self.edits.len()
                ),
            ));
        }
        self.draft = draft;
        if self.truncated {
            return Ok(());
        }
        self.edits.truncate(first);
        let mut inserted: usize = self.edits.iter().map(|edit| edit.inserted.chars().count()).sum();
        for edit in edits {
            inserted += edit.inserted.chars().count();
            if self.edits.len() == MAX_EDITS || inserted > MAX_INSERTED {
                self.truncated = true;
                break;
            }
            self.edits.push(edit);
        }
        Ok(())
    }

    /// The text that the edits lead to; absent where one of them does not fit.
    pub fn replayed(&self) -> Option<String> {
        let mut text: Vec<u16> = Vec::new();
        for edit in &self.edits {
            let until = edit.from.checked_add(edit.removed).filter(|until| *until <= text.len())?;
            text.splice(edit.from..until, edit.inserted.encode_utf16());
        }
        String::from_utf16(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(at_ms: u64, from: usize, removed: usize, inserted: &str) -> Edit {
        Edit { at_ms, from, removed, inserted: inserted.into() }
    }

    #[test]
    fn edits_lead_to_the_text_and_repeats_change_nothing() {
        let mut writing = Writing::default();
        let first = vec![edit(0, 0, 0, "print(1)"), edit(900, 6, 1, "'你好😀'")];
        writing.save("print('你好😀')".into(), 0, first.clone()).unwrap();
        assert_eq!(writing.replayed().as_deref(), Some("print('你好😀')"));
        // The response was lost: the same once more, with what came since.
        let again = [first, vec![edit(2000, 13, 0, "\n")]].concat();
        writing.save("print('你好😀')\n".into(), 0, again).unwrap();
        assert_eq!(writing.replayed().as_deref(), Some("print('你好😀')\n"));
        assert_eq!(writing.edits.len(), 3);
    }

    #[test]
    fn a_gap_between_edits_is_refused_and_too_many_are_forgotten() {
        let mut writing = Writing::default();
        let refused = writing.save("a".into(), 1, vec![edit(0, 0, 0, "a")]).unwrap_err();
        assert_eq!(refused.code, "edits_missing");
        assert_eq!(writing, Writing::default());
        let many = |count: usize| (0..count).map(|n| edit(n as u64, n, 0, "a")).collect::<Vec<_>>();
        writing.save("a".repeat(MAX_EDITS + 3), 0, many(MAX_EDITS + 3)).unwrap();
        assert!(writing.truncated && writing.edits.len() == MAX_EDITS);
        writing.save("later".into(), MAX_EDITS + 3, many(2)).unwrap();
        assert_eq!((writing.draft.as_str(), writing.edits.len()), ("later", MAX_EDITS));
        let long = Writing::default().save("a".repeat(MAX_CHARS + 1), 0, Vec::new());
        assert_eq!(long.unwrap_err().code, "answer_too_long");
    }

    #[test]
    fn an_edit_outside_of_the_text_gives_no_replay() {
        let mut writing = Writing::default();
        writing.save("a".into(), 0, vec![edit(0, 0, 0, "a"), edit(1, usize::MAX, 2, "b")]).unwrap();
        assert_eq!(writing.replayed(), None);
    }
}
