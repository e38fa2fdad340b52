"""Log-mel features exactly as whisper.cpp computes them: 80 bands, 25 ms window, 10 ms hop."""

import numpy as np
import torch

from .voices import RATE

MELS, WINDOW, HOP = 80, 400, 160
FRAMES_PER_POSITION = 2
_HANN = torch.hann_window(WINDOW)


def mel_bank() -> torch.Tensor:
    """Slaney's mel filters (linear to 1 kHz, then logarithmic), area-normalised: 80 x 201."""

    def mel(hz: np.ndarray) -> np.ndarray:
        return np.where(hz < 1000, hz * 3 / 200, 15 + np.log(np.maximum(hz, 1e-9) / 1000) / (np.log(6.4) / 27))

    def hertz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((np.log(6.4) / 27) * (mel - 15)))

    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    edges = hertz(np.linspace(mel(np.array(0.0)), mel(np.array(RATE / 2)), MELS + 2))
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return torch.tensor(np.maximum(0, triangles) * 2 / (high - low), dtype=torch.float32)


BANK = mel_bank()


def log_mel(samples: torch.Tensor, power_gain: torch.Tensor | None = None) -> torch.Tensor:
    """Features of (clips, samples), already padded with zeros to the window the encoder sees.

    `power_gain` (clips, 201) multiplies the spectrum: equalisation at no extra cost.
    """
    frames = samples.shape[1] // HOP
    spectrum = torch.stft(samples, WINDOW, HOP, window=_HANN, center=True, pad_mode="reflect", return_complex=True)[
        ..., :frames
    ]
    power = spectrum.real**2 + spectrum.imag**2
    if power_gain is not None:
        power = power * power_gain[..., None]
    bands = (BANK @ power).clamp_min(1e-10).log10()
    floor = bands.amax((1, 2), keepdim=True) - 8
    return (torch.maximum(bands, floor) + 4) / 4
