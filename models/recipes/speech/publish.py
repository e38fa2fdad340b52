"""Pack a measured model into the repository: `python -m speech.publish MODEL.bin WEIGHTS_FOLDER`.

Writes `viva-speech.bin.xz` and `viva-speech.toml`; set-up unpacks the first and checks it against the second.
"""

import argparse
import hashlib
import lzma
from pathlib import Path

from .evaluate import SPAN_S
from .model import Shape

CARD = """\
# Written by models/recipes/speech/publish.py. The figures are in README.md beside this file.
name = "viva-speech"
file = "viva-speech.bin"
packed = "viva-speech.bin.xz"
purpose = "speech"
# The report marks transcripts of a demonstration model, and scores none of them outside the demo.
demonstration = true
format = "ggml whisper, q8_0"
sha256 = "{sha256}"
size = {size}
packed_sha256 = "{packed_sha256}"
packed_size = {packed_size}
# The longest span it was trained on. Longer speech is cut at pauses first.
max_span_s = {max_span_s}
# The encoder may be cut to a span's own length plus 64 positions of 20 ms; the file itself holds this many.
cut_encoder = true
audio_ctx = {audio_ctx}
languages = ["en"]
# Most tokens of one span; whisper.cpp gives half of the text positions.
max_tokens = 120
license = "MIT OR Apache-2.0"
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("model", type=Path)
    arguments.add_argument("folder", type=Path)
    given = arguments.parse_args()
    plain = given.model.read_bytes()
    packed = lzma.compress(plain, preset=9 | lzma.PRESET_EXTREME)
    given.folder.mkdir(parents=True, exist_ok=True)
    (given.folder / "viva-speech.bin.xz").write_bytes(packed)
    (given.folder / "viva-speech.toml").write_text(
        CARD.format(
            sha256=hashlib.sha256(plain).hexdigest(),
            size=len(plain),
            packed_sha256=hashlib.sha256(packed).hexdigest(),
            packed_size=len(packed),
            max_span_s=SPAN_S,
            audio_ctx=Shape.audio_positions,
        )
    )
    print(f"{len(plain) / 1e6:.1f} MB, packed {len(packed) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
