//! A Whisper model of random weights in ggml's format: knows nothing, but loads and decodes.

const STATE: u32 = 64;
const LAYERS: u32 = 3;
const VOCABULARY: u32 = 51_865;

/// The file's content.
pub fn bytes() -> Vec<u8> {
    let mut file = Vec::new();
    for number in [0x6767_6d6c, VOCABULARY, 1500, STATE, 4, LAYERS, 448, STATE, 4, LAYERS, 80, 1, 80, 201] {
        file.extend(number.to_le_bytes());
    }
    let mut random = Random(1);
    (0..80 * 201).for_each(|_| file.extend((random.next().abs() * 0.01).to_le_bytes()));
    let words: Vec<Vec<u8>> = (b' '..=b'~').map(|byte| vec![byte]).collect();
    file.extend((words.len() as u32).to_le_bytes());
    for word in words {
        file.extend((word.len() as u32).to_le_bytes());
        file.extend(word);
    }
    tensors(&mut Tensors { file: &mut file, random });
    file
}

fn tensors(tensors: &mut Tensors<'_>) {
    tensors.full("encoder.positional_embedding", &[1500, STATE]);
    tensors.half("encoder.conv1.weight", &[STATE, 80, 3]);
    tensors.full("encoder.conv1.bias", &[STATE, 1]);
    tensors.half("encoder.conv2.weight", &[STATE, STATE, 3]);
    tensors.full("encoder.conv2.bias", &[STATE, 1]);
    for name in ["encoder.ln_post.weight", "encoder.ln_post.bias"] {
        tensors.full(name, &[STATE]);
    }
    for layer in 0..LAYERS {
        tensors.block(&format!("encoder.blocks.{layer}"), &["attn"]);
    }
    tensors.full("decoder.positional_embedding", &[448, STATE]);
    tensors.half("decoder.token_embedding.weight", &[VOCABULARY, STATE]);
    for name in ["decoder.ln.weight", "decoder.ln.bias"] {
        tensors.full(name, &[STATE]);
    }
    for layer in 0..LAYERS {
        tensors.block(&format!("decoder.blocks.{layer}"), &["attn", "cross_attn"]);
    }
}

struct Tensors<'a> {
    file: &'a mut Vec<u8>,
    random: Random,
}

impl Tensors<'_> {
    fn block(&mut self, block: &str, attentions: &[&str]) {
        for attention in attentions {
            self.full(&format!("{block}.{attention}_ln.weight"), &[STATE]);
            self.full(&format!("{block}.{attention}_ln.bias"), &[STATE]);
            for part in ["query", "key", "value", "out"] {
                self.half(&format!("{block}.{attention}.{part}.weight"), &[STATE, STATE]);
                if part != "key" {
                    self.full(&format!("{block}.{attention}.{part}.bias"), &[STATE]);
                }
            }
        }
        self.full(&format!("{block}.mlp_ln.weight"), &[STATE]);
        self.full(&format!("{block}.mlp_ln.bias"), &[STATE]);
        self.half(&format!("{block}.mlp.0.weight"), &[4 * STATE, STATE]);
        self.full(&format!("{block}.mlp.0.bias"), &[4 * STATE]);
        self.half(&format!("{block}.mlp.2.weight"), &[STATE, 4 * STATE]);
        self.full(&format!("{block}.mlp.2.bias"), &[STATE]);
    }

    fn full(&mut self, name: &str, shape: &[u32]) {
        self.head(name, shape, 0);
        let unit = name.ends_with("ln.weight") || name.ends_with("ln_post.weight");
        for _ in 0..shape.iter().product() {
            let value = if unit { 1.0 } else { self.random.next() * 0.1 };
            self.file.extend(value.to_le_bytes());
        }
    }

    /// Half precision, with values whose mantissa is only random bits.
    fn half(&mut self, name: &str, shape: &[u32]) {
        self.head(name, shape, 1);
        for _ in 0..shape.iter().product() {
            // Sign and mantissa at random, exponent 2⁻³: ±0.125 to ±0.25.
            let bits = (self.random.bits() >> 16) as u16;
            self.file.extend(((bits & 0x83ff) | 0x3000).to_le_bytes());
        }
    }

    fn head(&mut self, name: &str, shape: &[u32], kind: u32) {
        for number in [shape.len() as u32, name.len() as u32, kind] {
            self.file.extend(number.to_le_bytes());
        }
        shape.iter().rev().for_each(|size| self.file.extend(size.to_le_bytes()));
        self.file.extend(name.as_bytes());
    }
}

/// xorshift.
struct Random(u32);

impl Random {
    fn bits(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    fn next(&mut self) -> f32 {
        self.bits() as f32 / u32::MAX as f32 * 2.0 - 1.0
    }
}
