"""Probabilities and labels on which the metrics are tested."""

from typing import Any

import numpy as np

from fer_core.bundle.calibration import softmax


def case(n: int, seed: int, classes: tuple[int, ...] = tuple(range(7)), sharp: float = 2.0) -> Any:
    """Probabilities (n, 7) that often, but not always, put the truth first; labels of `classes` only."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, n).astype(np.uint8)
    logits = rng.normal(0, 1, (n, 7)) + sharp * np.eye(7)[labels]
    return softmax(logits), labels


CASES = {
    "many faces": case(2000, 0),
    "chance": case(500, 1, sharp=0),
    "nearly perfect": case(300, 2, sharp=9),
    "always wrong": case(100, 3, sharp=-50),
    "two classes absent": case(400, 4, classes=(0, 2, 3, 5, 6)),
    "one class": case(50, 5, classes=(3,)),
    "one face": case(1, 6),
    "a class never predicted": (np.eye(7, dtype=np.float32)[[0, 0, 2, 3, 3, 6, 0]], np.arange(7).astype(np.uint8)),
}
