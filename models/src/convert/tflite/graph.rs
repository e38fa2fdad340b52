//! The graph of a TFLite file, read and bounded.

use crate::convert::{ConvertError, flatbuffer::Table};

const MAX_RANK: usize = 6;
/// The most elements of one tensor (64 MB as floats); the largest in MediaPipe's face graphs has 2.4 M.
const MAX_ELEMENTS: usize = 16 << 20;
const MAX_NAME_BYTES: usize = 512;

/// The element types that occur (`TensorType` of the schema).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Float32,
    Float16,
    Int32,
    Other,
}

pub(super) struct Tensor<'a> {
    pub(super) name: &'a str,
    pub(super) shape: Vec<usize>,
    element: Element,
    /// Empty for a value that is computed at run time.
    data: &'a [u8],
}

impl Tensor<'_> {
    pub(super) fn is_constant(&self) -> bool {
        !self.data.is_empty()
    }

    pub(super) fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// The constant as floats; half precision widens exactly.
    pub(super) fn floats(&self) -> Result<Vec<f32>, ConvertError> {
        let values: Vec<f32> = match self.element {
            Element::Float32 => {
                let words = self.data.chunks_exact(4);
                words.map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
            }
            Element::Float16 => {
                let words = self.data.chunks_exact(2);
                words.map(|word| half_to_single(u16::from_le_bytes([word[0], word[1]]))).collect()
            }
            _ => return Err(ConvertError::Unsupported("a constant that is not float".to_owned())),
        };
        self.check_length(values)
    }

    /// The constant as integers: axes, paddings, slices.
    pub(super) fn integers(&self) -> Result<Vec<i64>, ConvertError> {
        if self.element != Element::Int32 || !self.is_constant() {
            return Err(ConvertError::Unsupported("an argument computed at run time".to_owned()));
        }
        let words = self.data.chunks_exact(4);
        let values = words.map(|word| i32::from_le_bytes([word[0], word[1], word[2], word[3]]).into());
        self.check_length(values.collect())
    }

    fn check_length<T>(&self, values: Vec<T>) -> Result<Vec<T>, ConvertError> {
        if values.len() == self.elements() {
            Ok(values)
        } else {
            Err(ConvertError::Malformed("a constant's data does not fill its shape"))
        }
    }
}

pub(super) struct Operator<'a> {
    /// `BuiltinOperator` of the schema.
    pub(super) code: i32,
    /// Indices of tensors; −1 stands for an optional input that is absent.
    pub(super) inputs: Vec<i32>,
    pub(super) outputs: Vec<i32>,
    pub(super) options: Option<Table<'a>>,
}

pub(super) struct Graph<'a> {
    pub(super) tensors: Vec<Tensor<'a>>,
    pub(super) inputs: Vec<i32>,
    pub(super) outputs: Vec<i32>,
    pub(super) operators: Vec<Operator<'a>>,
}

impl<'a> Graph<'a> {
    pub(super) fn parse(source: &'a [u8]) -> Result<Self, ConvertError> {
        let model = Table::root(source, *b"TFL3")?;
        let codes: Vec<i32> = model.tables(1)?.iter().map(operator_code).collect::<Result<_, _>>()?;
        let buffers = model.tables(4)?;
        let subgraphs = model.tables(2)?;
        let [subgraph] = subgraphs.as_slice() else {
            return Err(ConvertError::Unsupported("more or fewer than one graph".to_owned()));
        };
        let tensors = subgraph.tables(0)?;
        let operators = subgraph.tables(3)?;
        Ok(Self {
            tensors: tensors.iter().map(|table| tensor(table, &buffers)).collect::<Result<_, _>>()?,
            inputs: subgraph.i32s(1)?,
            outputs: subgraph.i32s(2)?,
            operators: operators.iter().map(|table| operator(table, &codes)).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn tensor(&self, index: i32) -> Result<&Tensor<'a>, ConvertError> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.tensors.get(index))
            .ok_or(ConvertError::Malformed("a tensor is missing"))
    }
}

fn operator_code(table: &Table<'_>) -> Result<i32, ConvertError> {
    // Codes below 127 may stand in the older one-byte field only; the larger of the two is meant.
    Ok(table.i32(3, 0)?.max(i32::from(table.u8(0, 0)?)))
}

fn tensor<'a>(table: &Table<'a>, buffers: &[Table<'a>]) -> Result<Tensor<'a>, ConvertError> {
    let shape = shape(&table.i32s(0)?)?;
    let element = match table.u8(1, 0)? {
        0 => Element::Float32,
        1 => Element::Float16,
        2 => Element::Int32,
        _ => Element::Other,
    };
    let buffer = buffers
        .get(table.u32(2, 0)? as usize)
        .ok_or(ConvertError::Malformed("a tensor's buffer is missing"))?;
    if table.table(6)?.is_some() {
        return Err(ConvertError::Unsupported("sparse constants".to_owned()));
    }
    let name = table.string(3)?;
    if name.len() > MAX_NAME_BYTES {
        return Err(ConvertError::TooLarge("a tensor's name"));
    }
    Ok(Tensor { name, shape, element, data: buffer.bytes(0)? })
}

fn shape(stated: &[i32]) -> Result<Vec<usize>, ConvertError> {
    if stated.len() > MAX_RANK {
        return Err(ConvertError::TooLarge("a tensor has too many axes"));
    }
    let mut elements = 1usize;
    let sizes = stated.iter().map(|&size| {
        let size = usize::try_from(size).ok().filter(|&size| size > 0);
        let size =
            size.ok_or_else(|| ConvertError::Unsupported("a tensor without a fixed shape".to_owned()))?;
        elements = elements.saturating_mul(size);
        if elements > MAX_ELEMENTS {
            return Err(ConvertError::TooLarge("a tensor has too many elements"));
        }
        Ok(size)
    });
    sizes.collect()
}

fn operator<'a>(table: &Table<'a>, codes: &[i32]) -> Result<Operator<'a>, ConvertError> {
    let code = codes.get(table.u32(0, 0)? as usize);
    Ok(Operator {
        code: *code.ok_or(ConvertError::Malformed("an operator's code is missing"))?,
        inputs: table.i32s(1)?,
        outputs: table.i32s(2)?,
        options: table.table(4)?,
    })
}

/// IEEE 754 binary16 to binary32; every half is exactly a single.
fn half_to_single(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10) & 0x1f;
    let mantissa = u32::from(half) & 0x3ff;
    match exponent {
        // Zero and subnormals count in units of 2⁻²⁴.
        0 => f32::from_bits(sign | (mantissa as f32 / 16_777_216.0).to_bits()),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | (mantissa << 13)),
        _ => f32::from_bits(sign | ((exponent + 112) << 23) | (mantissa << 13)),
    }
}

#[cfg(test)]
mod tests {
    use super::half_to_single;

    #[test]
    fn halves_widen_exactly() {
        for (half, single) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half_to_single(half).to_bits(), f32::to_bits(single), "half {half:#06x}");
        }
        assert!(half_to_single(0x7e00).is_nan());
    }
}
