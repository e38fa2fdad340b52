//! Classes of network addresses, and names that are resolved only into those that a connection may use: an address is
//! judged after its name was looked up, for every connection.

use std::{
    error::Error,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// The address that a URL has in the place of a name.
pub fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse().ok())
}

/// An IPv4 address in IPv6 clothes is an IPv4 address.
pub fn canonical(address: IpAddr) -> IpAddr {
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

/// An address that anybody can reach.
pub fn is_public(address: IpAddr) -> bool {
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

/// An address of this machine or of a private network (RFC 1918, RFC 4193), where what is sent stays in the house.
/// Link-local ones are not among them: clouds have services there that give away keys.
pub fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

type Permits = dyn Fn(IpAddr) -> bool + Send + Sync;
type Refusal = dyn Fn() -> Box<dyn Error + Send + Sync> + Send + Sync;

/// Resolves names and drops every address that is not permitted.
#[derive(Clone)]
pub struct GuardedResolver {
    permits: Arc<Permits>,
    refusal: Arc<Refusal>,
}

impl GuardedResolver {
    /// `refusal` is the error where no address is left.
    pub fn new(
        permits: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
        refusal: impl Fn() -> Box<dyn Error + Send + Sync> + Send + Sync + 'static,
    ) -> Self {
        Self { permits: Arc::new(permits), refusal: Arc::new(refusal) }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted: Vec<SocketAddr> = found.filter(|found| (guard.permits)(found.ip())).collect();
            if permitted.is_empty() {
                return Err((guard.refusal)());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}
