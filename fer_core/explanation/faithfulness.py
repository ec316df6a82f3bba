"""Whether a map shows what the model goes by: deletion and insertion (Petsiuk et al. 2018, "RISE").

Pixels are taken away in the order of the map, or put into a blurred face, and the predicted emotion's probability is
watched: a good map makes it fall soon (deletion, lower is better), or rise soon (insertion, higher is better).
"""

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import EmotionModel
from fer_core.image import FACE_SIZE

STEPS: Final = 16
"""Pictures between the whole face and the last pixel."""
_BLUR: Final = 8.0  # standard deviation in pixels, at which a 48x48 face says nothing any more


class Faithfulness(NamedTuple):
    """Mean probability over the steps, one number a face, (N,) float64 each."""

    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]


def faithfulness(model: EmotionModel, faces: NDArray[np.uint8], order: NDArray[np.floating]) -> Faithfulness:
    """Score maps by the probability of what the model predicts for the whole face.

    faces: (N, 48, 48) uint8 grey. order: (N, 48, 48), of each face the map that is scored: its highest values go first.
    What is taken away leaves the mean grey of the face; what is put in replaces a blurred face.
    """
    predicted = model.predict_proba(faces).argmax(axis=1)
    deleted, inserted = (np.empty(len(faces)) for _ in range(2))
    for row, (face, one) in enumerate(zip(faces, order, strict=True)):
        ranks = np.empty(one.size, np.int64)
        ranks[np.argsort(-one.ravel(), kind="stable")] = np.arange(one.size)
        taken = ranks.reshape(one.shape) < np.linspace(0, one.size, STEPS + 1)[:, np.newaxis, np.newaxis]
        blank = np.full_like(face, round(float(face.mean())))
        blurred = np.asarray(cv2.GaussianBlur(face, (0, 0), _BLUR), np.uint8)
        steps = np.concatenate([np.where(taken, blank, face), np.where(taken, face, blurred)])
        found = model.predict_proba(steps)[:, predicted[row]].reshape(2, -1).mean(axis=1)
        deleted[row], inserted[row] = found
    return Faithfulness(deleted, inserted)


def centre_blob() -> NDArray[np.float64]:
    """(48, 48): a map that knows of faces only that they are in the middle."""
    away = np.arange(FACE_SIZE) - (FACE_SIZE - 1) / 2
    return np.asarray(-np.hypot(away[:, np.newaxis], away), np.float64)


def random_maps(count: int, cells: int, seed: int = 0) -> NDArray[np.float32]:
    """(count, 48, 48): noise of `cells` x `cells` values, enlarged as a network's maps are."""
    noise = np.random.default_rng(seed).normal(size=(count, cells, cells)).astype(np.float32)
    large = [cv2.resize(one, (FACE_SIZE, FACE_SIZE), interpolation=cv2.INTER_LINEAR) for one in noise]
    return np.asarray(large, np.float32).reshape(count, FACE_SIZE, FACE_SIZE)
