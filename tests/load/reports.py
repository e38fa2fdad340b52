#!/usr/bin/env python3
"""How soon a report is there, with many interviews. Part of `make bench`; prints Markdown.

    tests/load/reports.py [--interviews 200] [--every 45] [--seconds 120] [--tier expression] [--folder FOLDER]

The real server; each candidate has a link, consents, and speaks for two minutes, while the browser's own recording goes up
in pieces of five seconds as it does where no media connection comes about. A new candidate begins every `--every` seconds, so
that several record while others are analysed. Latency counts from the end of the last answer, and from its hand-in, to the
report. Afterwards every recording is measured again (`viva rescore --measure`), and the report must be the same to the last bit.

With `--folder` a run that was interrupted goes on: what is there is not made again. With `--backlog`, too, all interviews are
finished first, `--every` seconds apart, with nothing analysed, and then one `viva worker` works them off: time per answer, and
memory of the worker. `--backlog record` and `--backlog analyse` do one of both, the latter for `--minutes`.
"""

import argparse
import csv
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import wave
from dataclasses import asdict, dataclass

from process import Process
from receivers import free_port, wait_until_up

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
PIECE_S = 5
CLIPS = 4
# A browser records until the answer is stopped, which on a busy machine is a little later than planned.
SPARE_S = 3
POLL_S = 0.2
TEAM = ["team", "colleagues"]


@dataclass(frozen=True)
class Finished:
    """One interview; times are seconds since the run began."""

    interview: str
    ended: float
    handed_in: float
    reported: float

    @property
    def after_answer(self) -> float:
        return self.reported - self.ended

    @property
    def after_hand_in(self) -> float:
        return self.reported - self.handed_in


def position(tier: str, seconds: int) -> dict:
    profile = "strict" if tier == "quality" else "cn"
    return {
        "id": "reports", "title": "Reports", "profile": profile, "languages": ["en"],
        "face": {"tier": tier, "impact_assessment": "none: a benchmark"},
        "dimensions": [{"name": "all", "weight": 100}],
        "questions": [{
            "id": "q1", "text": "Tell us about a customer who wanted to leave.", "answer_seconds": seconds + 30, "takes": 1,
            "criteria": [{"id": "team", "rule": "mentions", "any": TEAM, "dimension": "all", "points": 10},
                         {"id": "story", "rule": "structure", "parts": ["situation", "steps", "result"], "dimension": "all", "points": 20},
                         {"id": "pace", "rule": "speech_rate", "dimension": "all", "points": 10}],
        }],
    }


def clips(folder: pathlib.Path, seconds: int) -> list[pathlib.Path]:
    """The demo's camera and answers as a browser records them: VP8 1280×720 and Opus. Each clip begins elsewhere."""
    made = []
    with wave.open(str(BUILD / "media/answers_en.wav")) as sound:
        lasts = sound.getnframes() / sound.getframerate()
    for number in range(CLIPS):
        clip = folder / f"answer-{seconds}+{SPARE_S}-{number}.webm"
        if not clip.exists():
            begin = lasts * number / CLIPS
            command = ["ffmpeg", "-v", "error", "-y", "-stream_loop", "-1", "-ss", str(number * 2), "-i", BUILD / "media/camera.y4m",
                       "-stream_loop", "-1", "-ss", str(begin), "-i", BUILD / "media/answers_en.wav", "-t", str(seconds + SPARE_S),
                       "-vf", "scale=1280:720,fps=30", "-c:v", "libvpx", "-b:v", "1500k", "-g", "120", "-deadline", "realtime",
                       "-cpu-used", "8", "-c:a", "libopus", "-b:a", "32k", "-cluster_time_limit", "1000", f"{clip}.part.webm"]
            subprocess.run(command, check=True)
            pathlib.Path(f"{clip}.part.webm").rename(clip)
        made.append(clip)
    return made


class Server:
    def __init__(self, binary: pathlib.Path, folder: pathlib.Path, analyses: bool = True):
        self.binary, self.port = binary, free_port()
        media = f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
        self.environment = {
            "VIVA_HTTP__LISTEN": f"127.0.0.1:{self.port}", "VIVA_INGEST__UDP": media, "VIVA_INGEST__TCP": media,
            "VIVA_DATA__DIR": str(folder / "data"), "VIVA_DATA__LEAST_FREE_MB": "64", "VIVA_MODELS__DIR": str(BUILD / "models"),
            "VIVA_MODELS__ONNXRUNTIME": str(BUILD / "onnxruntime/libonnxruntime.so"), "VIVA_MODELS__SCORE_DEMONSTRATION": "true",
            "VIVA_ANALYSIS__HERE": str(analyses).lower(), "OMP_WAIT_POLICY": "passive", "VIVA_LOG": "warn",
        }
        self.process = Process([binary, "serve"], folder, **self.environment)
        wait_until_up(self.port)
        key = folder / "data/api.key"
        while not key.exists():
            time.sleep(0.05)
        self.key = key.read_text().strip()

    def analysed(self) -> dict[str, str]:
        """The state of each interview."""
        states, before = {}, ""
        while True:
            page = self.request("GET", f"/api/v1/interviews?limit=200{before}", self.key, None, {})
            states.update((one["interview_id"], one["state"]) for one in page["interviews"])
            if len(page["interviews"]) < 200:
                return states
            before = f"&before={page['next_before']}"

    def request(self, method: str, path: str, token: str, body: bytes | None, headers: dict[str, str]) -> dict:
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, method=method, data=body, headers={"authorization": f"Bearer {token}", **headers})
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read()
        return json.loads(text) if text else {}

    def post(self, path: str, token: str, body: dict | None = None) -> dict:
        return self.request("POST", path, token, json.dumps(body or {}).encode(), {"content-type": "application/json"})

    def report(self, interview: str) -> bool:
        try:
            self.request("GET", f"/api/v1/interviews/{interview}/report", self.key, None, {})
            return True
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return False
            raise

    def models(self) -> str:
        url = f"http://127.0.0.1:{self.port}/readyz"
        abilities = json.load(urllib.request.urlopen(url))["analysis"]
        return "; ".join(f"{ability['stage']} {ability['detail']}" for ability in abilities)


def interview(server: Server, clip: pathlib.Path, seconds: int, began: float, waits: bool) -> Finished:
    invited = server.post("/api/v1/interviews", server.key, {"position_external_id": "reports"})
    token, name = invited["link"].rsplit("/", 1)[1], invited["interview_id"]
    act = lambda path, body=None: server.post(f"/api/v1/candidate/{path}", token, body)
    act("interview/opened")
    view = act("mode", {"mode": "ai"})
    decisions = [{"purpose": purpose["purpose"], "granted": True} for purpose in view["purposes"]]
    act("consents", {"text_version": view["consent_text_version"], "decisions": decisions})
    act("checks", {"camera": True, "microphone": True})
    act("transport", {"transport": "chunks"})
    act("questions/q1/open")
    take = act("questions/q1/takes")["questions"][0]["takes"][-1]
    started, here = take["started_at"], time.monotonic()
    data, lasts = clip.read_bytes(), seconds + SPARE_S
    pieces, ended = -(-lasts // PIECE_S), None
    for piece in range(pieces):
        until = min(lasts, (piece + 1) * PIECE_S)
        time.sleep(max(0.0, here + min(seconds, until) - time.monotonic()))
        from_byte, to_byte = (len(data) * at // lasts for at in (piece * PIECE_S, until))
        if ended is None and until >= seconds:
            ended = time.monotonic() - began
            act(f"takes/{take['id']}/stop")
        server.request("PUT", f"/api/v1/candidate/takes/{take['id']}/chunks/{piece}", token, data[from_byte:to_byte], {
            "content-type": "video/webm", "viva-copy": "0", "viva-copy-started": str(started), "upload-offset": str(from_byte),
            "viva-copy-until": str(until * 1000), "upload-complete": "?1" if piece == pieces - 1 else "?0"})
    # The candidate hands it in once the page says that all of it is there.
    while server.request("GET", "/api/v1/candidate/interview", token, None, {})["questions"][0]["takes"][-1]["missing"] != []:
        time.sleep(POLL_S / 4)
    act("questions/q1/answer", {"take_id": take["id"]})
    act("submit")
    handed_in = time.monotonic() - began
    while waits and not server.report(name):
        time.sleep(POLL_S)
    return Finished(name, ended, handed_in, time.monotonic() - began)


class Curve(threading.Thread):
    """Memory of a process in megabytes, once a second, appended to a file: a run that ends early leaves it, too."""

    def __init__(self, process: Process, file: pathlib.Path):
        super().__init__(daemon=True)
        self.process, self.file, self.over = process, file, threading.Event()

    def run(self) -> None:
        with open(self.file, "a", buffering=1) as out:
            while not self.over.wait(1):
                out.write(f"{self.process.rss_mb():.1f}\n")


def run(server: Server, videos: list[pathlib.Path], arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    """Lets candidates come until there are enough, or the time is over; writes each finished interview down."""
    file = folder / "finished.csv"
    curve, began = Curve(server.process, folder / "memory.csv"), time.monotonic()
    curve.start()
    have = len(done(file))
    left, writing, threads, errors = arguments.interviews - have, threading.Lock(), [], []

    def one(number: int) -> None:
        try:
            finished = interview(server, videos[number % CLIPS], arguments.seconds, began, arguments.backlog is None)
        except Exception as error:  # told in the end: one candidate's failure must not end the run
            errors.append(repr(error))
            return
        with writing, open(file, "a", newline="") as out:
            csv.writer(out).writerow(asdict(finished).values())

    for number in range(left):
        until = arguments.minutes * 60 - arguments.seconds - arguments.every
        if time.monotonic() - began > until:
            break
        thread = threading.Thread(target=one, args=(have + number,))
        thread.start()
        threads.append(thread)
        if number + 1 < left:
            time.sleep(arguments.every)
    for thread in threads:
        thread.join()
    curve.over.set()
    if errors:
        sys.exit(f"{len(errors)} interviews failed: {errors[:3]}")


def tell_latency(finished: list[Finished]) -> None:
    print("| what | p50 | p95 | worst |\n|---|---|---|---|")
    for what, values in (("end of the last answer to the report", [one.after_answer for one in finished]),
                         ("hand-in to the report", [one.after_hand_in for one in finished])):
        values.sort()
        p95 = statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
        print(f"| {what} | {statistics.median(values):.1f} s | {p95:.1f} s | {values[-1]:.1f} s |")


def work_off(server: Server, folder: pathlib.Path, minutes: float) -> None:
    """Lets one worker analyse what is finished, and writes down how long it took from one report to the next."""
    (folder / "worker").mkdir(exist_ok=True)
    known = {name for name, state in server.analysed().items() if state != "submitted"}
    worker = Process([server.binary, "worker"], folder / "worker", **server.environment)
    curve, last, until = Curve(worker, folder / "worker-memory.csv"), time.monotonic(), time.monotonic() + minutes * 60
    curve.start()
    with open(folder / "took.csv", "a", newline="") as out:
        while time.monotonic() < until:
            states = server.analysed()
            for name in sorted(name for name, state in states.items() if state == "analysed" and name not in known):
                now = time.monotonic()
                # The first of a run has the start of the program in it.
                csv.writer(out).writerow([name, now - last])
                known.add(name)
                last = now
            if not any(state == "submitted" for state in states.values()):
                break
            time.sleep(POLL_S)
    curve.over.set()
    worker.stop()


def tell_backlog(folder: pathlib.Path) -> None:
    with open(folder / "took.csv", newline="") as rows:
        took = sorted(float(row[1]) for row in csv.reader(rows))
    points = [float(line) for line in (folder / "worker-memory.csv").read_text().split()]
    print(f"{len(took)} analysed: {statistics.median(took):.1f} s each (median), {took[int(len(took) * 0.95)]:.1f} s (95 of 100), "
          f"{took[-1]:.1f} s (worst); the worker had at most {max(points):.0f} MB, {points[-1]:.0f} MB in the end.")


def done(file: pathlib.Path) -> list[Finished]:
    if not file.exists():
        return []
    with open(file, newline="") as rows:
        return [Finished(row[0], *map(float, row[1:])) for row in csv.reader(rows)]


def again(server: Server, interviews: list[str], folder: pathlib.Path) -> int:
    """How many reports come out the same when their recordings are measured again."""
    same = 0
    for name in interviews:
        out = subprocess.run([server.binary, "rescore", name, "--measure"], cwd=folder, env={**os.environ, **server.environment},
                             capture_output=True, text=True)
        same += out.returncode == 0 and json.loads(out.stdout)["reproduced"]
    return same


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--interviews", type=int, default=200)
    parser.add_argument("--every", type=float, default=45, help="seconds between two candidates")
    parser.add_argument("--seconds", type=int, default=120, help="length of each answer")
    parser.add_argument("--tier", choices=["quality", "cues", "expression"], default="expression")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no further interview that would end later")
    parser.add_argument("--again", type=int, default=1_000_000, help="reports to make a second time")
    parser.add_argument("--folder", type=pathlib.Path, help="keep everything there, and go on")
    parser.add_argument("--backlog", nargs="?", const="both", choices=["record", "analyse", "both"])
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/viva")
    arguments = parser.parse_args()
    arguments.binary = arguments.binary.resolve()
    with tempfile.TemporaryDirectory(prefix="viva-reports-") as scratch:
        folder = (arguments.folder or pathlib.Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        videos = clips(folder, arguments.seconds)
        server = Server(arguments.binary, folder, arguments.backlog is None)
        try:
            server.post("/api/v1/positions", server.key, position(arguments.tier, arguments.seconds))
            models = server.models()
            if arguments.backlog != "analyse":
                run(server, videos, arguments, folder)
            if arguments.backlog in ("analyse", "both"):
                work_off(server, folder, arguments.minutes)
        finally:
            server.process.stop()
        finished = done(folder / "finished.csv")
        print(f"{len(finished)} interviews of one answer of {arguments.seconds} s, tier {arguments.tier}, one every {arguments.every:g} s; {models}\n")
        if arguments.backlog is None:
            tell_latency(finished)
        elif arguments.backlog != "record":
            tell_backlog(folder)
        points = [float(line) for line in (folder / "memory.csv").read_text().split()]
        tenth = max(1, len(points) // 10)
        print(f"\nMemory of the server: {points[0]:.0f} MB at first, at most {max(points):.0f} MB; median of the first tenth "
              f"{statistics.median(points[:tenth]):.0f} MB, of the last {statistics.median(points[-tenth:]):.0f} MB.")
        took = folder / "took.csv"
        reported = {line.split(",")[0] for line in took.read_text().splitlines()} if took.exists() else set()
        names = [one.interview for one in finished if arguments.backlog is None or one.interview in reported]
        chosen = names[: arguments.again]
        if chosen:
            print(f"Measured again: {again(server, chosen, folder)} of {len(chosen)} reports are the same to the last bit.")


if __name__ == "__main__":
    main()
