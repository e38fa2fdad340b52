//! ICE over TCP (RFC 6544), passive, on one port for all peers: for networks that let no UDP through.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore};
use webrtc::runtime::AsyncTcpStream;

use super::datagram::{Datagram, MAX_DATAGRAM};
use super::mux::UdpMux;
use super::port::PeerPort;
use super::session::Transport;

/// Connections at a time, of all peers and of those that have not named one yet.
const CONNECTIONS: usize = 1_024;
/// A connection must name its peer by a STUN check within this time.
const FIRST_FRAME: Duration = Duration::from_secs(5);
/// A peer that does not read what it asked for is dropped.
const WRITE: Duration = Duration::from_secs(5);

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Accepts connections and hands each to the peer that its first frame names, until the task is dropped.
pub(super) async fn run(listener: TcpListener, mux: Arc<UdpMux>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else { return };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Usually out of file descriptors: give others time to close theirs.
                tracing::warn!(%error, "TCP accept failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let mux = Arc::clone(&mux);
        tokio::spawn(async move {
            let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
            let introduced = tokio::time::timeout(FIRST_FRAME, introduce(stream, peer, permit)).await;
            let Ok(Ok(Some((ufrag, link)))) = introduced else { return };
            let port = mux.routes().find_ufrag(&ufrag);
            if let Some(port) = port {
                port.links(peer).offer(link);
            }
        });
    }
}

/// Reads the first frame (RFC 4571: length, packet) and yields the ufrag it names. `None` when it is anything
/// but a STUN check.
async fn introduce(
    mut stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
) -> io::Result<Option<(String, TcpLink)>> {
    stream.set_nodelay(true)?;
    let length = stream.read_u16().await?;
    if usize::from(length) > MAX_DATAGRAM {
        return Ok(None);
    }
    let mut frame = length.to_be_bytes().to_vec();
    frame.resize(2 + usize::from(length), 0);
    stream.read_exact(&mut frame[2..]).await?;
    let Some(Datagram::Check { local_ufrag }) = Datagram::classify(&frame[2..]) else { return Ok(None) };
    let ufrag = local_ufrag.to_owned();
    Ok(Some((ufrag, TcpLink { stream, peer, first_frame: frame, permit })))
}

/// A TCP connection whose first frame has been read already and is read once more by the peer.
#[derive(Debug)]
pub(super) struct TcpLink {
    stream: TcpStream,
    peer: SocketAddr,
    first_frame: Vec<u8>,
    permit: OwnedSemaphorePermit,
}

impl TcpLink {
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The stream as the ICE agent of the peer behind `port` sees it: `local` names the candidate it belongs
    /// to, `slot` is the peer's own allowance.
    pub fn into_stream(
        self,
        port: Arc<PeerPort>,
        local: SocketAddr,
        slot: OwnedSemaphorePermit,
    ) -> VirtualTcpStream {
        let (reader, writer) = self.stream.into_split();
        VirtualTcpStream {
            port,
            first_frame: Mutex::new(self.first_frame),
            reader: AsyncMutex::new(reader),
            writer: AsyncMutex::new(Some(writer)),
            local,
            peer: self.peer,
            _permits: [self.permit, slot],
        }
    }
}

#[derive(Debug)]
pub(super) struct VirtualTcpStream {
    port: Arc<PeerPort>,
    first_frame: Mutex<Vec<u8>>,
    reader: AsyncMutex<OwnedReadHalf>,
    /// `None` after a failed write, which may have cut a frame in two.
    writer: AsyncMutex<Option<OwnedWriteHalf>>,
    local: SocketAddr,
    peer: SocketAddr,
    _permits: [OwnedSemaphorePermit; 2],
}

impl VirtualTcpStream {
    fn take_first_frame(&self, into: &mut [u8]) -> usize {
        let mut frame = self.first_frame.lock().unwrap_or_else(PoisonError::into_inner);
        let length = frame.len().min(into.len());
        into[..length].copy_from_slice(&frame[..length]);
        frame.drain(..length);
        length
    }
}

impl AsyncTcpStream for VirtualTcpStream {
    fn read<'a, 'b>(&'a self, buffer: &'b mut [u8]) -> Boxed<'b, io::Result<usize>>
    where
        'a: 'b,
    {
        Box::pin(async move {
            match self.take_first_frame(buffer) {
                0 => {
                    let length = self.reader.lock().await.read(buffer).await?;
                    self.port.note_transport(Transport::Tcp);
                    Ok(length)
                }
                length => Ok(length),
            }
        })
    }

    fn write_all<'a, 'b>(&'a self, bytes: &'b [u8]) -> Boxed<'b, io::Result<()>>
    where
        'a: 'b,
    {
        Box::pin(async move {
            let mut slot = self.writer.lock().await;
            let writer = slot.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
            let written = tokio::time::timeout(WRITE, writer.write_all(bytes)).await;
            let result = written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            if result.is_err() {
                *slot = None;
            }
            result
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
