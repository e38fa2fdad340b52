//! Values of the graph under conversion, and the order of their axes.

use std::collections::HashMap;

use super::graph::{Graph, Tensor};
use crate::convert::ConvertError;
use crate::convert::onnx::{Attribute, GraphBuilder};

/// The most constant elements of one model (256 MB as floats): shared buffers could otherwise be written out
/// once per use, without an end.
const MAX_CONSTANT_ELEMENTS: usize = 64 << 20;

/// The order of a value's axes. Only values with four axes have a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Layout {
    /// As in the TFLite file: batch, height, width, channels.
    AsStored,
    /// As ONNX's convolutions want it: batch, channels, height, width.
    ChannelsFirst,
}

/// Axis `i` of a channels-first value is axis `CHANNELS_FIRST[i]` of the stored one.
pub(super) const CHANNELS_FIRST: [usize; 4] = [0, 3, 1, 2];
/// Axis `i` of a stored value is axis `AS_STORED[i]` of the channels-first one.
pub(super) const AS_STORED: [usize; 4] = [0, 2, 3, 1];

impl Layout {
    /// Where a stored axis lies in this layout.
    pub(super) fn axis(self, stored: usize) -> usize {
        match self {
            Self::AsStored => stored,
            Self::ChannelsFirst => AS_STORED[stored],
        }
    }

    /// Reorders one entry per stored axis.
    pub(super) fn reorder<T: Copy>(self, stored: &[T]) -> Vec<T> {
        match self {
            Self::AsStored => stored.to_vec(),
            Self::ChannelsFirst => CHANNELS_FIRST.iter().map(|&axis| stored[axis]).collect(),
        }
    }
}

pub(super) struct Emitter<'a> {
    pub(super) graph: &'a Graph<'a>,
    pub(super) onnx: GraphBuilder,
    /// The names of computed values, in each layout that exists so far.
    values: HashMap<(i32, Layout), String>,
    /// The layout in which each value was computed.
    computed: HashMap<i32, Layout>,
    /// The names of constants, by layout and number of axes.
    constants: HashMap<(i32, Layout, usize), String>,
    /// Dequantised constants and the half-precision tensors behind them.
    widened: HashMap<i32, i32>,
    constant_elements: usize,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(graph: &'a Graph<'a>) -> Self {
        Self {
            graph,
            onnx: GraphBuilder::new("viva"),
            values: HashMap::new(),
            computed: HashMap::new(),
            constants: HashMap::new(),
            widened: HashMap::new(),
            constant_elements: 0,
        }
    }

    pub(super) fn shape(&self, index: i32) -> Result<&'a [usize], ConvertError> {
        Ok(&self.graph.tensor(index)?.shape)
    }

    /// The shape of a value that must have four axes.
    pub(super) fn image_shape(&self, index: i32) -> Result<[usize; 4], ConvertError> {
        self.shape(index)?.try_into().map_err(|_| ConvertError::Malformed("an image without four axes"))
    }

    /// Makes `output` an alias of the half-precision constant `source`.
    pub(super) fn widen(&mut self, source: i32, output: i32) -> Result<(), ConvertError> {
        if !self.graph.tensor(source)?.is_constant() {
            return Err(ConvertError::Unsupported("DEQUANTIZE of a computed value".to_owned()));
        }
        self.widened.insert(output, source);
        Ok(())
    }

    /// The constant behind a tensor, if it is one.
    pub(super) fn constant(&self, index: i32) -> Result<Option<&'a Tensor<'a>>, ConvertError> {
        let tensor = self.graph.tensor(*self.widened.get(&index).unwrap_or(&index))?;
        Ok(tensor.is_constant().then_some(tensor))
    }

    /// The layout in which a value was computed; a constant has none and takes any.
    pub(super) fn layout(&self, index: i32) -> Layout {
        self.computed.get(&index).copied().unwrap_or(Layout::AsStored)
    }

    /// The layout for an operator that works on all `inputs` alike: channels first as soon as one of them is
    /// and all computed ones have four axes.
    pub(super) fn common_layout(&self, inputs: &[i32]) -> Result<Layout, ConvertError> {
        let mut layout = Layout::AsStored;
        for &input in inputs {
            let axes = self.shape(input)?.len();
            let computed = self.constant(input)?.is_none();
            if axes > 4 || (computed && axes != 4) {
                return Ok(Layout::AsStored);
            }
            if self.layout(input) == Layout::ChannelsFirst {
                layout = Layout::ChannelsFirst;
            }
        }
        Ok(layout)
    }

    /// Records that `output` is now called `name`.
    pub(super) fn write(&mut self, output: i32, layout: Layout, name: String) {
        self.computed.insert(output, layout);
        self.values.insert((output, layout), name);
    }

    /// The name of a value in a layout; adds the transpose, once, where it was computed in the other.
    pub(super) fn read(&mut self, index: i32, layout: Layout) -> Result<String, ConvertError> {
        if self.constant(index)?.is_some() {
            let axes = self.shape(index)?.len();
            return self.float_constant(index, layout, axes);
        }
        if let Some(name) = self.values.get(&(index, layout)) {
            return Ok(name.clone());
        }
        let other = match layout {
            Layout::AsStored => Layout::ChannelsFirst,
            Layout::ChannelsFirst => Layout::AsStored,
        };
        let name = self
            .values
            .get(&(index, other))
            .ok_or(ConvertError::Malformed("a value is used before it is computed"))?
            .clone();
        self.image_shape(index)?;
        let order = match layout {
            Layout::AsStored => AS_STORED,
            Layout::ChannelsFirst => CHANNELS_FIRST,
        };
        let name = self.transpose(&name, &order);
        self.values.insert((index, layout), name.clone());
        Ok(name)
    }

    /// As [`read`](Self::read), with a constant's shape extended by leading ones to `axes`, as broadcasting
    /// would, so that its axes can follow the layout.
    pub(super) fn read_broadcast(
        &mut self,
        index: i32,
        layout: Layout,
        axes: usize,
    ) -> Result<String, ConvertError> {
        if self.constant(index)?.is_some() {
            self.float_constant(index, layout, axes)
        } else {
            self.read(index, layout)
        }
    }

    pub(super) fn transpose(&mut self, value: &str, order: &[usize]) -> String {
        let order = order.iter().map(|&axis| axis as i64).collect();
        self.onnx.node("Transpose", &[value], vec![("perm", Attribute::Ints(order))])
    }

    fn float_constant(&mut self, index: i32, layout: Layout, axes: usize) -> Result<String, ConvertError> {
        if let Some(name) = self.constants.get(&(index, layout, axes)) {
            return Ok(name.clone());
        }
        let tensor = self.constant(index)?.ok_or(ConvertError::Malformed("a constant is missing"))?;
        let leading = axes.checked_sub(tensor.shape.len());
        let leading = leading.ok_or(ConvertError::Malformed("a constant has too many axes"))?;
        let shape = [vec![1; leading], tensor.shape.clone()].concat();
        let name = match layout {
            Layout::AsStored => self.permuted(tensor, &shape, &(0..axes).collect::<Vec<_>>())?,
            Layout::ChannelsFirst if axes == 4 => self.permuted(tensor, &shape, &CHANNELS_FIRST)?,
            Layout::ChannelsFirst => return Err(ConvertError::Malformed("an image without four axes")),
        };
        self.constants.insert((index, layout, axes), name.clone());
        Ok(name)
    }

    /// Writes a constant, seen as `shape`, with its axes in `order`; returns its name.
    pub(super) fn permuted(
        &mut self,
        tensor: &Tensor<'_>,
        shape: &[usize],
        order: &[usize],
    ) -> Result<String, ConvertError> {
        self.constant_elements += tensor.elements();
        if self.constant_elements > MAX_CONSTANT_ELEMENTS {
            return Err(ConvertError::TooLarge("its constants"));
        }
        let values = permute(&tensor.floats()?, shape, order);
        let shape: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
        Ok(self.onnx.floats(&shape, &values))
    }
}

/// Reorders the axes of a dense array; axis `i` of the result is axis `order[i]` of `values`.
fn permute(values: &[f32], shape: &[usize], order: &[usize]) -> Vec<f32> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    let mut position = vec![0; order.len()];
    let mut offset = 0;
    let mut permuted = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        permuted.push(values[offset]);
        for (counter, &axis) in position.iter_mut().zip(order).rev() {
            *counter += 1;
            offset += strides[axis];
            if *counter < shape[axis] {
                break;
            }
            offset -= strides[axis] * shape[axis];
            *counter = 0;
        }
    }
    permuted
}

#[cfg(test)]
mod tests {
    use super::permute;

    #[test]
    fn axes_are_reordered() {
        // A 2×3 matrix and its transpose; then 1×2×1×3 to channels first.
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(permute(&values, &[2, 3], &[1, 0]), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(permute(&values, &[1, 2, 1, 3], &[0, 3, 1, 2]), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(permute(&[7.0], &[], &[]), [7.0]);
    }
}
