"""Calibration: fitted as it should be, applied, and undone."""

import numpy as np
import pytest
import sklearn.metrics as oracle

from fer_core.calibration import calibrated, fit_calibration, fit_temperature, softmax, uncalibrated
from fer_core.evaluation import expected_calibration_error, log_loss

VECTOR = {
    "temperature": 1.7,
    "scale": [0.6, 1.4, 0.8, 1.3, 0.7, 1.2, 1.0],
    "bias": [0.2, -0.6, 0.3, 0.0, 0.5, -0.4, 0.1],
}


def drawn(logits: np.ndarray, seed: int = 0) -> np.ndarray:
    """Labels (N,), drawn from what the logits (N, 7) say."""
    return np.asarray((logits + np.random.default_rng(seed).gumbel(size=logits.shape)).argmax(axis=1))


@pytest.mark.parametrize("temperature", [0.25, 0.7, 1.0, 1.8, 4.0])
def test_temperature_is_recovered(temperature: float) -> None:
    rng = np.random.default_rng(0)
    calibrated = rng.normal(0, 2, (20_000, 7))
    # labels drawn from what the logits say at temperature 1
    labels = (calibrated + rng.gumbel(size=calibrated.shape)).argmax(axis=1)
    assert fit_temperature(calibrated * temperature, labels) == pytest.approx(temperature, rel=0.03)


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


def test_vector_scaling_by_hand() -> None:
    logits = np.array([[3.0, -1, 0, 2, 0, 0, 3], [0.0] * 7])
    x = logits / 1.7
    x = x - x.mean(axis=1, keepdims=True)
    exact = np.exp(x * VECTOR["scale"] + VECTOR["bias"])
    assert calibrated(logits, VECTOR) == pytest.approx(exact / exact.sum(axis=1, keepdims=True), abs=1e-6)


def test_what_is_added_to_all_logits_changes_nothing() -> None:
    logits = np.random.default_rng(0).normal(0, 2, (50, 7))
    assert calibrated(logits + 11, VECTOR) == pytest.approx(calibrated(logits, VECTOR), abs=1e-6)


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


@pytest.mark.parametrize(
    "calibration", [{"temperature": 0.3068}, {"temperature": 1.0}, {"temperature": 1.7}, VECTOR], ids=str
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
