"""Which rows of Whisper's multilingual vocabulary (51 865) this model uses, and what text they stand for.

Whisper's special ids are fixed by whisper.cpp; the strings of the ordinary ids are read from the model file, so ours
are our own: letters, what they merge to in common words, and punctuation marks. Any text can be written with them.
"""

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np

from .text import Grammar, words_of

VOCABULARY = 51_865
EOT, SOT, ENGLISH, TRANSCRIBE, NO_SPEECH, NO_TIMESTAMPS, TIMESTAMP_0 = 50257, 50258, 50259, 50359, 50362, 50363, 50364
TIMESTAMP_STEP_S = 0.02
# Ordinary tokens before the words. whisper.cpp looks " " up by name. The empty string is what the model writes when
# nobody speaks: whisper.cpp forbids an immediate end of text, and makes no segment of an empty text.
MARKS = [" ", ",", ".", "?", ""]
# Only every fifth time stamp is trained: a grid of 0.1 s up to the longest window.
GRID = 5
LAST_TIME_S = 10.4
# Pieces of words, and from how many sentences they are learned.
PIECES, LEARNED_FROM = 1500, 40_000
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'"
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
        self._longest = max(map(len, strings))
        self._known: dict[str, list[int]] = {}
        self.eot, self.sot, self.english, self.transcribe, self.no_speech, self.no_timestamps = (
            self.row_of_id[i] for i in (EOT, SOT, ENGLISH, TRANSCRIBE, NO_SPEECH, NO_TIMESTAMPS)
        )

    @classmethod
    def of_grammar(cls) -> "Tokens":
        grammar, r = Grammar(), random.Random(0)
        words = Counter(grammar.common)
        for _ in range(LEARNED_FROM):
            words.update(words_of(grammar.sentence(r)))
        return cls([*MARKS, *pieces(words)])

    @classmethod
    def load(cls, path: Path) -> "Tokens":
        return cls(json.loads(path.read_text()))

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.strings, indent=0))

    def encode(self, text: str) -> list[int]:
        rows = []
        for word in text.split():
            bare = word.rstrip(",.?")
            rows.extend(self._pieces_of(f" {bare}"))
            rows.extend(self._row_of_string[mark] for mark in word[len(bare) :])
        return rows

    def _pieces_of(self, word: str) -> list[int]:
        """The longest piece first, from left to right."""
        if word not in self._known:
            rows, at = [], 0
            while at < len(word):
                ends = range(min(len(word), at + self._longest), at, -1)
                end = next(end for end in ends if word[at:end] in self._row_of_string)
                rows.append(self._row_of_string[word[at:end]])
                at = end
            self._known[word] = rows
        return self._known[word]

    def decode(self, rows: list[int]) -> str:
        return "".join(self.strings[row] for row in rows if row < len(self.strings)).strip()

    def any_piece(self, r: np.random.Generator) -> int:
        return int(r.integers(len(MARKS), len(self.strings)))

    def timestamp(self, seconds: float) -> int:
        """The row of the nearest time on the grid."""
        steps = round(min(max(seconds, 0), LAST_TIME_S) / TIMESTAMP_STEP_S / GRID) * GRID
        return self.row_of_id[TIMESTAMP_0 + steps]


def pieces(words: Counter[str], count: int = PIECES) -> list[str]:
    """Letters and the `count` most useful strings of them (byte-pair encoding: Sennrich, Haddow, Birch 2016). The first
    piece of a word has a space before it."""
    spelled = {word: [f" {word[0]}", *word[1:]] for word in words}
    found = [*(f" {letter}" for letter in ALPHABET), *ALPHABET]
    pairs, having = Counter(), {}
    for word, parts in spelled.items():
        for pair in zip(parts, parts[1:]):
            pairs[pair] += words[word]
            having.setdefault(pair, set()).add(word)
    while len(found) < count and pairs:
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        found.append("".join(best))
        for word in having.pop(best):
            parts = spelled[word]
            for pair in zip(parts, parts[1:]):
                pairs[pair] -= words[word]
            spelled[word] = parts = _merged(parts, best)
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
                having.setdefault(pair, set()).add(word)
        pairs += Counter()
        pairs.pop(best, None)
    return list(dict.fromkeys(found))


def _merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    merged, at = [], 0
    while at < len(parts):
        step = 2 if tuple(parts[at : at + 2]) == pair else 1
        merged.append("".join(parts[at : at + step]))
        at += step
    return merged


def letters(text: str) -> list[int]:
    """Targets of the CTC head."""
    return [LETTERS[letter] for letter in text]
