"""What is counted, in Prometheus' text form: over all processes of the service, whichever is asked."""

import os
from pathlib import Path
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

REQUESTS: Final = Counter("fer_requests", "Requests answered", ["route", "status"])
SECONDS: Final = Histogram(
    "fer_request_seconds",
    "Seconds from a request's headers to the end of its answer",
    ["route"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60),
)
BATCHES: Final = Histogram(
    "fer_batch_faces", "Faces that went through a network together", ["model"], buckets=(1, 2, 4, 8, 16, 32, 64)
)
WAITING: Final = Gauge("fer_waiting_pictures", "Pictures that wait or are worked on", multiprocess_mode="livesum")


def text() -> bytes:
    """The body of /metrics."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder is None:
        return generate_latest(REGISTRY)
    for path in Path(folder).glob("gauge_live*_*.db"):  # what waited in a process that was killed waits no more
        pid = int(path.stem.rsplit("_", 1)[1])
        if not _is_alive(pid):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
