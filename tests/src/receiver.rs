//! A customer's webhook endpoint, which checks signatures with the standard's own library.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Result;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use standardwebhooks::Webhook;

/// What came, and whether the library accepted it.
#[derive(Clone, Debug)]
pub struct Received {
    pub id: String,
    pub body: Value,
    pub bytes: usize,
    pub verified: bool,
}

#[derive(Default)]
struct Shared {
    secret: Mutex<String>,
    /// Statuses to answer with before answering well.
    refusals: Mutex<Vec<u16>>,
    received: Mutex<Vec<Received>>,
}

/// A running endpoint.
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    /// Answers the first requests with `refusals`, and every later one well.
    pub async fn start(refusals: &[u16]) -> Result<Self> {
        let shared = Arc::new(Shared { refusals: Mutex::new(refusals.to_vec()), ..Shared::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let router = Router::new().route("/hook", post(receive)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, shared })
    }

    pub fn expect(&self, secret: &str) {
        secret.clone_into(&mut self.shared.secret.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first event of `kind`, once it is there.
    pub async fn wait_for(&self, kind: &str, within: Duration) -> Result<Received> {
        self.wait_until(kind, within, |received| received.body["type"] == kind).await
    }

    /// The first event that is `wanted`; `what` names it.
    pub async fn wait_until(
        &self,
        what: &str,
        within: Duration,
        wanted: impl Fn(&Received) -> bool,
    ) -> Result<Received> {
        let from = Instant::now();
        loop {
            if let Some(found) = self.received().into_iter().find(&wanted) {
                return Ok(found);
            }
            anyhow::ensure!(from.elapsed() < within, "no {what} came");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let refusal = {
        let mut refusals = shared.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.is_empty() { None } else { Some(refusals.remove(0)) }
    };
    if let Some(status) = refusal {
        return StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let secret = shared.secret.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let verified = Webhook::new(&secret).is_ok_and(|webhook| webhook.verify(&body, &headers).is_ok());
    let id = headers.get("webhook-id").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let received =
        Received { id, bytes: body.len(), body: serde_json::from_slice(&body).unwrap_or_default(), verified };
    shared.received.lock().unwrap_or_else(PoisonError::into_inner).push(received);
    StatusCode::NO_CONTENT
}
