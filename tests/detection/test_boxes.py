"""Areas of boxes, against cases worked out by hand."""

import pytest

from fer_core.detection.boxes import Box, intersection, iou, overlap

A = Box(0, 0, 10, 10)


@pytest.mark.parametrize(
    ("other", "shared", "of_smaller", "of_union"),
    [
        pytest.param(A, 100, 1.0, 1.0, id="same"),
        pytest.param(Box(5, 5, 10, 10), 25, 0.25, 25 / 175, id="corner"),
        pytest.param(Box(2, 2, 4, 5), 20, 1.0, 0.2, id="inside"),
        pytest.param(Box(10, 0, 10, 10), 0, 0.0, 0.0, id="side by side"),
        pytest.param(Box(30, 30, 5, 5), 0, 0.0, 0.0, id="apart both ways"),
        pytest.param(Box(3, 3, 0, 0), 0, 0.0, 0.0, id="empty"),
    ],
)
def test_shared_area(other: Box, shared: int, of_smaller: float, of_union: float) -> None:
    for one, two in ((A, other), (other, A)):
        assert intersection(one, two) == shared
        assert overlap(one, two) == pytest.approx(of_smaller)
        assert iou(one, two) == pytest.approx(of_union)
