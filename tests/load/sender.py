"""The publishers: one process of `sender/`, which tells what happens a line at a time."""

import json
import pathlib
import subprocess
import tempfile
from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """What became of one stream so far."""

    last: int
    sent: int
    again: int
    lost: int

    def since(self, mark: "Sent") -> "Sent":
        return Sent(self.last, self.sent - mark.sent, self.again - mark.again, self.lost - mark.lost)

    def numbers(self) -> set[int]:
        """The sequence numbers of its packets."""
        return {(self.last - k) % 0x10000 for k in range(self.sent)}


class Sender:
    def __init__(self, program: pathlib.Path, clip: pathlib.Path, n: int, arguments: list[str]):
        self.errors = tempfile.TemporaryFile()
        command = [program, "-clip", clip, "-n", n, *arguments]
        self.child = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.connect_ms: list[float] = []
        self.failures: list[str] = []

    def wait_for(self, event: str) -> dict:
        """Reads on until `event`; connections made or failed on the way are noted."""
        for line in self.child.stdout:
            told = json.loads(line)
            if told["event"] == "connected":
                self.connect_ms.append(told["ms"])
            if told["event"] == "failed":
                self.failures.append(told["error"])
            if told["event"] == event:
                return told
        self.errors.seek(0)
        raise RuntimeError(f"the sender ended before {event}: {self.errors.read().decode()[-2000:]}")

    def order(self, what: str) -> None:
        self.child.stdin.write(what + "\n")
        self.child.stdin.flush()

    def sent(self, order: str) -> dict[int, Sent]:
        """What was sent so far, by SSRC: `mark`; or in all, the media being ended, not the connections: `pause`."""
        self.order(order)
        streams = self.wait_for("sent")["streams"]
        return {s["ssrc"]: Sent(s["last"], s["sent"], s["again"], s["lost"]) for s in streams}

    def close(self) -> None:
        self.child.stdin.close()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
