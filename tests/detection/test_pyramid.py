"""Canvases: where they lie in the image, what lies outside, the same from halves as from the image itself, texture."""

import cv2
import numpy as np
import pytest

from fer_core.detection.blazeface import Candidates
from fer_core.detection.pyramid import Pyramid, Region, letterboxed
from fer_core.image import decode_image, sample_image

WHOLE, MARGIN, PART, OVER_THE_EDGE = (0, 0, 100, 60), (-30, -18, 160, 96), (50, 20, 40, 40), (80, 40, 40, 40)


def moved(x: float, y: float, scale: float, left: float, top: float) -> np.ndarray:
    """A point of a canvas in pixels of the image."""
    point = Candidates(np.array([[x, y, 0, 0]], np.float32), np.zeros((1, 2, 2), np.float32), np.ones(1, np.float32))
    return point.moved(scale, left, top).boxes[0, :2]


@pytest.mark.parametrize("region", [WHOLE, MARGIN, PART, OVER_THE_EDGE])
def test_a_canvas_tells_the_way_back(region: Region) -> None:
    image = np.zeros((60, 100, 3), np.uint8)
    image[40:48, 84:92] = 255  # its middle at (88, 44)
    canvas, *way = letterboxed(image, region, (128, 128))
    rows, columns = np.nonzero(canvas[..., 0] > 127)
    np.testing.assert_allclose(moved(columns.mean() + 0.5, rows.mean() + 0.5, *way), (88, 44), atol=1.2)


def test_a_region_outside_is_black() -> None:
    canvas, *_ = letterboxed(np.full((60, 100, 3), 255, np.uint8), (200, 200, 50, 50), (64, 64))
    assert not canvas.any()


@pytest.mark.parametrize("crop", [0, 1, 3], ids=["even", "odd", "odd again at a half"])
@pytest.mark.parametrize(
    "region", [(0, 0, 512, 512), (-100, -60, 700, 700), (140, 30, 300, 280), (180.5, 70.2, 90, 90)]
)
def test_halves_give_the_same_canvas(region: Region, crop: int) -> None:
    image = decode_image(sample_image())[crop:, crop:]
    for shape in ((64, 64), (48, 96)):
        (canvas, *way), (plain, *straight) = (
            Pyramid(image).letterboxed(region, shape),
            letterboxed(image, region, shape),
        )
        np.testing.assert_allclose(way, straight, rtol=0.01, atol=4)  # half a pixel of the canvas
        assert np.corrcoef(canvas.ravel(), plain.ravel())[0, 1] > 0.9


def test_a_grey_image_gives_the_canvas_of_its_colours() -> None:
    grey = decode_image(sample_image())[..., 1]
    canvas, *_ = Pyramid(grey).letterboxed((0, 0, 512, 512), (128, 128))
    colour, *_ = Pyramid(np.dstack([grey] * 3)).letterboxed((0, 0, 512, 512), (128, 128))
    np.testing.assert_array_equal(canvas, colour)


@pytest.mark.parametrize("shape", [(1, 10_000), (20, 3000), (2, 2)])
def test_narrow_images_have_canvases_too(shape: tuple[int, int]) -> None:
    canvas, *_ = Pyramid(np.full(shape, 200, np.uint8)).letterboxed((0, 0, shape[1], shape[0]), (128, 128))
    assert canvas.shape == (128, 128, 3) and canvas.max() == 200


@pytest.mark.parametrize("height", [720, 715, 705])
@pytest.mark.parametrize("corner", [(0, 0), (400, 640), (-24, -24), (-40, 16)])
def test_a_part_is_smooth_until_a_small_face_is_in_it(corner: tuple[int, int], height: int) -> None:
    noise = np.random.default_rng(0).normal(0, 4, (height, 1280, 3))
    image = np.clip(np.linspace(40, 220, 1280)[:, np.newaxis] + noise, 0, 255).astype(np.uint8)
    assert not Pyramid(image).is_textured((0, 0, 1280, height))
    face = cv2.resize(decode_image(sample_image())[70:166, 174:270], (24, 24), interpolation=cv2.INTER_AREA)
    y, x = (place if place >= 0 else length + place for place, length in zip(corner, (height, 1280), strict=True))
    image[y : y + 24, x : x + 24] = face
    pyramid = Pyramid(image)
    assert pyramid.is_textured((0, 0, 1280, height)) and pyramid.is_textured((x - 4, y - 4, 32, 32))
    assert not pyramid.is_textured(((x + 640) % 1280, 0, 200, height))
    assert not pyramid.is_textured((1300, 0, 50, 50))
