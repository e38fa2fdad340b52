"""Which rows of Whisper's multilingual vocabulary (51 865) this model uses, and what text they stand for.

Whisper's special ids are fixed by whisper.cpp; the strings of the ordinary ids are read from the model file,
so ours are whole words with a leading space, and punctuation marks.
"""

import json
from pathlib import Path

import numpy as np

from .text import Grammar

VOCABULARY = 51_865
EOT, SOT, ENGLISH, TRANSCRIBE, NO_SPEECH, NO_TIMESTAMPS, TIMESTAMP_0 = 50257, 50258, 50259, 50359, 50362, 50363, 50364
TIMESTAMP_STEP_S = 0.02
# Ordinary tokens before the words. whisper.cpp looks " " up by name. The empty string is what the model writes when
# nobody speaks: whisper.cpp forbids an immediate end of text, and makes no segment of an empty text.
MARKS = [" ", ",", ".", "?", ""]
# Only every fifth time stamp is trained: a grid of 0.1 s up to the longest window.
GRID = 5
LAST_TIME_S = 10.4
# Alphabet of the auxiliary CTC head; 0 is the blank.
LETTERS = {letter: i + 1 for i, letter in enumerate(" abcdefghijklmnopqrstuvwxyz'")}


class Tokens:
    """Maps text to rows (dense indices that the network uses) and back."""

    def __init__(self, strings: list[str]) -> None:
        self.strings = strings
        stamps = range(TIMESTAMP_0, TIMESTAMP_0 + round(LAST_TIME_S / TIMESTAMP_STEP_S) + 1, GRID)
        self.ids = [*range(len(strings)), EOT, SOT, ENGLISH, TRANSCRIBE, NO_SPEECH, NO_TIMESTAMPS, *stamps]
        self.row_of_id = {token: row for row, token in enumerate(self.ids)}
        self.nothing = strings.index("")
        self._row_of_string = {string: row for row, string in enumerate(strings)}
        self.eot, self.sot, self.english, self.transcribe, self.no_speech, self.no_timestamps = (
            self.row_of_id[i] for i in (EOT, SOT, ENGLISH, TRANSCRIBE, NO_SPEECH, NO_TIMESTAMPS)
        )

    @classmethod
    def of_grammar(cls) -> "Tokens":
        return cls([*MARKS, *(f" {word}" for word in Grammar().vocabulary)])

    @classmethod
    def load(cls, path: Path) -> "Tokens":
        return cls(json.loads(path.read_text()))

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.strings, indent=0))

    def encode(self, text: str) -> list[int]:
        rows = []
        for word in text.split():
            bare = word.rstrip(",.?")
            rows.append(self._row_of_string[f" {bare}"])
            rows.extend(self._row_of_string[mark] for mark in word[len(bare) :])
        return rows

    def decode(self, rows: list[int]) -> str:
        return "".join(self.strings[row] for row in rows if row < len(self.strings)).strip()

    def any_word(self, r: np.random.Generator) -> int:
        return int(r.integers(len(MARKS), len(self.strings)))

    def timestamp(self, seconds: float) -> int:
        """The row of the nearest time on the grid."""
        steps = round(min(max(seconds, 0), LAST_TIME_S) / TIMESTAMP_STEP_S / GRID) * GRID
        return self.row_of_id[TIMESTAMP_0 + steps]


def letters(text: str) -> list[int]:
    """Targets of the CTC head."""
    return [LETTERS[letter] for letter in text]
