//! The demo's webhook receiver: verifies signatures as a customer would, and shows what came.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde::Serialize;
use serde_json::Value;
use viva_core::time::Timestamp;

use super::pages;
use crate::{clock, webhook::sign};

const KEPT: usize = 200;

/// Received webhooks, newest first.
#[derive(Default)]
pub struct Inbox {
    /// Known once the endpoint is registered.
    secret: Mutex<Option<String>>,
    received: Mutex<VecDeque<Received>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Received {
    pub received_at: Timestamp,
    pub webhook_id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub verified: bool,
    pub body: Value,
}

impl Inbox {
    pub fn expect(&self, secret: &str) {
        *self.secret.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret.to_owned());
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

pub fn routes(inbox: Arc<Inbox>) -> Router {
    Router::new()
        .route(
            "/demo/inbox",
            get(|headers: HeaderMap| async move { pages::page(viva_web::Page::Inbox, &headers) }),
        )
        .route(
            "/demo/inbox.json",
            get(|State(inbox): State<Arc<Inbox>>| async move { Json(inbox.received()) }),
        )
        .route("/demo/hook", post(receive))
        .with_state(inbox)
}

async fn receive(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: String) -> StatusCode {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = inbox.secret.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
    let id = header("webhook-id");
    let seconds: i64 = header("webhook-timestamp").parse().unwrap_or(0);
    let fresh = (clock::now().0 / 1000 - seconds).abs() <= 300;
    let verified = fresh && sign::verify(&secret, id, seconds, &body, header("webhook-signature"));
    let body: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let received = Received {
        received_at: clock::now(),
        webhook_id: id.to_owned(),
        kind: body["type"].as_str().unwrap_or_default().to_owned(),
        verified,
        body,
    };
    let mut inbox = inbox.received.lock().unwrap_or_else(PoisonError::into_inner);
    inbox.push_front(received);
    inbox.truncate(KEPT);
    if verified { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}
