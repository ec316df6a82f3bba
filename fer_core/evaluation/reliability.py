"""Calibration: how well a model's confidence agrees with its accuracy.

Both figures are of the same equal-width bins of confidence (Guo et al. 2017, "On Calibration of Modern Neural
Networks"): `expected_calibration_error` sums up what `reliability` lists bin by bin.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

ECE_BINS: Final = 15


class _Binned(NamedTuple):
    confidence: NDArray[np.float64]  # (N,), of the predicted emotion
    correct: NDArray[np.bool_]  # (N,)
    bin: NDArray[np.int_]  # (N,), 0 to bins - 1


def expected_calibration_error(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int = ECE_BINS
) -> float:
    """Return the gap between confidence and accuracy of each bin, averaged over the faces; 0-1.

    probabilities: (N, 7); labels: (N,) in 0-6; N at least 1.
    """
    binned = _by_confidence(probabilities, labels, bins)
    gaps = np.bincount(binned.bin, weights=binned.correct - binned.confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def reliability(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int = ECE_BINS
) -> list[dict[str, float]]:
    """Return one record per bin that holds faces: low, high, confidence (mean), accuracy, faces (their number).

    probabilities: (N, 7); labels: (N,) in 0-6.
    """
    binned = _by_confidence(probabilities, labels, bins)
    records = []
    for number in np.unique(binned.bin).tolist():
        inside = binned.bin == number
        records.append(
            {
                "low": number / bins,
                "high": (number + 1) / bins,
                "confidence": float(binned.confidence[inside].mean()),
                "accuracy": float(binned.correct[inside].mean()),
                "faces": int(inside.sum()),
            }
        )
    return records


def _by_confidence(probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int) -> _Binned:
    """Sort faces into bins (low, high] of confidence."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    number = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return _Binned(confidence, probabilities.argmax(axis=1) == labels, number)
