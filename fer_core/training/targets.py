"""The targets of training: labels, or labels blended with the spread of people's votes."""

import numpy as np
from numpy.typing import NDArray

from fer_core.datasets import Faces
from fer_core.emotions import EMOTIONS
from fer_core.errors import DatasetError


def one_hot(labels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N,) labels, 0 to 6 -> (N, 7) float32."""
    return np.asarray(np.eye(len(EMOTIONS))[labels], np.float32)


def with_votes(part: Faces, share: float) -> NDArray[np.float32]:
    """Blend labels with the FER+ votes -> (N, 7) float32, rows sum to 1.

    share: of the votes, 0 (labels alone) to 1 (votes alone, the cross-entropy scheme of Barsoum et al. 2016). A face
    without a vote for one of the seven keeps its label. Raises DatasetError without votes.
    """
    labels = one_hot(part.labels)
    if not share:
        return labels
    if part.votes is None:
        raise DatasetError("these faces have no FER+ votes to learn from.")
    given = part.votes.sum(axis=1, keepdims=True)
    voted = np.where(given > 0, part.votes / np.where(given > 0, given, 1), labels)
    return np.asarray((1 - share) * labels + share * voted, np.float32)


def balanced_weights(labels: NDArray[np.uint8]) -> list[float]:
    """(N,) labels -> seven weights, inverse to each class's share, mean 1 over faces (scikit-learn's "balanced")."""
    counts = np.bincount(labels, minlength=len(EMOTIONS))
    return [float(len(labels) / (len(EMOTIONS) * max(count, 1))) for count in counts]
