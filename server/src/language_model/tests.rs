//! Against a server that answers as endpoints do, well and badly.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    word: String,
}

/// How the endpoint behaves.
#[derive(Clone)]
enum Manner {
    Says(String),
    Cut,
    Status(StatusCode),
    Redirects,
    Silent,
    Endless,
    Raw(&'static str),
}

/// What it was asked: path, headers, body.
type Asked = Arc<Mutex<Vec<(String, HeaderMap, Value)>>>;

struct Endpoint {
    address: SocketAddr,
    asked: Asked,
}

impl Endpoint {
    async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Asked::default();
        let app = Router::new().fallback(respond).with_state((manner, Arc::clone(&asked)));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, asked }
    }

    fn config(&self) -> config::LanguageModel {
        config::LanguageModel {
            url: Some(format!("http://{}/v1/", self.address)),
            model: "local-7b".into(),
            api_key: Some("key-of-the-house".into()),
            timeout_seconds: 1,
            allow: Vec::new(),
        }
    }

    async fn ask(&self) -> Result<Said, LanguageModelError> {
        model(&self.config()).ask(&prompt("What did they say?")).await
    }
}

async fn respond(
    State((manner, asked)): State<(Manner, Asked)>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    asked.lock().unwrap_or_else(PoisonError::into_inner).push((uri.path().to_owned(), headers, body));
    let completion = |content: &str, finish: &str| {
        Json(json!({ "id": "c-1", "object": "chat.completion", "model": "local-7b",
            "choices": [{ "index": 0, "finish_reason": finish, "message": { "role": "assistant", "content": content } }],
            "usage": { "total_tokens": 9 } }))
        .into_response()
    };
    match manner {
        Manner::Says(content) => completion(&content, "stop"),
        Manner::Cut => completion(r#"{"word":"#, "length"),
        Manner::Status(status) => status.into_response(),
        Manner::Redirects => (StatusCode::FOUND, [("location", "http://127.0.0.1:9/v1")]).into_response(),
        Manner::Silent => std::future::pending().await,
        Manner::Endless => {
            let pieces = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 4096]));
            Body::from_stream(pieces).into_response()
        }
        Manner::Raw(text) => text.into_response(),
    }
}

fn model(config: &config::LanguageModel) -> LanguageModel {
    let _ = rustls::crypto::ring::default_provider().install_default();
    LanguageModel::new(config).unwrap().unwrap()
}

fn prompt(material: &str) -> Prompt<'_> {
    Prompt {
        name: "said",
        instructions: "Say the word.",
        material,
        schema: json!({ "type": "object", "properties": { "word": { "type": "string" } },
            "required": ["word"], "additionalProperties": false }),
    }
}

#[tokio::test]
async fn a_question_goes_out_as_endpoints_expect_it() {
    let endpoint = Endpoint::start(Manner::Says("\n{\"word\": \"嗯\"}".into())).await;
    assert_eq!(endpoint.ask().await, Ok(Said { word: "嗯".into() }));
    let asked = endpoint.asked.lock().unwrap();
    let [(path, headers, body)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(path, "/v1/chat/completions");
    assert_eq!(headers["authorization"], "Bearer key-of-the-house");
    assert_eq!(
        (&body["model"], &body["temperature"], &body["stream"]),
        (&json!("local-7b"), &json!(0), &json!(false))
    );
    let said = |n: usize| (body["messages"][n]["role"].clone(), body["messages"][n]["content"].clone());
    assert_eq!(said(0), (json!("system"), json!("Say the word.")));
    assert_eq!(said(1), (json!("user"), json!("What did they say?")));
    assert_eq!(body["response_format"]["json_schema"]["schema"]["required"], json!(["word"]));
}

#[tokio::test]
async fn an_answer_of_another_shape_is_none() {
    for said in [
        "",
        "the word is yes",
        "[]",
        r#"{"word": 7}"#,
        r#"{"word": "yes", "score": 10}"#,
        r#"{"other": "yes"}"#,
    ] {
        let endpoint = Endpoint::start(Manner::Says(said.into())).await;
        assert_eq!(endpoint.ask().await, Err(LanguageModelError::AnswerMalformed), "{said}");
    }
    for raw in ["", "<html>", "{}", r#"{"choices":[]}"#, r#"{"choices":[{"message":{"content":null}}]}"#] {
        let endpoint = Endpoint::start(Manner::Raw(raw)).await;
        assert_eq!(endpoint.ask().await, Err(LanguageModelError::AnswerMalformed), "{raw}");
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_is_told_from_one_that_refuses() {
    for (manner, error, may_pass) in [
        (Manner::Status(StatusCode::SERVICE_UNAVAILABLE), LanguageModelError::Refused(503), true),
        (Manner::Status(StatusCode::UNAUTHORIZED), LanguageModelError::Refused(401), false),
        (Manner::Redirects, LanguageModelError::Refused(302), false),
        (Manner::Silent, LanguageModelError::TimedOut, true),
        (Manner::Endless, LanguageModelError::AnswerTooLong, false),
        (Manner::Cut, LanguageModelError::AnswerTooLong, false),
    ] {
        let endpoint = Endpoint::start(manner).await;
        let failed = endpoint.ask().await;
        assert_eq!(failed, Err(error));
        assert_eq!(error.may_pass(), may_pass, "{error}");
    }
    let gone = Endpoint::start(Manner::Raw("")).await.config();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let config = config::LanguageModel { url: Some(format!("http://{nobody}/v1")), ..gone };
    let failed = model(&config).ask::<Said>(&prompt("?")).await;
    assert_eq!(failed, Err(LanguageModelError::Unreachable));
}

#[tokio::test]
async fn too_much_is_not_even_sent() {
    let endpoint = Endpoint::start(Manner::Says("{}".into())).await;
    let long = "话".repeat(MAX_PROMPT_BYTES / 3 + 1);
    let failed = model(&endpoint.config()).ask::<Said>(&prompt(&long)).await;
    assert_eq!(failed, Err(LanguageModelError::TooLong));
    assert!(endpoint.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn nothing_leaves_the_house() {
    let config = |url: &str, allow: &[&str]| config::LanguageModel {
        url: Some(url.into()),
        model: "m".into(),
        allow: allow.iter().map(|net| net.parse().unwrap()).collect(),
        ..config::LanguageModel::default()
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let complaint = |url: &str, allow: &[&str]| {
        LanguageModel::new(&config(url, allow)).err().map(|error| format!("{error:#}"))
    };
    for url in [
        "http://127.0.0.1:8080/v1",
        "http://[::1]:8080",
        "http://10.2.3.4/v1",
        "http://192.168.1.20:11434/v1",
        "https://[fd00::7]/v1",
        "http://llm.example.org/v1",
    ] {
        assert_eq!(complaint(url, &[]), None, "{url}");
    }
    for url in [
        "https://93.184.216.34/v1",
        "http://169.254.169.254/v1",
        "http://0.0.0.0/v1",
        "https://[2606:4700::1]/v1",
        "https://[::ffff:93.184.216.34]/v1",
    ] {
        assert!(complaint(url, &[]).unwrap().contains("out of the house"), "{url}");
    }
    let allow = ["93.184.216.0/24"];
    assert_eq!(complaint("https://93.184.216.34/v1", &allow), None);
    assert!(complaint("http://93.184.216.34/v1", &allow).unwrap().contains("use https"));
    for url in ["ftp://127.0.0.1", "nonsense", "http://user:pw@127.0.0.1/v1", "http://127.0.0.1/v1?key=abc"] {
        let said = complaint(url, &[]).unwrap();
        assert!(said.starts_with("language_model.url: write") && !said.contains("pw"), "{said}");
    }
    // A name is judged by what it resolves to, at every connection.
    let endpoint = Endpoint::start(Manner::Says(r#"{"word":"yes"}"#.into())).await;
    let by_name = config::LanguageModel {
        url: Some(format!("http://localhost:{}/v1", endpoint.address.port())),
        ..endpoint.config()
    };
    assert_eq!(model(&by_name).ask::<Said>(&prompt("?")).await, Ok(Said { word: "yes".into() }));
}

#[test]
fn a_key_is_never_printed() {
    let config = config::LanguageModel {
        url: Some("http://127.0.0.1/v1".into()),
        api_key: Some("hush-hush".into()),
        ..config::LanguageModel::default()
    };
    assert!(!format!("{config:?}").contains("hush"));
    assert!(LanguageModel::new(&config).is_err_and(|error| error.to_string().contains("model: is missing")));
    assert!(LanguageModel::new(&config::LanguageModel::default()).unwrap().is_none());
}
