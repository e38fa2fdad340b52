//! Boxes held in memory (ISO/IEC 14496-12, section 4.2), and their fields.

/// A four-character code.
pub(super) type FourCc = [u8; 4];

/// The boxes inside a box; ends at the first malformed one.
pub(super) struct Boxes<'a>(pub(super) &'a [u8]);

impl<'a> Boxes<'a> {
    /// The body of the first box of this kind.
    pub(super) fn find(self, wanted: &FourCc) -> Option<&'a [u8]> {
        let mut boxes = self;
        boxes.find_map(|(kind, body)| (kind == *wanted).then_some(body))
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = (FourCc, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut fields = Fields(self.0);
        let size = u64::from(fields.u32()?);
        let kind = fields.u32()?.to_be_bytes();
        let (header, size) = match size {
            0 => (8, self.0.len() as u64),
            1 => (16, fields.u64()?),
            size => (8, size),
        };
        let (whole, rest) = self.0.split_at_checked(usize::try_from(size).ok()?)?;
        let body = whole.get(header..)?;
        self.0 = rest;
        Some((kind, body))
    }
}

/// Big-endian fields, read one after the other.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Version and flags of a full box.
    pub(super) fn version_and_flags(&mut self) -> Option<(u8, u32)> {
        let word = self.u32()?;
        Some(((word >> 24) as u8, word & 0x00ff_ffff))
    }

    /// A field of 64 bits in version 1 of a full box, of 32 bits in version 0.
    pub(super) fn sized(&mut self, version: u8) -> Option<u64> {
        if version == 0 { self.u32().map(u64::from) } else { self.u64() }
    }
}

/// The entries of a table: `width` bytes each, as many as are stated and there.
pub(super) fn table<'a>(
    fields: &mut Fields<'a>,
    width: usize,
) -> Option<impl Iterator<Item = Fields<'a>> + use<'a>> {
    let count = fields.u32()? as usize;
    Some(fields.0.chunks_exact(width).take(count).map(Fields))
}
