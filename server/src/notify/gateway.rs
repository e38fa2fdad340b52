//! Short messages through whatever gateway a customer has: one POST for each, with the number and the words.

use reqwest::{Client, StatusCode};
use serde_json::json;

use super::{NotifyError, Occasion};
use crate::{config, webhook::target};

/// Sends one message; `id` is the same when it is tried again.
pub async fn send(
    client: &Client,
    config: &config::Config,
    to: &str,
    (occasion, locale, text): (Occasion, &str, &str),
    id: &str,
) -> Result<(), NotifyError> {
    let Some(url) = &config.gateway.url else { return Ok(()) };
    let url = target::check(url, &config.webhooks.allow).map_err(|_| NotifyError::Address)?;
    let body = json!({ "id": id, "to": to, "occasion": occasion, "locale": locale, "text": text });
    let mut request = client.post(url).json(&body);
    if let Some(token) = &config.gateway.token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.map_err(|_| NotifyError::Unreachable)?;
    let status = response.status();
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Err(NotifyError::NotTaken(status.as_u16()))
        }
        _ if status.is_client_error() => Err(NotifyError::Refused(status.as_u16())),
        _ => Err(NotifyError::NotTaken(status.as_u16())),
    }
}
