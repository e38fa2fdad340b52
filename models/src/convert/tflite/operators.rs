//! One ONNX rendering per TFLite operator. Numbers are `BuiltinOperator` and the option fields of
//! `schema.fbs` (<https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs>).

use super::emitter::{AS_STORED, CHANNELS_FIRST, Emitter, Layout};
use super::graph::Operator;
use crate::convert::onnx::Attribute;
use crate::convert::{ConvertError, flatbuffer::Table};

/// The largest kernel, stride or dilation that is accepted.
const MAX_WINDOW: usize = 1024;

/// Adds the ONNX nodes of one operator.
pub(super) fn emit(emitter: &mut Emitter<'_>, operator: &Operator<'_>) -> Result<(), ConvertError> {
    let node = Node { inputs: &operator.inputs, output: only_output(operator)?, options: operator.options };
    match operator.code {
        0 => node.binary(emitter, "Add"),
        2 => node.concatenation(emitter),
        3 => node.convolution(emitter, Kernel::Full),
        4 => node.convolution(emitter, Kernel::Depthwise),
        6 => emitter.widen(node.input(0)?, node.output),
        14 => node.unary(emitter, &["Sigmoid"]),
        17 => node.max_pool(emitter),
        18 => node.binary(emitter, "Mul"),
        19 => node.unary(emitter, &["Relu"]),
        22 => node.reshape(emitter),
        34 => node.pad(emitter),
        39 => node.transpose(emitter),
        40 => node.reduce(emitter, "ReduceMean"),
        41 => node.binary(emitter, "Sub"),
        42 => node.binary(emitter, "Div"),
        45 => node.strided_slice(emitter),
        54 => node.binary(emitter, "PRelu"),
        59 => node.unary(emitter, &["Neg"]),
        74 => node.reduce(emitter, "ReduceSum"),
        75 => node.unary(emitter, &["Sqrt"]),
        76 => node.unary(emitter, &["Sqrt", "Reciprocal"]),
        99 => node.squared_difference(emitter),
        code => Err(ConvertError::Unsupported(format!("operator {code}"))),
    }
}

fn only_output(operator: &Operator<'_>) -> Result<i32, ConvertError> {
    match operator.outputs[..] {
        [output] => Ok(output),
        _ => Err(ConvertError::Unsupported(format!("operator {} with several outputs", operator.code))),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Full,
    Depthwise,
}

struct Node<'a> {
    inputs: &'a [i32],
    output: i32,
    options: Option<Table<'a>>,
}

impl Node<'_> {
    fn input(&self, position: usize) -> Result<i32, ConvertError> {
        self.inputs.get(position).copied().ok_or(ConvertError::Malformed("an operator lacks an input"))
    }

    fn option_i32(&self, id: usize, default: i32) -> Result<i32, ConvertError> {
        self.options.map_or(Ok(default), |options| options.i32(id, default))
    }

    fn option_u8(&self, id: usize) -> Result<u8, ConvertError> {
        self.options.map_or(Ok(0), |options| options.u8(id, 0))
    }

    /// A stride, dilation or kernel size.
    fn window(&self, id: usize, default: i32) -> Result<usize, ConvertError> {
        usize::try_from(self.option_i32(id, default)?)
            .ok()
            .filter(|size| (1..=MAX_WINDOW).contains(size))
            .ok_or(ConvertError::Malformed("a stride, dilation or kernel size is out of range"))
    }

    /// Applies the fused activation of option `id` to `value` and records it as the output.
    fn finish(
        &self,
        emitter: &mut Emitter<'_>,
        layout: Layout,
        value: String,
        id: usize,
    ) -> Result<(), ConvertError> {
        // ActivationFunctionType.
        let value = match self.option_u8(id)? {
            0 => value,
            1 => emitter.onnx.node("Relu", &[&value], Vec::new()),
            3 => {
                let (low, high) = (emitter.onnx.floats(&[], &[0.0]), emitter.onnx.floats(&[], &[6.0]));
                emitter.onnx.node("Clip", &[&value, &low, &high], Vec::new())
            }
            other => return Err(ConvertError::Unsupported(format!("fused activation {other}"))),
        };
        emitter.write(self.output, layout, value);
        Ok(())
    }

    fn unary(&self, emitter: &mut Emitter<'_>, operators: &[&str]) -> Result<(), ConvertError> {
        let input = self.input(0)?;
        let layout = emitter.layout(input);
        let value = emitter.read(input, layout)?;
        let value = operators
            .iter()
            .fold(value, |value, operator| emitter.onnx.node(operator, &[&value], Vec::new()));
        emitter.write(self.output, layout, value);
        Ok(())
    }

    /// Both operands in one layout, ready to broadcast.
    fn operands(&self, emitter: &mut Emitter<'_>) -> Result<(Layout, String, String), ConvertError> {
        let (left, right) = (self.input(0)?, self.input(1)?);
        let layout = emitter.common_layout(&[left, right])?;
        let axes = emitter.shape(left)?.len().max(emitter.shape(right)?.len());
        let left = emitter.read_broadcast(left, layout, axes)?;
        let right = emitter.read_broadcast(right, layout, axes)?;
        Ok((layout, left, right))
    }

    fn binary(&self, emitter: &mut Emitter<'_>, operator: &str) -> Result<(), ConvertError> {
        let (layout, left, right) = self.operands(emitter)?;
        let value = emitter.onnx.node(operator, &[&left, &right], Vec::new());
        self.finish(emitter, layout, value, 0)
    }

    fn squared_difference(&self, emitter: &mut Emitter<'_>) -> Result<(), ConvertError> {
        let (layout, left, right) = self.operands(emitter)?;
        let difference = emitter.onnx.node("Sub", &[&left, &right], Vec::new());
        let value = emitter.onnx.node("Mul", &[&difference, &difference], Vec::new());
        emitter.write(self.output, layout, value);
        Ok(())
    }

    fn convolution(&self, emitter: &mut Emitter<'_>, kernel: Kernel) -> Result<(), ConvertError> {
        let input = self.input(0)?;
        let [_, height, width, channels] = emitter.image_shape(input)?;
        let filter = emitter
            .constant(self.input(1)?)?
            .ok_or_else(|| ConvertError::Unsupported("a convolution with computed weights".to_owned()))?;
        let shape: [usize; 4] = filter.shape[..]
            .try_into()
            .map_err(|_| ConvertError::Malformed("convolution weights without four axes"))?;
        // Stored as (out, height, width, in), or (1, height, width, out) when depthwise; ONNX wants
        // (out, in per group, height, width).
        let (outputs, order, groups) = match kernel {
            Kernel::Full => (shape[0], [0, 3, 1, 2], channels / shape[3]),
            Kernel::Depthwise => (shape[3], [3, 0, 1, 2], channels),
        };
        let fits = match kernel {
            Kernel::Full => groups > 0 && groups * shape[3] == channels,
            Kernel::Depthwise => shape[0] == 1,
        };
        if !fits || outputs % groups != 0 {
            return Err(ConvertError::Malformed("convolution weights do not fit their input"));
        }
        let fused = if kernel == Kernel::Full { 3 } else { 4 };
        let strides = [self.window(2, 1)?, self.window(1, 1)?];
        let dilations = [self.window(fused + 2, 1)?, self.window(fused + 1, 1)?];
        let kernel_shape = [shape[1], shape[2]];
        let pads = self.padding([height, width], kernel_shape, strides, dilations)?;
        let attributes = vec![
            ("dilations", ints(&dilations)),
            ("group", Attribute::Int(groups as i64)),
            ("kernel_shape", ints(&kernel_shape)),
            ("pads", ints(&pads)),
            ("strides", ints(&strides)),
        ];

        let value = emitter.read(input, Layout::ChannelsFirst)?;
        let weights = emitter.permuted(filter, &shape, &order)?;
        let mut operands = vec![value, weights];
        if let Some(&bias) = self.inputs.get(2).filter(|&&bias| bias >= 0) {
            if emitter.shape(bias)? != [outputs] {
                return Err(ConvertError::Malformed("a convolution's bias does not fit its weights"));
            }
            operands.push(emitter.read(bias, Layout::AsStored)?);
        }
        let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
        let value = emitter.onnx.node("Conv", &operands, attributes);
        self.finish(emitter, Layout::ChannelsFirst, value, fused)
    }

    fn max_pool(&self, emitter: &mut Emitter<'_>) -> Result<(), ConvertError> {
        let input = self.input(0)?;
        let [_, height, width, _] = emitter.image_shape(input)?;
        let strides = [self.window(2, 1)?, self.window(1, 1)?];
        let kernel_shape = [self.window(4, 1)?, self.window(3, 1)?];
        let pads = self.padding([height, width], kernel_shape, strides, [1, 1])?;
        let value = emitter.read(input, Layout::ChannelsFirst)?;
        let attributes =
            vec![("kernel_shape", ints(&kernel_shape)), ("pads", ints(&pads)), ("strides", ints(&strides))];
        let value = emitter.onnx.node("MaxPool", &[&value], attributes);
        self.finish(emitter, Layout::ChannelsFirst, value, 5)
    }

    /// ONNX `pads` (top, left, bottom, right) for the padding scheme of option 0.
    fn padding(
        &self,
        size: [usize; 2],
        kernel: [usize; 2],
        strides: [usize; 2],
        dilations: [usize; 2],
    ) -> Result<[usize; 4], ConvertError> {
        match self.option_u8(0)? {
            0 => {
                let total = [0, 1].map(|axis| {
                    let outputs = size[axis].div_ceil(strides[axis]);
                    let covered = (outputs - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1;
                    covered.saturating_sub(size[axis])
                });
                // SAME puts the odd row or column at the end.
                let before = total.map(|total| total / 2);
                Ok([before[0], before[1], total[0] - before[0], total[1] - before[1]])
            }
            1 => Ok([0; 4]),
            other => Err(ConvertError::Unsupported(format!("padding scheme {other}"))),
        }
    }

    fn pad(&self, emitter: &mut Emitter<'_>) -> Result<(), ConvertError> {
        let input = self.input(0)?;
        let layout = emitter.layout(input);
        let axes = emitter.shape(input)?.len();
        let pads = emitter.graph.tensor(self.input(1)?)?.integers()?;
        if pads.len() != 2 * axes || pads.iter().any(|&pad| pad < 0) {
            return Err(ConvertError::Malformed("paddings do not fit their input"));
        }
        let side = |offset| layout.reorder(&pads.iter().skip(offset).step_by(2).copied().collect::<Vec<_>>());
        let pads = [side(0), side(1)].concat();
        let value = emitter.read(input, layout)?;
        let pads = emitter.onnx.integers(&pads);
        let value = emitter.onnx.node("Pad", &[&value, &pads], Vec::new());
        emitter.write(self.output, layout, value);
        Ok(())
    }

    fn concatenation(&self, emitter: &mut Emitter<'_>) -> Result<(), ConvertError> {
        let axes = emitter.shape(self.input(0)?)?.len();
        let axis = stored_axis(self.option_i32(0, 0)?.into(), axes)?;
        let layout = emitter.common_layout(self.inputs)?;
        let values: Vec<String> = self
            .inputs
            .iter()
            .map(|&input| emitter.read_broadcast(input, layout, axes))
            .collect::<Result<_, _>>()?;
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let axis = Attribute::Int(layout.axis(axis) as i64);
        let value = emitter.onnx.node("Concat", &values, vec![("axis", axis)]);
        self.finish(emitter, layout, value, 1)
    }

    fn reshape(&self, emitter: &mut Emitter<'_>) -> Result<(), ConvertError> {
        let value = emitter.read(self.input(0)?, Layout::AsStored)?;
        self.write_reshaped(emitter, &value)
    }

    /// Records `value`, reshaped to the output's stated shape, as the output.
    fn write_reshaped(&self, emitter: &mut Emitter<'_>, value: &str) -> Result<(), ConvertError> {
        let shape: Vec<i64> = emitter.shape(self.output)?.iter().map(|&size| size as i64).collect();
        let shape = emitter.onnx.integers(&shape);
        let value = emitter.onnx.node("Reshape", &[value, &shape], Vec::new());
        emitter.write(self.output, Layout::AsStored, value);
        Ok(())
    }

    fn transpose(&self, emitter: &mut Emitter<'_>) -> Result<(), ConvertError> {
        let input = self.input(0)?;
        let layout = emitter.layout(input);
        let axes = emitter.shape(input)?.len();
        let order = emitter.graph.tensor(self.input(1)?)?.integers()?;
        let order: Vec<usize> =
            order.into_iter().map(|axis| stored_axis(axis, axes)).collect::<Result<_, _>>()?;
        if (0..axes).any(|axis| !order.contains(&axis)) || order.len() != axes {
            return Err(ConvertError::Malformed("a transpose does not name every axis once"));
        }
        let order = match layout {
            Layout::AsStored => order,
            Layout::ChannelsFirst => CHANNELS_FIRST.iter().map(|&axis| AS_STORED[order[axis]]).collect(),
        };
        let value = emitter.read(input, layout)?;
        let value = emitter.transpose(&value, &order);
        emitter.write(self.output, layout, value);
        Ok(())
    }

    fn reduce(&self, emitter: &mut Emitter<'_>, operator: &str) -> Result<(), ConvertError> {
        let input = self.input(0)?;
        let rank = emitter.shape(input)?.len();
        let keep = self.options.map_or(Ok(false), |options| options.bool(0))?;
        // Without the reduced axes the result has no channels-first form.
        let layout = if keep { emitter.layout(input) } else { Layout::AsStored };
        let axes = emitter.graph.tensor(self.input(1)?)?.integers()?;
        let axes = axes.into_iter().map(|axis| Ok(layout.axis(stored_axis(axis, rank)?) as i64));
        let axes: Vec<i64> = axes.collect::<Result<_, ConvertError>>()?;
        let value = emitter.read(input, layout)?;
        let keep = ("keepdims", Attribute::Int(keep.into()));
        // Operator set 17 takes the axes of a sum as an input and those of a mean as an attribute.
        let value = if operator == "ReduceSum" {
            let axes = emitter.onnx.integers(&axes);
            emitter.onnx.node(operator, &[&value, &axes], vec![keep])
        } else {
            emitter.onnx.node(operator, &[&value], vec![("axes", Attribute::Ints(axes)), keep])
        };
        emitter.write(self.output, layout, value);
        Ok(())
    }

    fn strided_slice(&self, emitter: &mut Emitter<'_>) -> Result<(), ConvertError> {
        let input = self.input(0)?;
        let shape = emitter.shape(input)?;
        let bounds = |position| emitter.graph.tensor(self.input(position)?)?.integers();
        let (begins, ends, strides) = (bounds(1)?, bounds(2)?, bounds(3)?);
        if [&begins, &ends, &strides].iter().any(|bounds| bounds.len() != shape.len()) {
            return Err(ConvertError::Malformed("a slice does not fit its input"));
        }
        if self.option_i32(2, 0)? != 0 || self.option_i32(3, 0)? != 0 || strides.iter().any(|&s| s < 1) {
            return Err(ConvertError::Unsupported(
                "a slice with ellipsis, new axes or backward steps".to_owned(),
            ));
        }
        let masked = |id| self.option_i32(id, 0);
        let (begin_mask, end_mask, shrink_mask) = (masked(0)?, masked(1)?, masked(4)?);
        let layout = if shrink_mask == 0 { emitter.layout(input) } else { Layout::AsStored };
        let has = |mask: i32, axis: usize| mask & (1 << axis) != 0;
        let begins: Vec<i64> =
            (0..shape.len()).map(|axis| if has(begin_mask, axis) { 0 } else { begins[axis] }).collect();
        let end = |axis: usize| {
            if has(shrink_mask, axis) {
                // One element, and then the axis goes; −1 is the last.
                return if begins[axis] == -1 { i64::MAX } else { begins[axis] + 1 };
            }
            if has(end_mask, axis) { i64::MAX } else { ends[axis] }
        };
        let ends: Vec<i64> = (0..shape.len()).map(end).collect();

        let value = emitter.read(input, layout)?;
        let axes: Vec<i64> = (0..shape.len() as i64).collect();
        let arguments = [layout.reorder(&begins), layout.reorder(&ends), axes, layout.reorder(&strides)]
            .map(|values| emitter.onnx.integers(&values));
        let [begins, ends, axes, strides] = &arguments;
        let value = emitter.onnx.node("Slice", &[&value, begins, ends, axes, strides], Vec::new());
        if shrink_mask == 0 {
            emitter.write(self.output, layout, value);
            return Ok(());
        }
        self.write_reshaped(emitter, &value)
    }
}

fn ints(values: &[usize]) -> Attribute {
    Attribute::Ints(values.iter().map(|&value| value as i64).collect())
}

/// An axis that may count from the end.
fn stored_axis(axis: i64, axes: usize) -> Result<usize, ConvertError> {
    let axis = if axis < 0 { axis + axes as i64 } else { axis };
    usize::try_from(axis)
        .ok()
        .filter(|&axis| axis < axes)
        .ok_or(ConvertError::Malformed("an axis is out of range"))
}
