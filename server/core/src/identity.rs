//! What a position asks candidates to say about themselves, and whether what they say can be true.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    position::Text,
    profile::{Profile, Rules},
};

const MOST_FIELDS: usize = 12;
const MOST_CHARS: usize = 200;
const MOST_TEXT_CHARS: usize = 2000;

/// One thing that a position asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub id: String,
    pub kind: FieldKind,
    pub label: Text,
    /// Why it is asked for, or how to write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
    #[serde(default = "asked_by_default", skip_serializing_if = "is_asked")]
    pub required: bool,
}

fn asked_by_default() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_asked(required: &bool) -> bool {
    *required
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    FullName,
    Phone,
    Email,
    /// The citizen number of a mainland identity card (GB 11643).
    MainlandId,
    Text,
}

/// What a candidate said, by the field's id.
pub type Values = BTreeMap<String, String>;

/// Why a value cannot be taken. Its name in snake_case is what pages translate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    Missing,
    TooLong,
    /// Nobody has such a name: it has no letter.
    NoName,
    NoPhone,
    NoEmail,
    /// Not 18 characters, or others than digits and a last X.
    IdShape,
    /// Its digits 7 to 14 are no day.
    IdBirthday,
    /// Its last character does not fit the others.
    IdChecksum,
    /// The position does not ask for it.
    Unknown,
}

/// Everything that is wrong with the fields of a position: `(field, message)`.
pub(crate) fn problems(fields: &[Field], profile: Profile, rules: &Rules) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if fields.len() > MOST_FIELDS {
        found.push((
            "identity".into(),
            format!("has {} entries; ask for at most {MOST_FIELDS} things", fields.len()),
        ));
    }
    let mut ids = BTreeSet::new();
    for (i, field) in fields.iter().enumerate() {
        if !ids.insert(&field.id) {
            found.push((format!("identity[{i}].id"), format!("`{}` is there twice", field.id)));
        }
        if field.kind == FieldKind::MainlandId && !rules.mainland_id {
            found.push((
                format!("identity[{i}].kind"),
                format!(
                    "is `mainland_id`, which profile `{profile}` does not permit: the number tells birthday and sex, and \
                     only under `cn` may a recruiter ask for it before a contract; take it out, or choose the profile of \
                     the law that applies"
                ),
            ));
        }
    }
    found
}

/// Checks what a candidate said, and writes it in one form: trimmed, full-width digits and letters as plain ones.
///
/// # Errors
/// Everything that is wrong, by field.
pub fn check(fields: &[Field], said: &Values) -> Result<Values, BTreeMap<String, Fault>> {
    let mut faults = BTreeMap::new();
    let mut values = Values::new();
    for field in fields {
        let value = said.get(&field.id).map(|value| plain(value)).unwrap_or_default();
        if value.is_empty() {
            if field.required {
                faults.insert(field.id.clone(), Fault::Missing);
            }
            continue;
        }
        match field.kind.check(&value) {
            Ok(value) => {
                values.insert(field.id.clone(), value);
            }
            Err(fault) => {
                faults.insert(field.id.clone(), fault);
            }
        }
    }
    let unknown = said.keys().filter(|id| !fields.iter().any(|field| field.id == **id));
    faults.extend(unknown.take(MOST_FIELDS).map(|id| (id.chars().take(64).collect(), Fault::Unknown)));
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

impl FieldKind {
    fn check(self, value: &str) -> Result<String, Fault> {
        let most = if self == Self::Text { MOST_TEXT_CHARS } else { MOST_CHARS };
        if value.chars().count() > most {
            return Err(Fault::TooLong);
        }
        match self {
            Self::Text => Ok(value.to_owned()),
            Self::FullName if value.chars().any(char::is_alphabetic) => Ok(value.to_owned()),
            Self::FullName => Err(Fault::NoName),
            Self::Phone => phone(value).ok_or(Fault::NoPhone),
            Self::Email => email(value).ok_or(Fault::NoEmail),
            Self::MainlandId => mainland_id(value),
        }
    }

    /// The value as people see it who need not know it whole.
    pub fn masked(self, value: &str) -> String {
        const SHOWN: [usize; 2] = [3, 2];
        if self != Self::MainlandId {
            return value.to_owned();
        }
        let length = value.chars().count();
        let mask = |(i, c)| if i < SHOWN[0] || i + SHOWN[1] >= length { c } else { '*' };
        value.chars().enumerate().map(mask).collect()
    }
}

/// Full-width forms (U+FF01 to U+FF5E) as the ASCII that they stand for: Chinese keyboards write both.
fn plain(value: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    // A form field holds one line or several, and nothing that steers a terminal or a spreadsheet.
    let kept = |c: &char| !c.is_control() || *c == '\n';
    value.chars().map(narrow).filter(kept).collect::<String>().trim().to_owned()
}

/// E.164 digits with or without the plus, written with the usual separators.
fn phone(value: &str) -> Option<String> {
    let bare: String = value.chars().filter(|c| !" -().\u{00a0}".contains(*c)).collect();
    let digits = bare.strip_prefix('+').unwrap_or(&bare);
    let good = (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    good.then_some(bare)
}

/// The shape that a mail server could know; whether it does is told by a mail alone.
fn email(value: &str) -> Option<String> {
    let (local, domain) = value.rsplit_once('@')?;
    let good = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && !part.contains("..")
    };
    let named = good(local) && good(domain) && domain.contains('.');
    (named && !value.contains(|c: char| c.is_whitespace() || "<>,;\"".contains(c)) && !local.contains('@'))
        .then(|| value.to_owned())
}

/// GB 11643: six digits of the region, the birthday, three of the order, and ISO 7064 MOD 11-2 over all of them.
fn mainland_id(value: &str) -> Result<String, Fault> {
    const LENGTH: usize = 18;
    let value: String = value.chars().filter(|c| *c != ' ').collect::<String>().to_ascii_uppercase();
    let shaped = value.len() == LENGTH
        && value.bytes().enumerate().all(|(i, b)| b.is_ascii_digit() || (i == LENGTH - 1 && b == b'X'));
    if !shaped {
        return Err(Fault::IdShape);
    }
    let number = |range: std::ops::Range<usize>| value[range].parse::<i16>().unwrap_or(0);
    let birthday = jiff::civil::Date::new(number(6..10), number(10..12) as i8, number(12..14) as i8);
    if birthday.is_err() || number(6..10) < 1880 {
        return Err(Fault::IdBirthday);
    }
    // The pure system of ISO 7064: the last character is ten where it is X.
    let sum = value.bytes().fold(0_u32, |sum, byte| {
        let digit = if byte == b'X' { 10 } else { u32::from(byte - b'0') };
        (sum * 2 + digit) % 11
    });
    if sum == 1 { Ok(value) } else { Err(Fault::IdChecksum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldKind) -> Field {
        Field { id: "f".into(), kind, label: Text::One("F".into()), hint: None, required: true }
    }

    fn one(kind: FieldKind, value: &str) -> Result<String, Fault> {
        let said = Values::from([("f".to_owned(), value.to_owned())]);
        match check(&[field(kind)], &said) {
            Ok(mut values) => Ok(values.remove("f").unwrap_or_default()),
            Err(faults) => Err(faults["f"]),
        }
    }

    #[test]
    fn a_mainland_number_is_checked_to_its_last_character() {
        // The worked example of GB 11643-1999, and one that ends in X.
        for good in ["11010519491231002X", "440524188001010014", " １１０１０５１９４９１２３１００２ｘ "]
        {
            assert!(one(FieldKind::MainlandId, good).is_ok(), "{good}");
        }
        let good = "11010519491231002X";
        assert_eq!(one(FieldKind::MainlandId, "１１０１０５１９４９１２３１００２ｘ").as_deref(), Ok(good));
        for (bad, fault) in [
            ("110105194912310021", Fault::IdChecksum),
            ("1101051949123100", Fault::IdShape),
            ("X1010519491231002X", Fault::IdShape),
            ("110105194913310020", Fault::IdBirthday),
            ("110105194902300020", Fault::IdBirthday),
        ] {
            assert_eq!(one(FieldKind::MainlandId, bad), Err(fault), "{bad}");
        }
        // Any one digit mistyped, and any two neighbours exchanged, are found.
        let digits = good.as_bytes();
        for i in 0..17 {
            for other in b'0'..=b'9' {
                let mut typed = digits.to_vec();
                typed[i] = other;
                let typed = String::from_utf8(typed).unwrap_or_default();
                assert_eq!(one(FieldKind::MainlandId, &typed).is_ok(), typed == good, "{typed}");
            }
            let mut exchanged = digits.to_vec();
            exchanged.swap(i, i + 1);
            let exchanged = String::from_utf8(exchanged).unwrap_or_default();
            assert_eq!(one(FieldKind::MainlandId, &exchanged).is_ok(), exchanged == good, "{exchanged}");
        }
    }

    #[test]
    fn a_number_is_masked_and_nothing_else_is() {
        assert_eq!(FieldKind::MainlandId.masked("11010519491231002X"), "110*************2X");
        assert_eq!(FieldKind::Phone.masked("+8613800138000"), "+8613800138000");
    }

    #[test]
    fn what_people_write_is_taken_as_they_write_it() {
        assert_eq!(one(FieldKind::Phone, "+86 138-0013-8000").as_deref(), Ok("+8613800138000"));
        assert_eq!(one(FieldKind::Phone, "(030) 12 34 56").as_deref(), Ok("030123456"));
        assert_eq!(one(FieldKind::Phone, "call me"), Err(Fault::NoPhone));
        assert_eq!(one(FieldKind::Email, " li.hua@example.org ").as_deref(), Ok("li.hua@example.org"));
        for bad in
            ["li.hua", "li@localhost", "li hua@example.org", "a@b@example.org", "a@example..org", "@b.c"]
        {
            assert_eq!(one(FieldKind::Email, bad), Err(Fault::NoEmail), "{bad}");
        }
        assert_eq!(one(FieldKind::FullName, "李华").as_deref(), Ok("李华"));
        assert_eq!(one(FieldKind::FullName, "12-3"), Err(Fault::NoName));
        assert_eq!(one(FieldKind::FullName, "\u{7} "), Err(Fault::Missing));
        assert_eq!(one(FieldKind::Text, &"字".repeat(MOST_TEXT_CHARS + 1)), Err(Fault::TooLong));
    }

    #[test]
    fn what_is_not_asked_for_is_not_taken() {
        let voluntary = Field { required: false, ..field(FieldKind::Text) };
        assert_eq!(check(&[voluntary], &Values::new()), Ok(Values::new()));
        let said = Values::from([("birthday".to_owned(), "x".to_owned())]);
        let faults = BTreeMap::from([("birthday".to_owned(), Fault::Unknown)]);
        assert_eq!(check(&[], &said), Err(faults));
    }
}
