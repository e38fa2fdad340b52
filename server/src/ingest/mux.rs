//! One UDP socket for all peers.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use webrtc::runtime::primitives::BATCH_SIZE;
use webrtc::runtime::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};

use super::datagram::Datagram;
use super::impairment::{Impairer, Impairment};
use super::port::PeerPort;
use super::routes::Routes;
use super::session::Transport;

/// Kernel receive buffer asked for: key frames of many publishers come in bursts.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Room for what the kernel may coalesce into one message (GRO), per datagram.
const SEGMENT: usize = 1_500;

/// Counters of the shared socket since it was bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketStats {
    /// Datagrams received.
    pub received: u64,
    /// Dropped because they were no STUN check, DTLS or media, came from an unknown address, or named an
    /// unknown ufrag.
    pub refused: u64,
    /// Dropped because the peer's queue was full.
    pub overflowed: u64,
    /// Outgoing datagrams dropped because the kernel would not take them.
    pub unsent: u64,
    /// Media datagrams dropped on purpose by the configured [`Impairment`].
    pub impaired: u64,
    /// Live peers known by their ufrag.
    pub peers: usize,
    /// Addresses learnt for them.
    pub addresses: usize,
}

#[derive(Default)]
struct Counters {
    received: AtomicU64,
    refused: AtomicU64,
    overflowed: AtomicU64,
    unsent: AtomicU64,
    impaired: AtomicU64,
}

/// The shared socket and the table of who is behind it.
pub(super) struct UdpMux {
    socket: UdpSocket,
    batching: UdpSocketState,
    local: SocketAddr,
    routes: Mutex<Routes<PeerPort>>,
    counters: Counters,
}

/// A media datagram on its way through the impairment: source, bytes.
type Impaired = (SocketAddr, Vec<u8>);

impl UdpMux {
    /// Binds `address`; `[::]` also takes IPv4. Must be called inside a tokio runtime.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let domain = if address.is_ipv4() { socket2::Domain::IPV4 } else { socket2::Domain::IPV6 };
        let socket = socket2::Socket::new(domain, socket2::Type::DGRAM, Some(socket2::Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        let granted = socket.recv_buffer_size()?;
        if granted < RECEIVE_BUFFER {
            tracing::warn!(
                granted,
                wanted = RECEIVE_BUFFER,
                "small UDP receive buffer; raise net.core.rmem_max"
            );
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        let batching = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let local = socket.local_addr()?;
        Ok(Self { socket, batching, local, routes: Mutex::default(), counters: Counters::default() })
    }

    pub fn local_address(&self) -> SocketAddr {
        self.local
    }

    pub fn routes(&self) -> MutexGuard<'_, Routes<PeerPort>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn stats(&self) -> SocketStats {
        let routes = self.routes();
        SocketStats {
            received: self.counters.received.load(Relaxed),
            refused: self.counters.refused.load(Relaxed),
            overflowed: self.counters.overflowed.load(Relaxed),
            unsent: self.counters.unsent.load(Relaxed),
            impaired: self.counters.impaired.load(Relaxed),
            peers: routes.peers(),
            addresses: routes.addresses(),
        }
    }

    /// Sends one datagram, or drops and counts it when the kernel's buffer is full: everything that goes out
    /// is feedback or a handshake flight, which its protocol repeats.
    pub fn send(&self, contents: &[u8], to: SocketAddr, source: Option<IpAddr>) -> io::Result<()> {
        let destination = match to.ip() {
            IpAddr::V4(ip) if self.local.is_ipv6() => SocketAddr::from((ip.to_ipv6_mapped(), to.port())),
            _ => to,
        };
        let transmit = Transmit { destination, ecn: None, contents, segment_size: None, src_ip: source };
        let sent = self
            .socket
            .try_io(Interest::WRITABLE, || self.batching.try_send(UdpSockRef::from(&self.socket), &transmit));
        match sent {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.counters.unsent.fetch_add(1, Relaxed);
                Ok(())
            }
            other => other,
        }
    }

    /// Receives and hands out datagrams until the task is dropped.
    pub async fn run(self: Arc<Self>, impairment: Option<Impairment>) {
        let mut impairer = impairment.map(Impairer::new);
        let message = self.batching.gro_segments() * SEGMENT;
        let mut buffers = vec![vec![0; message]; BATCH_SIZE];
        let mut meta = [RecvMeta::default(); BATCH_SIZE];
        loop {
            let count = match self.receive(&mut buffers, &mut meta).await {
                Ok(count) => count,
                Err(error) => {
                    // Errors of single peers (ICMP unreachable) surface here and pass; a socket that only fails
                    // must not spin.
                    tracing::debug!(%error, "UDP receive failed");
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                    continue;
                }
            };
            let now = Instant::now();
            let mut routes = self.routes();
            for (buffer, meta) in buffers.iter().zip(&meta[..count]) {
                let from = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
                for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
                    self.counters.received.fetch_add(1, Relaxed);
                    match &mut impairer {
                        Some(impairer) => {
                            self.impair(&mut routes, impairer, from, meta.dst_ip, datagram, now);
                        }
                        None => self.deliver(&mut routes, from, meta.dst_ip, datagram, now),
                    }
                }
            }
        }
    }

    async fn receive(&self, buffers: &mut [Vec<u8>], meta: &mut [RecvMeta]) -> io::Result<usize> {
        loop {
            self.socket.readable().await?;
            let received = self.socket.try_io(Interest::READABLE, || {
                let mut slices: Vec<IoSliceMut<'_>> =
                    buffers.iter_mut().map(|b| IoSliceMut::new(b)).collect();
                self.batching.recv(UdpSockRef::from(&self.socket), &mut slices, meta)
            });
            match received {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
        }
    }

    fn impair(
        &self,
        routes: &mut Routes<PeerPort>,
        impairer: &mut Impairer<Impaired>,
        from: SocketAddr,
        to: Option<IpAddr>,
        bytes: &[u8],
        now: Instant,
    ) {
        if !matches!(Datagram::classify(bytes), Some(Datagram::Media)) {
            self.deliver(routes, from, to, bytes, now);
            return;
        }
        for (from, bytes) in impairer.pass((from, bytes.to_vec())) {
            self.deliver(routes, from, to, &bytes, now);
        }
        self.counters.impaired.store(impairer.lost(), Relaxed);
    }

    fn deliver(
        &self,
        routes: &mut Routes<PeerPort>,
        from: SocketAddr,
        to: Option<IpAddr>,
        bytes: &[u8],
        now: Instant,
    ) {
        let route = Datagram::classify(bytes).and_then(|datagram| {
            let route = routes.find(&datagram, from, now)?;
            match datagram {
                Datagram::Check { .. } => route.peer.note_local_address(from, to),
                Datagram::Media => route.peer.note_transport(Transport::Udp),
                Datagram::CheckAnswer | Datagram::Dtls => {}
            }
            Some(route)
        });
        let Some(route) = route else {
            self.counters.refused.fetch_add(1, Relaxed);
            return;
        };
        if !route.peer.inbox(from).push(from, bytes, route.proven) {
            self.counters.overflowed.fetch_add(1, Relaxed);
        }
    }
}
