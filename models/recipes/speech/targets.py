"""What the decoder is taught to write for an example."""

import numpy as np
import torch

from .clips import Example
from .text import plain
from .tokens import MARKS, Tokens, letters

IGNORE = -100
# Viva asks for time stamps; other callers may not.
TIMESTAMP_SHARE = 0.6
# Share of pieces of the decoder's own input that are swapped: it must listen, not recite.
SWAPPED = 0.08


def target_rows(example: Example, tokens: Tokens, timestamps: bool) -> list[int]:
    """The rows after the prompt `sot, en, transcribe`, end mark included."""
    if not timestamps:
        return [tokens.no_timestamps, *tokens.encode(example.text), tokens.eot]
    rows = []
    for number, (start, end, text) in enumerate(example.spoken):
        # whisper.cpp bounds the first stamp, tighter in a short window; a span starts with its speech anyway.
        rows += [tokens.timestamp(start if number else 0), *tokens.encode(text), tokens.timestamp(end)]
    return [*rows, tokens.eot]


def batch_targets(examples: list[Example], tokens: Tokens, r: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Decoder input and expected next rows, (clips, length) each."""
    prompt = [tokens.sot, tokens.english, tokens.transcribe]
    inputs, expected = [], []
    for example in examples:
        timestamps = r.random() < TIMESTAMP_SHARE
        if example.spoken:
            rows = [*prompt, *target_rows(example, tokens, timestamps)]
            following = [IGNORE if row in (tokens.transcribe, tokens.no_timestamps) else row for row in rows[1:]]
        else:
            rows, following = _nothing(tokens, r, timestamps)
        inputs.append(rows[:-1])
        expected.append(following)
    length = max(map(len, inputs))
    given, wanted = torch.full((len(examples), length), tokens.eot), torch.full((len(examples), length), IGNORE)
    for k, (rows, following) in enumerate(zip(inputs, expected)):
        given[k, : len(rows)] = torch.tensor(rows)
        wanted[k, : len(following)] = torch.tensor(following)
    swap = (torch.rand(given.shape) < SWAPPED) & (given < len(tokens.strings))
    given[swap] = torch.randint(len(MARKS), len(tokens.strings), (int(swap.sum()),))
    return given, wanted


def _nothing(tokens: Tokens, r: np.random.Generator, timestamps: bool) -> tuple[list[int], list[int]]:
    """Rows and expectations when nobody speaks: no speech, nothing written, the end.

    Now and then a random piece stands in the place of the empty token, so that the end follows that as well.
    """
    prompt = [tokens.sot, tokens.english, tokens.transcribe]
    written = tokens.nothing if r.random() < 0.7 else tokens.any_piece(r)
    fourth = tokens.timestamp(0) if timestamps else tokens.no_timestamps
    rows = [*prompt, fourth, written, tokens.eot]
    return rows, [tokens.no_speech, IGNORE, fourth if timestamps else IGNORE, tokens.nothing, tokens.eot]


def batch_letters(examples: list[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Concatenated CTC targets and their lengths."""
    targets = [letters(plain(example.text)) for example in examples]
    return torch.tensor(sum(targets, []), dtype=torch.long), torch.tensor([len(target) for target in targets])
