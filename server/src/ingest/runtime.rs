//! The runtime each peer connection runs on: tokio, but with sockets that are slices of the shared ones.
//!
//! webrtc 0.21 opens a socket per peer and has no multiplexer of its own; its `Runtime` trait is the seam. The
//! library still binds a loopback socket first, which is closed at once; only its address lives on, as the name
//! of the local candidate.

use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, RecvMeta, Runtime,
    TokioRuntime, Transmit,
};

use super::mux::UdpMux;
use super::port::PeerPort;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How many peer connections exist in memory, whether known to anybody or leaked.
#[derive(Clone, Debug, Default)]
pub(super) struct LiveCount(Arc<AtomicUsize>);

impl LiveCount {
    pub fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

pub(super) struct PeerRuntime {
    mux: Arc<UdpMux>,
    port: Arc<PeerPort>,
    live: LiveCount,
    /// Cancelled when a task of this peer ends, also by a panic: the driver is the only long one.
    stopped: CancellationToken,
    /// Cancelled when this runtime is dropped.
    freed: CancellationToken,
}

impl PeerRuntime {
    pub fn new(
        mux: Arc<UdpMux>,
        port: Arc<PeerPort>,
        live: LiveCount,
        stopped: CancellationToken,
        freed: CancellationToken,
    ) -> Self {
        live.0.fetch_add(1, Relaxed);
        Self { mux, port, live, stopped, freed }
    }
}

/// Dropped with the last reference to the peer connection: the proof that it was freed.
impl Drop for PeerRuntime {
    fn drop(&mut self) {
        self.mux.routes().remove(self.port.ufrag());
        self.live.0.fetch_sub(1, Relaxed);
        self.freed.cancel();
    }
}

impl std::fmt::Debug for PeerRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PeerRuntime")
    }
}

impl Runtime for PeerRuntime {
    fn spawn(&self, future: Boxed<'static, ()>) -> Box<dyn JoinHandle> {
        let stopped = self.stopped.clone().drop_guard();
        TokioRuntime.spawn(Box::pin(async move {
            let _stopped = stopped;
            future.await;
        }))
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let local = socket.local_addr()?;
        Ok(Arc::new(VirtualUdpSocket { mux: Arc::clone(&self.mux), port: Arc::clone(&self.port), local }))
    }

    fn wrap_tcp_listener(&self, listener: std::net::TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        let local = listener.local_addr()?;
        Ok(Arc::new(VirtualTcpListener { port: Arc::clone(&self.port), local }))
    }

    /// Refused: a receiver never calls out, whatever an offer asks for.
    fn connect_tcp(&self, _: SocketAddr) -> Boxed<'_, io::Result<Arc<dyn AsyncTcpStream>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }

    /// Refused: nothing in an offer may cause a name look-up.
    fn resolve_host<'a>(&'a self, _: &'a str) -> Boxed<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }

    fn sleep(&self, duration: Duration) -> Boxed<'static, ()> {
        TokioRuntime.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }
}

/// One peer's slice of the shared UDP socket.
struct VirtualUdpSocket {
    mux: Arc<UdpMux>,
    port: Arc<PeerPort>,
    local: SocketAddr,
}

impl std::fmt::Debug for VirtualUdpSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VirtualUdpSocket")
    }
}

impl AsyncUdpSocket for VirtualUdpSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn poll_send(&self, _: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let to = transmit.destination;
        self.mux.routes().learn(self.port.ufrag(), to, Instant::now());
        let source = self.port.local_address_for(to);
        Poll::Ready(self.mux.send(transmit.contents, to, source).map(|()| transmit.contents.len()))
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (Some(buffer), Some(meta)) = (buffers.first_mut(), meta.first_mut()) else {
            return Poll::Ready(Ok(0));
        };
        self.port.inbox(self.local).poll_pop(cx, buffer).map(|(length, from)| {
            *meta = RecvMeta::default();
            meta.addr = from;
            meta.len = length;
            meta.stride = length.max(1);
            Ok(1)
        })
    }
}

/// One peer's share of the connections that the shared TCP listener accepts.
#[derive(Debug)]
struct VirtualTcpListener {
    port: Arc<PeerPort>,
    local: SocketAddr,
}

impl AsyncTcpListener for VirtualTcpListener {
    fn accept(&self) -> Boxed<'_, io::Result<(Arc<dyn AsyncTcpStream>, SocketAddr)>> {
        Box::pin(async move {
            let (link, slot) = self.port.links(self.local).accept().await?;
            let from = link.peer();
            let stream = link.into_stream(Arc::clone(&self.port), self.local, slot);
            Ok((Arc::new(stream) as Arc<dyn AsyncTcpStream>, from))
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }
}
