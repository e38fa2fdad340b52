"""A program under load, and what it uses."""

import os
import pathlib
import subprocess


class Process:
    def __init__(self, command: list, folder: pathlib.Path, **environment: str):
        self.log = open(folder / "log", "wb")
        self.child = subprocess.Popen(
            [str(part) for part in command], cwd=folder, env={**os.environ, **environment}, stdout=self.log, stderr=self.log
        )

    def cpu_seconds(self) -> float:
        """User and system time, that of ended threads included."""
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        lines = pathlib.Path(f"/proc/{self.child.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def stop(self) -> None:
        self.child.terminate()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.log.close()
