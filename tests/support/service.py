"""The HTTP service in a process of its own, as its command starts it."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fer_core.client import Client, ServiceError
from tests.support.browser import PATIENCE, ROOT, until


class Service:
    """`serve` with options, on a free port. url: where; log: what it wrote so far."""

    def __init__(self, folder: Path, *options: object, **environment: str) -> None:
        self._out, self._err = folder / "service-out.txt", folder / "service-log.txt"
        command = [sys.executable, "-m", "fer_core", "serve", "--port", "0", *map(str, options)]
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=out, stderr=err)
        self.token = environment.get("FER_API_TOKEN", "")

    def wait(self) -> None:
        """Until it answers."""
        until(lambda: self.process.poll() is not None or "http://" in self._out.read_text(), "the address", PATIENCE)
        assert self.process.poll() is None, self.log
        (self.url,) = re.findall(r" at (http://\S+)", self._out.read_text())
        self.port = int(self.url.rsplit(":", 1)[1])
        until(self._is_ready, "the service to be ready")

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log
        with contextlib.suppress(OSError, ServiceError), self.client(timeout=5) as client:
            return bool(client.request("GET", "/readyz"))
        return False

    def client(self, **options: Any) -> Client:
        return Client(self.url.replace("0.0.0.0", "127.0.0.1"), **({"token": self.token} | options))

    @property
    def log(self) -> str:
        return self._err.read_text()

    def stop(self) -> int:
        """SIGTERM -> exit code."""
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@contextlib.contextmanager
def serving(folder: Path, *options: object, **environment: str) -> Iterator[Service]:
    """A service that answers; in the end it must stop by itself, and its log must tell of no error."""
    service = Service(folder, *options, **environment)
    try:
        service.wait()
        yield service
        service.stop()
    finally:
        if service.process.poll() is None:
            service.process.kill()
    assert "ERROR" not in service.log and "Traceback" not in service.log, service.log[-3000:]
