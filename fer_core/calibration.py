"""Logits -> probabilities that mean what they say, and how that is fitted on the validation part."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from fer_core.emotions import EMOTIONS

_FOLDS: Final = 5
_PENALTY: Final = 1e-3  # on scales away from 1 and biases away from 0: what few faces do not tell stays as it is
_NEWTON_STEPS: Final = 25
_LEAST_FACES: Final = 15  # of every emotion, for a scale and a bias of its own
_LEAST: Final = 2.0**-24  # the smallest number that float16, in which probabilities are stored, tells from 0


def softmax(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(N, 7) logits -> (N, 7) float32 probabilities."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


def calibrated(logits: np.ndarray[Any, Any], calibration: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """(N, 7) logits -> (N, 7) float32 probabilities, calibrated as a card says.

    calibration: `temperature`, by which the logits are divided (Guo et al. 2017, "On Calibration of Modern Neural
    Networks"); with `scale` and `bias`, (7,) each, their vector scaling on top: scale * x + bias, where x are the
    divided logits less their mean, so that it does not matter what the network adds to all seven.
    """
    divided = logits / calibration["temperature"]
    if "scale" not in calibration:
        return softmax(divided)
    centred = divided - divided.mean(axis=1, keepdims=True)
    return softmax(centred * np.asarray(calibration["scale"]) + np.asarray(calibration["bias"]))


def uncalibrated(probabilities: np.ndarray[Any, Any], calibration: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """(N, 7) probabilities as they were before `calibrated`: the softmax of the network's own logits."""
    # p = softmax(s x + b), so x = (log p - b + c) / s, where c of each row is what makes x's mean 0
    scale = np.asarray(calibration.get("scale", np.ones(len(EMOTIONS))))
    known = np.log(np.where(probabilities > 0, probabilities, _LEAST).astype(np.float64)) - np.asarray(
        calibration.get("bias", 0.0)
    )
    missing = -(known / scale).sum(axis=1, keepdims=True) / (1 / scale).sum()
    made = softmax((known + missing) / scale * calibration["temperature"]) * (probabilities > 0)  # what was 0 stays 0
    return np.asarray(made / made.sum(axis=1, keepdims=True), np.float32)


def fit_calibration(logits: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> dict[str, Any]:
    """What `calibrated` needs, fitted to (N, 7) logits and (N,) labels: a temperature, and vector scaling if it helps.

    It helps if it lowers the log loss of faces that it was not fitted on, in five folds. It is not tried where
    an emotion has fewer than 15 faces.
    """
    temperature = round(fit_temperature(logits, labels), 4)
    if np.bincount(labels, minlength=len(EMOTIONS)).min() < _LEAST_FACES:
        return {"temperature": temperature}
    fold = np.arange(len(labels)) % _FOLDS
    plain = scaled = 0.0
    for number in range(_FOLDS):
        fitted, held = fold != number, fold == number
        # both are fitted on the same faces: one number that had seen them all would have the better of fourteen
        base = {"temperature": fit_temperature(logits[fitted], labels[fitted])}
        vector = _fit_vector(logits[fitted], labels[fitted], base)
        plain += _loss(calibrated(logits[held], base), labels[held])
        scaled += _loss(calibrated(logits[held], base | vector), labels[held])
    if scaled >= plain:
        return {"temperature": temperature}
    vector = _fit_vector(logits, labels, {"temperature": temperature})
    return {"temperature": temperature} | {key: [round(v, 4) for v in values] for key, values in vector.items()}


def fit_temperature(logits: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> float:
    """The temperature that minimises the log loss of softmax(logits / T), within 0.1 to 10.

    The loss has one minimum over log T, so a golden-section search finds it, to 1e-4.
    """
    scores = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        highest = scaled.max(axis=1)
        total = highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1))
        return float((total - scaled[np.arange(len(labels)), labels]).mean())

    ratio = (np.sqrt(5) - 1) / 2
    low, high = float(np.log(0.1)), float(np.log(10.0))
    while high - low > 1e-4:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(np.exp((low + high) / 2))


def _fit_vector(
    logits: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], base: Mapping[str, Any]
) -> dict[str, list[float]]:
    """Scale and bias of the least penalised log loss: convex in both, so Newton's method finds it."""
    classes = len(EMOTIONS)
    divided = logits.astype(np.float64) / base["temperature"]
    x = divided - divided.mean(axis=1, keepdims=True)
    truth = np.eye(classes)[labels]
    start = np.concatenate([np.ones(classes), np.zeros(classes)])
    values = start.copy()
    for _ in range(_NEWTON_STEPS):
        error = softmax(x * values[:classes] + values[classes:]).astype(np.float64)
        # d loss / d (scale, bias) of one face is (error * x, error); the curvature follows from the same pairs
        spread = np.einsum("nk,kl->nkl", error, np.eye(classes)) - error[:, :, None] * error[:, None, :]
        inputs = np.stack([x, np.ones_like(x)])
        curvature = np.einsum("ank,nkl,bnl->akbl", inputs, spread, inputs).reshape(2 * classes, -1) / len(labels)
        slope = (inputs * (error - truth)).mean(axis=1).ravel() + _PENALTY * (values - start)
        step = np.linalg.solve(curvature + _PENALTY * np.eye(2 * classes), slope)
        values = values - step
        if np.abs(step).max() < 1e-7:
            break
    # an emotion that the network has no idea of would have its scale turned around
    values[:classes] = np.clip(values[:classes], 0.1, 10)
    return {"scale": values[:classes].tolist(), "bias": values[classes:].tolist()}


def _loss(probabilities: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> float:
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(chosen, 1e-7)).sum())
