//! A peer as the shared sockets see it.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore, mpsc};

use super::inbox::Inbox;
use super::session::Transport;
use super::tcp::TcpLink;

/// Remembered pairs of peer address and local address it wrote to.
const LOCAL_ADDRESSES: usize = 16;
/// TCP connections of one peer at a time; a browser opens one per candidate.
const LINKS: usize = 8;

/// Queues from the shared sockets to one peer: one per address family, since an ICE candidate has one family.
#[derive(Debug)]
pub(super) struct PeerPort {
    ufrag: String,
    v4: Inbox,
    v6: Inbox,
    tcp_v4: Links,
    tcp_v6: Links,
    local_addresses: Mutex<VecDeque<(SocketAddr, IpAddr)>>,
    over_tcp: AtomicBool,
}

/// Accepted TCP connections on their way to one peer.
#[derive(Debug)]
pub(super) struct Links {
    sender: mpsc::Sender<TcpLink>,
    receiver: AsyncMutex<mpsc::Receiver<TcpLink>>,
    slots: Arc<Semaphore>,
}

impl Default for Links {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(LINKS);
        Self { sender, receiver: AsyncMutex::new(receiver), slots: Arc::new(Semaphore::new(LINKS)) }
    }
}

impl Links {
    /// Hands a connection to the peer; one too many is dropped, which closes it.
    pub fn offer(&self, link: TcpLink) {
        let _ = self.sender.try_send(link);
    }

    /// The next connection, and the slot it takes until dropped.
    pub async fn accept(&self) -> io::Result<(TcpLink, OwnedSemaphorePermit)> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(io::Error::other)?;
        let link = self.receiver.lock().await.recv().await.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok((link, slot))
    }
}

impl PeerPort {
    pub fn new(ufrag: String) -> Self {
        Self {
            ufrag,
            v4: Inbox::default(),
            v6: Inbox::default(),
            tcp_v4: Links::default(),
            tcp_v6: Links::default(),
            local_addresses: Mutex::default(),
            over_tcp: AtomicBool::new(false),
        }
    }

    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// The queue for the family of `address`.
    pub fn inbox(&self, address: SocketAddr) -> &Inbox {
        if address.is_ipv4() { &self.v4 } else { &self.v6 }
    }

    /// The TCP connections of the family of `address`.
    pub fn links(&self, address: SocketAddr) -> &Links {
        if address.is_ipv4() { &self.tcp_v4 } else { &self.tcp_v6 }
    }

    /// Notes what the newest packets came over. The engine tells nobody above its ICE layer.
    pub fn note_transport(&self, transport: Transport) {
        self.over_tcp.store(transport == Transport::Tcp, Relaxed);
    }

    pub fn transport(&self) -> Transport {
        if self.over_tcp.load(Relaxed) { Transport::Tcp } else { Transport::Udp }
    }

    /// Notes which of this machine's addresses `from` wrote to, so that the answer leaves from the same one:
    /// on a machine with several, the kernel might choose another, and the peer would not know it.
    pub fn note_local_address(&self, from: SocketAddr, local: Option<IpAddr>) {
        let Some(local) = local else { return };
        let mut known = self.local_addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.iter_mut().find(|(address, _)| *address == from) {
            entry.1 = local;
            return;
        }
        if known.len() == LOCAL_ADDRESSES {
            known.pop_front();
        }
        known.push_back((from, local));
    }

    pub fn local_address_for(&self, peer: SocketAddr) -> Option<IpAddr> {
        let known = self.local_addresses.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(address, _)| *address == peer).map(|(_, local)| *local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_address_each_peer_address_wrote_to() {
        let port = PeerPort::new("aaaa".into());
        let local: IpAddr = [192, 0, 2, 200].into();
        for n in 0..20_u16 {
            port.note_local_address(SocketAddr::from(([192, 0, 2, 1], n)), Some(local));
        }
        assert_eq!(port.local_address_for(SocketAddr::from(([192, 0, 2, 1], 19))), Some(local));
        assert_eq!(
            port.local_address_for(SocketAddr::from(([192, 0, 2, 1], 0))),
            None,
            "the oldest made room"
        );
    }
}
