"""Sounds that are not speech: what a model must learn to say nothing about."""

import numpy as np

from .voices import RATE


def coloured(r: np.random.Generator, n: int) -> np.ndarray:
    """Unit-power noise, from white to rumble."""
    noise = r.standard_normal(n, dtype=np.float32)
    if r.random() < 0.6:
        width = int(r.integers(2, 24))
        noise = np.convolve(noise, np.ones(width, np.float32), "same")
    return noise / max(1e-6, noise.std())


def not_speech(r: np.random.Generator, n: int) -> np.ndarray:
    """`n` samples of silence, room noise, mains hum, knocks or breaths, at any level."""
    kind = r.integers(6)
    if kind == 0:
        return np.zeros(n, np.float32)
    level = 10 ** (r.uniform(-80, -15) / 20)
    sound = coloured(r, n) * r.uniform(0, 1)
    if kind == 2:
        time = np.arange(n, dtype=np.float32) / RATE
        base = r.choice([50, 60, 100, 120]) * (1 + r.uniform(-0.01, 0.01))
        for harmonic in range(1, int(r.integers(2, 7))):
            sound = sound * 0.7 + np.sin(2 * np.pi * base * harmonic * time, dtype=np.float32) / harmonic
    if kind >= 3:
        for _ in range(int(r.integers(1, 5))):
            length = int(RATE * (r.uniform(0.004, 0.05) if kind == 3 else r.uniform(0.1, 0.5)))
            at = int(r.integers(0, max(1, n - length)))
            shape = np.exp(-np.linspace(0, 6, length)) if kind == 3 else np.hanning(length)
            burst = coloured(r, length) * shape * r.uniform(1, 12)
            sound[at : at + length] += burst[: n - at].astype(np.float32)
    return (sound * level).astype(np.float32)
