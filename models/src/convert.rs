//! Publishers' model files turned into ONNX, by converters of our own.
//!
//! MediaPipe publishes TFLite graphs, face-api.js publishes quantised weights without a graph; ONNX Runtime
//! reads neither. An ONNX graph that reads tokens comes beside its tokenizer, and both become one file, which one hash
//! pins. All conversions give the same bytes for the same input, accept hostile input (an error,
//! never a panic) and bound what they allocate.

mod flatbuffer;
mod onnx;

pub mod faceapi;
pub mod tflite;
pub mod tokenizer;

/// The largest source file that is converted, in bytes. The largest known one has 2.6 MB.
pub const MAX_SOURCE_BYTES: usize = 64 << 20;

/// Why a file could not be converted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// The file breaks its own format.
    #[error("the model file is malformed: {0}")]
    Malformed(&'static str),
    /// The file is well-formed, and larger than any model that Viva uses.
    #[error("the model file is too large: {0}")]
    TooLarge(&'static str),
    /// The graph uses something that the converter does not know.
    #[error("the model uses {0}, which the converter does not support")]
    Unsupported(String),
}
