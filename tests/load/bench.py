#!/usr/bin/env python3
"""Load figures for BENCHMARKS.md: Viva, Pion and Janus, one after the other, with the same publishers. See README.md.

Prints Markdown, and writes each figure to `figures.csv` beside this file and the picture of them to `figures.svg`.
"""

import csv
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

import plot
from receivers import BUILT, HERE, Janus, Pion, Receiver, Viva, media_address
from sender import Sender, Sent

ROOT = HERE.parent.parent
WARM_S, WINDOW_S = 3, 12
CYCLES_AT_ONCE, ROUNDS = 10, 20
LOSS = ["-loss", "0.05"]
WORSE = ["-loss", "0.05", "-reorder", "0.05", "-duplicate", "0.02", "-delay", "60ms"]

RECEIVERS: list[Callable[[pathlib.Path], Receiver]] = [Viva, Pion, Janus]


@dataclass(frozen=True)
class Run:
    """One receiver under one load."""

    receiver: str
    publishers: int
    connected: int
    connect_p50_ms: float
    connect_p95_ms: float
    # Of one core, each.
    cpu_percent: float
    rss_mb: float
    rss_idle_mb: float
    # While all were being recorded, as all that follows.
    lost_on_the_way: int
    repeats: int
    # Packets that are not on the disk, and those that should be.
    video: tuple[int, int]
    audio: tuple[int, int]
    # Of Viva's buffer.
    overflowed: int

    @property
    def cpu_a_stream(self) -> float:
        return self.cpu_percent / self.connected

    @property
    def rss_a_stream(self) -> float:
        return (self.rss_mb - self.rss_idle_mb) / self.connected

    @property
    def missing(self) -> int:
        return self.video[0] + self.audio[0]

    @property
    def due(self) -> int:
        return self.video[1] + self.audio[1]

    @property
    def present(self) -> float:
        return 1 - self.missing / self.due

    @property
    def repeats_a_loss(self) -> float:
        return self.repeats / self.lost_on_the_way if self.lost_on_the_way else 0.0


def measure(kind: Callable[[pathlib.Path], Receiver], publishers: int, arguments: list[str]) -> Run:
    with tempfile.TemporaryDirectory(prefix="viva-load-") as folder:
        receiver = kind(pathlib.Path(folder))
        try:
            time.sleep(2)
            idle = receiver.process.rss_mb()
            sender = Sender(BUILT / "sender", BUILT / "clip.ivf", publishers, ["-address", media_address(), *receiver.sender_arguments(publishers), *arguments])
            try:
                connected = sender.wait_for("started")["connected"]
                for error in sender.failures:
                    print(f"{receiver.name}: {error}", file=sys.stderr)
                receiver.start_takes()
                time.sleep(WARM_S)
                marks = sender.sent("mark")
                cpu, clock = receiver.process.cpu_seconds(), time.monotonic()
                time.sleep(WINDOW_S)
                cpu = (receiver.process.cpu_seconds() - cpu) / (time.monotonic() - clock) * 100
                rss = receiver.process.rss_mb()
                sent = sender.sent("pause")
            finally:
                sender.close()
            overflowed = int(receiver.metrics()["viva_recorder_overflowed_records"]) if isinstance(receiver, Viva) else 0
            time.sleep(1)
        finally:
            receiver.process.stop()
        lacking = missing(receiver, marks, sent)
    since = [stream.since(marks[ssrc]) for ssrc, stream in sent.items()]
    ms = sorted(sender.connect_ms)
    return Run(
        receiver=receiver.name, publishers=publishers, connected=connected, connect_p50_ms=statistics.median(ms),
        connect_p95_ms=ms[int(0.95 * (len(ms) - 1))], cpu_percent=cpu, rss_mb=rss, rss_idle_mb=idle,
        lost_on_the_way=sum(s.lost for s in since), repeats=sum(s.again for s in since),
        video=lacking["video"], audio=lacking["audio"], overflowed=overflowed,
    )


def missing(receiver: Receiver, marks: dict[int, Sent], sent: dict[int, Sent]) -> dict[str, tuple[int, int]]:
    """Of picture and of sound: packets that are not on the disk, and those that should be."""
    recorded = receiver.recorded()
    totals = {"video": (0, 0), "audio": (0, 0)}
    for ssrc, stream in sent.items():
        due, found = stream.since(marks[ssrc]).numbers(), recorded.get(ssrc, set())
        if not receiver.keeps_numbers and found:
            # It numbers from 1; its last packet is taken for the last that was sent.
            found = {(number + stream.last - max(found)) % 0x10000 for number in found}
        # 30 frames of several packets a second, against 50 packets of sound.
        kind = "video" if stream.sent > max(s.sent for s in sent.values()) / 2 else "audio"
        lost, all_due = totals[kind]
        totals[kind] = (lost + len(due - found), all_due + len(due))
    return totals


def cycles() -> list[float]:
    """Memory after each round of connecting and closing."""
    with tempfile.TemporaryDirectory(prefix="viva-load-") as folder:
        receiver = Viva(pathlib.Path(folder))
        try:
            arguments = ["-address", media_address(), *receiver.sender_arguments(CYCLES_AT_ONCE), "-rounds", str(ROUNDS)]
            sender = Sender(BUILT / "sender", BUILT / "clip.ivf", CYCLES_AT_ONCE, arguments)
            memory = []
            try:
                for _ in range(ROUNDS):
                    assert sender.wait_for("round")["connected"] == CYCLES_AT_ONCE, sender.failures
                    time.sleep(0.3)
                    assert receiver.metrics()["viva_publishers"] == 0
                    memory.append(receiver.process.rss_mb())
                    sender.order("next")
            finally:
                sender.close()
        finally:
            receiver.process.stop()
    return memory


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    print(f"\n{title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    sys.stdout.flush()


def print_load(title: str, runs: list[Run]) -> None:
    rows = [
        [run.receiver, f"{run.connected} of {run.publishers}", f"{run.connect_p50_ms:.0f} / {run.connect_p95_ms:.0f} ms",
         f"{run.cpu_percent:.1f} % = {run.cpu_a_stream:.3f} % each", f"{run.rss_mb:.0f} MB", f"{run.rss_a_stream:.2f} MB",
         f"{run.due}", f"{run.missing}"]
        for run in runs
    ]
    table(title, ["receiver", "connected", "POST to connected, median / p95", "CPU, of one core", "RSS", "RSS above idle, a stream",
                  "packets sent", "missing on the disk"], rows)  # fmt: skip
    viva = runs[0]
    for peer in runs[1:]:
        print(f"\nViva's CPU is {viva.cpu_a_stream / peer.cpu_a_stream:.2f} × {peer.receiver}'s.")
    if viva.overflowed:
        print(f"\nThe recorder's buffer overflowed: {viva.overflowed} records.")


def print_loss(title: str, runs: list[Run]) -> None:
    def share(lost: int, due: int) -> str:
        return f"{(1 - lost / due) * 100:.2f} %"

    rows = [
        [run.receiver, f"{run.lost_on_the_way}", f"{run.present * 100:.2f} %", share(*run.video),
         share(*run.audio), f"{run.repeats_a_loss:.2f}"]
        for run in runs
    ]
    table(title, ["receiver", "packets lost on the way", "on the disk in the end", "video", "sound", "repeats for each loss"], rows)


def main() -> None:
    subprocess.run([HERE / "build"], check=True)
    subprocess.run(["cargo", "build", "-q", "--release", "-p", "viva", "--bin", "viva", "--example", "journal_packets"], cwd=ROOT, check=True)
    for key, title, publishers, arguments, show in SCENARIOS:
        if sys.argv[1:] and key not in sys.argv[1:]:
            continue
        runs = [measure(kind, publishers, arguments) for kind in RECEIVERS]
        show(title, runs)
        write(key, runs)
    if not sys.argv[1:] or "cycles" in sys.argv[1:]:
        memory = cycles()
        print(f"\n{CYCLES_AT_ONCE * ROUNDS} connections made and closed, {CYCLES_AT_ONCE} at a time: RSS after each round "
              f"{', '.join(f'{mb:.1f}' for mb in memory)} MB.")  # fmt: skip


SCENARIOS = [
    ("40", "40 candidates, 20 more each second", 40, ["-every", "50ms"], print_load),
    ("100", "100 candidates, 20 more each second", 100, ["-every", "50ms"], print_load),
    ("crowd", "100 candidates in the same instant", 100, [], print_load),
    ("loss", "20 candidates, 5 % of the datagrams lost each way", 20, LOSS, print_loss),
    ("worse", "The same, and 5 % reordered, 2 % doubled, 60 ms for a round trip", 20, WORSE, print_loss),
]


def write(scenario: str, runs: list[Run]) -> None:
    """Puts the figures of one scenario in the place of its last ones."""
    rows = [
        {"scenario": scenario, "receiver": run.receiver, "cpu_percent_a_stream": f"{run.cpu_a_stream:.3f}",
         "rss_mb_a_stream": f"{run.rss_a_stream:.2f}", "connect_p95_ms": f"{run.connect_p95_ms:.0f}",
         "present_percent": f"{run.present * 100:.3f}", "repeats_a_loss": f"{run.repeats_a_loss:.2f}"}
        for run in runs
    ]  # fmt: skip
    path = HERE / "figures.csv"
    if path.exists():
        with open(path, newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["scenario"] != scenario] + rows
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    (HERE / "figures.svg").write_text(plot.svg(rows))


if __name__ == "__main__":
    main()
