//! Which peer a datagram is for. Pure: the clock is passed in.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::datagram::Datagram;

/// Addresses one peer may occupy; a browser uses one, and a few while it moves between networks.
const ADDRESSES_PER_PEER: usize = 16;
/// How long an address stays its peer's own without a packet from it.
const OWNED_FOR: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Learnt<P> {
    peer: Arc<P>,
    last_seen: Instant,
}

#[derive(Debug)]
struct Known<P> {
    peer: Arc<P>,
    addresses: Vec<SocketAddr>,
}

/// The demultiplexing table of one shared socket.
///
/// An address leads to a peer only after that peer has *sent* to it, and a peer answers nothing but
/// authenticated STUN. Nothing that a stranger sends can therefore claim or move an address.
#[derive(Debug)]
pub(super) struct Routes<P> {
    by_ufrag: HashMap<String, Known<P>>,
    by_address: HashMap<SocketAddr, Learnt<P>>,
}

impl<P> Default for Routes<P> {
    fn default() -> Self {
        Self { by_ufrag: HashMap::new(), by_address: HashMap::new() }
    }
}

/// A peer to hand a datagram to.
#[derive(Debug)]
pub(super) struct Route<P> {
    pub peer: Arc<P>,
    /// Whether the peer has answered the source address before.
    pub proven: bool,
}

impl<P> Routes<P> {
    /// Makes `peer` reachable by its local ufrag.
    pub fn add(&mut self, ufrag: &str, peer: Arc<P>) {
        self.by_ufrag.insert(ufrag.to_owned(), Known { peer, addresses: Vec::new() });
    }

    /// Forgets a peer and every address learnt for it.
    pub fn remove(&mut self, ufrag: &str) {
        let Some(known) = self.by_ufrag.remove(ufrag) else { return };
        for address in known.addresses {
            if self.by_address.get(&address).is_some_and(|learnt| Arc::ptr_eq(&learnt.peer, &known.peer)) {
                self.by_address.remove(&address);
            }
        }
    }

    pub fn find_ufrag(&self, ufrag: &str) -> Option<Arc<P>> {
        self.by_ufrag.get(ufrag).map(|known| Arc::clone(&known.peer))
    }

    /// The peer for a datagram from `from`: by ufrag for checks, by learnt address for the rest.
    pub fn find(&mut self, datagram: &Datagram<'_>, from: SocketAddr, now: Instant) -> Option<Route<P>> {
        let learnt = self.by_address.get_mut(&from);
        if let Datagram::Check { local_ufrag } = datagram {
            let peer = Arc::clone(&self.by_ufrag.get(*local_ufrag)?.peer);
            let proven = learnt.is_some_and(|learnt| Arc::ptr_eq(&learnt.peer, &peer));
            return Some(Route { peer, proven });
        }
        let learnt = learnt?;
        learnt.last_seen = now;
        Some(Route { peer: Arc::clone(&learnt.peer), proven: true })
    }

    /// Notes that the peer called `ufrag` has sent to `to`, so that datagrams from there are its own.
    ///
    /// An address in use by another live peer stays with that one: somebody with a session of their own could
    /// otherwise take over a neighbour's traffic by a check with a forged source address.
    pub fn learn(&mut self, ufrag: &str, to: SocketAddr, now: Instant) {
        let Some(known) = self.by_ufrag.get_mut(ufrag) else { return };
        if let Some(learnt) = self.by_address.get(&to)
            && (Arc::ptr_eq(&learnt.peer, &known.peer) || now.duration_since(learnt.last_seen) < OWNED_FOR)
        {
            return;
        }
        if known.addresses.len() < ADDRESSES_PER_PEER {
            known.addresses.push(to);
            let peer = Arc::clone(&known.peer);
            self.by_address.insert(to, Learnt { peer, last_seen: now });
        }
    }

    pub fn peers(&self) -> usize {
        self.by_ufrag.len()
    }

    pub fn addresses(&self) -> usize {
        self.by_address.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn check(local_ufrag: &str) -> Datagram<'_> {
        Datagram::Check { local_ufrag }
    }

    fn two_peers() -> Routes<&'static str> {
        let mut routes = Routes::default();
        routes.add("aaaa", Arc::new("a"));
        routes.add("bbbb", Arc::new("b"));
        routes
    }

    #[test]
    fn checks_go_by_ufrag_and_teach_nothing() {
        let now = Instant::now();
        let mut routes = two_peers();
        let route = routes.find(&check("aaaa"), address(1), now).unwrap();
        assert_eq!((*route.peer, route.proven), ("a", false));
        assert!(routes.find(&check("cccc"), address(1), now).is_none());
        assert!(routes.find(&Datagram::Dtls, address(1), now).is_none());
        assert_eq!(routes.addresses(), 0);
    }

    #[test]
    fn an_answered_address_leads_to_its_peer() {
        let now = Instant::now();
        let mut routes = two_peers();
        routes.learn("aaaa", address(1), now);
        let route = routes.find(&Datagram::Media, address(1), now).unwrap();
        assert_eq!((*route.peer, route.proven), ("a", true));
        assert!(routes.find(&check("aaaa"), address(1), now).unwrap().proven);
        assert!(!routes.find(&check("bbbb"), address(1), now).unwrap().proven);
    }

    #[test]
    fn an_address_in_use_cannot_be_taken_over_but_a_quiet_one_can() {
        let start = Instant::now();
        let mut routes = two_peers();
        routes.learn("aaaa", address(1), start);
        let busy = start + OWNED_FOR;
        routes.find(&Datagram::Media, address(1), busy);
        routes.learn("bbbb", address(1), busy + Duration::from_secs(1));
        assert_eq!(*routes.find(&Datagram::Media, address(1), busy).unwrap().peer, "a");
        routes.learn("bbbb", address(1), busy + OWNED_FOR);
        assert_eq!(*routes.find(&Datagram::Media, address(1), busy).unwrap().peer, "b");
        routes.remove("aaaa");
        assert_eq!(routes.addresses(), 1, "removing the old owner leaves the new one's entry");
    }

    #[test]
    fn a_peer_leaves_nothing_behind() {
        let now = Instant::now();
        let mut routes = two_peers();
        for port in 0..100 {
            routes.learn("aaaa", address(port), now);
        }
        assert_eq!(routes.addresses(), ADDRESSES_PER_PEER);
        routes.remove("aaaa");
        assert_eq!((routes.peers(), routes.addresses()), (1, 0));
        routes.learn("aaaa", address(1), now);
        assert_eq!(routes.addresses(), 0, "a removed peer learns nothing more");
    }
}
