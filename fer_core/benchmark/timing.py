"""What every benchmark here is made of: rows with a goal, repeated timings, figures from fresh processes."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.utils.files import CHECKOUT

ROOT: Final = CHECKOUT
PROBES: Final = Path(__file__).parent / "probes"
"""Scripts for processes of their own."""
FRESH_PROCESSES: Final = 5
REPEATS: Final = 30


@dataclass(frozen=True)
class Row:
    """One measure. goal: what `median` should not pass, in `unit`, or should reach where `at_least`; None: to know.

    median and p95 are None where nothing could be measured; `note` then says why.
    """

    what: str
    unit: str
    median: float | None
    p95: float | None
    goal: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def reached(self) -> bool | None:
        if self.goal is None or self.median is None:
            return None
        return self.median >= self.goal if self.at_least else self.median <= self.goal


def row(
    what: str, unit: str, values: Sequence[float], goal: float | None = None, at_least: bool = False, note: str = ""
) -> Row:
    """A row of measured values. p95 is the bad end: the fifth percentile where more is better."""
    p95 = float(np.percentile(values, 5 if at_least else 95))
    return Row(what, unit, float(np.median(values)), p95, goal, at_least, note)


def missing(what: str, unit: str, goal: float, reason: str, at_least: bool = False) -> Row:
    """A row that could not be measured here."""
    return Row(what, unit, None, None, goal, at_least, reason)


def times(*actions: Callable[[], Any], repeats: int = REPEATS, turn: int = 1) -> list[list[float]]:
    """Milliseconds of each action, `repeats` times in turns, so that a busy moment of the machine falls on all alike.

    turn: of so many runs on end the median counts as one. One that is not timed goes before them: it would pay for what
    the other action left behind, cold caches and threads that still wait for work.
    """
    for action in actions:
        action()
    spent: list[list[float]] = [[] for _ in actions]
    for _ in range(repeats):
        for action, own in zip(actions, spent, strict=True):
            if turn > 1:
                action()
            own.append(float(np.median([_milliseconds(action) for _ in range(turn)])))
    return spent


def _milliseconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Of two actions timed in turns, turn by turn."""
    return [a / b for a, b in zip(above, below, strict=True)]


def fresh(probe: str, arguments: Sequence[str], count: int = FRESH_PROCESSES) -> list[float]:
    """The number that a script of PROBES prints, from so many new processes after one that warms the disk."""
    command = [sys.executable, str(PROBES / f"{probe}.py"), *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    outputs = [
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
        for _ in range(count + 1)
    ]
    return [float(output.split()[-1]) for output in outputs[1:]]


def print_rows(rows: Sequence[Row]) -> None:
    """A table for the terminal."""
    print(f"{machine()}\n{'':<58}{'median':>10}{'p95':>10}{'goal':>12}")
    for r in rows:
        goal = "" if r.goal is None else f"{'>= ' if r.at_least else '<= '}{r.goal:g}"
        figures = "".join(f"{'-' if value is None else f'{value:.2f}':>10}" for value in (r.median, r.p95))
        verdict = {True: "reached", False: "MISSED", None: ""}[r.reached]
        print(f"{r.what:<58}{figures}{goal:>12} {r.unit:<4}{verdict} {r.note}".rstrip())


def machine() -> str:
    """What the figures were measured on."""
    from fer_core.utils.processes import hardware

    return f"{hardware()}, Python {platform.python_version()}"
