"""The engine that needs nothing else: processes on this machine."""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Final

from fer_core.errors import ImageError
from fer_core.labelling.rows import REFUSED, Labeller
from fer_core.labelling.sources import read_source
from fer_core.workers import end_with_parent, spawning

Rows = list[dict[str, Any]]
Task = tuple[str, str | None]
"""A source, and the content hash that it had when it was done before; "" where it has not been done."""
NEW: Final = ""
_AHEAD: Final = 2  # batches a worker may be ahead of the writer: bounds what waits in memory
_labeller: list[Labeller] = []  # of a worker process


def label_batch(labeller: Labeller, tasks: Sequence[Task]) -> Rows:
    """The rows of some pictures. Those whose content is what it was when they were done give none."""
    rows: Rows = []
    for source, before in tasks:
        try:
            content = read_source(source)
        except ImageError as error:
            if before is not None:  # it was unreadable before: it has that row
                rows += labeller.rows(source, None, str(error))
            continue
        if not before or hashlib.sha256(content).hexdigest() != before:
            rows += labeller.rows(source, content)
    return rows


def run_local(
    tasks: Sequence[Task], folders: Sequence[Path], threshold: float, workers: int, batch_size: int
) -> Iterator[tuple[int, Rows]]:
    """(pictures worked through, their rows), batch after batch, in order.

    A batch whose worker dies (a decoder that crashes, a machine out of memory) is done again picture by picture; a
    picture that kills its worker then is refused, so that it does not stop the others.
    """
    batches = deque([list(tasks[i : i + batch_size]) for i in range(0, len(tasks), batch_size)])
    while batches:
        try:
            for batch, rows in _through(batches, folders, threshold, workers):
                batches.popleft()
                yield len(batch), rows
        except BrokenProcessPool:
            # the pool does not say which batch it was: of those that ran, each gets a process of its own for a while
            for _ in range(min(len(batches), workers * _AHEAD)):
                batch = batches.popleft()
                yield len(batch), [row for task in batch for row in _alone(task, folders, threshold)]


def _through(
    batches: deque[list[Task]], folders: Sequence[Path], threshold: float, workers: int
) -> Iterator[tuple[list[Task], Rows]]:
    waiting: deque[tuple[list[Task], Future[Rows]]] = deque()
    rest = iter(list(batches))
    with _pool(workers, folders, threshold) as pool:
        while True:
            while len(waiting) < workers * _AHEAD and (batch := next(rest, None)) is not None:
                waiting.append((batch, pool.submit(_work, batch)))
            if not waiting:
                return
            batch, future = waiting.popleft()
            yield batch, future.result()


def _alone(task: Task, folders: Sequence[Path], threshold: float) -> Rows:
    try:
        with _pool(1, folders, threshold) as pool:
            return pool.submit(_work, [task]).result()
    except BrokenProcessPool:
        reason = "the process that read it died"
        return [{"source": task[0], "content_hash": None, "status": REFUSED, "reason": reason}]


def _pool(workers: int, folders: Sequence[Path], threshold: float) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, spawning(), initializer=_start, initargs=(tuple(folders), threshold))


def _start(folders: tuple[Path, ...], threshold: float) -> None:
    end_with_parent()
    _labeller.append(Labeller(folders, threshold))


def _work(tasks: Sequence[Task]) -> Rows:
    return label_batch(_labeller[0], tasks)
