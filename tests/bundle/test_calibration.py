"""Calibration: applied by the book, and undone."""

import numpy as np
import pytest

from fer_core.bundle.calibration import calibrated, softmax, uncalibrated

VECTOR = {
    "temperature": 1.7,
    "scale": [0.6, 1.4, 0.8, 1.3, 0.7, 1.2, 1.0],
    "bias": [0.2, -0.6, 0.3, 0.0, 0.5, -0.4, 0.1],
}
PRIOR = {"power": 0.5, "shares": [0.14, 0.015, 0.14, 0.25, 0.17, 0.11, 0.175]}


def test_the_prior_divides_by_a_power_of_the_shares() -> None:
    logits = np.random.default_rng(1).normal(0, 2, (50, 7))
    divided = calibrated(logits, VECTOR) / np.sqrt(PRIOR["shares"])
    exact = divided / divided.sum(axis=1, keepdims=True)
    assert calibrated(logits, VECTOR | {"prior": PRIOR}) == pytest.approx(exact, abs=1e-6)
    unchanged = calibrated(logits, VECTOR | {"prior": PRIOR | {"power": 0}})
    assert unchanged == pytest.approx(calibrated(logits, VECTOR), abs=1e-6)


def test_vector_scaling_by_hand() -> None:
    logits = np.array([[3.0, -1, 0, 2, 0, 0, 3], [0.0] * 7])
    x = logits / 1.7
    x = x - x.mean(axis=1, keepdims=True)
    exact = np.exp(x * VECTOR["scale"] + VECTOR["bias"])
    assert calibrated(logits, VECTOR) == pytest.approx(exact / exact.sum(axis=1, keepdims=True), abs=1e-6)


def test_what_is_added_to_all_logits_changes_nothing() -> None:
    logits = np.random.default_rng(0).normal(0, 2, (50, 7))
    assert calibrated(logits + 11, VECTOR) == pytest.approx(calibrated(logits, VECTOR), abs=1e-6)


@pytest.mark.parametrize(
    "calibration",
    [
        {"temperature": 0.3068},
        {"temperature": 1.0},
        {"temperature": 1.7},
        VECTOR,
        {"temperature": 1.7, "prior": PRIOR},
        VECTOR | {"prior": PRIOR},
    ],
    ids=str,
)
def test_calibration_is_undone(calibration: dict) -> None:
    logits = np.random.default_rng(0).normal(0, 2, (500, 7)).astype(np.float32)
    after = calibrated(logits, calibration)
    sharp = calibration["temperature"] < 1  # small probabilities are lost
    assert np.allclose(uncalibrated(after, calibration), softmax(logits), atol=1e-3 if sharp else 1e-5)
    stored = after.astype(np.float16)
    assert np.allclose(uncalibrated(stored, calibration), softmax(logits), atol=2e-2 if sharp else 2e-3)


def test_certainty_stays_certain_without_calibration() -> None:
    assert uncalibrated(np.eye(7, dtype=np.float16), {"temperature": 2.5}).tolist() == np.eye(7).tolist()
