//! Sends one delivery and notes what came of it.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use serde_json::Value;
use viva_core::{id::DeliveryId, retry, time::Timestamp};
use viva_store::{Attempt, DeliveryStatus, Job};

use super::{body::body, sign, target};
use crate::{app::App, clock, worker};

const TIMEOUT: Duration = Duration::from_secs(15);

/// The client of all deliveries: no redirects, no proxies, no private addresses.
pub fn client(allow: &[ipnet::IpNet]) -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .connect_timeout(Duration::from_secs(5))
        .user_agent(concat!("viva/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(target::resolver(allow)))
        .build()
        .context("cannot make the HTTP client")
}

/// What one attempt came to, before the schedule is asked.
enum Answer {
    Delivered(StatusCode),
    /// 410: the receiver wants no more of this.
    Gone,
    Failed {
        status: Option<StatusCode>,
        error: String,
        retry_after_s: Option<u64>,
    },
}

/// Runs a delivery job. `Ok(None)`: done for good. `Ok(Some(at))`: try again then.
pub async fn run(app: &App, client: &reqwest::Client, job: &Job) -> Result<Option<Timestamp>> {
    let id: DeliveryId =
        serde_json::from_value(job.payload["delivery"].clone()).context("payload: delivery")?;
    // Deleted with its endpoint: nothing to do.
    let Some(delivery) = app.store.delivery(id).await? else { return Ok(None) };
    let Some(endpoint) = app.store.endpoint(delivery.endpoint_id).await? else { return Ok(None) };
    let Some(event) = app.store.event(delivery.event_id).await? else { return Ok(None) };
    let now = clock::now();
    let answer = if endpoint.enabled {
        let event = worker::filled(app, event).await?;
        let body = body(&event, endpoint.thin);
        let timestamp_s = now.0 / 1000;
        let event_id = event.id.to_string();
        let signature = sign::signatures(&endpoint.secrets, &event_id, timestamp_s, &body, now);
        match target::check(&endpoint.url, &app.config.webhooks.allow) {
            Err(error) => Answer::Failed { status: None, error: error.to_string(), retry_after_s: None },
            Ok(url) => {
                let request = client
                    .post(url)
                    .header("content-type", "application/json")
                    .header("webhook-id", event_id)
                    .header("webhook-timestamp", timestamp_s)
                    .header("webhook-signature", signature)
                    .body(body);
                judge(request.send().await)
            }
        }
    } else {
        Answer::Failed { status: None, error: "the endpoint is disabled".into(), retry_after_s: None }
    };
    let at = clock::now();
    let attempt = match answer {
        Answer::Delivered(status) => Attempt {
            at,
            status: Some(status.as_u16()),
            error: None,
            outcome: DeliveryStatus::Delivered,
            next_attempt_at: None,
        },
        Answer::Gone => {
            let mut endpoint = endpoint;
            endpoint.enabled = false;
            endpoint.disabled_reason = Some("it answered 410 Gone".into());
            app.store.put_endpoint(&endpoint).await?;
            Attempt {
                at,
                status: Some(410),
                error: Some("410 Gone: the endpoint is disabled".into()),
                outcome: DeliveryStatus::Failed,
                next_attempt_at: None,
            }
        }
        Answer::Failed { status, error, retry_after_s } => {
            let jitter = f64::from(crate::secret::random()?[0]) / 255.0;
            let next = retry::next_attempt(job.attempts, at, retry_after_s, jitter);
            Attempt {
                at,
                status: status.map(|s| s.as_u16()),
                error: Some(error),
                outcome: if next.is_some() { DeliveryStatus::Pending } else { DeliveryStatus::Failed },
                next_attempt_at: next,
            }
        }
    };
    app.store.record_attempt(id, &attempt).await?;
    Ok(attempt.next_attempt_at)
}

fn judge(response: reqwest::Result<reqwest::Response>) -> Answer {
    match response {
        // The body is never read: it cannot be too large.
        Ok(response) if response.status().is_success() => Answer::Delivered(response.status()),
        Ok(response) if response.status() == StatusCode::GONE => Answer::Gone,
        Ok(response) => Answer::Failed {
            status: Some(response.status()),
            error: format!("answered {}", response.status()),
            retry_after_s: retry_after(response.headers()),
        },
        Err(error) => Answer::Failed { status: None, error: reason(&error), retry_after_s: None },
    }
}

/// Delay-seconds only; a date would need the receiver's clock to be right.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// Why the request failed, without the URL, which may carry a secret of the customer.
fn reason(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "cannot connect"
    } else {
        "the request failed"
    };
    let mut source = std::error::Error::source(error);
    let mut deepest = None;
    while let Some(inner) = source {
        deepest = Some(inner.to_string());
        source = inner.source();
    }
    deepest.map_or_else(|| kind.to_owned(), |detail| format!("{kind}: {detail}"))
}

/// The `endpoint.test` event.
pub fn test_event(now: Timestamp) -> viva_store::NewEvent {
    viva_store::NewEvent {
        id: clock::id(),
        kind: "endpoint.test".into(),
        interview_id: None,
        at: now,
        data: Value::Object(serde_json::Map::from_iter([("message".to_owned(), "a test from Viva".into())])),
    }
}
