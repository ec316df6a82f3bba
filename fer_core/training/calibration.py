"""How the calibration of a card is fitted on the validation part."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax

from fer_core.bundle import calibrated
from fer_core.emotions import EMOTIONS
from fer_core.evaluation import log_loss

_TEMPERATURES: Final = (0.1, 10.0)
_SCALES: Final = (0.1, 10.0)
_FOLDS: Final = 5
_PENALTY: Final = 1e-3  # keeps scales near 1 and biases near 0 where few faces say otherwise
_MIN_FACES: Final = 15  # of every emotion, for a scale and a bias of its own


def fit_calibration(
    logits: NDArray[np.floating], labels: NDArray[np.integer], weights: NDArray[np.floating] | None = None
) -> dict[str, Any]:
    """What `calibrated` needs, fitted to (N, 7) logits and (N,) labels: a temperature, and vector scaling if it helps.

    It helps if it lowers the log loss of faces that it was not fitted on, in a five-fold cross-validation. It is not
    tried where an emotion has fewer than 15 faces. weights: (N,), how much each face counts; None: all the same.
    """
    counts = np.ones(len(labels)) if weights is None else np.asarray(weights, np.float64)
    temperature = round(fit_temperature(logits, labels, counts), 4)
    if np.bincount(labels, minlength=len(EMOTIONS)).min() < _MIN_FACES:
        return {"temperature": temperature}
    fold = np.arange(len(labels)) % _FOLDS
    plain, scaled = (np.empty((len(labels), len(EMOTIONS))) for _ in range(2))
    for number in range(_FOLDS):
        fitted, held = fold != number, fold == number
        # the temperature too is fitted anew: one that had seen the held-out faces would have an unfair advantage
        base = {"temperature": fit_temperature(logits[fitted], labels[fitted], counts[fitted])}
        plain[held] = calibrated(logits[held], base)
        vector = _fit_vector(logits[fitted], labels[fitted], counts[fitted], base)
        scaled[held] = calibrated(logits[held], base | vector)
    if log_loss(scaled, labels, counts) >= log_loss(plain, labels, counts):
        return {"temperature": temperature}
    vector = _fit_vector(logits, labels, counts, {"temperature": temperature})
    return {"temperature": temperature} | {key: [round(v, 4) for v in values] for key, values in vector.items()}


def fit_temperature(
    logits: NDArray[np.floating], labels: NDArray[np.integer], weights: NDArray[np.floating] | None = None
) -> float:
    """The temperature T in 0.1 to 10 that minimizes the log loss of softmax(logits / T).

    logits: (N, 7); labels: (N,) in 0-6; weights: (N,) or None. The loss has a single minimum over log T.
    """
    scores, rows = logits.astype(np.float64), np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        losses = -log_softmax(scores / np.exp(log_temperature), axis=1)[rows, labels]
        return float(np.average(losses, weights=weights))

    found = minimize_scalar(loss, bounds=np.log(_TEMPERATURES), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def _fit_vector(
    logits: NDArray[np.floating],
    labels: NDArray[np.integer],
    weights: NDArray[np.float64],
    base: Mapping[str, Any],
) -> dict[str, list[float]]:
    """Scale and bias, 7 numbers each, of the least log loss plus a penalty: a convex problem."""
    classes, rows = len(EMOTIONS), np.arange(len(labels))
    divided = logits.astype(np.float64) / base["temperature"]
    x = divided - divided.mean(axis=1, keepdims=True)
    truth = np.eye(classes)[labels]
    start = np.concatenate([np.ones(classes), np.zeros(classes)])
    shares = weights / weights.sum()

    def loss_and_slope(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log_probabilities = log_softmax(x * values[:classes] + values[classes:], axis=1)
        error = (np.exp(log_probabilities) - truth) * shares[:, None]
        away = values - start
        slope = np.concatenate([(x * error).sum(axis=0), error.sum(axis=0)]) + _PENALTY * away
        return float(-log_probabilities[rows, labels] @ shares + _PENALTY * away @ away / 2), slope

    values = minimize(loss_and_slope, start, jac=True, method="BFGS", options={"gtol": 1e-7}).x
    # an emotion of which the network knows nothing could get a negative scale, which turns its logit around
    return {"scale": np.clip(values[:classes], *_SCALES).tolist(), "bias": values[classes:].tolist()}
