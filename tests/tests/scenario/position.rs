//! Positions for tests.

use serde_json::{Value, json};

/// One video question with the given times and takes.
pub fn one_question(answer_seconds: u32, takes: u32) -> Value {
    json!({
        "id": "test-position", "title": "Test", "profile": "cn", "languages": ["en"], "face": { "tier": "expression", "impact_assessment": "none: a test" },
        "dimensions": [{ "name": "all", "weight": 100.0 }],
        "questions": [{ "id": "q1", "text": "Say something.", "answer_seconds": answer_seconds, "takes": takes,
            "criteria": [{ "id": "speech", "dimension": "all", "points": 10.0, "rule": "duration", "speech_seconds_at_least": 1.0 }] }]
    })
}

/// One written question.
pub fn written() -> Value {
    json!({
        "id": "written-position", "title": "Test", "profile": "strict", "languages": ["en"],
        "dimensions": [{ "name": "all", "weight": 100.0 }],
        "questions": [{ "id": "q1", "kind": "text", "text": "What did you do for the team?",
            "criteria": [{ "id": "team", "dimension": "all", "points": 10.0, "rule": "mentions", "any": ["team"] },
                         { "id": "people", "dimension": "all", "points": 10.0, "rule": "number_at_least", "value": 5.0, "unit": "people" }] }]
    })
}
