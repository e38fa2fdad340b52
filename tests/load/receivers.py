"""Those who record: Viva, and its peers. Each on loopback, in a folder of its own."""

import http.client
import json
import os
import pathlib
import socket
import struct
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Protocol

from process import Process

HERE = pathlib.Path(__file__).resolve().parent
BUILT = HERE.parent.parent / "build/load"
RELEASE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent.parent / "target")) / "release"


# The sequence numbers of the packets on the disk, by SSRC.
Recorded = dict[int, set[int]]


class Receiver(Protocol):
    name: str
    process: Process
    # Whether packets keep the numbers that they were sent with.
    keeps_numbers: bool

    def sender_arguments(self, n: int) -> list[str]:
        """Where the sender finds it, once `n` publishers may come."""

    def start_takes(self) -> None:
        """Every publisher is recorded from here on at the latest."""

    def recorded(self) -> Recorded:
        """After the process was stopped."""


def media_address() -> str:
    """An address of this machine, since Janus does not listen on loopback's; what goes there does not leave the machine."""
    addresses = subprocess.run(["hostname", "-I"], check=True, capture_output=True, text=True).stdout.split()
    return next((address for address in addresses if "." in address), "127.0.0.1")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("", 0))
        return s.getsockname()[1]


def wait_until_up(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens at port {port}")


class Viva:
    """The real server: each publisher is a candidate with a link, consent, and an answer that is being recorded."""

    name = "Viva"
    keeps_numbers = True
    POSITION = {
        "id": "load", "title": "Load", "profile": "cn", "languages": ["en"], "face": {"tier": "expression", "impact_assessment": "none: a benchmark"},
        "dimensions": [{"name": "all", "weight": 100}],
        "questions": [{"id": "q1", "text": "Say something.", "answer_seconds": 600, "takes": 1, "criteria": []}],
    }

    def __init__(self, folder: pathlib.Path):
        self.folder, self.port = folder, free_port()
        media = f"{media_address()}:{free_port(socket.SOCK_DGRAM)}"
        self.process = Process(
            [RELEASE / "viva", "serve"], folder, VIVA_HTTP__LISTEN=f"127.0.0.1:{self.port}", VIVA_INGEST__UDP=media,
            VIVA_INGEST__TCP=media, VIVA_DATA__DIR=str(folder / "data"), VIVA_DATA__LEAST_FREE_MB="64",
            VIVA_MODELS__DIR=str(folder / "no-models"), VIVA_LOG="warn",
        )
        wait_until_up(self.port)
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz").close()
        self.http = http.client.HTTPConnection("127.0.0.1", self.port)
        self.key = (folder / "data/api.key").read_text().strip()
        self.tokens: list[str] = []

    def call(self, path: str, token: str, body: dict | None = None) -> dict:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self.http.request("POST", path, json.dumps(body or {}), headers)
        response = self.http.getresponse()
        text = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{path}: {response.status} {text[:500]!r}")
        return json.loads(text)

    def sender_arguments(self, n: int) -> list[str]:
        self.call("/api/v1/positions", self.key, self.POSITION)
        purposes = ["recording", "analysis", "face_cues", "expression"]
        consent = {"text_version": "2026-11", "decisions": [{"purpose": p, "granted": True} for p in purposes]}
        for _ in range(n):
            link = self.call("/api/v1/interviews", self.key, {"position_external_id": "load"})["link"]
            self.tokens.append(link.rsplit("/", 1)[1])
            self.call("/api/v1/candidate/consents", self.tokens[-1], consent)
        file = self.folder / "tokens"
        file.write_text("\n".join(self.tokens))
        return ["-whip", f"http://127.0.0.1:{self.port}/whip", "-tokens", str(file)]

    def start_takes(self) -> None:
        for token in self.tokens:
            self.call("/api/v1/candidate/checks", token, {"camera": True})
            self.call("/api/v1/candidate/questions/q1/open", token)
            self.call("/api/v1/candidate/questions/q1/takes", token)

    def metrics(self) -> dict[str, float]:
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics").read().decode()
        pairs = (line.split() for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def recorded(self) -> Recorded:
        found = subprocess.run([RELEASE / "examples/journal_packets", self.folder / "data"], check=True, capture_output=True, text=True)
        lines = [json.loads(line) for line in found.stdout.splitlines()]
        return {line["ssrc"]: set(line["numbers"]) for line in lines}


class Pion:
    """`pion/`: the least that records with Pion."""

    name = "Pion"
    keeps_numbers = True

    def __init__(self, folder: pathlib.Path):
        self.folder, self.port = folder, free_port()
        udp = f"{media_address()}:{free_port(socket.SOCK_DGRAM)}"
        self.process = Process([BUILT / "pion", "-http", f"127.0.0.1:{self.port}", "-udp", udp, "-folder", folder], folder)
        wait_until_up(self.port)

    def sender_arguments(self, n: int) -> list[str]:
        return ["-whip", f"http://127.0.0.1:{self.port}/whip"]

    def start_takes(self) -> None:
        pass

    def recorded(self) -> Recorded:
        return streams(packet for file in self.folder.glob("*.rtp") for packet in self.packets(file.read_bytes()))

    @staticmethod
    def packets(data: bytes) -> Iterator[bytes]:
        at = 0
        while at + 12 <= len(data):
            (length,) = struct.unpack_from("<I", data, at + 8)
            yield data[at + 12 : at + 24]
            at += 12 + length


class Janus:
    """Debian's Janus; its videoroom records each publisher."""

    name = "Janus"
    keeps_numbers = False

    def __init__(self, folder: pathlib.Path):
        self.folder, self.port = folder, free_port()
        for file in (HERE / "janus").glob("*.jcfg"):
            (folder / file.name).write_text(file.read_text().replace("port = 8088", f"port = {self.port}"))
        self.process = Process(["janus", "-F", folder, "--disable-colors"], folder)
        wait_until_up(self.port)

    def sender_arguments(self, n: int) -> list[str]:
        return ["-janus", f"http://127.0.0.1:{self.port}/janus", "-janus-folder", str(self.folder)]

    def start_takes(self) -> None:
        pass

    def recorded(self) -> Recorded:
        return streams(packet for file in self.folder.glob("*.mjr") for packet in self.packets(file.read_bytes()))

    @staticmethod
    def packets(data: bytes) -> Iterator[bytes]:
        """An .mjr is a sequence of frames: 8 bytes of kind and time, a length, and an RTP packet; the first holds JSON."""
        (length,) = struct.unpack_from(">H", data, 8)
        at = 10 + length
        while at + 10 <= len(data):
            (length,) = struct.unpack_from(">H", data, at + 8)
            yield data[at + 10 : at + 22]
            at += 10 + length


def streams(packets: Iterator[bytes]) -> Recorded:
    found: Recorded = {}
    for packet in packets:
        number, ssrc = struct.unpack_from(">2xH4xI", packet)
        found.setdefault(ssrc, set()).add(number)
    return found
