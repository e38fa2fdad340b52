"""Opus round trip through ffmpeg: what WebRTC's codec does to a voice."""

import subprocess

import numpy as np

from .voices import RATE


def round_trip(samples: np.ndarray, kbit_s: int) -> np.ndarray:
    """Encode and decode; the same length comes back, time-aligned."""
    raw = ["-f", "s16le", "-ar", str(RATE), "-ac", "1"]
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    encode = [
        "ffmpeg",
        "-v",
        "error",
        "-threads",
        "1",
        *raw,
        "-i",
        "-",
        "-ar",
        "48000",
        "-c:a",
        "libopus",
        "-b:a",
        f"{kbit_s}k",
        "-application",
        "voip",
        "-f",
        "ogg",
        "-",
    ]
    decode = ["ffmpeg", "-v", "error", "-threads", "1", "-f", "ogg", "-i", "-", *raw, "-"]
    ogg = subprocess.run(encode, input=pcm, check=True, capture_output=True).stdout
    back = np.frombuffer(subprocess.run(decode, input=ogg, check=True, capture_output=True).stdout, "<i2")
    out = np.zeros(len(samples), np.float32)
    n = min(len(out), len(back))
    out[:n] = back[:n].astype(np.float32) / 32768
    return out
