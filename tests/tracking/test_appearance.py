"""A face is recognised and found by how it last looked."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core.benchmark.frames import portrait_frame
from fer_core.detection.boxes import Box
from fer_core.detection.haar import find_faces
from fer_core.tracking.appearance import SIMILAR, Appearance


@pytest.fixture(scope="module")
def grey() -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(portrait_frame(), cv2.COLOR_RGB2GRAY), np.uint8)


def test_similarity_is_one_with_itself_and_low_with_the_ground(grey: NDArray[np.uint8]) -> None:
    face = find_faces(grey)[0]
    appearance = Appearance(grey, face)
    assert appearance.similarity(grey, face) == pytest.approx(1, abs=1e-5)
    assert appearance.similarity(np.asarray(grey // 2, np.uint8), face) > 0.98  # whatever the light
    assert appearance.similarity(grey, Box(20, 350, face.width, face.height)) < SIMILAR


def test_find_follows_a_shift_and_finds_nothing_in_noise(grey: NDArray[np.uint8]) -> None:
    face = find_faces(grey)[0]
    appearance = Appearance(grey, face)
    found = appearance.find(np.roll(grey, (6, -10), axis=(0, 1)), face)
    assert found is not None
    assert (found.x, found.y) == (pytest.approx(face.x - 10, abs=3), pytest.approx(face.y + 6, abs=3))
    noise = np.asarray(np.random.default_rng(0).integers(0, 255, grey.shape), np.uint8)
    assert appearance.find(noise, face) is None


@pytest.mark.parametrize("box", [Box(-80, -80, 100, 100), Box(630, 470, 100, 100), Box(5, 5, 1, 1)])
def test_boxes_at_the_edge_are_taken(box: Box, grey: NDArray[np.uint8]) -> None:
    appearance = Appearance(grey, box)
    assert -1 <= appearance.similarity(grey, box) <= 1.001
    appearance.find(grey, box)
