//! What each legal profile refuses, and why.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use uuid::Uuid;
use viva_core::{
    consent::{Consent, Purpose},
    id::InterviewId,
    interview::{Candidate, Interview, Invitation},
    position::Position,
    profile::{FaceTier, Profile, analysis_permitted},
    report::AiMode,
    retention::{ANSWER_CLASSES, DataClass},
    time::Timestamp,
};

/// The shortest retention that every profile but California's permits, and California's.
fn retention(profile: Profile) -> u32 {
    if profile == Profile::UsCa { 1460 } else { 180 }
}

fn position(profile: Profile, changes: &Value) -> Position {
    let mut value = json!({
        "id": "p", "title": "P", "profile": profile, "languages": ["en"], "retention_days": retention(profile),
        "dimensions": [{ "name": "all", "weight": 100 }],
        "questions": [{ "id": "q", "text": "Q?", "answer_seconds": 30 }]
    });
    if profile == Profile::UsNyc {
        value["notice"] = json!({ "posted_on": "2026-01-05", "bias_audit_on": "2025-12-01",
            "bias_audit_url": "https://example.com/audit" });
    }
    for (key, change) in changes.as_object().unwrap() {
        value[key] = change.clone();
    }
    serde_json::from_value(value).unwrap()
}

fn problems(profile: Profile, changes: &Value) -> Vec<String> {
    position(profile, changes).problems().iter().map(ToString::to_string).collect()
}

fn interview(profile: Profile, granted: &[Purpose]) -> Interview {
    let invitation = Invitation {
        id: InterviewId(Uuid::from_u128(1)),
        position_id: Uuid::from_u128(2).into(),
        position: position(profile, &json!({ "face": { "tier": "expression" } })),
        external_id: None,
        candidate: Candidate::default(),
        locale: None,
        channel: None,
        expires_at: None,
    };
    let mut interview = Interview::invite(invitation, Timestamp(0));
    let asked = [Purpose::Recording, Purpose::Analysis, Purpose::FaceCues, Purpose::Expression];
    interview.consents = asked
        .iter()
        .map(|purpose| Consent {
            purpose: *purpose,
            granted: granted.contains(purpose),
            text_version: "1".into(),
            language: None,
            text_sha256: None,
            at: Timestamp(0),
        })
        .collect();
    interview
}

/// 2026-02-02: four weeks after the notice.
const NOW: Timestamp = Timestamp(1_769_990_400_000);

#[test]
fn a_plain_position_is_good_under_every_profile() {
    for profile in Profile::ALL {
        assert_eq!(problems(profile, &json!({})), [] as [String; 0], "{profile}");
    }
}

#[test]
fn a_tier_that_the_law_forbids_is_refused_with_the_reason() {
    for profile in Profile::ALL {
        for (tier, name) in [(FaceTier::Cues, "cues"), (FaceTier::Expression, "expression")] {
            let face = json!({ "face": { "tier": name, "impact_assessment": "PIA-7" } });
            let found = problems(profile, &face);
            if tier > profile.rules().highest_face_tier {
                assert!(
                    found.len() == 1 && found[0].contains("permits at most"),
                    "{profile} {name}: {found:?}"
                );
            } else {
                assert_eq!(found, [] as [String; 0], "{profile} {name}");
                let found = problems(profile, &json!({ "face": { "tier": name, "impact_assessment": " " } }));
                assert!(
                    found[0].starts_with("face.impact_assessment: is missing"),
                    "{profile} {name}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn retention_lies_within_the_profile() {
    for profile in Profile::ALL {
        let kept = profile.rules().retention.iter().find(|r| r.class == DataClass::Reports).unwrap();
        for days in [kept.at_most_days.map(|days| days + 1), kept.at_least_days.map(|days| days - 1)] {
            let Some(days) = days else { continue };
            let found = problems(profile, &json!({ "retention_days": days }));
            assert!(
                found.len() == 1 && found[0].starts_with("retention_days: is "),
                "{profile} {days}: {found:?}"
            );
        }
    }
}

#[test]
fn a_position_shortens_within_the_profile() {
    for profile in Profile::ALL {
        let days = retention(profile);
        let position = position(profile, &json!({ "retention": { "recordings": 30 } }));
        assert_eq!(position.days_kept(DataClass::Recordings), 30, "{profile}");
        for class in ANSWER_CLASSES {
            assert!(position.days_kept(class) <= days, "{profile} {class:?}");
        }
        assert!(position.days_kept(DataClass::DecisionRecord) >= position.days_kept(DataClass::Reports));
        assert_eq!(position.days_kept(DataClass::Biometrics), 0);
    }
    let found = problems(Profile::Eu, &json!({ "retention_days": 90, "retention": { "transcripts": 91 } }));
    assert_eq!(found, ["retention.transcripts: is 91; write 1 to 90, which is retention_days"]);
    let found = problems(Profile::UsCa, &json!({ "retention_days": 1500, "retention": { "reports": 180 } }));
    assert_eq!(found, ["retention.reports: is 180; profile `us-ca` wants reports kept for at least 1460"]);
}

#[test]
fn candidates_are_asked_about_themselves_only_where_the_profile_lets_them_be() {
    let asked = json!({ "demographics": ["sex", "race_ethnicity", "age_group"] });
    for profile in Profile::ALL {
        let allowed = profile.rules().demographics;
        let found = problems(profile, &asked);
        let refused = 3 - allowed.len();
        assert_eq!(
            found.iter().filter(|found| found.starts_with("demographics[")).count(),
            refused,
            "{profile}"
        );
    }
    let found = problems(Profile::Us, &json!({ "demographics": ["sex", "sex"] }));
    assert_eq!(found, ["demographics[1]: `sex` is there twice"]);
}

#[test]
fn new_york_wants_a_notice_and_an_audit() {
    for (notice, reason) in [
        (Value::Null, "10 business days"),
        (json!({ "posted_on": "2026-01-05" }), "bias_audit_on"),
        (
            json!({ "posted_on": "5 January", "bias_audit_on": "2025-12-01", "bias_audit_url": "u" }),
            "write a date",
        ),
    ] {
        let found = problems(Profile::UsNyc, &json!({ "notice": notice }));
        assert!(found.len() == 1 && found[0].contains(reason), "{found:?}");
    }
}

#[test]
fn without_consent_no_profile_lets_a_model_run() {
    let everything = [Purpose::Recording, Purpose::Analysis, Purpose::FaceCues, Purpose::Expression];
    for profile in Profile::ALL {
        let refused = interview(profile, &[Purpose::Recording, Purpose::FaceCues, Purpose::Expression]);
        let reason = analysis_permitted(&refused, NOW).unwrap_err();
        assert!(reason.contains("did not agree"), "{profile}: {reason}");
        let mut alone = interview(profile, &everything);
        assert_eq!(analysis_permitted(&alone, NOW), Ok(profile.rules().highest_face_tier), "{profile}");
        alone.ai_mode = AiMode::HumanOnly;
        assert!(analysis_permitted(&alone, NOW).is_err(), "{profile}");
        let cues_only = interview(profile, &[Purpose::Recording, Purpose::Analysis]);
        assert_eq!(analysis_permitted(&cues_only, NOW), Ok(FaceTier::Quality), "{profile}");
    }
}

#[test]
fn the_documentation_has_every_profile_and_every_law() {
    let text = include_str!("../../../docs/profiles.md");
    for profile in Profile::ALL {
        let rules = profile.rules();
        let row = text.lines().find(|line| line.starts_with(&format!("| `{profile}` |"))).unwrap_or_default();
        let tier = serde_json::to_value(rules.highest_face_tier).unwrap();
        assert!(row.contains(&format!("| {} |", tier.as_str().unwrap())), "{profile}: {row}");
        for source in rules.sources {
            assert!(text.contains(source.law), "{profile}: {}", source.law);
        }
    }
}
