"""Binds the address, starts one or several processes on it, and waits until the service is told to stop."""

import contextlib
import functools
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from fer_core.limits import DRAIN_SECONDS, HEADER_BYTES
from fer_core.serve.settings import Settings
from fer_core.utils.processes import end_with_parent

COUNTERS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which processes count together; prometheus_client reads it when it is imported."""
_BACKLOG: Final = 2048
_HUNG_SECONDS: Final = 30  # a process that says nothing for so long is replaced; on a busy machine it starts in ten
_LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "fer_core.serve": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["stderr"], "level": "INFO", "propagate": False},  # a process that died, say
    },
}


def run(listening: socket.socket, settings: Settings, workers: int) -> None:
    """Serve on a socket that listens, until SIGTERM or SIGINT; what is under way is answered first."""
    config = server_config(functools.partial(_start, settings), workers)
    for number in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # uvicorn raises them again at its end
        signal.signal(number, lambda *_: None)
    if workers == 1:
        uvicorn.Server(config).run(sockets=[listening])
    else:
        _Processes(config, sockets=[listening]).run()


class _Processes(Multiprocess):
    """uvicorn's, but for its end: while this process keeps the socket too, connections come in that nobody takes."""

    def terminate_all(self) -> None:
        """Refuse new connections, then have the processes answer what is under way and end."""
        for listening in self.sockets:
            listening.close()
        super().terminate_all()


def server_config(make_app: Callable[[], ASGIApp], workers: int = 1) -> uvicorn.Config:
    """uvicorn's settings, for an application that is made in the process that serves."""
    return uvicorn.Config(
        make_app,
        factory=True,
        http="fer_core.serve.protocol:Protocol",
        ws="none",
        lifespan="on",
        workers=workers,
        log_config=_LOGGING,
        access_log=False,  # its lines have addresses and queries
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_worker_healthcheck=_HUNG_SECONDS,
    )


def _start(settings: Settings) -> ASGIApp:
    from fer_core.serve.app import create_app  # in the process that serves, once the metrics' folder is known

    end_with_parent()
    cv2.setNumThreads(1)  # pictures share the cores, as processes do
    return create_app(settings)


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named; else the second part of an answer waits for
    # the client's acknowledgement of the first, 40 ms
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":  # there it would let another program take the address away
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host.strip("[]"), port))
        listening.listen(_BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening


@contextlib.contextmanager
def scratch(shared: bool) -> Iterator[Path]:
    """The service's folder for videos, which goes with the service. shared: several processes also count there."""
    with tempfile.TemporaryDirectory(prefix="fer-serve-", ignore_cleanup_errors=True) as folder:
        if shared:
            counters = Path(folder) / "metrics"
            counters.mkdir()
            os.environ[COUNTERS_VARIABLE] = str(counters)
        yield Path(folder)


def allow_many_connections() -> None:
    """As many open files as the system grants: each connection is one."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
