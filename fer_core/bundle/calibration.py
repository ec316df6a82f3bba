"""Logits -> probabilities that mean what they say."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.emotions import EMOTIONS

_SMALLEST: Final = 2.0**-24  # the smallest positive float16, in which probabilities are stored


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, 7) logits -> (N, 7) float32 probabilities."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


def calibrated(logits: NDArray[np.floating], calibration: Mapping[str, Any]) -> NDArray[np.float32]:
    """(N, 7) logits -> (N, 7) float32 probabilities, calibrated as the card says; rows sum to 1.

    calibration: `temperature`, by which the logits are divided (Guo et al. 2017, "On Calibration of Modern Neural
    Networks"); with `scale` and `bias`, (7,) each, their vector scaling on top: scale * x + bias, where x are the
    divided logits less their mean, so that it does not matter what the network adds to all seven; with `prior`, the
    probabilities are divided by `shares`, (7,), to its `power` (Saerens et al. 2002, "Adjusting the Outputs of a
    Classifier to New a Priori Probabilities", with a power of 1): emotions that were rare in training count for more.
    """
    scores = logits / calibration["temperature"]
    if "scale" in calibration:
        centred = scores - scores.mean(axis=1, keepdims=True)
        scores = centred * np.asarray(calibration["scale"]) + np.asarray(calibration["bias"])
    return softmax(scores - log_prior(calibration))


def uncalibrated(probabilities: NDArray[np.floating], calibration: Mapping[str, Any]) -> NDArray[np.float32]:
    """(N, 7) probabilities as they were before `calibrated`: the softmax of the network's own logits."""
    # p = softmax(s x + b), so x = (log p - b + c) / s, where c of each row is what makes x's mean 0
    scale = np.asarray(calibration.get("scale", np.ones(len(EMOTIONS))))
    known = np.log(np.where(probabilities > 0, probabilities, _SMALLEST).astype(np.float64))
    known += log_prior(calibration) - np.asarray(calibration.get("bias", 0.0))
    missing = -(known / scale).sum(axis=1, keepdims=True) / (1 / scale).sum()
    restored = softmax((known + missing) / scale * calibration["temperature"]) * (probabilities > 0)  # 0 stays 0
    return np.asarray(restored / restored.sum(axis=1, keepdims=True), np.float32)


def log_prior(calibration: Mapping[str, Any]) -> NDArray[np.float64]:
    """(7,): what `prior` takes from the scores; zeros without one."""
    prior = calibration.get("prior")
    return np.zeros(len(EMOTIONS)) if prior is None else prior["power"] * np.log(np.asarray(prior["shares"]))
