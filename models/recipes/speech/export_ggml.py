"""Checkpoint to ggml: `python -m speech.export_ggml RUN OUT.bin [--float16]`.

Writes whisper.cpp's format directly, quantised to q8_0 (blocks of 32 values with one scale), so no other tool is
needed. Read together with `whisper_model_load` in whisper.cpp 1.8.
"""

import argparse
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch

from .features import BANK
from .model import UNUSED, Shape, Whisper
from .tokens import VOCABULARY, Tokens

MAGIC = 0x67676D6C
F32, F16, Q8_0 = 0, 1, 8
# File types: 1 is float 16; 7 is q8_0, plus 1000 times the version (2) of ggml's quantised layouts.
FILE_F16, FILE_Q8_0 = 1, 7 + 2 * 1000
BLOCK = 32
ALWAYS_F32 = {
    "encoder.conv1.bias",
    "encoder.conv2.bias",
    "encoder.positional_embedding",
    "decoder.positional_embedding",
}


def tensors_of(model: Whisper, tokens: Tokens) -> dict[str, np.ndarray]:
    """All tensors of a Whisper file; the auxiliary CTC head stays behind."""
    tensors = {name: value.float().numpy() for name, value in model.state_dict().items() if not name.startswith("ctc.")}
    tensors["encoder.positional_embedding"] = model.encoder.positional_embedding.numpy()
    for bias in ("encoder.conv1.bias", "encoder.conv2.bias"):
        tensors[bias] = tensors[bias][:, None]
    table = np.zeros((VOCABULARY, model.shape.state), np.float32)
    table[:, 0] = UNUSED
    table[tokens.ids] = model.decoder.table().detach().float().numpy()
    tensors["decoder.token_embedding.weight"] = table
    for name, constant in (("weight", 0), ("bias", 1)):
        tensors[f"decoder.ln.{name}"] = tensors[f"decoder.ln.{name}"].copy()
        tensors[f"decoder.ln.{name}"][0] = constant
    return tensors


def q8_0(values: np.ndarray) -> bytes:
    """ggml's block_q8_0: a float 16 scale, then 32 signed bytes."""
    blocks = values.reshape(-1, BLOCK)
    scale = np.abs(blocks).max(1, keepdims=True) / 127
    inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
    packed = np.zeros(len(blocks), [("scale", "<f2"), ("values", "i1", BLOCK)])
    packed["scale"], packed["values"] = scale[:, 0], np.round(blocks * inverse)
    return packed.tobytes()


def write(out: BinaryIO, model: Whisper, tokens: Tokens, quantised: bool) -> None:
    shape: Shape = model.shape
    file_type = FILE_Q8_0 if quantised else FILE_F16
    out.write(struct.pack("<2i", MAGIC, VOCABULARY))
    out.write(struct.pack("<4i", shape.audio_positions, shape.state, shape.heads, shape.encoder_layers))
    out.write(struct.pack("<4i", shape.text_positions, shape.state, shape.heads, shape.decoder_layers))
    out.write(struct.pack("<2i", BANK.shape[0], file_type))
    out.write(struct.pack("<2i", *BANK.shape) + BANK.numpy().astype("<f4").tobytes())
    # whisper.cpp names the tokens that follow by itself.
    out.write(struct.pack("<i", len(tokens.strings)))
    for string in tokens.strings:
        out.write(struct.pack("<i", len(string.encode())) + string.encode())
    for name, values in tensors_of(model, tokens).items():
        if values.ndim < 2 or name in ALWAYS_F32:
            kind, data = F32, values.astype("<f4").tobytes()
        elif quantised and values.ndim == 2:
            kind, data = Q8_0, q8_0(values)
        else:
            kind, data = F16, values.astype("<f2").tobytes()
        out.write(struct.pack("<3i", values.ndim, len(name), kind))
        out.write(struct.pack(f"<{values.ndim}i", *reversed(values.shape)) + name.encode() + data)


def load(run: Path) -> tuple[Whisper, Tokens]:
    """The network of a training run."""
    saved = torch.load(run / "checkpoint.pt", map_location="cpu")
    model = Whisper(Shape(**saved["shape"]))
    model.load_state_dict(saved["model"])
    return model.eval(), Tokens.load(run / "tokens.json")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("run", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--float16", action="store_true", help="do not quantise")
    given = arguments.parse_args()
    model, tokens = load(given.run)
    with open(given.out, "wb") as out:
        write(out, model, tokens, quantised=not given.float16)
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
