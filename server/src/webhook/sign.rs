//! Signatures of Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, base64, `v1,` before it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use viva_core::time::Timestamp;
use viva_store::Secret;

const PREFIX: &str = "whsec_";

/// A fresh secret in the standard's form.
pub fn new_secret() -> std::io::Result<String> {
    Ok(format!("{PREFIX}{}", STANDARD.encode(crate::secret::random()?)))
}

/// The `webhook-signature` header: one signature per secret that is still good, newest first.
///
/// `timestamp_s` is the `webhook-timestamp` header, unix seconds.
pub fn signatures(secrets: &[Secret], id: &str, timestamp_s: i64, body: &str, now: Timestamp) -> String {
    let good = secrets.iter().filter(|secret| secret.ends_at.is_none_or(|ends| ends > now));
    let signatures: Vec<String> =
        good.filter_map(|secret| signature(&secret.value, id, timestamp_s, body)).collect();
    signatures.join(" ")
}

fn signature(secret: &str, id: &str, timestamp_s: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret)).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp_s}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Whether `header` holds a good signature by `secret`: what a receiver does, for our own inbox.
pub fn verify(secret: &str, id: &str, timestamp_s: i64, body: &str, header: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    let Some(wanted) = signature(secret, id, timestamp_s, body) else { return false };
    header.split(' ').any(|given| given.as_bytes().ct_eq(wanted.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(value: &str, ends_at: Option<i64>) -> Secret {
        Secret { value: value.to_owned(), ends_at: ends_at.map(Timestamp) }
    }

    #[test]
    fn the_standards_own_library_accepts_it() {
        let value = new_secret().unwrap();
        let now = crate::clock::now();
        let seconds = now.0 / 1000;
        let header = signatures(&[secret(&value, None)], "msg_1", seconds, r#"{"a":1}"#, now);
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", "msg_1".parse().unwrap());
        headers.insert("webhook-timestamp", seconds.to_string().parse().unwrap());
        headers.insert("webhook-signature", header.parse().unwrap());
        let webhook = standardwebhooks::Webhook::new(&value).unwrap();
        webhook.verify(br#"{"a":1}"#, &headers).unwrap();
        assert!(webhook.verify(br#"{"a":2}"#, &headers).is_err());
    }

    #[test]
    fn both_secrets_sign_while_one_rotates_and_the_old_one_ends() {
        let (new, old) = (new_secret().unwrap(), new_secret().unwrap());
        let secrets = [secret(&new, None), secret(&old, Some(1000))];
        let during = signatures(&secrets, "m", 0, "{}", Timestamp(999));
        assert!(verify(&new, "m", 0, "{}", &during) && verify(&old, "m", 0, "{}", &during));
        let after = signatures(&secrets, "m", 0, "{}", Timestamp(1000));
        assert!(verify(&new, "m", 0, "{}", &after) && !verify(&old, "m", 0, "{}", &after));
    }
}
