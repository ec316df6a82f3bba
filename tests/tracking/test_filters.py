"""Filters of boxes and labels: time constants in seconds, whatever the frame rate."""

import numpy as np
import pytest

from fer_core.detection.boxes import Box
from fer_core.tracking.filters import HYSTERESIS_SECONDS, BoxSmoother, EyeSmoother, PredictionSmoother, weight

STEP = 1 / 30


@pytest.mark.parametrize(
    ("elapsed", "constant", "expected"), [(0.3, 0.3, 1 - np.exp(-1)), (1.0, 0.0, 1.0), (0.0, 0.3, 0.0)]
)
def test_weight(elapsed: float, constant: float, expected: float) -> None:
    assert weight(elapsed, constant) == pytest.approx(expected)


def test_smoothing_depends_on_seconds_and_not_on_frames() -> None:
    first, second = np.eye(7, dtype=np.float32)[:2]

    def after(steps: int) -> float:
        smoother = PredictionSmoother(0.5)
        smoother.update(first, STEP, 0.3)
        for _ in range(steps):
            prediction = smoother.update(second, 0.6 / steps, 0.3)
        return float(prediction.probabilities[1])

    assert after(3) == pytest.approx(after(60), abs=1e-5) == pytest.approx(1 - np.exp(-2), abs=1e-5)


def test_level_emotions_do_not_take_turns() -> None:
    smoother = PredictionSmoother(0.5)
    labels = set()
    for i in range(200):
        probabilities = np.full(7, 0.04, np.float32)
        probabilities[0], probabilities[1] = (0.42, 0.38) if i // 20 % 2 else (0.38, 0.42)
        labels.add(smoother.update(probabilities, STEP, 0.1).label)
    assert len(labels) == 1


def test_label_waits_for_its_hold() -> None:
    first, second = np.eye(7, dtype=np.float32)[:2]
    smoother = PredictionSmoother(0.5)
    smoother.update(first, 0.1, 0.0)
    changed = [smoother.update(second, 0.1, 0.0).label == "disgust" for _ in range(6)]
    assert changed.index(True) == pytest.approx(HYSTERESIS_SECONDS / 0.1, abs=1)
    assert changed == sorted(changed)


def test_smooth_box_goes_where_it_is_led() -> None:
    box = BoxSmoother(Box(0, 0, 100, 100))
    for _ in range(90):
        box.update(Box(50, 20, 60, 60), STEP)
    assert box.clipped(640, 480) == Box(50, 20, 60, 60)
    assert box.clipped(40, 480) is None
    box.scale(2, 2)
    assert box.clipped(640, 480) == Box(100, 40, 120, 120)


def test_eyes_keep_their_place_in_a_box_that_moves() -> None:
    box, eyes = BoxSmoother(Box(0, 0, 100, 100)), EyeSmoother()
    assert eyes.eyes(box) is None
    eyes.update(((30.0, 40.0), (70.0, 42.0)), Box(0, 0, 100, 100), STEP)
    assert np.array(eyes.eyes(box)) == pytest.approx(np.array([(30, 40), (70, 42)]))
    box.scale(2, 2)
    assert np.array(eyes.eyes(box)) == pytest.approx(np.array([(60, 80), (140, 84)]))
    for _ in range(60):
        eyes.update(((60.0, 90.0), (140.0, 70.0)), Box(0, 0, 200, 200), STEP)
    assert np.array(eyes.eyes(box)) == pytest.approx(np.array([(60, 90), (140, 70)]), abs=0.1)
    eyes.update(None, Box(0, 0, 200, 200), STEP)
    assert eyes.eyes(box) is None


def test_a_prediction_needs_an_update() -> None:
    with pytest.raises(ValueError, match="update"):
        PredictionSmoother(0.5).prediction()
