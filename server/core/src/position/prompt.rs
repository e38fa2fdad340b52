//! The scenario of a question: played or read aloud before the time to think starts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Text;

/// A video or sound file with its captions, or words that the candidate's own device reads aloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// The words, shown as captions while they are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech: Option<Text>,
    /// A file beside the position's, or the name that it was stored under; one, or one for each language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Text>,
    /// WebVTT files by language, in the same way: as many as the position has languages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captions: BTreeMap<String, String>,
}

/// The end of a media file's name, and what a browser is told that it is.
pub const MEDIA_TYPES: [(&str, &str); 4] =
    [("mp4", "video/mp4"), ("webm", "video/webm"), ("m4a", "audio/mp4"), ("mp3", "audio/mpeg")];
pub const CAPTION_TYPE: (&str, &str) = ("vtt", "text/vtt");
/// Of the words that are read aloud: about five minutes.
const MOST_SPOKEN_CHARS: usize = 2000;

/// The type of a prompt's file by its name's end; absent for any other file.
pub fn type_of(name: &str) -> Option<&'static str> {
    let (_, end) = name.rsplit_once('.')?;
    let mut known = MEDIA_TYPES.iter().chain([&CAPTION_TYPE]);
    known.find(|(known, _)| end.eq_ignore_ascii_case(known)).map(|(_, media_type)| *media_type)
}

impl Prompt {
    /// Every file that it names, each with its field.
    pub fn files(&self) -> Vec<(String, &str)> {
        let mut files = Vec::new();
        match &self.media {
            Some(Text::One(name)) => files.push(("media".to_owned(), name.as_str())),
            Some(Text::Many(names)) => {
                files.extend(
                    names.iter().map(|(language, name)| (format!("media.{language}"), name.as_str())),
                );
            }
            None => {}
        }
        let captions = self.captions.iter();
        files.extend(captions.map(|(language, name)| (format!("captions.{language}"), name.as_str())));
        files
    }

    /// The same prompt with every file named anew.
    #[must_use]
    pub fn renamed(mut self, mut rename: impl FnMut(&str) -> String) -> Self {
        match &mut self.media {
            Some(Text::One(name)) => *name = rename(name),
            Some(Text::Many(names)) => names.values_mut().for_each(|name| *name = rename(name)),
            None => {}
        }
        self.captions.values_mut().for_each(|name| *name = rename(name));
        self
    }

    /// `(field, message)` of everything that is wrong; what the files hold is found where they are read.
    pub(super) fn problems(&self, languages: &[String]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut add = |field: &str, message: String| found.push((field.to_owned(), message));
        match (&self.speech, &self.media) {
            (None, None) => add("", "has neither `speech` nor `media`; write one of them".into()),
            (Some(_), Some(_)) => {
                add("", "has both `speech` and `media`; keep one of them, and the words as captions".into());
            }
            _ => {}
        }
        if let Some(speech) = &self.speech {
            let longest = speech.every().map(|text| text.chars().count()).max().unwrap_or(0);
            if longest > MOST_SPOKEN_CHARS {
                add("speech", format!("has {longest} characters; at most {MOST_SPOKEN_CHARS}"));
            }
            if let (Text::Many(texts), Some(missing)) = (speech, missing(speech, languages)) {
                add("speech", format!("is there in {}, not in `{missing}`; add it", names(texts.keys())));
            }
        }
        if let Some(media) = &self.media {
            for name in media.every() {
                if type_of(name).is_none_or(|media_type| media_type == CAPTION_TYPE.1) {
                    let ends: Vec<_> = MEDIA_TYPES.iter().map(|(end, _)| *end).collect();
                    add("media", format!("is `{name}`; name a file that ends in {}", ends.join(", ")));
                }
            }
            if let (Text::Many(files), Some(missing)) = (media, missing(media, languages)) {
                add("media", format!("is there in {}, not in `{missing}`; add it", names(files.keys())));
            }
            let without: Vec<_> =
                languages.iter().filter(|language| !self.captions.contains_key(*language)).collect();
            if !without.is_empty() {
                add(
                    "captions",
                    format!(
                        "are missing for {}; a question that must be heard shuts out who cannot hear: name a WebVTT file \
                         for each language",
                        names(without.into_iter())
                    ),
                );
            }
        }
        for (language, name) in &self.captions {
            if type_of(name) != Some(CAPTION_TYPE.1) {
                add(&format!("captions.{language}"), format!("is `{name}`; name a WebVTT file (.vtt)"));
            }
            if !languages.contains(language) {
                add(
                    &format!("captions.{language}"),
                    format!("`{language}` is no language of the position; take it out"),
                );
            }
        }
        if self.media.is_none() && !self.captions.is_empty() {
            add("captions", "belong to `media`; the words of `speech` are their own captions".into());
        }
        found
    }
}

fn missing<'a>(text: &Text, languages: &'a [String]) -> Option<&'a String> {
    let Text::Many(texts) = text else { return None };
    languages.iter().find(|language| !texts.contains_key(*language))
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
