//! TFLite graphs (`schema.fbs` of TensorFlow Lite, version 3) to ONNX, operator set 17.
//!
//! Covers the float operators of MediaPipe's face graphs. Inputs and outputs keep their names and their
//! channels-last shapes; inside, chains of convolutions run channels-first, with a transpose only where the
//! order has to change.

mod emitter;
mod graph;
mod operators;

use super::{ConvertError, MAX_SOURCE_BYTES};
use emitter::{Emitter, Layout};
use graph::Graph;

/// Converts a `.tflite` file to an ONNX file. The same input gives the same bytes.
///
/// # Errors
/// When the file is malformed, larger than [`MAX_SOURCE_BYTES`], or uses an operator, data type or option
/// outside the supported set.
pub fn to_onnx(source: &[u8]) -> Result<Vec<u8>, ConvertError> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(ConvertError::TooLarge("more bytes than any supported model"));
    }
    let graph = Graph::parse(source)?;
    let mut emitter = Emitter::new(&graph);
    for &input in &graph.inputs {
        let tensor = graph.tensor(input)?;
        emitter.onnx.input(tensor.name, &tensor.shape);
        emitter.write(input, Layout::AsStored, tensor.name.to_owned());
    }
    for operator in &graph.operators {
        operators::emit(&mut emitter, operator)?;
    }
    for &output in &graph.outputs {
        let tensor = graph.tensor(output)?;
        let value = emitter.read(output, Layout::AsStored)?;
        emitter.onnx.node_named("Identity", &[&value], tensor.name, Vec::new());
        emitter.onnx.output(tensor.name, &tensor.shape);
    }
    Ok(emitter.onnx.finish())
}
