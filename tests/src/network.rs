//! The network between a candidate and the server, as a relay that sees every datagram pass.
//!
//! What reached the server is known here, whatever becomes of the server: RTP headers travel in the clear (RFC 3711).

use std::{
    collections::{HashMap, hash_map::Entry},
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::conditions::{Conditions, Lane};

/// Which RTP packet of a connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PacketId {
    pub ssrc: u32,
    pub sequence: u16,
}

impl PacketId {
    /// Reads the header of an RTP packet (RFC 3550, section 5.1), encrypted or not.
    pub fn of(packet: &[u8]) -> Option<Self> {
        let &[_, _, s1, s2, _, _, _, _, a, b, c, d, ..] = packet else { return None };
        Some(Self { ssrc: u32::from_be_bytes([a, b, c, d]), sequence: u16::from_be_bytes([s1, s2]) })
    }
}

/// An RTP packet handed to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    pub at: Instant,
    pub packet: PacketId,
}

/// What the threads of a network share.
#[derive(Default)]
struct State {
    seen: Mutex<Vec<Passed>>,
    cut: AtomicBool,
    /// How often the candidate's address has changed.
    moves: AtomicU32,
    stop: AtomicBool,
}

pub struct Network {
    state: Arc<State>,
    relay: Option<JoinHandle<()>>,
}

/// How long a thread sleeps in a read before it looks whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Network {
    /// Takes datagrams at `front` to `server`, and the answers back.
    pub fn start(front: SocketAddr, server: SocketAddr, conditions: Conditions) -> Result<Self> {
        let front = UdpSocket::bind(front)?;
        front.set_read_timeout(Some(LOOK_EVERY))?;
        let state = Arc::<State>::default();
        let relay = {
            let state = Arc::clone(&state);
            thread::spawn(move || {
                // The sockets of a test's end close with it; an error here shows as a candidate without a connection.
                let _ = relay(&front, server, conditions, &state);
            })
        };
        Ok(Self { state, relay: Some(relay) })
    }

    /// Lets nothing through in either direction, or everything again.
    pub fn cut(&self, cut: bool) {
        self.state.cut.store(cut, Ordering::Relaxed);
    }

    /// From now on the candidate comes from another address, and nothing sent to the old one arrives: a router that
    /// forgot, or Wi-Fi left for a mobile network.
    pub fn change_address(&self) {
        self.state.moves.fetch_add(1, Ordering::Relaxed);
    }

    /// The media packets that passed to the server so far, in order.
    pub fn passed(&self) -> Vec<Passed> {
        self.state.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
        if let Some(relay) = self.relay.take() {
            let _ = relay.join();
        }
    }
}

fn relay(front: &UdpSocket, server: SocketAddr, conditions: Conditions, state: &Arc<State>) -> Result<()> {
    let mut ways: HashMap<(SocketAddr, u32), Arc<UdpSocket>> = HashMap::new();
    let mut up = Delayed::new(conditions);
    let mut datagram = [0; 2048];
    while !state.stop.load(Ordering::Relaxed) {
        let Some((length, candidate)) = receive(|| front.recv_from(&mut datagram))? else { continue };
        if state.cut.load(Ordering::Relaxed) {
            continue;
        }
        let moves = state.moves.load(Ordering::Relaxed);
        let behind = match ways.entry((candidate, moves)) {
            Entry::Occupied(way) => way.into_mut(),
            Entry::Vacant(way) => {
                way.insert(way_back(front, candidate, server, (conditions, moves), Arc::clone(state))?.into())
            }
        };
        let (behind, state) = (Arc::clone(behind), Arc::clone(state));
        up.send(&datagram[..length], move |datagram| {
            // While the server is down its port refuses, and the datagram is lost as in any network.
            let sent = behind.send(datagram).is_ok();
            if let Some(passed) = sent.then(|| media(datagram)).flatten() {
                state.seen.lock().unwrap_or_else(PoisonError::into_inner).push(passed);
            }
        });
    }
    Ok(())
}

type Sending = Box<dyn FnOnce() + Send>;

/// One direction that takes its time.
struct Delayed {
    lane: Lane,
    /// What is under way; without it everything arrives at once.
    way: Option<mpsc::Sender<(Instant, Sending)>>,
}

impl Delayed {
    fn new(conditions: Conditions) -> Self {
        let takes_time = conditions.kbps.is_some() || !conditions.latency.is_zero();
        let way = takes_time.then(|| {
            let (way, arriving) = mpsc::channel::<(Instant, Sending)>();
            thread::spawn(move || {
                for (due, send) in arriving {
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    send();
                }
            });
            way
        });
        Self { lane: Lane::new(conditions), way }
    }

    fn send(&mut self, datagram: &[u8], send: impl FnOnce(&[u8]) + Send + 'static) {
        let Some(due) = self.lane.datagram(Instant::now(), datagram.len()) else { return };
        let Some(way) = &self.way else { return send(datagram) };
        let datagram = datagram.to_vec();
        // The thread goes on as long as this end lives.
        let _ = way.send((due, Box::new(move || send(&datagram))));
    }
}

/// A socket of its own for each of the candidate's addresses, whose answers go back from `front`.
fn way_back(
    front: &UdpSocket,
    candidate: SocketAddr,
    server: SocketAddr,
    (conditions, moves): (Conditions, u32),
    state: Arc<State>,
) -> Result<UdpSocket> {
    let behind = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    behind.connect(server)?;
    behind.set_read_timeout(Some(LOOK_EVERY))?;
    let (answers, front) = (behind.try_clone()?, Arc::new(front.try_clone()?));
    thread::spawn(move || {
        let mut datagram = [0; 2048];
        let mut down = Delayed::new(conditions);
        let is_current = || state.moves.load(Ordering::Relaxed) == moves;
        while !state.stop.load(Ordering::Relaxed) && is_current() {
            match receive(|| answers.recv(&mut datagram)) {
                Ok(Some(length)) if is_current() && !state.cut.load(Ordering::Relaxed) => {
                    let front = Arc::clone(&front);
                    down.send(&datagram[..length], move |datagram| {
                        let _ = front.send_to(datagram, candidate);
                    });
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    });
    Ok(behind)
}

/// `None` when nothing came, or when the other side is not there just now.
fn receive<T>(read: impl FnOnce() -> std::io::Result<T>) -> Result<Option<T>> {
    match read() {
        Ok(read) => Ok(Some(read)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::WouldBlock
                    | ErrorKind::TimedOut
                    | ErrorKind::ConnectionRefused
                    | ErrorKind::Interrupted
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// An RTP packet, told from STUN, DTLS and RTCP by its first bytes (RFC 7983, RFC 5761).
fn media(datagram: &[u8]) -> Option<Passed> {
    let &[first, second, ..] = datagram else { return None };
    let is_rtcp = (192..=223).contains(&second);
    let packet = PacketId::of(datagram).filter(|_| (128..=191).contains(&first) && !is_rtcp)?;
    Some(Passed { at: Instant::now(), packet })
}
