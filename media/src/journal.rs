//! The take journal: an append-only file of everything that arrived during one take.
//!
//! All integers are little-endian. The file begins with a header of [`HEADER_LEN`] bytes:
//!
//! | bytes | field |
//! |---|---|
//! | 8 | magic `VIVAJRNL` |
//! | 2 | format version, 1 |
//! | 2 | zero |
//! | 16 | take id |
//! | 4 | CRC-32C of the 28 bytes before |
//!
//! Records follow back to back, each [`RECORD_HEADER_LEN`] bytes and a payload of at most [`MAX_PAYLOAD`]:
//!
//! | bytes | field |
//! |---|---|
//! | 4 | payload length |
//! | 4 | CRC-32C of all the record's other bytes, length included |
//! | 1 | kind: 1 RTP, 2 sender report, 3 event, 4 chunk |
//! | 1 | track: 0 none, 1 video, 2 audio |
//! | 8 | arrival time, microseconds since the Unix epoch (signed) |
//! | n | payload |
//!
//! Payloads: an RTP packet is the whole plain packet, header included; a sender report is {SSRC u32, NTP time u64, RTP
//! time u32}; an event is {code u8, fields}, see [`Event`]; a chunk is {copy u32, offset u64, started i64, bytes}, a piece
//! of the browser's own recording, see [`Body::Chunk`]. A reader passes over kinds and event codes that it does not know.
//!
//! The file is valid up to the first record whose CRC fails or that is cut short; [`JournalReader`] stops there, and
//! opening a journal for more records cuts that tail off.
//!
//! On a disk all of this is sealed, as a log of [`crate::seal`] whose records hold whole records of the journal.

mod event;
mod reader;
mod record;

use crate::seal::MAX_RECORD;

pub use event::{Event, StopReason};
pub use reader::{Entry, JournalError, JournalReader};
pub use record::{Body, PayloadTooLong, Record, SenderReport, Track};

/// The take a journal belongs to: the 16 bytes of its UUID.
pub type TakeId = [u8; 16];

/// Size of the file header in bytes.
pub const HEADER_LEN: usize = 32;
/// Size of a record before its payload, in bytes.
pub const RECORD_HEADER_LEN: usize = 18;
/// Largest payload of one record, in bytes: a record is sealed as a whole.
pub const MAX_PAYLOAD: usize = MAX_RECORD - RECORD_HEADER_LEN;
/// Largest piece of a copy in one record, in bytes.
pub const LARGEST_CHUNK: usize = MAX_PAYLOAD - CHUNK_HEADER_LEN;
/// Size of a chunk's payload before its bytes.
pub const CHUNK_HEADER_LEN: usize = 20;

const MAGIC: &[u8; 8] = b"VIVAJRNL";
const VERSION: u16 = 1;

/// Parts a row of encoded records between records, into pieces that can be sealed.
pub(crate) fn pieces(records: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = records;
    std::iter::from_fn(move || {
        let mut length = 0;
        while let Some(bytes) = rest[length..].first_chunk() {
            let record = RECORD_HEADER_LEN + u32::from_le_bytes(*bytes) as usize;
            if length + record > MAX_RECORD {
                break;
            }
            length += record;
        }
        let (piece, after) = rest.split_at(length);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The header that begins the journal of a take.
pub fn file_header(take_id: TakeId) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[..8].copy_from_slice(MAGIC);
    header[8..10].copy_from_slice(&VERSION.to_le_bytes());
    header[12..28].copy_from_slice(&take_id);
    let checksum = crc32c::crc32c(&header[..28]);
    header[28..].copy_from_slice(&checksum.to_le_bytes());
    header
}
