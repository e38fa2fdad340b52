"""Whisper's encoder and decoder, with tensors named as in OpenAI's files, over the rows in use.

Dimension 0 of the decoder's last layer norm is a constant 1 after export, and dimension 0 of every trained row
is 0. An untrained row holds only `UNUSED` in dimension 0, so its logit is exactly that: the full softmax over
51 865 rows equals the small one trained here, without any list of suppressed tokens.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

UNUSED = -40.0


@dataclass(frozen=True)
class Shape:
    """Hyper-parameters. whisper.cpp takes two decoder layers for a distilled model, so never two."""

    rows: int
    state: int = 256
    heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 3
    text_positions: int = 256
    # 11.5 s: whisper.cpp hears that much of a window. More would be positions that training never saw.
    audio_positions: int = 576
    letters: int = 29


def sinusoids(positions: int, state: int) -> Tensor:
    scale = torch.exp(-math.log(10_000) / (state // 2 - 1) * torch.arange(state // 2))
    angles = torch.arange(positions)[:, None] * scale[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


def gelu(x: Tensor) -> Tensor:
    """ggml computes the tanh approximation."""
    return F.gelu(x, approximate="tanh")


class Attention(nn.Module):
    def __init__(self, state: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.value, self.out = (nn.Linear(state, state) for _ in range(3))
        self.key = nn.Linear(state, state, bias=False)

    def keys_values(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self._split(self.key(x)), self._split(self.value(x))

    def forward(self, x: Tensor, keys_values: tuple[Tensor, Tensor], causal: bool = False) -> Tensor:
        mixed = F.scaled_dot_product_attention(self._split(self.query(x)), *keys_values, is_causal=causal)
        return self.out(mixed.transpose(1, 2).reshape(x.shape))

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Gelu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return gelu(x)


class Block(nn.Module):
    def __init__(self, state: int, heads: int, cross: bool) -> None:
        super().__init__()
        self.attn, self.attn_ln = Attention(state, heads), nn.LayerNorm(state)
        if cross:
            self.cross_attn, self.cross_attn_ln = Attention(state, heads), nn.LayerNorm(state)
        self.mlp = nn.Sequential(nn.Linear(state, 4 * state), Gelu(), nn.Linear(4 * state, state))
        self.mlp_ln = nn.LayerNorm(state)

    def forward(self, x: Tensor, heard: tuple[Tensor, Tensor] | None = None) -> Tensor:
        y = self.attn_ln(x)
        x = x + self.attn(y, self.attn.keys_values(y), causal=heard is not None)
        if heard is not None:
            x = x + self.cross_attn(self.cross_attn_ln(x), heard)
        return x + self.mlp(self.mlp_ln(x))


class Encoder(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(80, shape.state, 3, padding=1)
        self.conv2 = nn.Conv1d(shape.state, shape.state, 3, stride=2, padding=1)
        self.register_buffer("positional_embedding", sinusoids(shape.audio_positions, shape.state), persistent=False)
        self.blocks = nn.ModuleList(Block(shape.state, shape.heads, cross=False) for _ in range(shape.encoder_layers))
        self.ln_post = nn.LayerNorm(shape.state)

    def forward(self, features: Tensor) -> Tensor:
        x = gelu(self.conv2(gelu(self.conv1(features)))).transpose(1, 2)
        x = x + self.positional_embedding[: x.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.ln_post(x)


class Decoder(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(shape.rows, shape.state)
        self.positional_embedding = nn.Parameter(torch.randn(shape.text_positions, shape.state) * 0.01)
        self.blocks = nn.ModuleList(Block(shape.state, shape.heads, cross=True) for _ in range(shape.decoder_layers))
        self.ln = nn.LayerNorm(shape.state)
        nn.init.normal_(self.token_embedding.weight, std=0.05)
        mask = torch.ones(shape.state)
        mask[0] = 0
        self.register_buffer("mask", mask, persistent=False)

    def table(self) -> Tensor:
        """The trained rows, their dimension 0 kept at 0."""
        return self.token_embedding.weight * self.mask

    def heard(self, encoded: Tensor) -> list[tuple[Tensor, Tensor]]:
        return [block.cross_attn.keys_values(encoded) for block in self.blocks]

    def forward(self, rows: Tensor, heard: list[tuple[Tensor, Tensor]]) -> Tensor:
        table = self.table()
        x = F.embedding(rows, table) + self.positional_embedding[: rows.shape[1]]
        for block, keys_values in zip(self.blocks, heard):
            x = block(x, keys_values)
        return F.linear(self.ln(x), table)


class Whisper(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder, self.decoder = Encoder(shape), Decoder(shape)
        # Letters straight from the encoder (CTC): teaches it to align early; dropped at export.
        self.ctc = nn.Linear(shape.state, shape.letters)

    @torch.no_grad()
    def greedy(self, features: Tensor, prompt: list[int], end: int, limit: int = 110) -> list[list[int]]:
        """The likeliest rows after `prompt`, one list a clip, without the end mark."""
        heard = self.decoder.heard(self.encoder(features))
        rows = torch.tensor([prompt] * len(features))
        done = torch.zeros(len(features), dtype=torch.bool)
        for _ in range(limit):
            following = self.decoder(rows, heard)[:, -1].argmax(-1)
            following[done] = end
            done |= following == end
            rows = torch.cat([rows, following[:, None]], 1)
            if done.all():
                break
        texts = [row[len(prompt) :] for row in rows.tolist()]
        return [text[: text.index(end)] if end in text else text for text in texts]
