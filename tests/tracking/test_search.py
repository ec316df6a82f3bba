"""How often a whole frame is searched, and which frames show nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core.detection.boxes import Box
from fer_core.detection.result import Detection
from fer_core.tracking.search import FrameSearch, is_blank

STEP = 1 / 30
FRAME = np.zeros((48, 64, 3), np.uint8)


class CountingDetector:
    """Notes which search was asked for."""

    name = "counting"

    def __init__(self) -> None:
        self.calls: list[str] = []

    def detect(
        self, image: NDArray[np.uint8], sensitivity: str = "normal", *, thorough: bool = True
    ) -> list[Detection]:
        self.calls.append("thorough" if thorough else "fine")
        return []

    def detect_quick(self, image: NDArray[np.uint8], sensitivity: str = "normal") -> list[Detection]:
        self.calls.append("quick")
        return []

    def detect_near(self, image: NDArray[np.uint8], box: Box, reach: float) -> list[Detection]:
        raise AssertionError("not asked for")


def searches(seconds: float, seeking: bool) -> list[str]:
    detector, search = CountingDetector(), FrameSearch()
    for _ in range(round(seconds / STEP)):
        search.run(detector, FRAME, "normal", STEP, seeking=seeking)
    return detector.calls


def test_the_first_frame_is_searched_finely_and_then_one_per_second() -> None:
    assert searches(STEP, False) == ["fine"]
    assert searches(5, False) == ["fine"] * 5


def test_seeking_adds_quick_searches_and_no_fine_ones() -> None:
    calls = searches(5, True)
    assert calls.count("fine") == 5 and 35 <= calls.count("quick") <= 50
    assert "thorough" not in calls


def test_reset_makes_a_search_due() -> None:
    detector, search = CountingDetector(), FrameSearch()
    for _ in range(3):
        search.run(detector, FRAME, "normal", STEP, seeking=False)
        search.reset()
    assert detector.calls == ["fine"] * 3


@pytest.mark.parametrize(("spread", "blank"), [(0, True), (1, True), (40, False)])
def test_is_blank(spread: int, blank: bool) -> None:
    noise = np.random.default_rng(0).normal(120, spread, (480, 640))
    assert is_blank(np.asarray(noise, np.uint8)) is blank
