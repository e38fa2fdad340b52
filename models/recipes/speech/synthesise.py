"""Write shards of spoken sentences: `python -m speech.synthesise OUT --shards 60 --workers 2`.

A shard is three files: `NNNN.wave.npy` (all clips, one after another, 16-bit), `NNNN.opus.npy` (the same after
an Opus round trip) and `NNNN.json` (voice, offset, length, text of each clip), the last written last. Shards are
reproducible by number; training picks up new ones while it runs.
"""

import argparse
import json
import os
import random
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from .opus import round_trip
from .text import Grammar
from .voices import FLITE_HELD_OUT, Voice, speak, training_voice

CLIPS_PER_SHARD = 200
MAX_CLIP_S = 9.0
# Shards up to this number hold test sentences only; see `_test_clip`.
TEST_SHARDS = 3


def _test_clip(grammar: Grammar, r: random.Random, number: int, k: int) -> tuple[str, Voice, str]:
    """Shard 0: new sentences of the trained templates, every fourth in the held-out voice. Shard 1: held-out templates,
    shard 2: salad, likewise."""
    kind, write = [
        ("template", grammar.from_templates),
        ("held_out_template", grammar.held_out),
        ("salad", grammar.salad),
    ][number]
    voice = Voice("flite", FLITE_HELD_OUT) if k % 4 == 3 else training_voice(r)
    return kind, voice, write(r)


def test_sentences(grammar: Grammar) -> set[str]:
    """The sentences of shard 0, which no training shard may contain."""
    r = random.Random(0)
    return {_test_clip(grammar, r, 0, k)[2] for k in range(CLIPS_PER_SHARD)}


def write_shard(out: Path, number: int) -> None:
    """Synthesise shard `number`, unless it is there already."""
    done = out / f"{number:04}.json"
    if done.exists():
        return
    grammar, r = Grammar(), random.Random(number)
    avoid = set() if number < TEST_SHARDS else test_sentences(grammar)
    waves, rows, at = [], [], 0
    while len(rows) < CLIPS_PER_SHARD:
        if number < TEST_SHARDS:
            kind, voice, text = _test_clip(grammar, r, number, len(rows))
        else:
            kind, voice, text = "train", training_voice(r), grammar.sentence(r)
            if text in avoid and text not in grammar.demo:
                continue
        wave = speak(voice, text)
        if number >= TEST_SHARDS and not 0.1 < len(wave) / 16000 < MAX_CLIP_S:
            continue
        waves.append(wave)
        rows.append({"kind": kind, "voice": voice.label, "offset": at, "length": len(wave), "text": text})
        at += len(wave)
    wave = np.concatenate(waves)
    np.save(out / f"{number:04}.wave.npy", _int16(wave))
    np.save(out / f"{number:04}.opus.npy", _int16(round_trip(wave, r.choice([24, 28, 32]))))
    temporary = done.with_suffix(".tmp")
    temporary.write_text(json.dumps(rows))
    os.replace(temporary, done)
    print(f"shard {number}: {len(rows)} clips, {len(wave) / 16000 / 60:.1f} min", flush=True)


def _int16(samples: np.ndarray) -> np.ndarray:
    return (np.clip(samples, -1, 1) * 32767).astype(np.int16)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--shards", type=int, default=60)
    arguments.add_argument("--workers", type=int, default=1)
    given = arguments.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(given.workers) as pool:
        for _ in pool.map(write_shard, [given.out] * given.shards, range(given.shards)):
            pass


if __name__ == "__main__":
    main()
