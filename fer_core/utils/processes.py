"""Worker processes, and the machine they run on."""

import multiprocessing
import os
import platform
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.context import SpawnContext
from pathlib import Path
from types import TracebackType
from typing import Final, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_TICK: Final = 0.5  # seconds


def hardware() -> str:
    """Name the processor and the number of cores this process may use, as far as the system tells."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} core{'' if cores == 1 else 's'}"


def spawning() -> SpawnContext:
    """Return the context in which workers start afresh: a forked one has OpenCV's and LiteRT's threads in any state."""
    return multiprocessing.get_context("spawn")


class WorkerPool(ProcessPoolExecutor):
    """A pool that ends when one of its workers has died.

    Python's own ends the workers it knows of at that moment and waits for all: for one that was being started just
    then, forever (seen in Python 3.11).
    """

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> bool | None:
        if isinstance(error, BrokenProcessPool):
            for process in list((self._processes or {}).values()):
                process.terminate()
        return super().__exit__(kind, error, at)


def end_with_parent() -> None:
    """Make a worker, which calls this, end when the process that started it is gone.

    A pool's worker waits for work on a pipe whose other end it holds too, so one whose parent is killed would wait
    forever.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def bounded_map(
    pool: Executor, function: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[tuple[Item, Result]]:
    """Yield (item, function(item)) in the order of `items`, computed by `pool`.

    At most `ahead` items (1 or more) are submitted and not yet yielded, so memory stays flat however many there are. An
    exception of `function`, or of the pool, is raised when its item's turn comes.
    """
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    rest = iter(items)
    while True:
        for item in islice(rest, ahead - len(waiting)):
            waiting.append((item, _submitted(pool, function, item)))
        if not waiting:
            return
        item, future = waiting.popleft()
        yield item, future.result()


def surviving_map(
    make_pool: Callable[[int], Executor],
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    while_waiting: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Item, Result | None]]:
    """Yield (item, function(item)) as they are done, each `function` in one of `workers` processes.

    A process that dies breaks its pool, which does not say whose item it was: each of those that ran is done again in a
    process of its own, and one that ends that too gives None. So an item costs itself alone. make_pool: number of
    processes -> a new pool. while_waiting: called every half second. An exception of `function` is raised.
    """
    left = deque(items)
    while left:
        suspects: list[Item] = []
        with make_pool(min(workers, len(left))) as pool:
            running: dict[Future[Result], Item] = {}
            while (left and not suspects) or running:
                while left and not suspects and len(running) < workers:
                    item = left.popleft()
                    try:
                        running[_submitted(pool, function, item)] = item
                    except BrokenProcessPool:
                        suspects.append(item)
                done, _ = wait(running, timeout=_TICK, return_when=FIRST_COMPLETED)
                while_waiting()
                for future in done:
                    item = running.pop(future)
                    try:
                        result = future.result()
                    except BrokenProcessPool:
                        suspects.append(item)
                    else:
                        yield item, result
        for item in suspects:
            yield item, _alone(make_pool, function, item, while_waiting)


def _alone(
    make_pool: Callable[[int], Executor],
    function: Callable[[Item], Result],
    item: Item,
    while_waiting: Callable[[], None],
) -> Result | None:
    with make_pool(1) as pool:
        try:
            future = _submitted(pool, function, item)
            while not wait([future], timeout=_TICK).done:
                while_waiting()
            return future.result()
        except BrokenProcessPool:
            return None


def _submitted(pool: Executor, function: Callable[[Item], Result], item: Item) -> Future[Result]:
    try:
        return pool.submit(function, item)
    except OSError as error:
        # NOTE: a pool that finds out that a worker died while `submit` starts another gives that one closed pipes
        raise BrokenProcessPool("A worker process could not be started.") from error
