//! The part of the ONNX protobuf schema that the converters write, and a builder for its graphs.
//!
//! Field numbers are those of `onnx.proto` (<https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>), IR
//! version 8, operator set 17. Scalars are `optional` as in its proto2 syntax, so that a zero is written too.

use prost::Message;

const IR_VERSION: i64 = 8;
const OPERATOR_SET: i64 = 17;
const DATA_TYPE_FLOAT: i32 = 1;
const DATA_TYPE_INT64: i32 = 7;

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(int64, optional, tag = "1")]
    ir_version: Option<i64>,
    #[prost(string, optional, tag = "2")]
    producer_name: Option<String>,
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    opset_import: Vec<OperatorSetIdProto>,
}

#[derive(Clone, PartialEq, Message)]
struct OperatorSetIdProto {
    #[prost(string, optional, tag = "1")]
    domain: Option<String>,
    #[prost(int64, optional, tag = "2")]
    version: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    node: Vec<NodeProto>,
    #[prost(string, optional, tag = "2")]
    name: Option<String>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<ValueInfoProto>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    output: Vec<String>,
    #[prost(string, optional, tag = "4")]
    op_type: Option<String>,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<AttributeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct AttributeProto {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(int64, optional, tag = "3")]
    i: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    s: Option<Vec<u8>>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    ints: Vec<i64>,
    #[prost(int32, optional, tag = "20")]
    r#type: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorProto {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, optional, tag = "2")]
    data_type: Option<i32>,
    #[prost(string, optional, tag = "8")]
    name: Option<String>,
    #[prost(bytes = "vec", optional, tag = "9")]
    raw_data: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueInfoProto {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(message, optional, tag = "2")]
    r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TypeProto {
    #[prost(message, optional, tag = "1")]
    tensor_type: Option<TensorTypeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorTypeProto {
    #[prost(int32, optional, tag = "1")]
    elem_type: Option<i32>,
    #[prost(message, optional, tag = "2")]
    shape: Option<TensorShapeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorShapeProto {
    #[prost(message, repeated, tag = "1")]
    dim: Vec<DimensionProto>,
}

#[derive(Clone, PartialEq, Message)]
struct DimensionProto {
    #[prost(int64, optional, tag = "1")]
    dim_value: Option<i64>,
}

/// An attribute of a node.
pub(super) enum Attribute {
    Int(i64),
    Ints(Vec<i64>),
    Text(&'static str),
}

impl Attribute {
    fn into_proto(self, name: &str) -> AttributeProto {
        let empty = AttributeProto { name: Some(name.to_owned()), ..AttributeProto::default() };
        // The numbers are AttributeProto.AttributeType.
        match self {
            Self::Int(value) => AttributeProto { i: Some(value), r#type: Some(2), ..empty },
            Self::Text(value) => {
                AttributeProto { s: Some(value.as_bytes().to_vec()), r#type: Some(3), ..empty }
            }
            Self::Ints(values) => AttributeProto { ints: values, r#type: Some(7), ..empty },
        }
    }
}

/// A graph under construction. Names are given by the caller or numbered in order, so that the same model
/// always becomes the same bytes.
#[derive(Default)]
pub(super) struct GraphBuilder {
    graph: GraphProto,
    values: usize,
}

impl GraphBuilder {
    pub(super) fn new(name: &str) -> Self {
        let graph = GraphProto { name: Some(name.to_owned()), ..GraphProto::default() };
        Self { graph, values: 0 }
    }

    /// A value name that nothing else in this graph has (the prefix keeps it off the names of inputs and
    /// outputs, which the caller chooses).
    pub(super) fn fresh_name(&mut self) -> String {
        self.values += 1;
        format!("viva/{}", self.values)
    }

    pub(super) fn input(&mut self, name: &str, shape: &[usize]) {
        self.graph.input.push(value_info(name, shape));
    }

    pub(super) fn output(&mut self, name: &str, shape: &[usize]) {
        self.graph.output.push(value_info(name, shape));
    }

    /// Adds a node with one output and returns that output's name.
    pub(super) fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: Vec<(&str, Attribute)>,
    ) -> String {
        let output = self.fresh_name();
        self.node_named(operator, inputs, &output, attributes);
        output
    }

    /// Adds a node whose one output is called `output`.
    pub(super) fn node_named(
        &mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: Vec<(&str, Attribute)>,
    ) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![output.to_owned()],
            op_type: Some(operator.to_owned()),
            attribute: attributes.into_iter().map(|(name, value)| value.into_proto(name)).collect(),
        });
    }

    /// Adds a float constant and returns its name.
    pub(super) fn floats(&mut self, shape: &[usize], values: &[f32]) -> String {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer(DATA_TYPE_FLOAT, shape, data)
    }

    /// Adds a one-dimensional integer constant and returns its name.
    pub(super) fn integers(&mut self, values: &[i64]) -> String {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer(DATA_TYPE_INT64, &[values.len()], data)
    }

    fn initializer(&mut self, data_type: i32, shape: &[usize], data: Vec<u8>) -> String {
        let name = self.fresh_name();
        self.graph.initializer.push(TensorProto {
            dims: shape.iter().map(|&size| size as i64).collect(),
            data_type: Some(data_type),
            name: Some(name.clone()),
            raw_data: Some(data),
        });
        name
    }

    /// The finished model file.
    pub(super) fn finish(self) -> Vec<u8> {
        let opset = OperatorSetIdProto { domain: Some(String::new()), version: Some(OPERATOR_SET) };
        ModelProto {
            ir_version: Some(IR_VERSION),
            producer_name: Some("viva".to_owned()),
            graph: Some(self.graph),
            opset_import: vec![opset],
        }
        .encode_to_vec()
    }
}

fn value_info(name: &str, shape: &[usize]) -> ValueInfoProto {
    let dim = shape.iter().map(|&size| DimensionProto { dim_value: Some(size as i64) }).collect();
    let tensor = TensorTypeProto { elem_type: Some(DATA_TYPE_FLOAT), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(TypeProto { tensor_type: Some(tensor) }) }
}
