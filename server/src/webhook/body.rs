//! What is sent: `{type, timestamp, data}`, under 20 kB. A report that is longer goes out without its longest
//! parts, which stay at `report_url`.

use serde_json::{Value, json};
use viva_store::NewEvent;

/// The standard advises 20 kB.
pub const LARGEST_BODY: usize = 20_000;

/// The body of `event`; `thin` leaves only ids.
pub fn body(event: &NewEvent, thin: bool) -> String {
    let data = if thin { thinned(&event.data) } else { event.data.clone() };
    let mut body = json!({ "type": event.kind, "timestamp": event.at.to_string(), "data": data });
    for shorten in [drop_words, drop_segments, drop_cues, drop_transcripts, drop_answers] {
        if body.to_string().len() < LARGEST_BODY {
            break;
        }
        shorten(&mut body["data"]);
        body["data"]["truncated"] = json!(true);
    }
    body.to_string()
}

fn thinned(data: &Value) -> Value {
    let keys = ["interview_id", "external_id", "sequence", "state", "status", "result_url", "report_url"];
    let kept = keys.iter().filter_map(|key| Some(((*key).to_owned(), data.get(key)?.clone())));
    Value::Object(kept.collect())
}

fn answers(data: &mut Value) -> impl Iterator<Item = &mut Value> {
    data.get_mut("answers").and_then(Value::as_array_mut).into_iter().flatten()
}

fn drop_words(data: &mut Value) {
    for answer in answers(data) {
        let segments = answer.pointer_mut("/transcript/segments").and_then(Value::as_array_mut);
        for segment in segments.into_iter().flatten() {
            if let Some(segment) = segment.as_object_mut() {
                segment.remove("words");
            }
        }
    }
}

fn drop_segments(data: &mut Value) {
    for answer in answers(data) {
        if let Some(segments) = answer.pointer_mut("/transcript/segments") {
            *segments = json!([]);
        }
    }
}

fn drop_cues(data: &mut Value) {
    for answer in answers(data) {
        for list in [
            "/cues/language/keywords",
            "/cues/language/numbers",
            "/cues/language/structure",
            "/cues/speech/pauses",
            "/cues/speech/fillers",
            "/cues/speech/restarts",
            "/cues/speech/sound/clipped",
            "/cues/face/expressions",
            "/cues/face/camera_facing/spans",
            "/cues/face/smile/spans",
        ] {
            if let Some(list) = answer.pointer_mut(list) {
                *list = json!([]);
            }
        }
    }
}

fn drop_transcripts(data: &mut Value) {
    for answer in answers(data) {
        if let Some(text) = answer.pointer_mut("/transcript/text") {
            *text = json!("");
        }
        for score in answer.get_mut("scores").and_then(Value::as_array_mut).into_iter().flatten() {
            score["evidence"] = json!([]);
        }
    }
}

fn drop_answers(data: &mut Value) {
    data["answers"] = json!([]);
    data["strengths"] = json!([]);
    data["concerns"] = json!([]);
    data["not_assessed"] = json!([]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_core::time::Timestamp;

    fn event(words: usize) -> NewEvent {
        let word = json!({ "start_ms": 1, "end_ms": 2, "text": "hello", "confidence": 0.9 });
        let segment = json!({ "start_ms": 0, "end_ms": 9, "text": "hello ".repeat(words), "confidence": 0.9,
                              "words": vec![word; words] });
        NewEvent {
            id: crate::clock::id(),
            kind: "report.ready".into(),
            interview_id: None,
            at: Timestamp(0),
            data: json!({ "interview_id": "i", "report_url": "u",
                "answers": [{ "transcript": { "text": "hello ".repeat(words), "segments": [segment] }, "cues": {}, "scores": [] }] }),
        }
    }

    #[test]
    fn a_short_report_goes_out_whole() {
        let sent: Value = serde_json::from_str(&body(&event(3), false)).unwrap();
        assert_eq!(sent["data"], event(3).data);
        assert_eq!(sent["timestamp"], "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_long_report_is_shortened_to_fit_and_says_so() {
        for words in [300, 3000, 30_000] {
            let body = body(&event(words), false);
            assert!(body.len() < LARGEST_BODY, "{words} words: {} bytes", body.len());
            let sent: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(sent["data"]["truncated"], true);
            assert_eq!(sent["data"]["report_url"], "u");
        }
    }
}
