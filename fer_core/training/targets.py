"""What a network is to answer for each face: its label, or something of what people voted."""

from typing import Any

import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.errors import DatasetError
from fer_core.splits import Faces


def one_hot(labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(N,) labels -> (N, 7) float32."""
    return np.asarray(np.eye(len(EMOTIONS))[labels], np.float32)


def with_votes(part: Faces, share: float) -> np.ndarray[Any, Any]:
    """(N, 7) float32, rows sum to 1: `share` of it how the FER+ votes are spread, the rest the label.

    share: 0 (labels alone) to 1 (votes alone, the cross-entropy scheme of Barsoum et al. 2016). A face that nobody gave
    one of the seven keeps its label. Raises DatasetError without votes.
    """
    labels = one_hot(part.labels)
    if not share:
        return labels
    if part.votes is None:
        raise DatasetError("these faces have no FER+ votes to learn from.")
    given = part.votes.sum(axis=1, keepdims=True)
    voted = np.where(given > 0, part.votes / np.where(given > 0, given, 1), labels)
    return np.asarray((1 - share) * labels + share * voted, np.float32)


def balanced_weights(labels: np.ndarray[Any, Any]) -> list[float]:
    """Weights inverse to each class's share, mean 1 over the faces (scikit-learn's 'balanced')."""
    counts = np.bincount(labels, minlength=len(EMOTIONS))
    return [float(len(labels) / (len(EMOTIONS) * max(count, 1))) for count in counts]
