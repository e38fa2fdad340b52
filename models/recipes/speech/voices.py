"""The voices of flite, festival and espeak-ng: how a sentence becomes 16 kHz samples."""

import random
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

RATE = 16_000
FLITE_TRAINED = ["slt", "awb", "kal16"]
FLITE_HELD_OUT = "rms"
FESTIVAL = ["ked_diphone", "cmu_us_slt_arctic_hts"]
ACCENTS = ["en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-029"]
VARIANTS = ["", "", "", *"+m1 +m2 +m3 +m4 +m5 +m6 +m7 +m8 +f1 +f2 +f3 +f4 +f5".split()]


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
    kind = r.random()
    if kind < 0.5:
        name = r.choices(FLITE_TRAINED, weights=[5, 4, 2])[0]
        return Voice("flite", name, pace=r.uniform(0.85, 1.15))
    if kind < 0.68:
        return Voice("festival", r.choice(FESTIVAL), pace=r.uniform(0.85, 1.15))
    accent = r.choices(ACCENTS, weights=[6, 3, 1, 1, 1])[0]
    return Voice("espeak-ng", accent + r.choice(VARIANTS), pace=r.uniform(0.85, 1.2), pitch=r.randint(35, 65))


def speak(voice: Voice, sentence: str) -> np.ndarray:
    """Samples in -1..1 at 16 kHz, without the silence around the speech."""
    if voice.engine == "flite":
        stretch = f"duration_stretch={1 / voice.pace:.3f}"
        wav = _run("flite", "-voice", voice.name, "--setf", stretch, "-t", sentence, "-o", "/dev/stdout")
    elif voice.engine == "festival":
        wav = _festival().speak(voice, sentence)
    else:
        words_a_minute, pitch = str(round(165 * voice.pace)), str(voice.pitch)
        wav = _run("espeak-ng", "-v", voice.name, "-s", words_a_minute, "-p", pitch, "--stdout", sentence)
    rate = int.from_bytes(wav[24:28], "little")
    start = wav.index(b"data") + 8
    # Both engines may leave the length of a piped file unset, so everything after the header counts.
    samples = np.frombuffer(wav[start : start + (len(wav) - start) // 2 * 2], np.int16).astype(np.float32) / 32768
    if rate != RATE:
        divisor = int(np.gcd(rate, RATE))
        samples = resample_poly(samples, RATE // divisor, rate // divisor).astype(np.float32)
    return trim(samples)


def _run(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout


class Festival:
    """One process for all sentences: its start takes longer than a sentence."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            ["festival", "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def speak(self, voice: Voice, sentence: str) -> bytes:
        path = Path(self._folder.name) / "speech.wav"
        # The statistical voice has a rate of its own and no stretch.
        stretch = 1.0 if voice.name.endswith("hts") else 1 / voice.pace
        self._process.stdin.write(
            f"(voice_{voice.name}) (Parameter.set 'Duration_Stretch {stretch:.3f})"
            f'(utt.save.wave (utt.synth (Utterance Text "{sentence}")) "{path}" \'riff) (format stderr "done\\n")\n'
        )
        self._process.stdin.flush()
        # What festival prints elsewhere stays in its buffer.
        while line := self._process.stderr.readline():
            if "done" in line:
                return path.read_bytes()
        raise RuntimeError("festival ended")


@cache
def _festival() -> Festival:
    return Festival()


def trim(samples: np.ndarray, keep_s: float = 0.03) -> np.ndarray:
    """Cut the silence at both ends, all but `keep_s`."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * max(1e-3, np.abs(samples).max()))
    if len(loud) == 0:
        return samples[:0]
    keep = int(keep_s * RATE)
    return samples[max(0, loud[0] - keep) : loud[-1] + keep]
