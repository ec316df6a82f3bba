"""A bounded pool: results in order, few items under way, errors where their turn comes; and what a worker inherits."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fer_core.utils.processes import bounded_map, hardware, spawning, surviving_map


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.mark.parametrize("ahead", [1, 3, 100])
@pytest.mark.parametrize("number", [0, 1, 2, 20])
def test_results_come_in_the_order_of_the_items(pool: Executor, number: int, ahead: int) -> None:
    def slowest_first(item: int) -> int:
        time.sleep(0.002 * (number - item))
        return item * item

    assert list(bounded_map(pool, slowest_first, range(number), ahead)) == [(n, n * n) for n in range(number)]


class Counting(Executor):
    """Works at once, and counts what was submitted."""

    submitted = 0

    def submit(self, function: Any, /, *args: Any, **options: Any) -> Future[Any]:
        self.submitted += 1
        future: Future[Any] = Future()
        future.set_result(function(*args, **options))
        return future


@pytest.mark.parametrize("ahead", [1, 4])
def test_no_more_than_asked_are_under_way(ahead: int) -> None:
    pool, taken = Counting(), 0
    for _ in bounded_map(pool, str, iter(range(50)), ahead):
        assert pool.submitted - taken <= ahead
        taken += 1
    assert taken == pool.submitted == 50


def test_endless_items_are_read_as_needed() -> None:
    pool = Counting()
    numbers = iter(int, 1)  # zeros without end
    results = bounded_map(pool, str, numbers, 3)
    assert [next(results) for _ in range(5)] == [(0, "0")] * 5
    assert pool.submitted <= 8


def test_an_error_is_raised_where_its_turn_comes(pool: Executor) -> None:
    results = bounded_map(pool, lambda n: 6 // (2 - n), range(4), 4)
    assert [next(results), next(results)] == [(0, 3), (1, 6)]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_an_error_of_the_items_is_raised(pool: Executor) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise KeyError("items")

    with pytest.raises(KeyError, match="items"):
        list(bounded_map(pool, str, broken(), 2))


def test_a_pool_that_breaks_while_it_starts_a_worker_counts_as_broken() -> None:
    class Breaking(Executor):
        def submit(self, function: Any, /, *args: Any, **options: Any) -> Future[Any]:
            raise OSError("handle is closed")

    with pytest.raises(BrokenProcessPool):
        next(bounded_map(Breaking(), str, range(3), 2))


ORPHAN = """
import multiprocessing, sys, time
from fer_core.utils.processes import end_with_parent, spawning

def work(pipe):
    end_with_parent()
    pipe.send("ready")
    time.sleep(600)

if __name__ == "__main__":
    ours, theirs = spawning().Pipe()
    worker = spawning().Process(target=work, args=(theirs,), daemon=False)
    worker.start()
    ours.recv()
    print(worker.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_worker_ends_with_a_killed_parent(tmp_path: Path) -> None:
    (tmp_path / "orphan.py").write_text(ORPHAN)
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "orphan.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    with parent:
        assert parent.stdout is not None
        worker = Path("/proc") / parent.stdout.readline().decode().strip()
        assert worker.exists()
        parent.kill()
    end = time.monotonic() + 120
    while time.monotonic() < end and worker.exists() and ") Z " not in (worker / "stat").read_text():
        time.sleep(0.05)
    assert not worker.exists() or ") Z " in (worker / "stat").read_text()


def test_workers_start_afresh() -> None:
    assert spawning().get_start_method() == "spawn"


def test_hardware_is_a_name_and_cores() -> None:
    name, _, cores = hardware().rpartition(", ")
    assert name and int(cores.split()[0]) >= 1 and cores.split()[1] in ("core", "cores")


def deadly(item: int) -> int:
    """Ends its process for 3, as a decoder that crashes does."""
    if item == 3:
        os._exit(1)
    return item * item


def test_an_item_that_ends_its_process_costs_itself_alone() -> None:
    ticks: list[None] = []
    pool = partial(ProcessPoolExecutor, mp_context=spawning())
    results = dict(surviving_map(pool, deadly, range(6), 2, lambda: ticks.append(None)))
    assert results == {0: 0, 1: 1, 2: 4, 3: None, 4: 16, 5: 25} and ticks


def test_items_are_yielded_as_they_are_done() -> None:
    gate = threading.Event()

    def first_waits(item: int) -> int:
        return gate.wait(60) if item == 0 else item

    results = surviving_map(ThreadPoolExecutor, first_waits, range(4), 2)
    assert [next(results) for _ in range(3)] == [(1, 1), (2, 2), (3, 3)]
    gate.set()
    assert list(results) == [(0, True)]
