//! The network between a candidate and the server for everything that goes over TCP. While it is cut, connections stand
//! still as they do in a tunnel: nothing is refused and nothing comes.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::conditions::{Conditions, Lane};

#[derive(Default)]
struct State {
    cut: AtomicBool,
    /// How often all connections were torn down.
    resets: AtomicU32,
    stop: AtomicBool,
}

pub struct Wire {
    state: Arc<State>,
    accept: Option<JoinHandle<()>>,
}

/// How long a thread waits before it looks again.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Wire {
    /// Takes connections at `front` to `server`.
    pub fn start(front: SocketAddr, server: SocketAddr, conditions: Conditions) -> Result<Self> {
        let listener = TcpListener::bind(front)?;
        listener.set_nonblocking(true)?;
        let state = Arc::<State>::default();
        let accept = {
            let state = Arc::clone(&state);
            thread::spawn(move || {
                while !state.stop.load(Ordering::Relaxed) {
                    match listener.accept() {
                        Ok((candidate, _)) => join(&candidate, server, conditions, &state),
                        Err(_) => thread::sleep(LOOK_EVERY),
                    }
                }
            })
        };
        Ok(Self { state, accept: Some(accept) })
    }

    /// Lets nothing through in either direction, or everything again.
    pub fn cut(&self, cut: bool) {
        self.state.cut.store(cut, Ordering::Relaxed);
    }

    /// Tears every connection down, as a change of address does.
    pub fn reset(&self) {
        self.state.resets.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
        if let Some(accept) = self.accept.take() {
            let _ = accept.join();
        }
    }
}

fn join(candidate: &TcpStream, server: SocketAddr, conditions: Conditions, state: &Arc<State>) {
    // A server that is down refuses, and so does this end.
    let Ok(server) = TcpStream::connect(server) else { return };
    for (from, to) in [(candidate, &server), (&server, candidate)] {
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
        let (state, resets) = (Arc::clone(state), state.resets.load(Ordering::Relaxed));
        thread::spawn(move || {
            // A connection that breaks is what is being tested.
            let _ = carry(&from, &to, conditions, &state, resets);
            let _ = to.shutdown(Shutdown::Write);
            if state.resets.load(Ordering::Relaxed) != resets || state.stop.load(Ordering::Relaxed) {
                let _ = from.shutdown(Shutdown::Both);
            }
        });
    }
}

fn carry(
    mut from: &TcpStream,
    mut to: &TcpStream,
    conditions: Conditions,
    state: &State,
    resets: u32,
) -> Result<()> {
    from.set_read_timeout(Some(LOOK_EVERY))?;
    from.set_nodelay(true)?;
    let mut lane = Lane::new(conditions);
    let mut bytes = [0; 16 * 1024];
    let is_over = || state.stop.load(Ordering::Relaxed) || state.resets.load(Ordering::Relaxed) != resets;
    while !is_over() {
        let length = match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(error) => return Err(error.into()),
        };
        let now = Instant::now();
        thread::sleep(lane.pass(now, length).saturating_duration_since(now));
        while state.cut.load(Ordering::Relaxed) && !is_over() {
            thread::sleep(LOOK_EVERY);
        }
        if is_over() {
            break;
        }
        to.write_all(&bytes[..length])?;
    }
    Ok(())
}
