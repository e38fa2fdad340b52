//! Every position that the repository ships is good, and the published schema says about positions what the parser
//! says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use serde_json::{Map, Value, json};
use viva_core::{
    position::Position,
    question_bank::{QuestionBank, dimensions, propose},
};

/// Everything in the repository that is a position, by its file name.
fn positions() -> Vec<(String, Value)> {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = ["templates", "demo", "../models/tests/golden"];
    let mut found = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(server.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".yaml") && !name.contains(".answers.") {
                let text = fs::read_to_string(server.join(folder).join(&name)).unwrap();
                found.push((format!("{folder}/{name}"), serde_saphyr::from_str(&text).unwrap()));
            }
        }
    }
    assert!(found.len() >= 12, "{}", found.len());
    found
}

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/position-1.0.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn parses(value: &Value) -> bool {
    serde_json::from_value::<Position>(value.clone()).is_ok()
}

#[test]
fn every_shipped_position_is_good() {
    let schema = schema();
    for (name, value) in positions() {
        let position: Position = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(position.problems(), [], "{name}");
        let errors: Vec<_> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        // What is written out again is the same position, and still fits the schema.
        let again = serde_json::to_value(&position).unwrap();
        assert!(schema.is_valid(&again), "{name}");
        assert_eq!(serde_json::from_value::<Position>(again).unwrap(), position, "{name}");
    }
}

/// Every shipped position with one thing wrong, at every place: what the schema accepts the parser accepts, and the
/// other way round.
#[test]
fn schema_and_parser_refuse_the_same() {
    let schema = schema();
    let (mut refused, mut tried) = (0, 0);
    for (name, value) in positions() {
        for (what, changed) in changes(&value) {
            let (by_schema, by_parser) = (schema.is_valid(&changed), parses(&changed));
            assert_eq!(by_schema, by_parser, "{name}, {what}: schema {by_schema}, parser {by_parser}");
            tried += 1;
            refused += usize::from(!by_parser);
        }
    }
    assert!(tried > 2000 && refused > tried / 2, "{refused} of {tried}");
}

/// At each place of a document: a key taken away, a key added, a value of another type.
fn changes(value: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    walk(value, "", &mut |path, here| {
        let mut put = |what: &str, new: Value| {
            let mut whole = value.clone();
            *whole.pointer_mut(path).unwrap() = new;
            found.push((format!("{path} {what}"), whole));
        };
        match here {
            Value::Object(map) => {
                for key in map.keys() {
                    let mut less: Map<_, _> = map.clone();
                    less.remove(key);
                    put(&format!("without {key}"), Value::Object(less));
                }
                // A text may have any key.
                if !map.values().all(Value::is_string) || map.contains_key("rule") {
                    let mut more = map.clone();
                    more.insert("surprise".into(), json!(1));
                    put("with a surprise", Value::Object(more));
                }
                // Not as a list: serde takes one for a struct, its fields in their order.
                put("as a number", json!(7));
            }
            Value::Array(_) | Value::Number(_) => put("as a word", json!("word")),
            _ => put("as a number", json!(7)),
        }
    });
    found
}

fn walk(value: &Value, path: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(path, value);
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| walk(value, &format!("{path}/{key}"), visit));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, value)| walk(value, &format!("{path}/{i}"), visit));
        }
        _ => {}
    }
}

/// What the schema refuses by value, the checker refuses too, with the field's name.
#[test]
fn values_out_of_range_are_refused_by_both() {
    let good = json!({
        "id": "p", "title": "P", "languages": ["en"], "dimensions": [{ "name": "d", "weight": 100 }],
        "questions": [{ "id": "q", "text": "Q?", "answer_seconds": 60, "criteria": [
            { "id": "c", "dimension": "d", "points": 10, "rule": "mentions", "any": ["team"] },
            { "id": "s", "dimension": "d", "points": 10, "rule": "structure", "parts": ["steps"] }
        ] }]
    });
    let schema = schema();
    assert!(schema.is_valid(&good));
    for (pointer, value, field) in [
        ("/languages", json!(["fr"]), "languages[0]"),
        ("/invitation_days", json!(0), "invitation_days"),
        ("/questions/0/takes", json!(0), "questions[0].takes"),
        ("/questions/0/weight", json!(0), "questions[0].weight"),
        ("/questions/0/answer_language", json!("fr"), "questions[0].answer_language"),
        ("/questions/0/answer_seconds", json!(1), "questions[0].answer_seconds"),
        ("/questions/0/criteria/0/points", json!(0), "questions[0].criteria[0].points"),
        ("/questions/0/criteria/0/any", json!([]), "questions[0].criteria[0].any"),
        ("/questions/0/criteria/0/at_least", json!(0), "questions[0].criteria[0].at_least"),
        ("/questions/0/criteria/1/parts", json!([]), "questions[0].criteria[1].parts"),
    ] {
        let mut bad = good.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap()[key] = value;
        assert!(!schema.is_valid(&bad), "{pointer}");
        let position: Position = serde_json::from_value(bad).unwrap();
        let fields: Vec<_> = position.problems().into_iter().map(|problem| problem.field).collect();
        assert!(fields.iter().any(|found| found == field), "{pointer}: {fields:?}");
    }
}

/// Every question of the bank is good, in a draft with every other.
#[test]
fn the_question_bank_makes_good_drafts() {
    let bank: QuestionBank = serde_saphyr::from_str(include_str!("../../question_bank.yaml")).unwrap();
    assert_eq!(bank.problems(), []);
    let all: String = bank.competencies.iter().map(|c| c.keywords.join(" , ") + "\n").collect();
    let matches = propose(&bank, &all, usize::MAX);
    assert_eq!(matches.len(), bank.competencies.len(), "every competency is found by its own keywords");
    let questions: Vec<_> = matches.iter().flat_map(|found| &found.competency.questions).collect();
    let draft = json!({ "id": "draft", "title": "Draft", "languages": ["zh", "en"],
                        "dimensions": dimensions(&matches), "questions": questions });
    let draft: Position = serde_json::from_value(draft).unwrap();
    assert_eq!(draft.problems(), []);
}

#[test]
fn a_job_description_gets_its_questions() {
    let bank: QuestionBank = serde_saphyr::from_str(include_str!("../../question_bank.yaml")).unwrap();
    for (text, wanted) in [
        ("岗位职责：负责华东区域客户开发和渠道拓展，完成销售业绩；能承受一定压力。", ["sales", "pressure"]),
        (
            "We look for a backend developer with Rust and a database background who likes our team.",
            ["engineering", "teamwork"],
        ),
        ("街道办事处招聘：协助政策宣传，参与防汛值班等应急工作。", ["emergency", "policy"]),
        (
            "Machine operator for our production line. Safety first; quality inspection of parts.",
            ["safety", "quality"],
        ),
    ] {
        let found: Vec<_> = propose(&bank, text, 2).iter().map(|m| m.competency.name.clone()).collect();
        assert_eq!(found, wanted, "{text}");
    }
    assert!(propose(&bank, "Lorem ipsum dolor", 5).is_empty());
}
