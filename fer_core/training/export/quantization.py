"""The file that ships: one conversion for each precision, measured on validation, and the choice among them."""

import time
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import Network
from fer_core.datasets import Faces
from fer_core.image import FACE_SIZE
from fer_core.training.export.convert import PRECISIONS, convert
from fer_core.training.export.float_ends import with_float_ends

MAX_ACCURACY_LOSS: Final = 0.003
MIN_AGREEMENT: Final = 0.995
_MOST_FLOAT_LAYERS: Final = 3  # more of them cost more than they save
_SPEED_MARGIN: Final = 0.9  # a smaller file is preferred unless a larger one needs under 90 % of its time
# Faces that are timed, MAX_BATCH at a time; in cards from before 22 November 2026 all at once.
_MANY: Final = 64


@dataclass(frozen=True)
class Candidate:
    """One conversion and what was measured of it: accuracy on validation, share of equal labels, milliseconds.

    float_layers: how many first layers int8 leaves in float32, beside the last; 0 in another precision.
    """

    precision: str
    content: bytes
    accuracy: float
    agreement: float
    ms_one_face: float
    ms_batch: float
    float_layers: int = 0

    @property
    def record(self) -> dict[str, Any]:
        """The card's line."""
        return {
            "bytes": len(self.content),
            "validation_accuracy": self.accuracy,
            "label_agreement": self.agreement,
            "ms_one_face": round(self.ms_one_face, 3),
            f"ms_{_MANY}_faces": round(self.ms_batch, 2),
            **({"first_layers_in_float32": self.float_layers} if self.float_layers else {}),
        }


def choose(
    network: keras.Model, validation: Faces, precision: str = "auto"
) -> tuple[Candidate, Candidate, dict[str, Any]]:
    """The file that ships, the float32 one that it is measured against, and the card's record of all candidates.

    Admissible is a file that loses at most 0.3 points on validation and gives the same label as float32 for at least
    99.5 % of the faces. Of those the fastest on one face wins; within a tenth of it, the smallest. int8 leaves as few
    of the first layers in float32 as make its labels agree so often, at most three.
    """
    names = PRECISIONS if precision == "auto" else tuple(dict.fromkeys(("float32", precision)))
    candidates: dict[str, Candidate] = {}
    reference: NDArray[np.intp] | None = None
    for name in names:
        converted = convert(network, name)
        for first in range(1, _MOST_FLOAT_LAYERS + 1) if name == "int8" else (0,):
            content = with_float_ends(converted, candidates["float32"].content, first) if first else converted
            labels = _labels(content, validation)
            reference = labels if reference is None else reference
            if (labels == reference).mean() >= MIN_AGREEMENT:
                break
        runtime = Network(content)
        candidates[name] = Candidate(
            name, content, float((labels == validation.labels).mean()), float((labels == reference).mean()),
            _milliseconds(runtime, validation.faces[:1], 15), _milliseconds(runtime, _repeat(validation.faces), 5),
            first,
        )  # fmt: skip
    base = candidates["float32"]
    good = [
        c
        for c in candidates.values()
        if c is base or (c.accuracy >= base.accuracy - MAX_ACCURACY_LOSS and c.agreement >= MIN_AGREEMENT)
    ]
    if precision != "auto":
        good = [candidates[precision]]
    fastest = min(c.ms_one_face for c in good)
    chosen = min((c for c in good if c.ms_one_face * _SPEED_MARGIN <= fastest), key=lambda c: len(c.content))
    records = {c.precision: c.record for c in candidates.values()}
    return chosen, base, {"chosen": chosen.precision, "candidates": records}


def _labels(content: bytes, validation: Faces) -> NDArray[np.intp]:
    """A file's predicted labels on validation: (N,)."""
    return np.asarray(Network(content).logits(validation.faces).argmax(axis=1))


def _milliseconds(runtime: Network, faces: NDArray[np.uint8], repeats: int) -> float:
    runtime.logits(faces)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        runtime.logits(faces)
        times.append(time.perf_counter() - started)
    return float(np.median(times)) * 1000


def _repeat(faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.resize(faces, (_MANY, FACE_SIZE, FACE_SIZE))
