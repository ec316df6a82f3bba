"""What calms boxes and labels between frames: by seconds, not by frames."""

import numpy as np
import pytest

from fer_core.faces import Box
from fer_core.smoothing import LABEL_HOLD, SmoothBox, SteadyPrediction, weight

STEP = 1 / 30


@pytest.mark.parametrize(
    ("elapsed", "constant", "expected"), [(0.3, 0.3, 1 - np.exp(-1)), (1.0, 0.0, 1.0), (0.0, 0.3, 0.0)]
)
def test_weight(elapsed: float, constant: float, expected: float) -> None:
    assert weight(elapsed, constant) == pytest.approx(expected)


def test_smoothing_depends_on_seconds_and_not_on_frames() -> None:
    first, second = np.eye(7, dtype=np.float32)[:2]

    def after(steps: int) -> float:
        steady = SteadyPrediction(0.5)
        steady.update(first, STEP, 0.3)
        for _ in range(steps):
            answer = steady.update(second, 0.6 / steps, 0.3)
        return float(answer.probabilities[1])

    assert after(3) == pytest.approx(after(60), abs=1e-5) == pytest.approx(1 - np.exp(-2), abs=1e-5)


def test_level_emotions_do_not_take_turns() -> None:
    steady = SteadyPrediction(0.5)
    labels = set()
    for i in range(200):
        answer = np.full(7, 0.04, np.float32)
        answer[0], answer[1] = (0.42, 0.38) if i // 20 % 2 else (0.38, 0.42)
        labels.add(steady.update(answer, STEP, 0.1).label)
    assert len(labels) == 1


def test_label_waits_for_its_hold() -> None:
    first, second = np.eye(7, dtype=np.float32)[:2]
    steady = SteadyPrediction(0.5)
    steady.update(first, 0.1, 0.0)
    changed = [steady.update(second, 0.1, 0.0).label == "disgust" for _ in range(6)]
    assert changed.index(True) == pytest.approx(LABEL_HOLD / 0.1, abs=1)
    assert changed == sorted(changed)


def test_smooth_box_goes_where_it_is_led() -> None:
    box = SmoothBox(Box(0, 0, 100, 100))
    for _ in range(90):
        box.follow(Box(50, 20, 60, 60), STEP)
    assert box.inside(640, 480) == Box(50, 20, 60, 60)
    assert box.inside(40, 480) is None
    box.scale(2, 2)
    assert box.inside(640, 480) == Box(100, 40, 120, 120)
