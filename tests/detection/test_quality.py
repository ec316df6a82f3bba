"""Hints that a prediction is doubtful: given where a face is spoiled, and not where it is fine."""

import cv2
import numpy as np
import pytest

from fer_core import Box
from fer_core.detection.alignment import crop_face
from fer_core.detection.haar import find_faces
from fer_core.detection.quality import BLURRED, DARK, SMALL, TURNED, _likenesses, face_hints, sharpness
from fer_core.image import decode_image, sample_image

ASTRONAUT = decode_image(sample_image())
(BOX,) = find_faces(ASTRONAUT)


def hints(image: np.ndarray, box: Box = BOX) -> tuple[str, ...]:
    return face_hints(box, crop_face(image, box))


def reduced(side: int) -> tuple[np.ndarray, Box]:
    """The astronaut, so small that the face is `side` pixels wide."""
    scale = side / BOX.width
    small = cv2.resize(ASTRONAUT, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small), Box(round(BOX.x * scale), round(BOX.y * scale), side, side)


def blurred(pixels_of_a_crop: float) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(ASTRONAUT, (0, 0), pixels_of_a_crop * BOX.width / 48))


def half_black(image: np.ndarray) -> np.ndarray:
    """One side of the face in the shadow, as of a head that is turned."""
    changed = image.copy()
    changed[:, : BOX.x + BOX.width // 2] //= 6
    changed[:, BOX.x + BOX.width // 2 :] = np.clip(changed[:, BOX.x + BOX.width // 2 :].astype(int) + 60, 0, 255)
    return changed


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param(ASTRONAUT, (), id="as it is"),
        pytest.param(ASTRONAUT // 2, (), id="half the light"),
        pytest.param(ASTRONAUT // 4, (DARK,), id="a quarter of the light"),
        pytest.param(blurred(0.4), (), id="hardly blurred"),
        pytest.param(blurred(2), (BLURRED,), id="blurred"),
        pytest.param(half_black(ASTRONAUT), (TURNED,), id="one side in the shadow"),
        pytest.param(blurred(3) // 4, (DARK, BLURRED), id="blurred and dark"),
    ],
)
def test_a_spoiled_face_is_named(image: np.ndarray, expected: tuple[str, ...]) -> None:
    assert hints(image) == expected


@pytest.mark.parametrize(("side", "expected"), [(48, ()), (24, ()), (23, (SMALL,)), (12, (SMALL,))])
def test_a_small_face_is_named(side: int, expected: tuple[str, ...]) -> None:
    assert [hint for hint in hints(*reduced(side)) if hint != BLURRED] == list(expected)
    assert side > 23 or BLURRED not in hints(*reduced(side))


@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_crops_have_measures(value: int) -> None:
    flat = np.full((48, 48), value, np.uint8)
    assert sharpness(flat) == 0 and max(_likenesses(flat)) == 1


def test_likeness_to_its_mirror_image_of_an_even_pattern_and_of_a_slope() -> None:
    def symmetry(crop: np.ndarray) -> float:
        return max(_likenesses(crop))

    even = np.tile(np.abs(np.arange(48) - 23.5) * 8, (48, 1)).astype(np.uint8)
    slope = np.tile(np.arange(48) * 5, (48, 1)).astype(np.uint8)
    assert symmetry(even) > 0.99 and symmetry(np.roll(even, 4, axis=1)) > 0.9 and symmetry(slope) < -0.99
