"""Calibration is fitted as it should be: what is true is found again, and where little is known nothing is invented."""

import numpy as np
import pytest
import sklearn.metrics as oracle

from fer_core.bundle.calibration import calibrated, softmax
from fer_core.evaluation.metrics import log_loss
from fer_core.evaluation.reliability import expected_calibration_error
from fer_core.training.calibration import fit_calibration, fit_temperature
from tests.bundle.test_calibration import VECTOR


def drawn(logits: np.ndarray, seed: int = 0) -> np.ndarray:
    """Labels (N,), drawn from what the logits (N, 7) say."""
    return np.asarray((logits + np.random.default_rng(seed).gumbel(size=logits.shape)).argmax(axis=1))


@pytest.mark.parametrize("temperature", [0.25, 0.7, 1.0, 1.8, 4.0])
def test_temperature_is_recovered(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 7))
    # labels drawn from what the logits say at temperature 1
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_no_other_temperature_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 7, 300)
    logits = (rng.normal(0, 3, (300, 7)) + 3 * np.eye(7)[labels]).astype(np.float32)

    def loss(temperature: float) -> float:
        return float(oracle.log_loss(labels, softmax(logits / temperature), labels=range(7)))

    best = loss(fit_temperature(logits, labels))
    assert all(best <= loss(t) + 1e-6 for t in np.geomspace(0.1, 10, 200))


@pytest.mark.parametrize(("sign", "end"), [(1, 0.1), (-1, 10.0)], ids=["always right", "always wrong"])
def test_temperature_stays_within_its_range(sign: int, end: float) -> None:
    labels = np.arange(70) % 7
    assert fit_temperature(sign * np.eye(7)[labels], labels) == pytest.approx(end, rel=1e-3)


def test_emotions_that_err_each_in_their_way_are_told_apart() -> None:
    """Truth is a scale and a bias per emotion: they are found again, and faces not fitted on are better for it."""
    truth = VECTOR | {"temperature": 1.0}
    logits = np.random.default_rng(1).normal(0, 3, (30_000, 7))
    labels = drawn(np.log(calibrated(logits, truth)))
    found = fit_calibration(logits[:24_000], labels[:24_000])
    total = np.asarray(found["scale"]) / found["temperature"]
    assert total == pytest.approx(np.asarray(truth["scale"]), abs=0.06)
    assert np.subtract(found["bias"], np.mean(found["bias"])) == pytest.approx(
        np.subtract(truth["bias"], np.mean(truth["bias"])), abs=0.2
    )
    held, held_labels = logits[24_000:], labels[24_000:]
    alone = calibrated(held, {"temperature": found["temperature"]})
    both = calibrated(held, found)
    assert log_loss(both, held_labels) < log_loss(alone, held_labels) - 0.005
    assert expected_calibration_error(both, held_labels) < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_faces_that_a_temperature_explains_get_no_more(seed: int) -> None:
    logits = np.random.default_rng(seed).normal(0, 2, (400, 7))
    found = fit_calibration(logits * 1.8, drawn(logits, seed))
    assert set(found) == {"temperature"}
    assert found["temperature"] == pytest.approx(1.8, rel=0.25)


@pytest.mark.parametrize("count", [1, 4, 30, 600])
def test_few_faces_and_a_missing_emotion_do_no_harm(count: int) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 6
    logits = rng.normal(0, 1, (count, 7)) + 4 * np.eye(7)[labels]
    found = fit_calibration(logits, labels)
    assert set(found) == {"temperature"}
    probabilities = calibrated(logits, found)
    assert np.isfinite(probabilities).all()
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (probabilities.argmax(axis=1) == labels).mean() >= (logits.argmax(axis=1) == labels).mean()


FITTED = [
    {
        "temperature": 0.9443,
        "scale": [1.319, 0.8416, 1.6981, 0.7805, 1.0968, 0.7856, 1.682],
        "bias": [0.5133, -0.6498, 0.4709, 0.6857, -0.5532, 0.3484, -0.8153],
    },
    {
        "temperature": 1.7297,
        "scale": [0.7237, 1.2069, 1.2659, 1.6753, 0.9256, 1.5078, 0.7603],
        "bias": [0.0663, -0.0599, 0.0429, 0.7079, -0.3983, -0.8502, 0.4913],
    },
    {
        "temperature": 1.8496,
        "scale": [0.7784, 1.2526, 1.4655, 0.9577, 1.3104, 1.1126, 0.8743],
        "bias": [0.3428, -0.3227, -0.5695, -0.2761, 0.6816, 0.4007, -0.2569],
    },
    {
        "temperature": 1.0276,
        "scale": [1.0114, 0.7403, 1.8253, 0.7074, 0.9311, 1.13, 1.445],
        "bias": [0.281, -0.224, -0.0303, -0.0089, -0.1724, -0.2215, 0.3761],
    },
]
"""What a golden-section search (to 1e-4) for the temperature and Newton's method for the vector find."""


@pytest.mark.parametrize("seed", range(len(FITTED)))
def test_other_methods_find_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 2.5, (1500, 7))
    scale, bias = rng.uniform(0.5, 1.5, 7), rng.normal(0, 0.5, 7)
    labels = (truth * scale + bias + rng.gumbel(size=truth.shape)).argmax(axis=1)
    found = fit_calibration((truth * rng.uniform(0.5, 2)).astype(np.float32), labels)
    assert found.keys() == FITTED[seed].keys()
    for key, expected in FITTED[seed].items():
        assert found[key] == pytest.approx(expected, rel=2e-4, abs=2e-4), key
