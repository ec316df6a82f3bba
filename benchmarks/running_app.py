"""The app in a process of its own, on this machine alone, and what it takes."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from benchmarks.labelling import family_mb


class App:
    """The app in a process of its own, and what it takes. peak: MB, the largest that `watch` has seen."""

    def __init__(self, log: Path, streams: int) -> None:
        self._log = log
        port = _free_port()
        options = ["--server.address", "localhost", "--server.port", str(port), "--server.headless", "true"]
        environment = os.environ | {"FER_MAX_STREAMS": str(max(1, streams))}
        with log.open("w") as file:
            command = [sys.executable, "-m", "fer_core", "app", *options]
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
        self.url, self.peak = f"http://localhost:{port}", 0.0

    def wait(self) -> None:
        """Until it answers."""
        direct = build_opener(ProxyHandler({}))
        for _ in range(600):
            with suppress(OSError), direct.open(f"{self.url}/_stcore/health", timeout=5):
                return
            time.sleep(0.2)
        raise SystemExit(f"the app does not start: {self._log.read_text()[-2000:]}")

    @property
    def memory(self) -> float:
        """MB of all its processes."""
        return sum(family_mb(self.process.pid).values())

    @property
    def seconds(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    @property
    def errors(self) -> list[str]:
        """Lines of its log that name a file of this project in a traceback, or a frame that failed."""
        return re.findall(r'File "[^"]*/(?:fer_core|pages)/.*|a frame failed.*', self._log.read_text())

    async def watch(self) -> None:
        """Keep the peak up to date."""
        while True:
            self.peak = max(self.peak, self.memory)
            await asyncio.sleep(0.5)


@contextmanager
def running(streams: int) -> Iterator[App]:
    """The app, for as many streams as are wanted."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(Path(folder) / "log.txt", streams)
        try:
            app.wait()
            yield app
        finally:
            app.process.terminate()
            app.process.wait(60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
