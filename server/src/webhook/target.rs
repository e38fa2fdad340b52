//! Where a delivery may go. A customer's URL must not reach what only this server can reach, so addresses are
//! judged after name resolution, for every connection.

use std::net::IpAddr;

use ipnet::IpNet;
use reqwest::Url;
use thiserror::Error;

use crate::network::{GuardedResolver, canonical, is_public, literal};

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    #[error("url: not a URL; write one like https://hr.example.org/hooks/viva")]
    NotAUrl,
    #[error("url: scheme `{0}`; write https (http only for allowed private networks)")]
    Scheme(String),
    #[error("url: must not carry a user or password")]
    Credentials,
    #[error("url: the address is private or local; allow its network in webhooks.allow")]
    Private,
}

/// Checks a URL as far as that is possible without resolving its name.
pub fn check(url: &str, allow: &[IpNet]) -> Result<Url, TargetError> {
    let url = Url::parse(url).map_err(|_| TargetError::NotAUrl)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::Credentials);
    }
    let address = literal(&url);
    if let Some(address) = address
        && !permitted(address, allow)
    {
        return Err(TargetError::Private);
    }
    let allowed = address.is_some_and(|address| allow.iter().any(|net| net.contains(&address)));
    match url.scheme() {
        "https" => Ok(url),
        "http" if allowed => Ok(url),
        other => Err(TargetError::Scheme(other.to_owned())),
    }
}

/// Whether a delivery may connect to `address`.
fn permitted(address: IpAddr, allow: &[IpNet]) -> bool {
    let address = canonical(address);
    allow.iter().any(|net| net.contains(&address)) || is_public(address)
}

/// Resolves the names of receivers to addresses that a delivery may connect to.
pub fn resolver(allow: &[IpNet]) -> GuardedResolver {
    let allow = allow.to_vec();
    GuardedResolver::new(move |address| permitted(address, &allow), || TargetError::Private.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_in_every_spelling() {
        for url in [
            "https://127.0.0.1/",
            "https://10.1.2.3/",
            "https://192.168.0.1/",
            "https://169.254.169.254/latest",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[2002:7f00:1::]/",
        ] {
            assert_eq!(check(url, &[]), Err(TargetError::Private), "{url}");
        }
    }

    #[test]
    fn an_allowed_network_may_use_plain_http() {
        let allow = ["127.0.0.0/8".parse().unwrap()];
        assert!(check("http://127.0.0.1:9000/hook", &allow).is_ok());
        assert_eq!(check("http://93.184.216.34/", &allow), Err(TargetError::Scheme("http".into())));
    }

    #[test]
    fn other_schemes_and_credentials_are_refused() {
        assert_eq!(check("ftp://example.org/", &[]), Err(TargetError::Scheme("ftp".into())));
        assert_eq!(check("https://user:pw@example.org/", &[]), Err(TargetError::Credentials));
        assert_eq!(check("nonsense", &[]), Err(TargetError::NotAUrl));
        assert!(check("https://hr.example.org/hooks", &[]).is_ok());
    }
}
