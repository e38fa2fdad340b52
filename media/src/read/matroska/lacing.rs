//! Laced blocks: several frames in one block (RFC 9559, section 10.3).

use super::ebml::vint;

/// Splits the payload of a block by the lacing its flags state; `None` where the sizes do not add up.
pub(super) fn split(flags: u8, payload: &[u8]) -> Option<Vec<&[u8]>> {
    let lacing = (flags >> 1) & 0b11;
    if lacing == 0 {
        return Some(vec![payload]);
    }
    let (&last_index, rest) = payload.split_first()?;
    let last_index = usize::from(last_index);
    let (sizes, mut frames) = match lacing {
        0b01 => xiph_sizes(rest, last_index)?,
        0b10 => {
            let size = rest.len() / (last_index + 1);
            (vec![size; last_index], rest)
        }
        _ => ebml_sizes(rest, last_index)?,
    };
    let mut split = Vec::with_capacity(last_index + 1);
    for size in sizes {
        let (frame, rest) = frames.split_at_checked(size)?;
        split.push(frame);
        frames = rest;
    }
    split.push(frames);
    Some(split)
}

fn xiph_sizes(mut bytes: &[u8], count: usize) -> Option<(Vec<usize>, &[u8])> {
    let mut sizes = Vec::with_capacity(count);
    for _ in 0..count {
        let mut size = 0;
        loop {
            let (&byte, rest) = bytes.split_first()?;
            bytes = rest;
            size += usize::from(byte);
            if byte != 255 {
                break;
            }
        }
        sizes.push(size);
    }
    Some((sizes, bytes))
}

/// The first size as it is, each further one as a signed difference.
fn ebml_sizes(bytes: &[u8], count: usize) -> Option<(Vec<usize>, &[u8])> {
    let mut sizes = Vec::with_capacity(count);
    let mut rest = bytes;
    let mut size: i64 = 0;
    for index in 0..count {
        let (value, length, after) = vint(rest)?;
        rest = after;
        let value = i64::try_from(value).ok()?;
        let bias = if index == 0 { 0 } else { (1 << (7 * length - 1)) - 1 };
        size = size.checked_add(value - bias)?;
        sizes.push(usize::try_from(size).ok()?);
    }
    Some((sizes, rest))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn every_lacing_splits() {
        assert_eq!(split(0, b"abc"), Some(vec![&b"abc"[..]]));
        assert_eq!(split(0b010, b"\x01\x01abc"), Some(vec![&b"a"[..], b"bc"]));
        assert_eq!(split(0b100, b"\x02abcdef"), Some(vec![&b"ab"[..], b"cd", b"ef"]));
        // Sizes 1 and 1 + 1, then the rest.
        assert_eq!(split(0b110, b"\x02\x81\xC0abcde"), Some(vec![&b"a"[..], b"bc", b"de"]));
    }

    #[test]
    fn sizes_beyond_the_block_are_refused() {
        assert_eq!(split(0b010, b"\x01\x09abc"), None);
        assert_eq!(split(0b110, b"\x02\x81\x80abcde"), None);
        assert_eq!(split(0b010, b""), None);
    }
}
