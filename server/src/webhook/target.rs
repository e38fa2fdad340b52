//! Where a delivery may go. A customer's URL must not reach what only this server can reach, so addresses are
//! judged after name resolution, for every connection.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use thiserror::Error;

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
    let address = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
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
pub fn permitted(address: IpAddr, allow: &[IpNet]) -> bool {
    let address = canonical(address);
    allow.iter().any(|net| net.contains(&address)) || is_public(address)
}

/// An IPv4 address in IPv6 clothes is an IPv4 address.
fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| nat64(v6), IpAddr::V4),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// RFC 6052: 64:ff9b::/96 leads to the IPv4 address in its last four bytes.
fn nat64(address: Ipv6Addr) -> IpAddr {
    match address.octets() {
        [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => IpAddr::from([a, b, c, d]),
        _ => IpAddr::V6(address),
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (18..20).contains(&b)))
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            // Only 2000::/3 is global unicast; 2002::/16 (6to4) hides an IPv4 address.
            (first & 0xe000) == 0x2000 && first != 0x2002 && !(first == 0x2001 && v6.segments()[1] < 0x0200)
        }
    }
}

/// Resolves names and drops every address that is not permitted.
#[derive(Clone)]
pub struct GuardedResolver {
    pub allow: Arc<[IpNet]>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = Arc::clone(&self.allow);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted: Vec<SocketAddr> = found.filter(|a| permitted(a.ip(), &allow)).collect();
            if permitted.is_empty() {
                return Err(TargetError::Private.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
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
