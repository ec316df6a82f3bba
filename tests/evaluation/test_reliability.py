"""Calibration error against plain loops, reliability against scikit-learn, and both against each other."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from fer_core.evaluation.reliability import ECE_BINS, expected_calibration_error, reliability
from tests.evaluation.cases import CASES
from tests.support.synthetic_bundles import answers


def plain_ece(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """Guo et al. 2017, equation 3, bin by bin."""
    total = 0.0
    for number in range(bins):
        inside = []
        for row, label in zip(probabilities.tolist(), labels.tolist(), strict=True):
            confidence = max(row)
            if number / bins < confidence <= (number + 1) / bins:
                inside.append((confidence, row.index(confidence) == label))
        if inside:
            accuracy = sum(hit for _, hit in inside) / len(inside)
            confidence = sum(c for c, _ in inside) / len(inside)
            total += len(inside) / len(labels) * abs(accuracy - confidence)
    return total


@pytest.mark.parametrize("bins", [1, 10, ECE_BINS])
@pytest.mark.parametrize(("probabilities", "labels"), CASES.values(), ids=CASES.keys())
def test_ece_agrees_with_plain_loops(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> None:
    assert expected_calibration_error(probabilities, labels, bins) == pytest.approx(
        plain_ece(probabilities, labels, bins), abs=1e-9
    )


@pytest.mark.parametrize(
    ("confidence", "accuracy", "ece"),
    [(1.0, 1.0, 0.0), (1.0, 0.0, 1.0), (0.8, 0.8, 0.0), (0.9, 0.6, 0.3)],
    ids=["sure and correct", "sure and wrong", "calibrated", "too sure"],
)
def test_ece_of_known_cases(confidence: float, accuracy: float, ece: float) -> None:
    probabilities = np.full((100, 7), (1 - confidence) / 6)
    probabilities[:, 3] = confidence
    labels = np.where(np.arange(100) < 100 * accuracy, 3, 0)
    assert expected_calibration_error(probabilities, labels) == pytest.approx(ece, abs=1e-9)


def test_reliability_bins() -> None:
    labels, probabilities = answers(1000, 1.0)
    bins = reliability(probabilities, labels)
    correct = probabilities.argmax(axis=1) == labels
    accuracy, confidence = calibration_curve(correct, probabilities.max(axis=1), n_bins=15)
    assert [b["accuracy"] for b in bins] == pytest.approx(accuracy.tolist())
    assert [b["confidence"] for b in bins] == pytest.approx(confidence.tolist())
    assert sum(b["faces"] for b in bins) == 1000
    gaps = sum(b["faces"] * abs(b["accuracy"] - b["confidence"]) for b in bins) / 1000
    assert gaps == pytest.approx(expected_calibration_error(probabilities, labels))
