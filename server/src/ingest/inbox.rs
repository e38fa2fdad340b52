//! The bounded queue between the shared socket and one peer.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Datagrams waiting at most: more than a second of 720p video, and a 365 kB key frame many times over.
const CAPACITY: usize = 2_048;
/// Of these, how many may come from addresses this peer has never answered.
const UNPROVEN_CAPACITY: usize = 32;
/// Emptied buffers kept for reuse: the packets of one frame. Each costs 1.2 kB for as long as the peer is there.
const SPARE: usize = 8;

#[derive(Debug)]
struct Waiting {
    from: SocketAddr,
    proven: bool,
    bytes: Vec<u8>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    unproven: usize,
    spare: Vec<Vec<u8>>,
    reader: Option<Waker>,
}

/// Datagrams for one virtual socket. Full means the newest is dropped, as a socket buffer would.
#[derive(Debug, Default)]
pub(super) struct Inbox(Mutex<Queue>);

impl Inbox {
    /// Queues a copy of `bytes` and wakes the reader. False when there was no room.
    ///
    /// `proven` marks an address that this peer has answered, that is, one whose STUN was authentic. Others
    /// get a small share of the queue, so that nobody can crowd out media by guessing or replaying a ufrag.
    pub fn push(&self, from: SocketAddr, bytes: &[u8], proven: bool) -> bool {
        let reader = {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.waiting.len() >= CAPACITY || (!proven && queue.unproven >= UNPROVEN_CAPACITY) {
                return false;
            }
            queue.unproven += usize::from(!proven);
            let mut buffer = queue.spare.pop().unwrap_or_default();
            buffer.extend_from_slice(bytes);
            queue.waiting.push_back(Waiting { from, proven, bytes: buffer });
            queue.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
        true
    }

    /// Copies the oldest datagram into `into` and yields its length and source. One that does not fit is cut.
    pub fn poll_pop(&self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<(usize, SocketAddr)> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Waiting { from, proven, mut bytes }) = queue.waiting.pop_front() else {
            queue.reader = Some(cx.waker().clone());
            return Poll::Pending;
        };
        queue.unproven -= usize::from(!proven);
        let length = bytes.len().min(into.len());
        into[..length].copy_from_slice(&bytes[..length]);
        if queue.spare.len() < SPARE {
            bytes.clear();
            queue.spare.push(bytes);
        }
        Poll::Ready((length, from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn hands_datagrams_over_in_order() {
        let inbox = Inbox::default();
        let mut cx = Context::from_waker(Waker::noop());
        let mut into = [0; 8];
        assert!(inbox.poll_pop(&mut cx, &mut into).is_pending());
        assert!(inbox.push(address(1), b"one", true));
        assert!(inbox.push(address(2), b"two", false));
        assert_eq!(inbox.poll_pop(&mut cx, &mut into), Poll::Ready((3, address(1))));
        assert_eq!(&into[..3], b"one");
        assert_eq!(inbox.poll_pop(&mut cx, &mut into), Poll::Ready((3, address(2))));
        assert!(inbox.poll_pop(&mut cx, &mut into).is_pending());
    }

    #[test]
    fn strangers_cannot_crowd_out_the_peer() {
        let inbox = Inbox::default();
        let taken = (0..100).filter(|port| inbox.push(address(*port), b"x", false)).count();
        assert_eq!(taken, UNPROVEN_CAPACITY);
        let taken = (0..5_000).filter(|_| inbox.push(address(1), b"x", true)).count();
        assert_eq!(taken, CAPACITY - UNPROVEN_CAPACITY);
    }
}
