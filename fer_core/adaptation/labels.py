"""Labelled pictures -> the faces to learn from: each once, and none that is labelled in two ways."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import FramedFaces, frame_pictures
from fer_core.datasets import LabelledPictures
from fer_core.detection import DEFAULT_DETECTOR
from fer_core.emotions import EMOTIONS
from fer_core.utils.text import listed


@dataclass(frozen=True)
class LabelledFaces:
    """faces: (N, 48, 48) uint8 grey. labels: (N,) uint8. left_out: a sentence for each picture that does not count."""

    faces: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    left_out: tuple[str, ...] = ()


def faces_to_learn(
    pictures: LabelledPictures,
    detector: str = DEFAULT_DETECTOR,
    progress: Callable[[float], object] | None = None,
) -> LabelledFaces:
    """The largest face of each picture. Copies count once; faces with two labels are left out, and so are pictures
    without a face or that cannot be read."""
    framed = frame_pictures(pictures, detector, progress)
    kept, contradictions = _agreed(framed)
    missed = (f"{name}: no face found." for name in framed.missed)
    return LabelledFaces(framed.faces[kept], framed.labels[kept], (*framed.refused, *missed, *contradictions))


def _agreed(framed: FramedFaces) -> tuple[list[int], list[str]]:
    """Rows of different faces that have one label each, and a sentence for each face that has several."""
    rows: dict[bytes, list[int]] = {}
    for row, face in enumerate(framed.faces):
        rows.setdefault(face.tobytes(), []).append(row)
    kept, contradictions = [], []
    for same in rows.values():
        said = sorted({EMOTIONS[framed.labels[row]] for row in same})
        if len(said) == 1:
            kept.append(same[0])
        else:
            names = listed(framed.names[row] for row in same)
            contradictions.append(f"{names}: the same face is labelled {listed(said)}; it was left out.")
    return kept, contradictions
