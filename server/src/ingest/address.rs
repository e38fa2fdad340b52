//! Under which addresses a bound socket can be reached.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// More candidates than this only slow a browser down.
const MAX_ADDRESSES: usize = 16;

/// The addresses of this machine that reach a socket bound to `bound`, IPv4 first.
pub(super) fn reachable(bound: IpAddr) -> io::Result<Vec<IpAddr>> {
    if !bound.is_unspecified() {
        return Ok(vec![bound]);
    }
    let interfaces = rtc::shared::ifaces::ifaces()?;
    let local = interfaces.into_iter().filter_map(|interface| Some(interface.addr?.ip()));
    Ok(choose(bound, local))
}

/// Of `local`, those that a peer elsewhere can use; loopback where there is none.
fn choose(bound: IpAddr, local: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let mut chosen: Vec<IpAddr> =
        local.filter(|ip| is_usable(*ip) && (bound.is_ipv6() || ip.is_ipv4())).collect();
    chosen.sort_by_key(|ip| (ip.is_ipv6(), *ip));
    chosen.dedup();
    chosen.truncate(MAX_ADDRESSES);
    if chosen.is_empty() {
        chosen.push(Ipv4Addr::LOCALHOST.into());
        chosen.extend(bound.is_ipv6().then_some(IpAddr::from(Ipv6Addr::LOCALHOST)));
    }
    chosen
}

/// Link-local addresses mean nothing without a zone, which a candidate cannot carry.
fn is_usable(ip: IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !ip.is_loopback() && !ip.is_unspecified() && !ip.is_multicast() && !link_local
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn leaves_out_what_a_peer_elsewhere_cannot_reach() {
        let local =
            ips(&["127.0.0.1", "::1", "2001:db8::1", "fe80::1", "192.0.2.1", "169.254.1.1", "192.0.2.1"]);
        assert_eq!(choose(ips(&["::"])[0], local.clone().into_iter()), ips(&["192.0.2.1", "2001:db8::1"]));
        assert_eq!(choose(ips(&["0.0.0.0"])[0], local.into_iter()), ips(&["192.0.2.1"]));
    }

    #[test]
    fn a_machine_without_a_network_is_reached_by_loopback() {
        let local = ips(&["127.0.0.1", "::1"]);
        assert_eq!(choose(ips(&["0.0.0.0"])[0], local.clone().into_iter()), ips(&["127.0.0.1"]));
        assert_eq!(choose(ips(&["::"])[0], local.into_iter()), ips(&["127.0.0.1", "::1"]));
        assert_eq!(reachable(ips(&["127.0.0.1"])[0]).unwrap(), ips(&["127.0.0.1"]));
    }
}
