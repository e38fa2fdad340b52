//! EBML (RFC 8794): element headers from the file, and whole elements held in memory.

use std::io;

use crate::read::source::Source;

/// The header of an element: its identifier (with the length marker) and, unless unknown, its size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: u32,
    pub(super) size: Option<u64>,
}

/// Reads an element header; `InvalidData` where the bytes are none.
pub(super) fn read_header(source: &mut Source) -> io::Result<Header> {
    let [first] = source.read_array()?;
    let id_length = first.leading_zeros() as usize + 1;
    if id_length > 4 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut id = u32::from(first);
    for _ in 1..id_length {
        let [byte] = source.read_array()?;
        id = id << 8 | u32::from(byte);
    }
    let [first] = source.read_array()?;
    let size_length = first.leading_zeros() as usize + 1;
    if size_length > 8 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut size = u64::from(first) & (0xff >> size_length);
    for _ in 1..size_length {
        let [byte] = source.read_array()?;
        size = size << 8 | u64::from(byte);
    }
    Ok(Header { id, size: (size != unknown_size(size_length)).then_some(size) })
}

/// All value bits set: "size unknown" (RFC 8794, section 6.2).
fn unknown_size(length: usize) -> u64 {
    (1 << (7 * length)) - 1
}

/// Reads a variable-length integer from the front of `bytes`: its value, its length, and the rest.
pub(super) fn vint(bytes: &[u8]) -> Option<(u64, usize, &[u8])> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    if length > 8 || bytes.len() < length {
        return None;
    }
    let (head, rest) = bytes.split_at(length);
    let lead = u64::from(first) & (0xff >> length);
    let value = head[1..].iter().fold(lead, |value, byte| value << 8 | u64::from(*byte));
    Some((value, length, rest))
}

/// The children of an element held in memory; ends at the first malformed one.
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let first = *self.0.first()?;
        let id_length = first.leading_zeros() as usize + 1;
        if id_length > 4 || self.0.len() < id_length {
            return None;
        }
        let (id, rest) = self.0.split_at(id_length);
        let id = id.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
        let (size, _, rest) = vint(rest)?;
        let (body, rest) = rest.split_at_checked(usize::try_from(size).ok()?)?;
        self.0 = rest;
        Some((id, body))
    }
}

/// An unsigned integer of up to 8 bytes.
pub(super) fn uint(body: &[u8]) -> u64 {
    body.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// A float of 4 or 8 bytes; 0 for any other size.
pub(super) fn float(body: &[u8]) -> f64 {
    match (<[u8; 4]>::try_from(body), <[u8; 8]>::try_from(body)) {
        (Ok(bytes), _) => f64::from(f32::from_be_bytes(bytes)),
        (_, Ok(bytes)) => f64::from_be_bytes(bytes),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vints_of_every_length_are_read() {
        assert_eq!(vint(&[0x81, 9]), Some((1, 1, &[9][..])));
        assert_eq!(vint(&[0x40, 0x02]), Some((2, 2, &[][..])));
        assert_eq!(vint(&[0x01, 0, 0, 0, 0, 0, 0, 7]), Some((7, 8, &[][..])));
        assert_eq!(vint(&[0x40]), None);
        assert_eq!(vint(&[0x00, 1]), None);
    }

    #[test]
    fn elements_end_at_the_first_that_overruns() {
        let bytes = [0xD7, 0x81, 5, 0x83, 0x88, 1];
        assert_eq!(Elements(&bytes).collect::<Vec<_>>(), [(0xD7, &[5][..])]);
    }
}
