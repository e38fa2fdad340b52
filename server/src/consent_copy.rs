//! The consent text and what was decided on it, for the candidate to keep.

use sha2::{Digest as _, Sha256};
use viva_core::{
    consent::{self, Consent},
    interview::Interview,
};

/// Every text that a decision was made on, in its language, and the decisions, oldest first.
pub fn of(interview: &Interview) -> String {
    let mut languages = vec![interview.locale.as_str()];
    for language in interview.consent_history.iter().filter_map(|consent| consent.language.as_deref()) {
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    let mut copy = String::new();
    for language in languages {
        let document = consent::document(&interview.position, language);
        let sha256 = hex::encode(Sha256::digest(&document));
        copy.push_str(&format!("{document}\nSHA-256 {sha256}\n\n"));
    }
    for Consent { purpose, granted, text_version, text_sha256, at, .. } in &interview.consent_history {
        let title = consent::terms(*purpose, &interview.position, &interview.locale).title;
        let (sign, sha256) = (if *granted { "+" } else { "-" }, text_sha256.as_deref().unwrap_or("?"));
        copy.push_str(&format!("{sign} {at} {title} ({text_version}, SHA-256 {sha256})\n"));
    }
    copy
}
