"""Shards of single sentences in, training examples out: one to several sentences of one voice with pauses,
through a microphone of varying quality."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from .features import FRAMES_PER_POSITION, HOP, log_mel
from .noise import coloured, not_speech
from .voices import RATE

OPUS_SHARE = 0.4
EMPTY_SHARE = 0.07
# The longest example; behind it the window is padded with zeros, as whisper.cpp does.
LONGEST = int(10.2 * RATE)
POSITION_SAMPLES = HOP * FRAMES_PER_POSITION


@dataclass
class Sentence:
    """One synthesised sentence; `shard` and `offset` say where its samples lie."""

    kind: str
    voice: str
    text: str
    shard: int
    offset: int
    length: int


@dataclass
class Example:
    """What the model hears, and the (start, end, text) of every sentence in it; none when nobody speaks."""

    samples: np.ndarray
    spoken: list[tuple[float, float, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(text for _, _, text in self.spoken)


class Shards:
    """All finished shards of a folder; `reload` picks up what synthesis has added since."""

    def __init__(self, folder: Path, kinds: set[str]) -> None:
        self._folder, self._kinds = folder, kinds
        self._waves: list[tuple[np.ndarray, np.ndarray]] = []
        self._seen: set[str] = set()
        self.sentences: list[Sentence] = []
        self.by_voice: dict[str, list[Sentence]] = {}
        self.reload()

    def reload(self) -> None:
        for path in sorted(self._folder.glob("*.json")):
            rows = json.loads(path.read_text()) if path.stem not in self._seen else []
            self._seen.add(path.stem)
            if not rows or rows[0]["kind"] not in self._kinds:
                continue
            self._waves.append(
                tuple(np.load(path.with_suffix(f".{form}.npy"), mmap_mode="r") for form in ("wave", "opus"))
            )
            for row in rows:
                sentence = Sentence(shard=len(self._waves) - 1, **row)
                self.sentences.append(sentence)
                self.by_voice.setdefault(sentence.voice, []).append(sentence)

    def samples(self, sentence: Sentence, opus: bool) -> np.ndarray:
        wave = self._waves[sentence.shard][1 if opus else 0]
        return np.asarray(wave[sentence.offset : sentence.offset + sentence.length], np.float32) / 32768


def compose(shards: Shards, r: np.random.Generator, window: int) -> Example:
    """An example of at most `window` samples."""
    window = min(window, LONGEST)
    if r.random() < EMPTY_SHARE:
        return Example(not_speech(r, int(window * r.uniform(0.1, 1))))
    opus = r.random() < OPUS_SHARE
    lead = r.uniform(0, 0.45) if r.random() < 0.8 else 0.0
    at, parts, spoken = int(lead * RATE), [], []
    parts.append(np.zeros(at, np.float32))
    sentence = _fitting(shards.sentences, r, window - at)
    while sentence is not None:
        wave = shards.samples(sentence, opus)
        spoken.append((at / RATE, (at + len(wave)) / RATE, sentence.text))
        pause = int(r.uniform(0.1, 0.9) * RATE)
        parts += [wave, np.zeros(pause, np.float32)]
        at += len(wave) + pause
        more = r.random() < 0.75
        sentence = _fitting(shards.by_voice[sentence.voice], r, window - at, tries=8) if more else None
    if not spoken:
        return Example(not_speech(r, window))
    samples = np.concatenate(parts)[:window]
    return _microphone(Example(samples, spoken), r, window)


def _fitting(sentences: list[Sentence], r: np.random.Generator, room: int, tries: int = 40) -> Sentence | None:
    """A random sentence that leaves a little room behind it."""
    for _ in range(tries):
        sentence = sentences[int(r.integers(len(sentences)))]
        if sentence.length < room - RATE // 20:
            return sentence
    return None


def _microphone(example: Example, r: np.random.Generator, window: int) -> Example:
    samples, spoken = example.samples, example.spoken
    if r.random() < 0.25:
        # Speed and pitch together, never past the end of the window.
        fastest_shrink = max(0.92, len(samples) / window)
        speed = r.uniform(min(fastest_shrink, 1.08), 1.08)
        samples = np.interp(np.arange(0, len(samples) - 1, speed), np.arange(len(samples)), samples).astype(np.float32)
        spoken = [(start / speed, end / speed, text) for start, end, text in spoken]
    samples = samples * (10 ** (r.uniform(-22, 2) / 20) * 0.9 / max(0.1, float(np.abs(samples).max())))
    if r.random() < 0.35:
        below_db = r.uniform(15, 45)
        power = np.sqrt(np.mean(samples**2)) * 10 ** (-below_db / 20)
        samples = samples + power * coloured(r, len(samples))
    return Example(samples.astype(np.float32), spoken)


def batch_features(examples: list[Example], r: np.random.Generator | None, window: int) -> torch.Tensor:
    """Features of a batch, padded to `window` samples; with `r`, equalised and masked at random."""
    padded = np.zeros((len(examples), window), np.float32)
    for row, example in enumerate(examples):
        padded[row, : len(example.samples)] = example.samples[:window]
    if r is None:
        return log_mel(torch.from_numpy(padded))
    features = log_mel(torch.from_numpy(padded), _equaliser(len(examples), r))
    for clip in features:
        if r.random() < 0.2:
            low = int(r.integers(0, 72))
            clip[low : low + int(r.integers(1, 9))] = clip.min()
        if r.random() < 0.2:
            start = int(r.integers(0, clip.shape[1]))
            clip[:, start : start + int(r.integers(1, 12))] = clip.min()
    return features


def _equaliser(clips: int, r: np.random.Generator) -> torch.Tensor:
    """Random tilt, ripple, and the low-pass of a poor headset."""
    hertz, decades = np.linspace(0, RATE / 2, 201), np.zeros((clips, 201))
    for row in decades:
        if r.random() < 0.25:
            row += r.uniform(-0.8, 0.8) * (hertz / 4000 - 1)
            row += r.uniform(-0.4, 0.4) * np.cos(hertz / 8000 * 2 * np.pi * r.uniform(0.3, 2) + r.uniform(0, 6))
        if r.random() < 0.1:
            row -= 4 / (1 + np.exp(-(hertz - r.uniform(3400, 7000)) / 120))
        if r.random() < 0.1:
            row -= 3 / (1 + np.exp(-(r.uniform(80, 300) - hertz) / 40))
    return torch.tensor(10**decades, dtype=torch.float32)
