"""Milliseconds per face of several models, on a machine that does other things too."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from fer_core.image import FACE_SIZE

if TYPE_CHECKING:
    from fer_core.bundle import EmotionModel

ROUNDS: Final = 12
_CALLS: Final = 6  # in a round, after one that fills the caches again


class FaceTime(NamedTuple):
    """Milliseconds for a face. fastest, slowest: of the medians of the rounds; the fastest one is what is compared.

    Other programs only ever add to a time, so the fastest round is nearest to what a model needs; the slowest says how
    much they added.
    """

    fastest: float
    slowest: float


def time_models(
    models: Mapping[str, "EmotionModel"],
    rounds: int = ROUNDS,
    progress: Callable[[float], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, FaceTime]:
    """Time every model, one face per call as from a camera. The models take turns, so that all meet the same load.

    rounds: at least 1. progress: called with the share done.
    """
    medians: dict[str, list[float]] = {name: [] for name in models}
    for number in range(1, rounds + 1):
        for name, model in models.items():
            medians[name].append(statistics.median(_milliseconds(model, clock)))
        if progress:
            progress(number / rounds)
    return {name: FaceTime(min(of_model), max(of_model)) for name, of_model in medians.items()}


def _milliseconds(model: "EmotionModel", clock: Callable[[], float]) -> Iterator[float]:
    face = np.arange(FACE_SIZE**2, dtype=np.uint16).astype(np.uint8).reshape(1, FACE_SIZE, FACE_SIZE)
    model.predict_proba(face)
    for _ in range(_CALLS):
        started = clock()
        model.predict_proba(face)
        yield 1000 * (clock() - started)
