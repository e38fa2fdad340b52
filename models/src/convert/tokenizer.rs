//! A tokenizer put into the ONNX graph that it belongs to, as metadata: neither is of use, or can be verified, without
//! the other.

use prost::Message;

use super::ConvertError;

/// The metadata's name for the tokenizer: a `tokenizer.json` as Hugging Face's library writes it.
pub const TOKENIZER: &str = "viva.tokenizer";

/// The one field of `ModelProto` that is written, by its number in `onnx.proto`.
#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(message, repeated, tag = "14")]
    metadata_props: Vec<StringStringEntryProto>,
}

#[derive(Clone, PartialEq, Message)]
struct StringStringEntryProto {
    #[prost(string, optional, tag = "1")]
    key: Option<String>,
    #[prost(string, optional, tag = "2")]
    value: Option<String>,
}

/// The graph with the tokenizer in it. A protobuf message with a repeated field written behind it is the message with
/// that field, so the graph is not even read.
///
/// # Errors
/// When the tokenizer is no text.
pub fn into_graph(graph: &[u8], tokenizer: &[u8]) -> Result<Vec<u8>, ConvertError> {
    let tokenizer =
        str::from_utf8(tokenizer).map_err(|_| ConvertError::Malformed("the tokenizer is not UTF-8"))?;
    let entry = StringStringEntryProto { key: Some(TOKENIZER.to_owned()), value: Some(tokenizer.to_owned()) };
    let metadata = Metadata { metadata_props: vec![entry] };
    let mut model = Vec::with_capacity(graph.len() + metadata.encoded_len());
    model.extend_from_slice(graph);
    // A vector takes as much as it is given.
    metadata.encode(&mut model).map_err(|_| ConvertError::TooLarge("the tokenizer"))?;
    Ok(model)
}
