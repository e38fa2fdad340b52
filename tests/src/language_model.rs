//! A local endpoint with OpenAI's chat completions, in the place of a language model: what it says is written by the test.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

/// From what was asked (`question`, `criterion`, `answer`) to what is said; `None` is a server that is too busy.
type Says = fn(&Value) -> Option<Value>;

#[derive(Clone)]
struct Shared {
    says: Says,
    asked: Arc<Mutex<Vec<Value>>>,
}

/// A running endpoint.
pub struct LanguageModel {
    pub url: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl LanguageModel {
    pub async fn start(says: Says) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { says, asked: Arc::clone(&asked) };
        let router = Router::new().route("/v1/chat/completions", post(complete)).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, asked })
    }

    /// The bodies of all requests so far.
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What has the server ask it, for [`crate::Settings`].
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("VIVA_LANGUAGE_MODEL__URL", self.url.clone()),
            ("VIVA_LANGUAGE_MODEL__MODEL", "house-7b".into()),
            ("VIVA_LANGUAGE_MODEL__API_KEY", "key-of-the-house".into()),
        ]
    }
}

async fn complete(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let material = body["messages"][1]["content"].as_str().and_then(|text| serde_json::from_str(text).ok());
    let said = (shared.says)(&material.unwrap_or_default());
    shared.asked.lock().unwrap_or_else(PoisonError::into_inner).push(body);
    match said {
        Some(said) => Json(json!({ "choices": [{ "index": 0, "finish_reason": "stop",
            "message": { "role": "assistant", "content": said.to_string() } }] }))
        .into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
