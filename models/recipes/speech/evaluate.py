"""Measure a model file through whisper-rs: `python -m speech.evaluate SHARDS MODEL.bin --listen target/debug/listen`.

Prints a table of word error rates by test and voice. `listen` is the small program in `listen/`; build it with
`cargo build` there.
"""

import argparse
import subprocess
import tempfile
import tomllib
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .clips import Shards
from .opus import round_trip
from .score import word_errors
from .text import HERE, plain
from .voices import FLITE_HELD_OUT, RATE, Voice, speak

SPAN_S = 10.0
PAUSE_S = 0.35


@dataclass
class Clip:
    """One span to read, and what was said in it."""

    test: str
    voice: str
    samples: np.ndarray
    text: str


def held_out_sentences(shards: Path) -> list[Clip]:
    clips = []
    for kind, test in (
        ("template", "new sentences of trained templates"),
        ("held_out_template", "templates never trained on"),
        ("salad", "common words in random order"),
    ):
        source = Shards(shards, {kind})
        for sentence in source.sentences:
            voice = "espeak-ng, all variants" if sentence.voice.startswith("espeak-ng") else sentence.voice
            if sentence.voice.endswith(FLITE_HELD_OUT):
                voice += " (never trained on)"
            clips.append(Clip(test, voice, source.samples(sentence, opus=False), sentence.text))
    return clips


def demo_answers(position: Path) -> list[Clip]:
    """The demo candidate's answers in spans of up to ten seconds, after an Opus round trip at 24 kbit/s."""
    with open(position, "rb") as file:
        answers = [answer["en"] for answer in tomllib.load(file)["answer"]]
    clips = []
    for voice in (Voice("flite", "slt"), Voice("espeak-ng", "en-us"), Voice("flite", FLITE_HELD_OUT)):
        label = voice.label + (" (never trained on)" if voice.name == FLITE_HELD_OUT else "")
        for sentences in answers:
            spoken = [(speak(voice, sentence), sentence) for sentence in sentences]
            for samples, text in spans(spoken):
                samples = round_trip(samples * 0.5 / np.abs(samples).max(), 24)
                clips.append(Clip("demo answers after Opus", label, samples, text))
    return clips


def spans(spoken: list[tuple[np.ndarray, str]]) -> list[tuple[np.ndarray, str]]:
    """Join neighbours, with pauses, as long as a span stays short enough."""
    pause, joined = np.zeros(int(PAUSE_S * RATE), np.float32), []
    for samples, text in spoken:
        padded = np.concatenate([pause[: len(pause) // 2], samples, pause[: len(pause) // 2]])
        if joined and len(joined[-1][0]) + len(padded) < SPAN_S * RATE:
            joined[-1] = (np.concatenate([joined[-1][0], padded]), f"{joined[-1][1]} {text}")
        else:
            joined.append((padded, text))
    return joined


def nobody_speaks() -> list[Clip]:
    """Ten seconds each: digital silence, and room noise of several colours and levels."""
    r, n = np.random.default_rng(11), int(SPAN_S * RATE)
    clips = [Clip("nobody speaks", "silence", np.zeros(n, np.float32), "")]
    for level_db in (-70, -60, -50, -40, -30):
        for width in (1, 8, 40):
            noise = np.convolve(r.standard_normal(n + width), np.ones(width) / width, "same")[:n]
            clips.append(
                Clip(
                    "nobody speaks", "room noise", (noise / noise.std() * 10 ** (level_db / 20)).astype(np.float32), ""
                )
            )
    return clips


def write_wav(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def read_wav(path: Path, limit_s: float) -> np.ndarray:
    with wave.open(str(path), "rb") as source:
        return np.frombuffer(source.readframes(int(limit_s * RATE)), "<i2").astype(np.float32) / 32768


def listen(program: Path, model: Path, clips: list[Clip]) -> list[tuple[str, float, float]]:
    """(text, seconds of audio, seconds taken) of every clip."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{k:05}.wav" for k in range(len(clips))]
        for path, clip in zip(paths, clips, strict=True):
            write_wav(path, clip.samples)
        command = [str(program), str(model)]
        names = "".join(f"{path}\n" for path in paths)
        lines = subprocess.run(command, input=names, text=True, check=True, capture_output=True).stdout.splitlines()
    heard = []
    for line in lines:
        _, seconds, took, text = (line + "\t").split("\t")[:4]
        heard.append((text, float(seconds), float(took)))
    return heard


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("shards", type=Path)
    arguments.add_argument("model", type=Path)
    arguments.add_argument("--listen", type=Path, required=True)
    arguments.add_argument("--human", type=Path, help="a recording of a real person, for the record")
    arguments.add_argument("--human-text", default="")
    arguments.add_argument("--show", type=int, default=0, help="print that many wrong clips of each test")
    given = arguments.parse_args()
    clips = held_out_sentences(given.shards) + demo_answers(HERE / "demo_answers.toml") + nobody_speaks()
    if given.human:
        clips.append(Clip("a real person", given.human.stem, read_wav(given.human, SPAN_S), given.human_text))
    heard = listen(given.listen, given.model, clips)
    report(clips, heard, given.show)


def report(clips: list[Clip], heard: list[tuple[str, float, float]], show: int) -> None:
    rows: dict[tuple[str, str], list[int]] = {}
    shown: dict[str, int] = {}
    for clip, (text, _, _) in zip(clips, heard, strict=True):
        errors, words = word_errors(plain(clip.text), plain(text))
        row = rows.setdefault((clip.test, clip.voice), [0, 0, 0])
        row[0], row[1], row[2] = row[0] + 1, row[1] + errors, row[2] + words
        if errors and shown.get(clip.test, 0) < show:
            shown[clip.test] = shown.get(clip.test, 0) + 1
            print(f"  {clip.voice}\n    said  {clip.text}\n    heard {text}")
    print("| test | voice | clips | words | word error rate |\n|---|---|---|---|---|")
    for (test, voice), (count, errors, words) in rows.items():
        rate = f"{errors / words:.1%}" if words else f"{errors} words invented"
        print(f"| {test} | {voice} | {count} | {words} | {rate} |")
    audio, took = sum(seconds for _, seconds, _ in heard), sum(took for _, _, took in heard)
    print(f"\nreal-time factor on one thread: {took / audio:.3f} ({audio / 60:.1f} min of audio)")


if __name__ == "__main__":
    main()
