"""The voices of flite and espeak-ng: how a sentence becomes 16 kHz samples."""

import random
import subprocess
from dataclasses import dataclass

import numpy as np
from scipy.signal import resample_poly

RATE = 16_000
FLITE_TRAINED = ["slt", "awb", "kal16"]
FLITE_HELD_OUT = "rms"
ACCENTS = ["en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-029"]
VARIANTS = ["", "", "", "+m1", "+m2", "+m3", "+m4", "+m5", "+m7", "+f1", "+f2", "+f3", "+f4"]


@dataclass(frozen=True)
class Voice:
    """One way of speaking. `pace` is a factor on the normal speed, `pitch` is espeak-ng's 0..99."""

    engine: str
    name: str
    pace: float = 1.0
    pitch: int = 50

    @property
    def label(self) -> str:
        return f"{self.engine} {self.name}"


def training_voice(r: random.Random) -> Voice:
    """Any trained voice. The demo speaks with slt and plain en-us, so these come more often."""
    if r.random() < 0.52:
        name = r.choices(FLITE_TRAINED, weights=[5, 3, 3])[0]
        return Voice("flite", name, pace=r.uniform(0.85, 1.15))
    accent = r.choices(ACCENTS, weights=[6, 3, 1, 1, 1])[0]
    return Voice("espeak-ng", accent + r.choice(VARIANTS), pace=r.uniform(0.85, 1.2), pitch=r.randint(35, 65))


def speak(voice: Voice, sentence: str) -> np.ndarray:
    """Samples in -1..1 at 16 kHz, without the silence around the speech."""
    if voice.engine == "flite":
        command = [
            "flite",
            "-voice",
            voice.name,
            "--setf",
            f"duration_stretch={1 / voice.pace:.3f}",
            "-t",
            sentence,
            "-o",
            "/dev/stdout",
        ]
    else:
        command = [
            "espeak-ng",
            "-v",
            voice.name,
            "-s",
            str(round(165 * voice.pace)),
            "-p",
            str(voice.pitch),
            "--stdout",
            sentence,
        ]
    wav = subprocess.run(command, check=True, capture_output=True).stdout
    rate = int.from_bytes(wav[24:28], "little")
    start = wav.index(b"data") + 8
    # Both engines may leave the length of a piped file unset, so everything after the header counts.
    samples = np.frombuffer(wav[start : start + (len(wav) - start) // 2 * 2], np.int16).astype(np.float32) / 32768
    if rate != RATE:
        divisor = int(np.gcd(rate, RATE))
        samples = resample_poly(samples, RATE // divisor, rate // divisor).astype(np.float32)
    return trim(samples)


def trim(samples: np.ndarray, keep_s: float = 0.03) -> np.ndarray:
    """Cut the silence at both ends, all but `keep_s`."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * max(1e-3, np.abs(samples).max()))
    if len(loud) == 0:
        return samples[:0]
    keep = int(keep_s * RATE)
    return samples[max(0, loud[0] - keep) : loud[-1] + keep]
