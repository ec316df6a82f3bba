"""The engine that needs nothing else: processes on this machine."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from fer_core.labelling.rows import Labeller, Rows, Settings, Task, died, label_batch
from fer_core.utils.processes import WorkerPool, bounded_map, end_with_parent, spawning

_AHEAD: Final = 2  # batches a worker may be ahead of the writer: bounds what waits in memory
_labeller: list[Labeller] = []  # of a worker process


def run_local(tasks: Sequence[Task], settings: Settings, workers: int, batch_size: int) -> Iterator[tuple[int, Rows]]:
    """(pictures worked through, their rows), batch after batch, in order.

    A batch whose worker dies (a decoder that crashes, a machine out of memory) is done again picture by picture; a
    picture that kills its worker then is refused, so that it does not stop the others.
    """
    batches = deque([list(tasks[i : i + batch_size]) for i in range(0, len(tasks), batch_size)])
    while batches:
        try:
            for batch, rows in _through(batches, settings, workers):
                batches.popleft()
                yield len(batch), rows
        except BrokenProcessPool:
            # the pool does not say which batch it was: of those that ran, each gets a process of its own for a while
            for _ in range(min(len(batches), workers * _AHEAD)):
                batch = batches.popleft()
                yield len(batch), [row for task in batch for row in _alone(task, settings)]


def _through(batches: deque[list[Task]], settings: Settings, workers: int) -> Iterator[tuple[list[Task], Rows]]:
    with _pool(workers, settings) as pool:
        yield from bounded_map(pool, _work, list(batches), workers * _AHEAD)


def _alone(task: Task, settings: Settings) -> Rows:
    try:
        with _pool(1, settings) as pool:
            return pool.submit(_work, [task]).result()
    except BrokenProcessPool:
        return died(task[0])


def _pool(workers: int, settings: Settings) -> WorkerPool:
    return WorkerPool(workers, spawning(), initializer=_start, initargs=(settings,))


def _start(settings: Settings) -> None:
    end_with_parent()
    _labeller.append(Labeller(settings))


def _work(tasks: list[Task]) -> Rows:
    return label_batch(_labeller[0], tasks)
