"""A head fitted to a few labelled faces: multinomial logistic regression that is held near the present head."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import Head
from fer_core.emotions import EMOTIONS

_BIAS_REACH: Final = 1.0
"""How far the biases may go beside the weights, for the same cost."""


def fit_heads(
    features: NDArray[np.float32], labels: NDArray[np.integer], start: Head, strengths: Sequence[float]
) -> list[Head]:
    """The head of least log loss plus strength times its squared distance from `start`, for each strength.

    features: (N, D), N at least 1. labels: (N,) in 0-6. The distance is in logits: features are divided by their root
    mean square, so that a strength means the same for every network. The problem is convex; L-BFGS solves it (Byrd et
    al. 1995), each strength from the solution before.
    """
    from scipy.optimize import minimize  # here: only who adapts needs it
    from scipy.special import log_softmax

    classes, rows = len(EMOTIONS), np.arange(len(labels))
    scale = max(float(np.sqrt(np.mean(np.square(features, dtype=np.float64)) * features.shape[1])), 1e-12)
    x = np.column_stack([features.astype(np.float64) / scale, np.full(len(labels), _BIAS_REACH)])
    given = start.logits(features).astype(np.float64)
    truth = np.eye(classes)[labels]

    def loss_and_slope(flat: NDArray[np.float64], strength: float) -> tuple[float, NDArray[np.float64]]:
        change = flat.reshape(classes, -1)
        log_probabilities = log_softmax(given + x @ change.T, axis=1)
        error = (np.exp(log_probabilities) - truth) / len(labels)
        loss = -log_probabilities[rows, labels].mean() + strength * flat @ flat
        return float(loss), (error.T @ x).ravel() + 2 * strength * flat

    heads, flat = [], np.zeros(classes * x.shape[1])
    for strength in strengths:
        flat = minimize(loss_and_slope, flat, (strength,), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
        change = flat.reshape(classes, -1)
        weights, bias = start.weights + change[:, :-1] / scale, start.bias + change[:, -1] * _BIAS_REACH
        heads.append(Head(np.asarray(weights, np.float32), np.asarray(bias, np.float32)))
    return heads
