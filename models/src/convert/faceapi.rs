//! face-api.js expression weights to ONNX.
//!
//! The publisher ships a weight manifest (JSON) and one shard of bytes; the graph is code
//! (`FaceFeatureExtractor` and `FaceExpressionNet` of <https://github.com/justadudewhohacks/face-api.js>):
//! four dense blocks of depthwise separable convolutions, a mean over the last map, one full layer, softmax.

use std::collections::HashMap;

use serde::Deserialize;

use super::onnx::{Attribute, GraphBuilder};
use super::{ConvertError, MAX_SOURCE_BYTES};

/// Height and width of the face, in pixels.
const SIDE: usize = 112;
const CLASSES: usize = 7;
/// The mean colour (red, green, blue) that the network subtracts.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];
const MAX_WEIGHTS: usize = 4096;

#[derive(Deserialize)]
struct Group {
    weights: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    dtype: String,
    quantization: Option<Quantisation>,
}

/// One byte per weight: `weight = byte · scale + min`.
#[derive(Deserialize)]
struct Quantisation {
    dtype: String,
    scale: f64,
    min: f64,
}

struct Weight {
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// Converts the expression network to an ONNX file: input `input`, float 1×3×112×112, red, green, blue in
/// 0–255; output `prob`, 1×7, in the order neutral, happy, sad, angry, fearful, disgusted, surprised.
/// The same input gives the same bytes.
///
/// # Errors
/// When the manifest is not one, the shard does not match it, or a weight of the network is missing.
pub fn expression_to_onnx(manifest: &[u8], shard: &[u8]) -> Result<Vec<u8>, ConvertError> {
    if manifest.len() > MAX_SOURCE_BYTES || shard.len() > MAX_SOURCE_BYTES {
        return Err(ConvertError::TooLarge("more bytes than any supported model"));
    }
    let mut network =
        Network { onnx: GraphBuilder::new("face_expression"), weights: weights(manifest, shard)? };
    network.onnx.input("input", &[1, 3, SIDE, SIDE]);
    network.onnx.output("prob", &[1, CLASSES]);
    let mean = network.onnx.floats(&[1, 3, 1, 1], &MEAN);
    let range = network.onnx.floats(&[], &[255.0]);
    let centred = network.onnx.node("Sub", &["input", &mean], Vec::new());
    let mut value = network.onnx.node("Div", &[&centred, &range], Vec::new());
    for block in ["dense0", "dense1", "dense2", "dense3"] {
        value = network.dense_block(&value, block)?;
    }
    network.classify(&value)?;
    Ok(network.onnx.finish())
}

fn weights(manifest: &[u8], shard: &[u8]) -> Result<HashMap<String, Weight>, ConvertError> {
    let groups: Vec<Group> = serde_json::from_slice(manifest)
        .map_err(|_| ConvertError::Malformed("not a weight manifest of TensorFlow.js"))?;
    let [group] = groups.as_slice() else {
        return Err(ConvertError::Unsupported("a weight manifest with several groups".to_owned()));
    };
    if group.weights.len() > MAX_WEIGHTS {
        return Err(ConvertError::TooLarge("the weight manifest has too many members"));
    }
    let mut rest = shard;
    let mut weights = HashMap::new();
    for entry in &group.weights {
        let count = entry.shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        let values = take_values(&mut rest, entry, count.ok_or(SHORT_SHARD)?)?;
        weights.insert(entry.name.clone(), Weight { shape: entry.shape.clone(), values });
    }
    if rest.is_empty() {
        Ok(weights)
    } else {
        Err(ConvertError::Malformed("the shard is longer than its manifest"))
    }
}

const SHORT_SHARD: ConvertError = ConvertError::Malformed("the shard is shorter than its manifest");

fn take_values(rest: &mut &[u8], entry: &Entry, count: usize) -> Result<Vec<f32>, ConvertError> {
    let mut take = |length: usize| {
        let (taken, after) = rest.split_at_checked(length).ok_or(SHORT_SHARD)?;
        *rest = after;
        Ok::<_, ConvertError>(taken)
    };
    match (entry.dtype.as_str(), &entry.quantization) {
        ("float32", None) => {
            let words = take(count.checked_mul(4).ok_or(SHORT_SHARD)?)?.chunks_exact(4);
            Ok(words.map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect())
        }
        ("float32", Some(Quantisation { dtype, scale, min })) if dtype == "uint8" => {
            // In single precision and in this order, as face-api.js computes it.
            let (scale, min) = (*scale as f32, *min as f32);
            Ok(take(count)?.iter().map(|&byte| f32::from(byte) * scale + min).collect())
        }
        _ => Err(ConvertError::Unsupported("a weight that is neither float nor one byte".to_owned())),
    }
}

struct Network {
    onnx: GraphBuilder,
    weights: HashMap<String, Weight>,
}

impl Network {
    fn weight(&self, name: &str) -> Result<&Weight, ConvertError> {
        self.weights.get(name).ok_or(ConvertError::Malformed("a weight of the network is missing"))
    }

    /// Convolution weights, stored as (height, width, in, out), as ONNX's (out, in, height, width) with the
    /// axes given by `order`.
    fn filter(&mut self, name: &str, order: [usize; 4]) -> Result<(String, [usize; 4]), ConvertError> {
        let weight = self.weight(name)?;
        let shape: [usize; 4] = weight.shape[..]
            .try_into()
            .map_err(|_| ConvertError::Malformed("convolution weights without four axes"))?;
        let strides = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1];
        let (shape, strides) = (order.map(|axis| shape[axis]), order.map(|axis| strides[axis]));
        let mut values = Vec::with_capacity(weight.values.len());
        for a in 0..shape[0] {
            for b in 0..shape[1] {
                for c in 0..shape[2] {
                    let row = a * strides[0] + b * strides[1] + c * strides[2];
                    values.extend((0..shape[3]).map(|d| weight.values[row + d * strides[3]]));
                }
            }
        }
        Ok((self.onnx.floats(&shape, &values), shape))
    }

    fn bias(&mut self, name: &str) -> Result<String, ConvertError> {
        let Weight { shape, values } = self.weight(name)?;
        let (shape, values) = (shape.clone(), values.clone());
        Ok(self.onnx.floats(&shape, &values))
    }

    fn convolution(
        &mut self,
        value: &str,
        (weights, shape): &(String, [usize; 4]),
        bias: Option<&str>,
        stride: i64,
        groups: i64,
    ) -> String {
        let inputs: Vec<&str> = [value, weights].into_iter().chain(bias).collect();
        let attributes = vec![
            ("auto_pad", Attribute::Text("SAME_UPPER")),
            ("group", Attribute::Int(groups)),
            ("kernel_shape", Attribute::Ints(vec![shape[2] as i64, shape[3] as i64])),
            ("strides", Attribute::Ints(vec![stride, stride])),
        ];
        self.onnx.node("Conv", &inputs, attributes)
    }

    fn separable(&mut self, value: &str, name: &str, stride: i64) -> Result<String, ConvertError> {
        // Depthwise weights are (height, width, in, 1): one group per input channel.
        let depthwise = self.filter(&format!("{name}/depthwise_filter"), [2, 3, 0, 1])?;
        let groups = depthwise.1[0] as i64;
        let pointwise = self.filter(&format!("{name}/pointwise_filter"), [3, 2, 0, 1])?;
        let bias = self.bias(&format!("{name}/bias"))?;
        let value = self.convolution(value, &depthwise, None, stride, groups);
        Ok(self.convolution(&value, &pointwise, Some(&bias), 1, 1))
    }

    fn full(&mut self, value: &str, name: &str, stride: i64) -> Result<String, ConvertError> {
        let filter = self.filter(&format!("{name}/filters"), [3, 2, 0, 1])?;
        let bias = self.bias(&format!("{name}/bias"))?;
        Ok(self.convolution(value, &filter, Some(&bias), stride, 1))
    }

    fn add(&mut self, left: &str, right: &str) -> String {
        self.onnx.node("Add", &[left, right], Vec::new())
    }

    fn relu(&mut self, value: &str) -> String {
        self.onnx.node("Relu", &[value], Vec::new())
    }

    /// Four convolutions, each fed by the sum of all before it (`denseBlock4`).
    fn dense_block(&mut self, value: &str, name: &str) -> Result<String, ConvertError> {
        let first = format!("{name}/conv0");
        let first =
            if name == "dense0" { self.full(value, &first, 2)? } else { self.separable(value, &first, 2)? };
        let first = self.relu(&first);
        let second = self.separable(&first, &format!("{name}/conv1"), 1)?;
        let sum = self.add(&first, &second);
        let input = self.relu(&sum);
        let third = self.separable(&input, &format!("{name}/conv2"), 1)?;
        let sum = self.add(&second, &third);
        let sum = self.add(&first, &sum);
        let input = self.relu(&sum);
        let fourth = self.separable(&input, &format!("{name}/conv3"), 1)?;
        let sum = self.add(&third, &fourth);
        let sum = self.add(&second, &sum);
        let sum = self.add(&first, &sum);
        Ok(self.relu(&sum))
    }

    fn classify(&mut self, value: &str) -> Result<(), ConvertError> {
        let pooling =
            vec![("kernel_shape", Attribute::Ints(vec![7, 7])), ("strides", Attribute::Ints(vec![2, 2]))];
        let pooled = self.onnx.node("AveragePool", &[value], pooling);
        let flat = self.onnx.node("Flatten", &[&pooled], Vec::new());
        let weights = self.bias("fc/weights")?;
        let bias = self.bias("fc/bias")?;
        let logits = self.onnx.node("Gemm", &[&flat, &weights, &bias], Vec::new());
        self.onnx.node_named("Softmax", &[&logits], "prob", vec![("axis", Attribute::Int(1))]);
        Ok(())
    }
}
