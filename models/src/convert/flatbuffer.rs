//! A bounded reader of FlatBuffers tables (<https://flatbuffers.dev/internals/>).
//!
//! Generated accessors trust the offsets of the file; a model file comes from outside, so every offset and
//! length is checked here and a bad one is an error.

use super::ConvertError;

/// The longest vector of tables that a model may state; MediaPipe's largest has 390.
const MAX_TABLES: usize = 16_384;

/// One table inside a buffer: its position and that of its vtable.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    buffer: &'a [u8],
    start: usize,
    vtable: usize,
    vtable_length: usize,
}

impl<'a> Table<'a> {
    /// The root table of a buffer that carries `identifier` at byte 4.
    pub(super) fn root(buffer: &'a [u8], identifier: [u8; 4]) -> Result<Self, ConvertError> {
        if bytes(buffer, 4)? != identifier {
            return Err(ConvertError::Malformed("not a TFLite model: the file identifier is missing"));
        }
        Self::at(buffer, follow(buffer, 0)?)
    }

    fn at(buffer: &'a [u8], start: usize) -> Result<Self, ConvertError> {
        let back = i32::from_le_bytes(bytes(buffer, start)?);
        let vtable = i64::try_from(start).ok().and_then(|start| start.checked_sub(i64::from(back)));
        let vtable = vtable.and_then(|at| usize::try_from(at).ok()).ok_or(OUT_OF_BOUNDS)?;
        let vtable_length = usize::from(u16::from_le_bytes(bytes(buffer, vtable)?));
        Ok(Self { buffer, start, vtable, vtable_length })
    }

    /// The position of field `id`, or nothing when the table leaves it at its default.
    fn field(&self, id: usize) -> Result<Option<usize>, ConvertError> {
        let slot = 4 + 2 * id;
        if slot + 2 > self.vtable_length {
            return Ok(None);
        }
        let offset = u16::from_le_bytes(bytes(self.buffer, self.vtable + slot)?);
        Ok((offset != 0).then(|| self.start + usize::from(offset)))
    }

    pub(super) fn u8(&self, id: usize, default: u8) -> Result<u8, ConvertError> {
        self.field(id)?.map_or(Ok(default), |at| Ok(bytes::<1>(self.buffer, at)?[0]))
    }

    pub(super) fn bool(&self, id: usize) -> Result<bool, ConvertError> {
        Ok(self.u8(id, 0)? != 0)
    }

    pub(super) fn i32(&self, id: usize, default: i32) -> Result<i32, ConvertError> {
        self.field(id)?.map_or(Ok(default), |at| Ok(i32::from_le_bytes(bytes(self.buffer, at)?)))
    }

    pub(super) fn u32(&self, id: usize, default: u32) -> Result<u32, ConvertError> {
        self.field(id)?.map_or(Ok(default), |at| Ok(u32::from_le_bytes(bytes(self.buffer, at)?)))
    }

    pub(super) fn table(&self, id: usize) -> Result<Option<Self>, ConvertError> {
        self.field(id)?.map(|at| Self::at(self.buffer, follow(self.buffer, at)?)).transpose()
    }

    /// The raw bytes of a vector of bytes; an absent vector is empty.
    pub(super) fn bytes(&self, id: usize) -> Result<&'a [u8], ConvertError> {
        self.vector(id, 1)
    }

    pub(super) fn string(&self, id: usize) -> Result<&'a str, ConvertError> {
        std::str::from_utf8(self.bytes(id)?).map_err(|_| ConvertError::Malformed("a name is not UTF-8"))
    }

    pub(super) fn i32s(&self, id: usize) -> Result<Vec<i32>, ConvertError> {
        let words = self.vector(id, 4)?.chunks_exact(4);
        Ok(words.map(|word| i32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect())
    }

    pub(super) fn tables(&self, id: usize) -> Result<Vec<Self>, ConvertError> {
        let Some(at) = self.field(id)? else { return Ok(Vec::new()) };
        let start = follow(self.buffer, at)?;
        let count = u32::from_le_bytes(bytes(self.buffer, start)?) as usize;
        if count > MAX_TABLES {
            return Err(ConvertError::TooLarge("a list in the model has too many members"));
        }
        (0..count).map(|i| Self::at(self.buffer, follow(self.buffer, start + 4 + 4 * i)?)).collect()
    }

    fn vector(&self, id: usize, width: usize) -> Result<&'a [u8], ConvertError> {
        let Some(at) = self.field(id)? else { return Ok(&[]) };
        let start = follow(self.buffer, at)?;
        let count = u32::from_le_bytes(bytes(self.buffer, start)?) as usize;
        let length = count.checked_mul(width).ok_or(OUT_OF_BOUNDS)?;
        let data = self.buffer.get(start + 4..).ok_or(OUT_OF_BOUNDS)?;
        data.get(..length).ok_or(OUT_OF_BOUNDS)
    }
}

const OUT_OF_BOUNDS: ConvertError = ConvertError::Malformed("an offset points outside the file");

fn bytes<const N: usize>(buffer: &[u8], at: usize) -> Result<[u8; N], ConvertError> {
    let end = at.checked_add(N).ok_or(OUT_OF_BOUNDS)?;
    buffer.get(at..end).and_then(|bytes| bytes.try_into().ok()).ok_or(OUT_OF_BOUNDS)
}

/// Follows an unsigned offset that is relative to its own position.
fn follow(buffer: &[u8], at: usize) -> Result<usize, ConvertError> {
    let offset = u32::from_le_bytes(bytes(buffer, at)?) as usize;
    at.checked_add(offset).ok_or(OUT_OF_BOUNDS)
}
