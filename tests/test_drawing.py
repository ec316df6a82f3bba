"""Results drawn on pictures: boxes at the faces, captions that fit, the picture itself untouched."""

import numpy as np
import pytest

from fer_core import Box, Face, Prediction
from fer_core.drawing import annotate, caption

SURE = np.array([0.9, 0.02, 0.02, 0.02, 0.02, 0.01, 0.01], np.float32)


def face(box: Box, *probabilities: np.ndarray) -> Face:
    answers = {f"model {i}": Prediction(p) for i, p in enumerate(probabilities)}
    return Face(1, box, np.zeros((48, 48), np.uint8), answers)


def drawn_on(width: int, height: int, *faces: Face) -> np.ndarray:
    """Where the picture was changed, (height, width) bool."""
    image = np.full((height, width, 3), 128, np.uint8)
    before = image.copy()
    changed = (annotate(image, faces) != image).any(axis=2)
    assert np.array_equal(image, before), "the picture itself is not drawn on"
    return changed


def test_a_box_stands_around_the_face_and_its_inside_is_free() -> None:
    changed = drawn_on(640, 480, face(Box(200, 150, 160, 160), SURE))
    assert changed[150, 200:360].all() and changed[309, 200:360].all()
    assert changed[150:310, 200].all() and changed[150:310, 359].all()
    assert not changed[155:305, 205:355].any()


@pytest.mark.parametrize(("side", "long"), [(160, True), (70, True), (24, False)])
def test_a_caption_hides_no_neighbours(side: int, long: bool) -> None:
    strip = drawn_on(640, 480, face(Box(300, 200, side, side), SURE))[175:195]
    width = int(np.ptp(np.flatnonzero(strip.any(axis=0)))) + 1
    assert (width > 60) == long and width < 2.8 * max(side, 24)


def test_two_answers_are_both_named_and_doubt_is_marked() -> None:
    unsure = np.array([0.2, 0.2, 0.2, 0.2, 0.1, 0.05, 0.05], np.float32)[::-1].copy()
    assert caption(face(Box(0, 0, 9, 9), SURE, SURE)) == "1 angry 90%"
    assert caption(face(Box(0, 0, 9, 9), SURE, unsure)) == "1 angry 90% / happy 20%"
    assert caption(face(Box(0, 0, 9, 9), unsure)) == "1 happy 20%?"


@pytest.mark.parametrize("box", [Box(0, 0, 30, 30), Box(610, 450, 30, 30), Box(0, 0, 640, 480)])
def test_faces_at_the_edge_are_drawn_inside(box: Box) -> None:
    assert drawn_on(640, 480, face(box, SURE)).any()
