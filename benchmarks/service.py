"""The HTTP service in processes of its own, for what measures it, and pictures to send."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.labelling import family_mb
from fer_core.client import Client
from fer_core.image import decode_image, sample_image

MODEL = "everyday"


class Running:
    """The service in processes of its own."""

    def __init__(self, workers: int, log: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "fer_core",
            "serve",
            "--port",
            "0",
            "--workers",
            str(workers),
            "--model",
            MODEL,
        ]
        with log.open("w") as err:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, text=True)
        assert self.process.stdout
        self.port = int(re.findall(r":(\d+) ", self.process.stdout.readline())[0])
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            with contextlib.suppress(OSError), Client(f"http://127.0.0.1:{self.port}", timeout=5) as client:
                client.request("GET", "/readyz")
                return
            time.sleep(0.2)
        raise SystemExit("the service does not start")

    def memory(self) -> float:
        """MB of all its processes."""
        return sum(family_mb(self.process.pid).values())

    def seconds(self) -> float:
        """Processor time of all its processes so far."""
        ticks = 0
        for number in family_mb(self.process.pid):
            with contextlib.suppress(OSError):
                ticks += sum(map(int, Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def serving(workers: int) -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as folder:
        running = Running(workers, Path(folder) / "log.txt")
        try:
            yield running
        finally:
            running.process.terminate()
            running.process.wait(60)


def near() -> list[bytes]:
    """The sample's head before a grey wall, a third of the picture wide, at some places."""
    head = cv2.resize(decode_image(sample_image())[20:220, 124:324, ::-1], (420, 420), interpolation=cv2.INTER_CUBIC)
    pictures = []
    for left in range(0, 220, 20):
        picture = np.full((480, 640, 3), 140, np.uint8)
        picture[60:, left : left + 420] = head
        pictures.append(cv2.imencode(".jpg", picture)[1].tobytes())
    return pictures
